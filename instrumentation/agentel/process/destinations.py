"""Knows where each signal goes: to what the user named, else over OTLP, else to files.

What cannot be had is replaced by files, and said once for all signals.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Mapping, MutableMapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from typing import Any, Literal, cast
from urllib.parse import urlsplit

from opentelemetry import _logs, metrics, trace
from opentelemetry.sdk.metrics.export import MetricReader

from agentel.config import read_settings
from agentel.core.safety import guarded, outcome_of
from agentel.process import complaints
from agentel.process.batches import LARGEST
from agentel.process.delivery import LogDelivery, SpanDelivery, watch_metrics
from agentel.process.installed import entry_points

__all__ = [
    "FILE_EXPORTER",
    "SIGNALS",
    "Destination",
    "Signal",
    "connect",
    "destination",
    "destinations",
    "unnamed",
]

Signal = Literal["traces", "metrics", "logs"]
SIGNALS: tuple[Signal, ...] = ("traces", "metrics", "logs")
FILE_EXPORTER = "agentel_file"
DELAY_MS = 500
"""Longest time that an ended span waits to be handed on: most of what a killed process can lose."""
FILE_QUEUE = 4096
"""Spans, or log records, that may wait for their file, unless the SDK's own variable says it. A
program that does nothing but end spans keeps it below 2,048; a disk may stand still for a while."""

_DELAYS = {"traces": "OTEL_BSP_SCHEDULE_DELAY", "logs": "OTEL_BLRP_SCHEDULE_DELAY"}
"""Who names a time, in ms, gets it, for all but files."""
_QUEUES = {"traces": "OTEL_BSP_MAX_QUEUE_SIZE", "logs": "OTEL_BLRP_MAX_QUEUE_SIZE"}

_HTTP, _GRPC = "otlp_proto_http", "otlp_proto_grpc"
_PROTOCOLS = {"grpc": _GRPC, "http/protobuf": _HTTP}
_PACKAGES = {_GRPC: "opentelemetry-exporter-otlp-proto-grpc"}
_PROTOCOL_VARIABLE = "OTEL_EXPORTER_OTLP_PROTOCOL"
_DEFAULT_ENDPOINTS = {_GRPC: "http://localhost:4317", _HTTP: "http://localhost:4318"}
"""Source: OpenTelemetry's specification of the OTLP exporter."""


@dataclass(frozen=True, slots=True)
class Destination:
    """One exporter of one signal."""

    signal: Signal
    name: str
    """Its entry point's name."""
    place: str
    """Where it sends to, in words for the user, without user, password, path and query."""
    exporter: Any = None
    """The exporter itself; None for metrics, whose exporters the SDK makes by their names."""

    @property
    def is_local(self) -> bool:
        """Whether it writes our files, and so tells about its failures by itself."""
        return self.name == FILE_EXPORTER


class _Unavailable(Exception):
    """An exporter cannot be had; its text says why, and what to do."""


def destination(signal: Signal, environ: Mapping[str, str]) -> list[str]:
    """Return the exporters of one signal, by the names that a user gives them; [] for none.

    `OTEL_<SIGNAL>_EXPORTER` counts first, `none` included; then OTLP, where an endpoint is set and
    not empty; then files. Where `AGENTEL_FILES` says so, files come beside anything but `none`.
    """
    named = environ.get(f"OTEL_{signal.upper()}_EXPORTER", "").strip()
    if not named:
        named = "otlp" if _endpoint(signal, environ) else FILE_EXPORTER
    names = [name for one in named.split(",") if (name := one.strip()) and name.lower() != "none"]
    if names and read_settings(environ).files:
        names.append(FILE_EXPORTER)
    return list(dict.fromkeys(names))


def destinations(
    environ: Mapping[str, str], folder: str
) -> tuple[tuple[Destination, ...], tuple[str, ...]]:
    """Return every exporter to set up, and one message for each cause why another cannot be.

    Imports the exporters and makes them. In place of one that cannot be had there are files, below
    `folder`. Never raises.
    """
    found: dict[tuple[Signal, str], Destination] = {}
    problems: dict[str, list[str]] = {}
    for signal in SIGNALS:
        for given in destination(signal, environ):
            try:
                one = _open(signal, given, environ, folder)
            except _Unavailable as problem:
                problems.setdefault(str(problem), []).append(signal)
                one = _open(signal, FILE_EXPORTER, environ, folder)
            found.setdefault((signal, one.name), one)
    messages = tuple(
        f"agentel: {problem} Until then, {' and '.join(signals)} go to files below {folder}."
        for problem, signals in problems.items()
    )
    return tuple(found.values()), messages


@contextmanager
def unnamed(environ: MutableMapping[str, str]) -> Generator[None]:
    """Keep the SDK, while the block lasts, from setting up by itself what the user named."""
    names = [f"OTEL_{signal.upper()}_EXPORTER" for signal in SIGNALS]
    given = {name: environ[name] for name in names if name in environ}
    environ.update(dict.fromkeys(given, "none"))
    try:
        yield
    finally:
        environ.update(given)


def connect(found: Sequence[Destination]) -> None:
    """Add the exporters of traces and logs to the process's providers, and keep account of all.

    The metrics' are there already, in the same order. Never raises.
    """
    tracers: Any = trace.get_tracer_provider()
    loggers: Any = _logs.get_logger_provider()
    for one in found:
        kwargs: dict[str, Any] = {"is_local": one.is_local, "largest": LARGEST.get(one.name, 0)}
        if one.is_local and not _is_set(_QUEUES, one.signal):
            kwargs["max_queue_size"] = FILE_QUEUE
        if one.is_local or not _is_set(_DELAYS, one.signal):
            kwargs["schedule_delay_millis"] = DELAY_MS
        if one.signal == "traces":
            tracers.add_span_processor(SpanDelivery(one.exporter, one.place, **kwargs))
        elif one.signal == "logs":
            loggers.add_log_record_processor(LogDelivery(one.exporter, one.place, **kwargs))
    guarded("keep account of metrics", _watch_metrics, found)


def _is_set(variables: Mapping[str, str], signal: Signal) -> bool:
    return bool(os.environ.get(variables.get(signal, ""), "").strip())


def _watch_metrics(found: Sequence[Destination]) -> None:
    # The SDK makes them and hands none out; in 1.39 its configuration has them.
    provider: Any = metrics.get_meter_provider()
    has_readers = hasattr(provider, "_metric_readers")
    readers = provider._metric_readers if has_readers else provider._sdk_config.metric_readers
    ours = [one for one in found if one.signal == "metrics"]
    for one, reader in zip(ours, readers, strict=True):
        exporter = getattr(reader, "_exporter", None)  # a reader that is asked has none
        if exporter is not None:
            watch_metrics(exporter, one.place, is_local=one.is_local)


def _open(signal: Signal, given: str, environ: Mapping[str, str], folder: str) -> Destination:
    """Return the destination that a user calls `given`. Raises _Unavailable."""
    name = _by_protocol(signal, environ) if given == "otlp" else given
    installed = entry_points(group=f"opentelemetry_{signal}_exporter")
    entry_point = next((one for one in installed if one.name == name), None)
    if entry_point is None:
        raise _Unavailable(_missing(signal, name, sorted(one.name for one in installed)))
    kind, error = outcome_of(entry_point.load)
    if error is not None:
        raise _Unavailable(
            f"the exporter {name} cannot be imported ({type(error).__name__}: {error}). Install "
            f"{_PACKAGES.get(name, 'its package')} anew, or name another."
        )
    place = folder if name == FILE_EXPORTER else _place(signal, name, environ)
    return Destination(signal, name, place, _made(signal, name, kind))


def _made(signal: Signal, name: str, kind: Any) -> Any:
    """Return an exporter; for metrics see whether the SDK will be able to make it."""
    if signal == "metrics" and (name not in _DEFAULT_ENDPOINTS or issubclass(kind, MetricReader)):
        return None  # making it may open a port, or a file
    complaints.listen_to(cast("type", kind))
    with complaints.heard() if signal == "metrics" else nullcontext():  # the SDK will be heard
        made, error = outcome_of(kind)
    if error is not None:
        raise _Unavailable(
            f"the exporter {name} does not take its settings ({type(error).__name__}: {error}). "
            "Correct the OTEL_EXPORTER_ variables."
        )
    if signal != "metrics":
        return made
    outcome_of(cast("Any", made).shutdown)
    return None


def _by_protocol(signal: Signal, environ: Mapping[str, str]) -> str:
    variables = (f"OTEL_EXPORTER_OTLP_{signal.upper()}_PROTOCOL", _PROTOCOL_VARIABLE)
    for variable in variables:
        protocol = environ.get(variable, "").strip()
        if protocol and protocol not in _PROTOCOLS:
            raise _Unavailable(
                f"{variable}={protocol!r} is not {' or '.join(_PROTOCOLS)}. Correct it."
            )
        if protocol:
            return _PROTOCOLS[protocol]
    return _HTTP


def _missing(signal: Signal, name: str, installed: list[str]) -> str:
    if name == _GRPC:
        return (
            f"OTLP over gRPC was asked for, and {_PACKAGES[_GRPC]} is not installed. Install it, "
            f"or set {_PROTOCOL_VARIABLE}=http/protobuf and the endpoint's port for HTTP, 4318."
        )
    return (
        f"no exporter {name!r} is installed; there are {', '.join(installed)}. Correct "
        f"OTEL_{signal.upper()}_EXPORTER, or install it."
    )


def _endpoint(signal: Signal, environ: Mapping[str, str]) -> str:
    for variable in (
        f"OTEL_EXPORTER_OTLP_{signal.upper()}_ENDPOINT",
        "OTEL_EXPORTER_OTLP_ENDPOINT",
    ):
        if environ.get(variable, "").strip():
            return environ[variable].strip()
    return ""


def _place(signal: Signal, name: str, environ: Mapping[str, str]) -> str:
    if name not in _DEFAULT_ENDPOINTS:
        return f"the exporter {name}"
    given = _endpoint(signal, environ) or _DEFAULT_ENDPOINTS[name]
    with suppress(ValueError):
        split = urlsplit(given if "//" in given else f"//{given}")
        host = split.netloc.rpartition("@")[2]
        return f"{split.scheme}://{host}" if split.scheme else host
    return "an endpoint that cannot be read"
