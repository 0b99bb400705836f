"""Knows how exporters complain, and says it in our words, at most once a minute.

An exporter raises, or logs through `logging`: a line for each retry, a traceback for each failure.
While one of ours exports, a filter on the loggers of its library keeps that from the program's
handlers and takes the reason from it. What other exporters log, or these at another time, passes.
"""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager

__all__ = ["heard", "hush", "listen_to", "note", "reason", "spare_stderr", "tell"]

PAUSE = 60.0
"""Seconds, at least, between two messages of this process."""

_LIBRARIES = ("opentelemetry.exporter.", "opentelemetry.sdk.", "urllib3")
_LONGEST = 200
"""Characters, at most, of a reason that is not one of ours."""

_OVERFLOW = "Queue full, dropping"
"""How the SDK's batch processors begin to say that they lose something; 1.39 says nothing."""

has_overflowed = False
"""Whether they said so in this process."""

_logger = logging.getLogger(__name__)
_listening = threading.local()
_last: float | None = None
_is_hushed = False
_spares_stderr = False

_CAUSES: tuple[tuple[str, str], ...] = (
    (
        r"no scheme supplied|invalid URL|InvalidSchema",
        "the endpoint is no address (expected one like http://HOST:4318 in "
        "OTEL_EXPORTER_OTLP_ENDPOINT)",
    ),
    (
        r"\b(401|403)\b|unauthori[sz]ed|forbidden|UNAUTHENTICATED|PERMISSION_DENIED",
        "the receiver refuses the token (expected one that it knows, for example in "
        "OTEL_EXPORTER_OTLP_HEADERS=authorization=Bearer%20TOKEN)",
    ),
    (
        r"\bSSL|certificate|TLS|wrong version number",
        "no TLS connection (check https:// or http:// in the endpoint, and name the receiver's "
        "certificate authority in OTEL_EXPORTER_OTLP_CERTIFICATE)",
    ),
    (
        r"\b404\b|UNIMPLEMENTED",
        "nothing takes telemetry at this path (check the endpoint: the general one is without "
        "/v1/traces, port 4318 is HTTP, 4317 is gRPC)",
    ),
    (
        r"\b413\b|too large|RESOURCE_EXHAUSTED|max_request_size",
        "a batch is too large for the receiver (lower OTEL_BSP_MAX_EXPORT_BATCH_SIZE, or raise the "
        "receiver's limit)",
    ),
    (
        r"\b(429|500|502|503|504)\b|too many requests|service unavailable|bad gateway",
        "the receiver does not take more now (look at its log, and at its disk and memory)",
    ),
    (
        r"refused|resolve|name or service|nodename|no route|unreachable|UNAVAILABLE",
        "nothing answers there (start the collector, correct OTEL_EXPORTER_OTLP_ENDPOINT, or unset "
        "it to write files)",
    ),
    (
        r"tim(?:ed?|e-?) ?out|DEADLINE|max retries",
        "no answer in time (look at the receiver, or raise OTEL_EXPORTER_OTLP_TIMEOUT, in s)",
    ),
    (
        r"reset|aborted|closed|broken pipe|disconnected",
        "the connection breaks (check that the endpoint speaks the protocol of "
        "OTEL_EXPORTER_OTLP_PROTOCOL)",
    ),
)
"""What is looked for in an exporter's words, in this order, and what it means to the user."""


class _Ear(logging.Filter):
    """Takes warnings and errors from the handlers while the thread that logs them exports."""

    def filter(self, record: logging.LogRecord) -> bool:
        global has_overflowed
        if str(record.msg).startswith(_OVERFLOW):  # on the program's thread, when a span ends
            has_overflowed = True
            return False
        words: list[str] | None = getattr(_listening, "words", None)
        if words is None or record.levelno < logging.WARNING:
            return True
        words.append(_text(record))
        return False


_ear = _Ear()


def listen_to(exporter: type) -> None:
    """Let `heard` hear the loggers of an exporter's library and of OpenTelemetry's SDK.

    Handlers, levels and what the program configured stay as they are. Never raises.
    """
    own = exporter.__module__.partition(".")[0]
    libraries = _LIBRARIES if own in ("opentelemetry", "agentel") else (*_LIBRARIES, own)
    for name in list(logging.root.manager.loggerDict):
        if name.startswith(libraries):
            # A logger takes the same filter only once.
            logging.getLogger(name).addFilter(_ear)


def note(said: object) -> None:
    """Add to what `heard` collects on this thread; nothing happens outside of it."""
    words: list[str] | None = getattr(_listening, "words", None)
    if words is not None:
        words.append(str(said))


@contextmanager
def heard() -> Generator[list[str]]:
    """Collect what this thread's exporter logs, as warnings or errors, while the block lasts."""
    words: list[str] = []
    _listening.words = words
    try:
        yield words
    finally:
        _listening.words = None


def reason(error: BaseException | None, words: list[str]) -> str:
    """Return why an export failed and what to do about it, from what it raised and logged.

    A known cause is said in our words; another one in the exporter's, on one line of at most 200
    characters without control characters, and addresses in it without user and password.
    """
    raised = [] if error is None else [f"{type(error).__name__}: {error}"]
    said = " ".join([*words, *raised])
    for pattern, meaning in _CAUSES:
        if re.search(pattern, said, re.IGNORECASE):
            return meaning
    last = [*words[-1:], *raised][-1:] or ["the exporter gives no reason"]
    without_user = re.sub(r"//[^/@\s]*@", "//", last[0])
    printable = "".join(one if one.isprintable() else " " for one in without_user)
    return " ".join(printable.split())[:_LONGEST]


def tell(place: str, why: str) -> None:
    """Warn that something could not be delivered, unless a minute has not passed since the last."""
    global _last
    now = time.monotonic()
    if _is_hushed or (_spares_stderr and not _logger.hasHandlers()):
        return
    if _last is not None and now - _last < PAUSE:
        return
    _last = now
    _logger.warning(
        "agentel: telemetry cannot be delivered to %s: %s. The program is not affected.", place, why
    )


def spare_stderr() -> None:
    """Tell nothing, from now on, where the program has set no logging up.

    For a process whose standard error may be somebody's data.
    """
    global _spares_stderr
    _spares_stderr = True


def hush() -> None:
    """Tell nothing from now on."""
    global _is_hushed
    _is_hushed = True


def _text(record: logging.LogRecord) -> str:
    raised = record.exc_info[1] if record.exc_info else None
    try:
        said = record.getMessage()
    except (TypeError, ValueError):  # arguments that do not fit
        said = str(record.msg)
    return said if raised is None else f"{said} {type(raised).__name__}: {raised}"
