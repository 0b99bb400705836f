"""Knows how telemetry is written as OTLP JSON lines, the format of the collector's file exporter.

One line is one compact JSON object: spans under `resourceSpans`, metrics under `resourceMetrics`,
log records under `resourceLogs`, grouped by resource and scope. Ids are hex, 64-bit integers are
strings, enumerations are numbers, and empty fields are left out. Source: OTLP specification, "JSON
Protobuf Encoding"; collector, pdata (which messages it always writes: resource, scope, status,
value). Fields and their order are the file exporter's; a fraction below 0.0001 has other digits
(2.7e-05, there 0.000027), which are the same number.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from agentel.local.points import encode_metric, kept, text
from agentel.local.spans import span_text
from agentel.local.text import encoded, json_text
from agentel.local.values import Json, encode_attributes, encode_value

if TYPE_CHECKING:
    from agentel.local.shapes import Log, MetricsData, Resource, Scope, Span

__all__ = ["LONGEST_LINE", "log_lines", "metric_lines", "span_lines"]

LONGEST_LINE = 4 * 1024 * 1024
"""Bytes that a line stays below, its newline included; only a single larger item exceeds it."""

_BRACKETS = 64
"""Bytes, at most, of the keys and brackets that a group adds to its items."""


class _Signal(NamedTuple):
    """The keys of one signal's arrays."""

    resources: bytes
    scopes: bytes
    items: bytes


_SPANS = _Signal(b"resourceSpans", b"scopeSpans", b"spans")
_METRICS = _Signal(b"resourceMetrics", b"scopeMetrics", b"metrics")
_LOGS = _Signal(b"resourceLogs", b"scopeLogs", b"logRecords")


class _Frame(NamedTuple):
    """The encoded beginning and end of a JSON object, between which an array goes."""

    opening: bytes
    closing: bytes


_Groups = dict[_Frame, dict[_Frame, list[bytes]]]
"""Encoded items by the frames of their resource and of their scope."""


def span_lines(spans: Sequence[Span], longest: int = LONGEST_LINE) -> Iterator[bytes]:
    """Yield `spans` as OTLP JSON lines, each below `longest` bytes unless one span is larger."""
    items = (((span.resource, span.instrumentation_scope), span_text(span)) for span in spans)
    return _lines(_SPANS, items, longest)


def log_lines(logs: Sequence[Log], longest: int = LONGEST_LINE) -> Iterator[bytes]:
    """Yield `logs` as OTLP JSON lines, each below `longest` bytes unless one record is larger."""
    items = (((log.resource, log.instrumentation_scope), json_text(_log(log))) for log in logs)
    return _lines(_LOGS, items, longest)


def metric_lines(data: MetricsData, longest: int = LONGEST_LINE) -> Iterator[bytes]:
    """Yield `data` as OTLP JSON lines, each below `longest` bytes unless one metric is larger.

    A metric whose kind of data OTLP does not have is left out.
    """
    items = (
        ((of_resource.resource, of_scope.scope), json_text(found))
        for of_resource in data.resource_metrics
        for of_scope in of_resource.scope_metrics
        for metric in of_scope.metrics
        if (found := encode_metric(metric)) is not None
    )
    return _lines(_METRICS, items, longest)


def _lines(
    signal: _Signal,
    items: Iterable[tuple[tuple[Resource | None, Scope | None], str]],
    longest: int,
) -> Iterator[bytes]:
    """Pack items into lines, keeping the order in which resources and scopes first appear."""
    frames: dict[tuple[int, int], tuple[_Frame, _Frame, int]] = {}
    groups: _Groups = {}
    size = 0
    for (resource, scope), written in items:
        # Hashing a resource serialises it; its identity is enough within one batch.
        identity = (id(resource), id(scope))
        if identity not in frames:
            found = _resource(resource), _scope(scope)
            frames[identity] = (*found, sum(map(len, chain(*found))) + _BRACKETS)
        of_resource, of_scope, frame = frames[identity]
        item = encoded(written)
        known = of_scope in groups.get(of_resource, {})
        cost = len(item) + (1 if known else frame)
        if groups and size + cost >= longest:
            yield _line(signal, groups)
            groups, size, cost = {}, 0, len(item) + frame
        groups.setdefault(of_resource, {}).setdefault(of_scope, []).append(item)
        size += cost
    if groups:
        yield _line(signal, groups)


def _line(signal: _Signal, groups: _Groups) -> bytes:
    resources = [
        _object(
            frame,
            signal.scopes,
            [_object(scope, signal.items, items) for scope, items in scopes.items()],
        )
        for frame, scopes in groups.items()
    ]
    return _object(_LINE, signal.resources, resources)


def _object(frame: _Frame, name: bytes, items: list[bytes]) -> bytes:
    """Return the JSON object of `frame`, with the array of `items` as its field `name`."""
    return b'%s"%s":[%s]%s' % (frame.opening, name, b",".join(items), frame.closing)


def _resource(resource: Resource | None) -> _Frame:
    """Return the frame of the JSON object that groups what a resource produced."""
    if resource is None:
        return _frame({"resource": {}}, None)
    about = kept({"attributes": encode_attributes(resource.attributes)})
    return _frame({"resource": about}, resource.schema_url)


def _scope(scope: Scope | None) -> _Frame:
    """Return the frame of the JSON object that groups what a scope produced."""
    if scope is None:
        return _frame({"scope": {}}, None)
    attributes = encode_attributes(scope.attributes)
    about = kept({"name": scope.name, "version": scope.version, "attributes": attributes})
    return _frame({"scope": about}, scope.schema_url)


def _frame(head: Json, schema_url: str | None) -> _Frame:
    closing = f",{json_text({'schemaUrl': schema_url})[1:]}" if schema_url else "}"
    return _Frame(encoded(json_text(head)[:-1] + ","), encoded(closing))


_LINE = _Frame(b"{", b"}\n")


def _log(log: Log) -> Json:
    record = log.log_record
    number = record.severity_number
    head = kept(
        {
            "timeUnixNano": text(record.timestamp),
            "observedTimeUnixNano": text(record.observed_timestamp),
            "severityNumber": number.value if number is not None else None,
            "severityText": record.severity_text,
        }
    )
    tail = kept(
        {
            "attributes": encode_attributes(record.attributes),
            "droppedAttributesCount": log.dropped_attributes,
            "flags": int(record.trace_flags or 0),
            "traceId": f"{record.trace_id:032x}" if record.trace_id else None,
            "spanId": f"{record.span_id:016x}" if record.span_id else None,
            "eventName": record.event_name,
        }
    )
    return head | {"body": encode_value(record.body)} | tail
