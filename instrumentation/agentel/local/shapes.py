"""Knows what the encoder reads of OpenTelemetry's SDK objects, without importing them.

Each protocol lists exactly the attributes that are read. Source: opentelemetry-sdk 1.39 to 1.45.
"""

# ruff: noqa: D102 - the members are described where they are defined, in the SDK
from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

Attributes = Mapping[str, object] | None
"""Attribute names to values, as the SDK hands them out."""


class Numbered(Protocol):
    """A member of an enumeration."""

    @property
    def value(self) -> int: ...


class TraceState(Protocol):
    """W3C trace state: a mapping of vendor keys to values."""

    def to_header(self) -> str: ...


class SpanContext(Protocol):
    """Ids of a span."""

    @property
    def trace_id(self) -> int: ...
    @property
    def span_id(self) -> int: ...
    @property
    def is_remote(self) -> bool: ...
    @property
    def trace_state(self) -> TraceState: ...


class Resource(Protocol):
    """What produced the telemetry."""

    @property
    def attributes(self) -> Mapping[str, object]: ...
    @property
    def schema_url(self) -> str: ...


class Scope(Protocol):
    """Which library produced the telemetry."""

    @property
    def name(self) -> str: ...
    @property
    def version(self) -> str | None: ...
    @property
    def schema_url(self) -> str | None: ...
    @property
    def attributes(self) -> Attributes: ...


class SpanEvent(Protocol):
    """Something that happened at one moment of a span."""

    @property
    def name(self) -> str: ...
    @property
    def timestamp(self) -> int: ...
    @property
    def attributes(self) -> Attributes: ...
    @property
    def dropped_attributes(self) -> int: ...


class Link(Protocol):
    """A reference to another span."""

    @property
    def context(self) -> SpanContext: ...
    @property
    def attributes(self) -> Attributes: ...
    @property
    def dropped_attributes(self) -> int: ...


class Status(Protocol):
    """How a span ended."""

    @property
    def status_code(self) -> Numbered: ...
    @property
    def description(self) -> str | None: ...


class Span(Protocol):
    """An ended span: the SDK's `ReadableSpan`."""

    @property
    def name(self) -> str: ...
    @property
    def context(self) -> SpanContext | None: ...
    @property
    def parent(self) -> SpanContext | None: ...
    @property
    def kind(self) -> Numbered: ...
    @property
    def start_time(self) -> int | None: ...
    @property
    def end_time(self) -> int | None: ...
    @property
    def attributes(self) -> Attributes: ...
    @property
    def events(self) -> Sequence[SpanEvent]: ...
    @property
    def links(self) -> Sequence[Link]: ...
    @property
    def status(self) -> Status: ...
    @property
    def dropped_attributes(self) -> int: ...
    @property
    def dropped_events(self) -> int: ...
    @property
    def dropped_links(self) -> int: ...
    @property
    def resource(self) -> Resource: ...
    @property
    def instrumentation_scope(self) -> Scope | None: ...


class LogRecord(Protocol):
    """The API's log record."""

    @property
    def timestamp(self) -> int | None: ...
    @property
    def observed_timestamp(self) -> int | None: ...
    @property
    def trace_id(self) -> int | None: ...
    @property
    def span_id(self) -> int | None: ...
    @property
    def trace_flags(self) -> int | None: ...
    @property
    def severity_text(self) -> str | None: ...
    @property
    def severity_number(self) -> Numbered | None: ...
    @property
    def body(self) -> object: ...
    @property
    def attributes(self) -> Attributes: ...
    @property
    def event_name(self) -> str | None: ...


class Log(Protocol):
    """A log record with where it came from: the SDK's `ReadableLogRecord`."""

    @property
    def log_record(self) -> LogRecord: ...
    @property
    def resource(self) -> Resource | None: ...
    @property
    def instrumentation_scope(self) -> Scope | None: ...
    @property
    def dropped_attributes(self) -> int: ...


class Exemplar(Protocol):
    """One measurement kept beside its aggregate."""

    @property
    def value(self) -> int | float: ...
    @property
    def time_unix_nano(self) -> int: ...
    @property
    def span_id(self) -> int | None: ...
    @property
    def trace_id(self) -> int | None: ...
    @property
    def filtered_attributes(self) -> Attributes: ...


class Buckets(Protocol):
    """One side of an exponential histogram."""

    @property
    def offset(self) -> int: ...
    @property
    def bucket_counts(self) -> Sequence[int]: ...


class Point(Protocol):
    """What all data points have."""

    @property
    def attributes(self) -> Attributes: ...
    @property
    def start_time_unix_nano(self) -> int | None: ...
    @property
    def time_unix_nano(self) -> int: ...
    @property
    def exemplars(self) -> Sequence[Exemplar]: ...


class NumberPoint(Point, Protocol):
    """A point of a gauge or sum."""

    @property
    def value(self) -> int | float: ...


class HistogramPoint(Point, Protocol):
    """What both kinds of histogram have."""

    @property
    def count(self) -> int: ...
    @property
    def sum(self) -> int | float | None: ...
    @property
    def min(self) -> int | float | None: ...
    @property
    def max(self) -> int | float | None: ...


class ExplicitPoint(HistogramPoint, Protocol):
    """A point of a histogram with explicit bounds."""

    @property
    def bucket_counts(self) -> Sequence[int]: ...
    @property
    def explicit_bounds(self) -> Sequence[float]: ...


class ExponentialPoint(HistogramPoint, Protocol):
    """A point of a histogram whose buckets grow exponentially."""

    @property
    def scale(self) -> int: ...
    @property
    def zero_count(self) -> int: ...
    @property
    def positive(self) -> Buckets: ...
    @property
    def negative(self) -> Buckets: ...
    @property
    def flags(self) -> int: ...


class MetricData(Protocol):
    """What one of the kinds of metric data has; a gauge has its points alone."""

    @property
    def data_points(self) -> Sequence[Point]: ...
    @property
    def aggregation_temporality(self) -> Numbered: ...
    @property
    def is_monotonic(self) -> bool: ...


class Metric(Protocol):
    """A metric with its points; `data` is a gauge, a sum or a histogram of either kind."""

    @property
    def name(self) -> str: ...
    @property
    def description(self) -> str | None: ...
    @property
    def unit(self) -> str | None: ...
    @property
    def data(self) -> object: ...


class ScopeMetrics(Protocol):
    """The metrics of one scope."""

    @property
    def scope(self) -> Scope: ...
    @property
    def metrics(self) -> Sequence[Metric]: ...


class ResourceMetrics(Protocol):
    """The metrics of one resource."""

    @property
    def resource(self) -> Resource: ...
    @property
    def scope_metrics(self) -> Sequence[ScopeMetrics]: ...


class MetricsData(Protocol):
    """One collection of metrics."""

    @property
    def resource_metrics(self) -> Sequence[ResourceMetrics]: ...
