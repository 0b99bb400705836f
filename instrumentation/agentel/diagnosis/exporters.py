"""Knows where each signal goes in an environment, and whether it can arrive there.

Source: the OpenTelemetry specification of OTLP exporters (endpoints, headers, certificates).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import unquote

from agentel.diagnosis.finding import Finding, note, ok, problem
from agentel.diagnosis.reach import TIMEOUT, Endpoint, Outcome, reach
from agentel.diagnosis.secrets import without_credentials
from agentel.diagnosis.surroundings import Surroundings

__all__ = ["check_exporters", "endpoint_of"]

SIGNALS = ("traces", "metrics", "logs")
FILES = "agentel_file"
HTTP = "otlp_proto_http"
GRPC = "otlp_proto_grpc"
PROTOCOLS = {"http/protobuf": HTTP, "grpc": GRPC}
_DEFAULTS = {HTTP: "http://localhost:4318", GRPC: "http://localhost:4317"}
NONE = "none"
_PAIR = re.compile(
    r"[!#$%&'*+.^_`|~0-9A-Za-z-]+[ \t]*=[\x20\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*"
)
"""A header that exporters read. Source: `parse_env_headers` in opentelemetry-api 1.39 to 1.45."""
_INSTALL = {
    GRPC: "pip install opentelemetry-exporter-otlp-proto-grpc, or set "
    "OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf and the endpoint's port for HTTP, 4318",
    FILES: "install agentel anew: its metadata is of another version than its code",
}
"""Exporter to what to do where it is not installed."""


def check_exporters(seen: Surroundings) -> Iterator[Finding]:
    """Tell where each signal goes; ask every OTLP endpoint once, all at the same time."""
    if seen.value("OTEL_CONFIG_FILE") or not seen.told:
        return
    yield from _unread(seen)
    ways = [(signal, name) for signal in SIGNALS for name in _names(seen, signal)]
    asked = [way for way in ways if way[1] in (HTTP, GRPC) and _is_installed(seen, *way)]
    endpoints = {way: endpoint_of(seen, *way) for way in asked}
    with ThreadPoolExecutor(len(SIGNALS) * 2) as pool:
        outcomes = dict(zip(asked, pool.map(reach, endpoints.values()), strict=True))
    for signal, name in ways:
        way = (signal, name)
        if way in outcomes:
            yield _reached(signal, _address(seen, *way), endpoints[way], outcomes[way])
        else:
            yield _unasked(seen, signal, name)


def _names(seen: Surroundings, signal: str) -> list[str]:
    """Return the exporters of a signal, as entry points are called; `none` where there are none."""
    names: list[str] = seen.told["destinations"][signal] or [NONE]
    return [_entry_point(seen, signal, name) for name in names]


def _entry_point(seen: Surroundings, signal: str, name: str) -> str:
    return PROTOCOLS.get(_protocol(seen, signal), name) if name == "otlp" else name


def _protocol(seen: Surroundings, signal: str) -> str:
    return _option(seen, signal, "PROTOCOL") or "http/protobuf"


def _option(seen: Surroundings, signal: str, name: str) -> str:
    """Return an option of OTLP: what is set for the signal goes before what is set for all."""
    own = seen.value(f"OTEL_EXPORTER_OTLP_{signal.upper()}_{name}")
    return own or seen.value(f"OTEL_EXPORTER_OTLP_{name}")


def _is_installed(seen: Surroundings, signal: str, name: str) -> bool:
    return name in seen.told["exporters"][signal]


def endpoint_of(seen: Surroundings, signal: str, name: str) -> Endpoint:
    """Return where the exporter `name` sends a signal in this environment, and with what."""
    is_grpc = name == GRPC
    own = seen.value(f"OTEL_EXPORTER_OTLP_{signal.upper()}_ENDPOINT")
    general = seen.value("OTEL_EXPORTER_OTLP_ENDPOINT")
    base = general or _DEFAULTS[name]
    url = own or (base if is_grpc else f"{base.rstrip('/')}/v1/{signal}")
    return Endpoint(
        url,
        headers=_headers(_option(seen, signal, "HEADERS")),
        is_grpc=is_grpc,
        certificate=_option(seen, signal, "CERTIFICATE") or _authorities(seen),
        client_certificate=_option(seen, signal, "CLIENT_CERTIFICATE"),
        client_key=_option(seen, signal, "CLIENT_KEY"),
    )


def _authorities(seen: Surroundings) -> str:
    """Return the file that `requests`, behind OpenTelemetry's exporter, is told to trust."""
    return seen.value("REQUESTS_CA_BUNDLE") or seen.value("CURL_CA_BUNDLE")


def _address(seen: Surroundings, signal: str, name: str) -> str:
    """Return the endpoint as the user wrote it, without secrets: one text for all signals."""
    own = seen.value(f"OTEL_EXPORTER_OTLP_{signal.upper()}_ENDPOINT")
    return without_credentials(own or seen.value("OTEL_EXPORTER_OTLP_ENDPOINT") or _DEFAULTS[name])


def _headers(text: str) -> dict[str, str]:
    """Return the headers as the exporter reads them: what is no pair is not sent."""
    headers: dict[str, str] = {}
    for pair in text.split(","):
        if _PAIR.fullmatch(pair.strip()):
            name, _, value = pair.partition("=")
            # With blanks inside it is taken as it stands.
            is_encoded = " " not in value.strip()
            headers[name.strip().lower()] = unquote(value).strip() if is_encoded else value.strip()
    return headers


def _unread(seen: Surroundings) -> Iterator[Finding]:
    """Tell of headers that exporters leave out, without what is in them."""
    for kind in ("", *(f"{signal.upper()}_" for signal in SIGNALS)):
        variable = f"OTEL_EXPORTER_OTLP_{kind}HEADERS"
        pairs = [pair for pair in seen.value(variable).split(",") if pair.strip()]
        unread = sum(_PAIR.fullmatch(pair.strip()) is None for pair in pairs)
        if unread:
            yield problem(
                variable,
                f"{unread} of {len(pairs)} headers in it cannot be read, and are not sent",
                expected="name=value, separated by commas, values URL-encoded",
                advice=f"write them so, for example {variable}=authorization=Bearer%20TOKEN",
            )


def _unasked(seen: Surroundings, signal: str, name: str) -> Finding:
    variable = f"OTEL_{signal.upper()}_EXPORTER"
    if name == NONE:
        return note(signal, f"go nowhere: {variable}=none", f"unset {variable}", exporter=name)
    if name == FILES and _is_installed(seen, signal, name):
        return ok(signal, "go to local files", exporter=name)
    if name == "console" or _is_installed(seen, signal, name):
        return ok(signal, f"go to the exporter '{name}'", exporter=name)
    if name == "otlp":
        found = f"there is no OTLP over {_protocol(seen, signal)!r}"
        expected, advice = " or ".join(PROTOCOLS), "set OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf"
    else:
        found = f"the exporter '{name}' is not installed"
        expected = f"one of {', '.join(_offered(seen, signal))}"
        advice = _INSTALL.get(name, f"install what brings it, or set {variable}=otlp")
    return problem(
        signal,
        found if name == FILES else f"{found}; they go to local files instead",
        expected=expected,
        advice=advice,
        exporter=name,
    )


def _offered(seen: Surroundings, signal: str) -> list[str]:
    installed: list[str] = seen.told["exporters"][signal]
    return sorted({NONE, "console", *installed})


def _reached(signal: str, address: str, endpoint: Endpoint, outcome: Outcome) -> Finding:
    """Put the outcome of asking into words that have no secret in them."""
    details: dict[str, Any] = {
        "exporter": GRPC if endpoint.is_grpc else HTTP,
        "endpoint": without_credentials(endpoint.url),
        "outcome": outcome.kind,
        "status": outcome.status or None,
    }
    if outcome.kind == "answered":
        return _answered(signal, address, outcome.status, details)
    if outcome.kind == "connected":
        return ok(signal, f"{address} can be connected to", **details)
    found, advice = _FAILURES[outcome.kind]
    told = f" ({outcome.told})" if outcome.told else ""
    return problem(
        signal,
        f"{address} {found}{told}: nothing arrives there",
        expected="an OTLP receiver that answers",
        advice=advice,
        **details,
    )


_ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"

_FAILURES = {
    "refused": (
        "refuses the connection",
        f"start the receiver, correct {_ENDPOINT}, or unset it to write files",
    ),
    "silent": (
        f"does not answer within {TIMEOUT:.0f} s",
        f"look after the receiver or the network on the way, or correct {_ENDPOINT}",
    ),
    "unknown": ("has a name that no address is known for", f"correct {_ENDPOINT}"),
    "tls": (
        "cannot be talked to in TLS",
        "use http:// for a receiver without TLS, or name its authority in "
        "OTEL_EXPORTER_OTLP_CERTIFICATE",
    ),
    "odd": (
        "does not answer in HTTP",
        "use the receiver's port for OTLP over HTTP (4318, not 4317 for gRPC), and https:// where "
        "it wants TLS",
    ),
    "unusable": ("cannot be used", f"correct {_ENDPOINT} and the files of certificates"),
}
"""Kind of outcome to what was found and what to do."""


def _answered(signal: str, address: str, status: int, details: dict[str, Any]) -> Finding:
    found = f"{address} answers {status}"
    receiver = "an OTLP receiver that accepts telemetry"
    if 200 <= status < 300:
        return ok(signal, found, **details)
    if status in (401, 403):
        return problem(
            signal,
            f"{found}: it does not accept the credentials",
            expected=receiver,
            advice="set OTEL_EXPORTER_OTLP_HEADERS to what the receiver wants, for example "
            "authorization=Bearer%20TOKEN",
            **details,
        )
    if status in (400, 415, 422, 429, 503):
        return note(
            signal,
            f"{found} to an empty request: it is there, and what it does with telemetry is not "
            "known",
            "look into the receiver's log",
            expected=receiver,
            **details,
        )
    return problem(
        signal,
        f"{found}: no telemetry is accepted there",
        expected=receiver,
        advice=f"correct {_ENDPOINT}: the path, /v1/traces for one, is added to it, and not to "
        "the endpoint of one signal",
        **details,
    )
