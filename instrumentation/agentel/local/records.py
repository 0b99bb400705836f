"""Knows what is read back from telemetry files: spans, log records and metric points as plain data.

Times are nanoseconds since 1970 (UTC), 0 where the file has none. Ids are lower-case hex, '' where
the file has none. Attribute values are Python values.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = [
    "CLIENT",
    "ERROR",
    "EventRecord",
    "LinkRecord",
    "LogRecord",
    "MetricPoint",
    "Record",
    "Scope",
    "SpanRecord",
]

CLIENT = 3
"""OTLP's number of the span kind CLIENT."""

ERROR = 2
"""OTLP's number of the status code ERROR."""

Attributes = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Scope:
    """The instrumentation scope that a record came from."""

    name: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True)
class EventRecord:
    """An event on a span."""

    name: str
    time_ns: int
    attributes: Attributes


@dataclass(frozen=True, slots=True)
class LinkRecord:
    """A link of a span to another one."""

    trace_id: str
    span_id: str
    attributes: Attributes


@dataclass(slots=True)
class SpanRecord:
    """An ended span. `kind` and `status` are OTLP's numbers; nobody changes it once it is read.

    `parent_is_remote` is None where the writer did not say; by OTLP's flags it is known whether
    the parent is a span of another process.
    """

    trace_id: str
    span_id: str
    parent_id: str
    parent_is_remote: bool | None
    name: str
    kind: int
    start_ns: int
    end_ns: int
    attributes: Attributes
    events: tuple[EventRecord, ...]
    links: tuple[LinkRecord, ...]
    status: int
    status_message: str
    resource: Attributes
    scope: Scope

    @property
    def is_entry(self) -> bool:
        """Whether it is where the trace came into its process: a root, or below a remote parent."""
        return not self.parent_id or self.parent_is_remote is True

    @property
    def duration_ns(self) -> int:
        """Nanoseconds from start to end; 0 if the clock went back."""
        return max(0, self.end_ns - self.start_ns)


@dataclass(frozen=True, slots=True)
class LogRecord:
    """A log record; an event if it has an `event_name`. `severity` is OTLP's number."""

    trace_id: str
    span_id: str
    event_name: str
    time_ns: int
    severity: int
    body: object
    attributes: Attributes
    resource: Attributes
    scope: Scope


@dataclass(frozen=True, slots=True)
class MetricPoint:
    """One data point. `kind` is OTLP's word: gauge, sum, histogram or exponentialHistogram.

    `value` is the number of a gauge or sum and the sum of a histogram; `count` is a histogram's.
    `bounds` and `buckets` are an explicit histogram's. `delta` says that the point counts from its
    own start, not from the instrument's.
    """

    name: str
    unit: str
    kind: str
    start_ns: int
    time_ns: int
    attributes: Attributes
    value: float | int | None
    count: int | None
    bounds: tuple[float, ...]
    buckets: tuple[int, ...]
    delta: bool
    resource: Attributes
    scope: Scope


Record = SpanRecord | LogRecord | MetricPoint
