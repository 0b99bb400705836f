"""Knows whether an OTLP endpoint answers, how soon, and what it thinks of our credentials.

What is sent is an empty request, which OTLP allows: a body of no bytes is a message without
telemetry. Source: OTLP 1.x, section OTLP/HTTP.
"""

from __future__ import annotations

import base64
import http.client
import socket
import ssl
import threading
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import unquote, urlsplit

__all__ = ["TIMEOUT", "Endpoint", "Outcome", "reach"]

TIMEOUT = 2.0
"""Seconds for each step: finding the address, connecting, and the answer."""

DEADLINE = 3 * TIMEOUT
"""Seconds after which an endpoint is given up, whatever it is doing."""

Kind = Literal["answered", "connected", "refused", "silent", "unknown", "tls", "odd", "unusable"]
"""`connected`: nothing was asked (gRPC). `unknown`: the name has no address. `odd`: the answer is
not HTTP. `unusable`: the address or a file of certificates cannot be used."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where one signal goes and what is sent along. `url` and `headers` may hold secrets."""

    url: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    is_grpc: bool = False
    certificate: str = ""
    """File with the authorities to trust; '' for the usual ones."""
    client_certificate: str = ""
    client_key: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of asking. `told` has no part of the request in it."""

    kind: Kind
    status: int = 0
    told: str = ""


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: an empty request would become another one."""

    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        """Return nothing, which makes the redirect an answer like any other."""


def reach(endpoint: Endpoint) -> Outcome:
    """Ask an endpoint, for at most `DEADLINE` seconds. Never raises."""
    outcomes: list[Outcome] = []
    thread = threading.Thread(target=lambda: outcomes.append(_ask(endpoint)), daemon=True)
    thread.start()
    # Finding an address has no timeout, and a server may send its answer byte by byte.
    thread.join(DEADLINE)
    return outcomes[0] if outcomes else Outcome("silent")


def _ask(endpoint: Endpoint) -> Outcome:
    try:
        return _connect(endpoint) if endpoint.is_grpc else _post(endpoint)
    except urllib.error.HTTPError as answer:
        return Outcome("answered", answer.code)
    except urllib.error.URLError as error:
        return _failure(error.reason)
    except (OSError, http.client.HTTPException, ValueError) as error:
        return _failure(error)


def _post(endpoint: Endpoint) -> Outcome:
    if urlsplit(endpoint.url).scheme not in ("http", "https"):
        return Outcome("unusable", told="it does not begin with http:// or https://")
    url, account = _without_account(endpoint.url)
    request = urllib.request.Request(
        url,
        data=b"",
        headers={**endpoint.headers, **account, "Content-Type": "application/x-protobuf"},
        method="POST",
    )
    opener = urllib.request.build_opener(
        _NoRedirects, urllib.request.HTTPSHandler(context=_trust(endpoint))
    )
    with opener.open(request, timeout=TIMEOUT) as answer:
        return Outcome("answered", answer.status)


def _without_account(url: str) -> tuple[str, dict[str, str]]:
    """Return an address without account, and the header that says the same."""
    parts = urlsplit(url)
    account, at, place = parts.netloc.rpartition("@")
    if not at:
        return url, {}
    told = base64.b64encode(unquote(account).encode()).decode()
    return parts._replace(netloc=place).geturl(), {"Authorization": f"Basic {told}"}


def _connect(endpoint: Endpoint) -> Outcome:
    """Connect and no more: what gRPC says needs a library that may not be here."""
    parts = urlsplit(endpoint.url if "://" in endpoint.url else f"//{endpoint.url}")
    place = (parts.hostname or "localhost", parts.port or 4317)
    with socket.create_connection(place, TIMEOUT) as connection:
        if parts.scheme == "https":
            with _trust(endpoint).wrap_socket(connection, server_hostname=place[0]):
                pass
    return Outcome("connected")


def _trust(endpoint: Endpoint) -> ssl.SSLContext:
    """Return what the exporter would trust. Raises OSError for files that cannot be used."""
    context = ssl.create_default_context(cafile=endpoint.certificate or _usual_authorities())
    if endpoint.client_certificate:
        context.load_cert_chain(endpoint.client_certificate, endpoint.client_key or None)
    return context


def _usual_authorities() -> str | None:
    """Return the file that `requests`, behind OpenTelemetry's exporter, brings with it."""
    try:
        import certifi
    except ImportError:
        return None
    return certifi.where()


def _failure(reason: object) -> Outcome:
    if isinstance(reason, ssl.SSLCertVerificationError):
        return Outcome("tls", told=f"its certificate is not trusted: {reason.verify_message}")
    if isinstance(reason, ssl.SSLError):
        return Outcome("tls", told=reason.reason or "no TLS")
    if isinstance(reason, TimeoutError):
        return Outcome("silent")
    if isinstance(reason, socket.gaierror):
        return Outcome("unknown", told=reason.strerror or "")
    if isinstance(reason, http.client.HTTPException):
        return Outcome("odd", told=type(reason).__name__)
    if isinstance(reason, ConnectionError):
        return Outcome("refused", told=type(reason).__name__)
    if isinstance(reason, OSError):
        return Outcome("unusable", told=reason.strerror or type(reason).__name__)
    return Outcome("unusable", told=type(reason).__name__)
