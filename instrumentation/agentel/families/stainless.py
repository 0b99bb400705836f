"""Knows the seam of SDKs that Stainless generates: one `request` method through which all calls go.

Source: `_base_client.py`, `_streaming.py`, `_response.py` and `_legacy_response.py` of openai 1.26
to 3, anthropic 0.51 to 2, groq 0.9 to 1 and together 2 to 3. `request` and what it calls are
private modules of these SDKs; the contract tests fail where one of them moves. Should `request`
ever go, the fallback is the resource methods (`resources.*.create`), at the price of seeing
helpers twice.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, cast
from urllib.parse import urlsplit

from agentel.core.library import (
    Call,
    CallSeam,
    Endpoint,
    Library,
    Native,
    NativeState,
    Target,
    Watch,
    Watched,
)
from agentel.families.hosts import provider_at
from agentel.families.stainless_answers import settle

MOST_SERVERS = 256
"""Base URLs whose parts are remembered; a program that makes a client for each call has many."""

Endpoints = Mapping[str, Endpoint]
"""`METHOD /path` to endpoint; a path segment in braces matches any, and becomes a field."""


def library(
    *,
    name: str,
    requires: str,
    provider: str,
    endpoints: Endpoints,
    package: str | None = None,
    native: Native | None = None,
    extra: tuple[Target, ...] = (),
    provider_of: Mapping[str, str] | None = None,
) -> Library:
    """Declare an SDK of this family.

    `provider` is what its own host is called; `provider_of` maps names of client classes that stand
    for another one; `extra` are targets that only this SDK has.
    """
    package = package or name
    base = f"{package}._base_client"
    route = _router(endpoints, provider, provider_of or {}, native.state if native else None)
    return Library(
        name=name,
        requires=requires,
        package=package,
        native=native,
        targets=(
            CallSeam(f"{base}:SyncAPIClient.request", route),
            CallSeam(f"{base}:AsyncAPIClient.request", route),
            Watch(f"{base}:SyncAPIClient._process_response", before=_saw_response),
            Watch(f"{base}:AsyncAPIClient._process_response", before=_saw_response),
            Watch(f"{base}:BaseClient._should_retry", before=_saw_failure),
            Watch(f"{base}:BaseClient._calculate_retry_timeout", after=_saw_delay),
            *extra,
        ),
    )


# --- routing ---------------------------------------------------------------------------------


def _router(
    endpoints: Endpoints,
    provider: str,
    provider_of: Mapping[str, str],
    native_state: Callable[[Any], NativeState] | None,
) -> Any:
    fixed: dict[str, dict[str, Endpoint]] = {}
    for key, endpoint in endpoints.items():
        method, _, path = key.partition(" ")
        fixed.setdefault(method.lower(), {})[path] = endpoint
    patterns = [(_pattern(key), endpoint) for key, endpoint in endpoints.items() if "{" in key]
    server_of = _servers(provider, provider_of)

    def find(method: str, path: str) -> tuple[Endpoint | None, dict[str, object]]:
        endpoint = fixed.get(method.lower(), {}).get(path)
        if endpoint is not None:
            return endpoint, {}
        for pattern, candidate in patterns:
            match = pattern.fullmatch(f"{method.upper()} {path}")
            if match is not None:
                return candidate, dict(match.groupdict())
        return None, {}

    def route(client: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Call | None:
        options = kwargs.get("options") or args[1]
        method, url = options.method, options.url
        paths = fixed.get(method)
        endpoint = None if paths is None else paths.get(url)
        ids: dict[str, object] = {}
        if endpoint is None:
            endpoint, ids = find(method, _path(url, client))
            if endpoint is None:
                return None
        name, host, port = server_of(client)
        if not url.startswith("/"):
            host, port = _server(url)
        return Call(
            endpoint,
            _body(options),
            name,
            kwargs.get("stream") is True and endpoint.deltas is not None,
            host,
            port,
            ids,
            settle,
            options,
            "off" if native_state is None else native_state(client),
        )

    return route


def _servers(
    provider: str, provider_of: Mapping[str, str]
) -> Callable[[Any], tuple[str, str, int]]:
    """Return a function that tells a client's provider, host and port.

    Told once for each base URL that clients have now: an SDK's URL works its parts out anew
    whenever they are asked for.
    """
    known: dict[int, tuple[object, type, tuple[str, str, int]]] = {}

    def server_of(client: Any) -> tuple[str, str, int]:
        base = client._base_url
        kind = cast("type[Any]", type(client))
        entry = known.get(id(base))
        if entry is not None and entry[0] is base and entry[1] is kind:
            return entry[2]
        host = base.host
        name = _kind(client, provider_of) or provider_at(host) or provider
        server = (name, host, base.port or (443 if base.scheme == "https" else 80))
        if len(known) >= MOST_SERVERS:
            known.clear()
        known[id(base)] = (base, kind, server)
        return server

    return server_of


def _path(url: str, client: Any) -> str:
    """Return the path that is called, below that of the client's base URL.

    The SDK or its caller may have given the whole URL.
    """
    if url.startswith("/"):
        return url.partition("?")[0]
    return urlsplit(url).path.removeprefix(client._base_url.path.rstrip("/"))


def _server(url: str) -> tuple[str, int]:
    """Return the host and port of a whole URL."""
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)


def _kind(client: object, provider_of: Mapping[str, str]) -> str | None:
    for kind in type(client).__mro__:
        if kind.__name__ in provider_of:
            return provider_of[kind.__name__]
    return None


def _pattern(key: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(key)))


def _body(options: Any) -> Mapping[str, Any]:
    """Return the request's JSON object, with what the caller added to it.

    Lists that the SDK was given as generators are left alone: it has yet to send them.
    """
    body = options.json_data
    if not isinstance(body, Mapping):
        body = {}
    extra = getattr(options, "extra_json", None)
    params = getattr(options, "params", None)
    if extra or (params and options.method.upper() == "GET"):
        return {**(params or {}), **body, **(extra or {})}
    return cast("Mapping[str, Any]", body)


# --- what happens inside a call ---------------------------------------------------------------


def _saw_response(recording: Watched, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    response = kwargs.get("response")
    if response is not None:
        recording.saw_response(response)


def _saw_failure(recording: Watched, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    recording.saw_response(kwargs["response"] if "response" in kwargs else args[0])


def _saw_delay(recording: Watched, delay: float) -> None:
    recording.retry(delay)
