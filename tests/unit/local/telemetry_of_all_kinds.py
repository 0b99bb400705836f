"""Knows one batch of each signal that has every kind of value OTLP can say, with fixed times.

A collector was sent these batches once; `golden/` has the lines that its file exporter wrote.
"""

from __future__ import annotations

from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.sdk._logs import ReadableLogRecord
from opentelemetry.sdk.metrics import Exemplar
from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    Buckets,
    ExponentialHistogram,
    ExponentialHistogramDataPoint,
    Gauge,
    Histogram,
    HistogramDataPoint,
    Metric,
    MetricsData,
    NumberDataPoint,
    ResourceMetrics,
    ScopeMetrics,
    Sum,
)
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import (
    Link,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    TraceState,
)

RESOURCE = Resource({"service.name": "demo", "n": 1}, "https://example.org/schemas/1")
BARE_RESOURCE = Resource({})
SCOPE = InstrumentationScope("agentel.openai", "0.1", "https://example.org/s", {"a": True})
BARE_SCOPE = InstrumentationScope("bare")
TRACE_ID = 0x0AF7651916CD43DD8448EB211C80319C
START = 1_767_225_600_000_000_001

VALUES = {
    "text": 'ü 猫 🐈 "quoted" \\ / <tag> & \t\n\r\x00\x1f\x7f\u2028 end',
    "empty text": "",
    "true": True,
    "false": False,
    "zero": 0,
    "integer": -42,
    "largest": 2**63 - 1,
    "smallest": -(2**63),
    "zero float": 0.0,
    "whole float": 3.0,
    "fraction": 0.1,
    "tiny": 5e-324,
    "small": 1.5e-7,
    "big": 1e21,
    "huge": 1.7976931348623157e308,
    "texts": ("a", "ü"),
    "integers": (1, -1, 0),
    "floats": (1.0, 0.25),
    "truths": (True, False),
    "nothing": (),
}
NESTED = {
    **VALUES,
    "bytes": b"\x00\xfe\xff",
    "no bytes": b"",
    "none": None,
    "map": {"list": [1, "two", 3.5, None, {"deep": [True, []]}], "empty": {}},
}


def _context(span_id: int, *, remote: bool = False) -> SpanContext:
    state = TraceState([("k", "v"), ("l", "w")])
    return SpanContext(TRACE_ID, span_id, remote, TraceFlags(1), state)


SPANS = [
    ReadableSpan(
        "chat gpt-5.1",
        _context(0xB7AD6B7169203331),
        parent=_context(1, remote=True),
        resource=RESOURCE,
        attributes=VALUES,
        events=[Event("e", VALUES, START + 5), Event("", timestamp=0)],
        links=[Link(_context(2, remote=True), {"x": "y"}), Link(_context(3))],
        kind=SpanKind.CLIENT,
        status=Status(StatusCode.ERROR, "quota, über"),
        start_time=START,
        end_time=START + 500_000_001,
        instrumentation_scope=SCOPE,
    ),
    ReadableSpan(
        "root",
        SpanContext(TRACE_ID, 4, False),
        resource=BARE_RESOURCE,
        status=Status(StatusCode.OK),
        start_time=START,
        end_time=START,
        instrumentation_scope=BARE_SCOPE,
    ),
    ReadableSpan(
        "",
        SpanContext(TRACE_ID, 5, False),
        parent=SpanContext(TRACE_ID, 4, False),
        resource=RESOURCE,
        start_time=START,
        instrumentation_scope=SCOPE,
    ),
]


def _log(**fields: object) -> ReadableLogRecord:
    return ReadableLogRecord(LogRecord(**fields), RESOURCE, SCOPE)


LOGS = [
    _log(timestamp=START, observed_timestamp=START + 1, body="text"),
    _log(
        timestamp=START,
        observed_timestamp=START + 1,
        event_name="agentel.started",
        attributes=NESTED,
        severity_text="WARN",
        severity_number=SeverityNumber.WARN,
    ),
    _log(observed_timestamp=START, body=NESTED),
    _log(observed_timestamp=START, body=[1, None]),
]

_EXEMPLARS = [
    Exemplar({"x": 1}, 7, START, 0xA, TRACE_ID),
    Exemplar({}, 0.5, START),
]
_CUMULATIVE, _DELTA = AggregationTemporality.CUMULATIVE, AggregationTemporality.DELTA
_LATER = START + 60_000_000_000


def _point(value: float, exemplars: list[Exemplar] | None = None) -> NumberDataPoint:
    return NumberDataPoint({"a": "b"}, START, _LATER, value, exemplars or [])


def _histogram(total: float, least: float | None) -> HistogramDataPoint:
    return HistogramDataPoint(
        {"a": "b"}, START, _LATER, 3, total, [1, 0, 2], [0.5, 10.0], least, 5.5, _EXEMPLARS
    )


_EXPONENTIAL = ExponentialHistogramDataPoint(
    attributes={"a": "b"},
    start_time_unix_nano=START,
    time_unix_nano=_LATER,
    count=6,
    sum=0,
    scale=-2,
    zero_count=1,
    positive=Buckets(-3, [1, 0, 2]),
    negative=Buckets(0, []),
    flags=1,
    min=-1.0,
    max=9.5,
    exemplars=_EXEMPLARS,
)
_DATA = [
    Gauge([_point(value) for value in (3, 0, 1.5, 0.0, float("nan"), float("inf"), -1e22)]),
    Sum([_point(3, _EXEMPLARS), _point(-(2**63))], _CUMULATIVE, True),
    Sum([_point(-3)], _DELTA, False),
    Histogram([_histogram(0.0, 0.0), _histogram(2.5, None)], _CUMULATIVE),
    ExponentialHistogram([_EXPONENTIAL], _DELTA),
]
_METRICS = [Metric(f"m{n}", f"about {n}", "s", data) for n, data in enumerate(_DATA)]
METRICS = MetricsData([ResourceMetrics(RESOURCE, [ScopeMetrics(SCOPE, _METRICS, "")], "")])
