"""Knows how OTLP JSON objects become records, whoever wrote them.

Missing fields are empty; a field of the wrong type is as good as missing. Nothing here raises.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from agentel.local.records import (
    EventRecord,
    LinkRecord,
    LogRecord,
    MetricPoint,
    Record,
    Scope,
    SpanRecord,
)
from agentel.local.values import (
    Attributes,
    Json,
    as_items,
    as_object,
    decode_attributes,
    decode_value,
)

__all__ = ["SIGNALS", "decode_line"]

SIGNALS = ("resourceSpans", "resourceMetrics", "resourceLogs")
"""The keys, one of which an OTLP JSON object has."""

_POINT_KINDS = ("gauge", "sum", "histogram", "exponentialHistogram")
_DELTA = 1
_HEX = re.compile("[0-9a-fA-F]+")
_HAS_IS_REMOTE = 0x100
_IS_REMOTE = 0x200
"""Flags of a span that tell about its parent. Source: opentelemetry-proto, `SpanFlags`."""


@dataclass(frozen=True, slots=True)
class _Origin:
    resource: Attributes
    scope: Scope


def decode_line(line: Json, without_metrics: bool = False) -> Iterator[Record]:
    """Yield the records of one OTLP JSON object, in file order."""
    for origin, span in _items(line, "resourceSpans", "scopeSpans", "spans"):
        yield _span(span, origin)
    for origin, record in _items(line, "resourceLogs", "scopeLogs", "logRecords"):
        yield _log(record, origin)
    if not without_metrics:
        for origin, metric in _items(line, "resourceMetrics", "scopeMetrics", "metrics"):
            yield from _points(metric, origin)


def _items(line: Json, resources: str, scopes: str, items: str) -> Iterator[tuple[_Origin, Json]]:
    for of_resource in map(as_object, as_items(line.get(resources))):
        resource = decode_attributes(as_object(of_resource.get("resource")).get("attributes"))
        for of_scope in map(as_object, as_items(of_resource.get(scopes))):
            about = as_object(of_scope.get("scope"))
            origin = _Origin(resource, Scope(_text(about, "name"), _text(about, "version")))
            for item in as_items(of_scope.get(items)):
                yield origin, as_object(item)


def _span(span: Json, origin: _Origin) -> SpanRecord:
    status = as_object(span.get("status"))
    events = as_items(span.get("events"))
    links = as_items(span.get("links"))
    flags = _integer(span, "flags")
    return SpanRecord(
        trace_id=_id(span, "traceId"),
        span_id=_id(span, "spanId"),
        parent_id=_id(span, "parentSpanId"),
        parent_is_remote=bool(flags & _IS_REMOTE) if flags & _HAS_IS_REMOTE else None,
        name=_text(span, "name"),
        kind=_integer(span, "kind"),
        start_ns=_integer(span, "startTimeUnixNano"),
        end_ns=_integer(span, "endTimeUnixNano"),
        attributes=decode_attributes(span.get("attributes")),
        events=tuple([_event(as_object(event)) for event in events]) if events else (),
        links=tuple([_link(as_object(link)) for link in links]) if links else (),
        status=_integer(status, "code") if status else 0,
        status_message=_text(status, "message") if status else "",
        resource=origin.resource,
        scope=origin.scope,
    )


def _event(event: Json) -> EventRecord:
    attributes = decode_attributes(event.get("attributes"))
    return EventRecord(_text(event, "name"), _integer(event, "timeUnixNano"), attributes)


def _link(link: Json) -> LinkRecord:
    attributes = decode_attributes(link.get("attributes"))
    return LinkRecord(_id(link, "traceId"), _id(link, "spanId"), attributes)


def _log(record: Json, origin: _Origin) -> LogRecord:
    time_ns = _integer(record, "timeUnixNano") or _integer(record, "observedTimeUnixNano")
    return LogRecord(
        trace_id=_id(record, "traceId"),
        span_id=_id(record, "spanId"),
        event_name=_text(record, "eventName"),
        time_ns=time_ns,
        severity=_integer(record, "severityNumber"),
        body=decode_value(record.get("body")),
        attributes=decode_attributes(record.get("attributes")),
        resource=origin.resource,
        scope=origin.scope,
    )


def _points(metric: Json, origin: _Origin) -> Iterator[MetricPoint]:
    for kind in _POINT_KINDS:
        data = as_object(metric.get(kind))
        delta = _integer(data, "aggregationTemporality") == _DELTA
        for point in map(as_object, as_items(data.get("dataPoints"))):
            histogram = kind not in ("gauge", "sum")
            yield MetricPoint(
                name=_text(metric, "name"),
                unit=_text(metric, "unit"),
                kind=kind,
                start_ns=_integer(point, "startTimeUnixNano"),
                time_ns=_integer(point, "timeUnixNano"),
                attributes=decode_attributes(point.get("attributes")),
                value=_value(point),
                count=_integer(point, "count") if histogram else None,
                bounds=tuple(map(_number, as_items(point.get("explicitBounds")))),
                buckets=tuple(map(_whole, as_items(point.get("bucketCounts")))),
                delta=delta,
                resource=origin.resource,
                scope=origin.scope,
            )


def _value(point: Json) -> float | int | None:
    if "asInt" in point:
        return _integer(point, "asInt")
    for key in ("asDouble", "sum"):
        if key in point:
            return _number(point[key])
    return None


def _text(fields: Json, key: str) -> str:
    value = fields.get(key)
    return value if isinstance(value, str) else ""


def _id(fields: Json, key: str) -> str:
    """Return an id; what is not hex is none, nor is one of zeros only."""
    value = fields.get(key)
    return _hex(value) if isinstance(value, str) else ""


@lru_cache(maxsize=4096)
def _hex(text: str) -> str:
    # All spans of a trace say its id, and all children their parent's.
    return text.lower() if _HEX.fullmatch(text) and text.strip("0") else ""


def _integer(fields: Json, key: str) -> int:
    value = fields.get(key)
    return 0 if value is None else _whole(value)


def _whole(value: object) -> int:
    if isinstance(value, (int, float, str)):
        try:
            return int(value)
        except (ValueError, OverflowError):
            return 0
    return 0


def _number(value: object) -> float:
    if isinstance(value, (int, float, str)):
        try:
            return float(value)
        except (ValueError, OverflowError):
            return 0.0
    return 0.0
