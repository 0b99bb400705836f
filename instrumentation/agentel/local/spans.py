"""Knows how a span is written as the text of an OTLP JSON object.

Fields come in the collector's order, and empty ones are left out; only the status is always there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentel.local.points import kept, text
from agentel.local.text import attributes_text, json_text, quoted
from agentel.local.values import Json, encode_attributes

if TYPE_CHECKING:
    from agentel.local.shapes import Link, Span, SpanContext, SpanEvent

__all__ = ["span_text"]

_HAS_IS_REMOTE = 0x100
_IS_REMOTE = 0x200
"""Bits of `flags`: whether the parent's remoteness is known, and whether it is remote."""


def span_text(span: Span) -> str:
    """Return `span` as an OTLP `Span` object."""
    context, parent = span.context, span.parent
    parts: list[str] = []
    if context:
        parts.append(f'"traceId":"{context.trace_id:032x}","spanId":"{context.span_id:016x}"')
        if context.trace_state:
            parts.append(f'"traceState":{quoted(context.trace_state.to_header())}')
    if parent:
        parts.append(f'"parentSpanId":"{parent.span_id:016x}"')
    parts.append(f'"flags":{_flags(parent)}')
    if span.name:
        parts.append(f'"name":{quoted(span.name)}')
    # The SDK counts kinds from INTERNAL = 0, OTLP from INTERNAL = 1.
    parts.append(f'"kind":{span.kind.value + 1}')
    if span.start_time:
        parts.append(f'"startTimeUnixNano":"{span.start_time}"')
    if span.end_time:
        parts.append(f'"endTimeUnixNano":"{span.end_time}"')
    if span.attributes:
        parts.append(f'"attributes":[{attributes_text(span.attributes)}]')
    parts.extend(_rest(span))
    return f"{{{','.join(parts)}}}"


def _rest(span: Span) -> list[str]:
    """Return what most spans have little of."""
    parts: list[str] = []
    if span.dropped_attributes:
        parts.append(f'"droppedAttributesCount":{span.dropped_attributes}')
    if span.events:
        parts.append(f'"events":{json_text([_event(event) for event in span.events])}')
    if span.dropped_events:
        parts.append(f'"droppedEventsCount":{span.dropped_events}')
    if span.links:
        parts.append(f'"links":{json_text([_link(link) for link in span.links])}')
    if span.dropped_links:
        parts.append(f'"droppedLinksCount":{span.dropped_links}')
    status: Json = {"message": span.status.description, "code": span.status.status_code.value}
    parts.append(f'"status":{json_text(kept(status))}')
    return parts


def _flags(parent: SpanContext | None) -> int:
    remote = parent is not None and parent.is_remote
    return _HAS_IS_REMOTE | (_IS_REMOTE if remote else 0)


def _event(event: SpanEvent) -> Json:
    return kept(
        {
            "timeUnixNano": text(event.timestamp),
            "name": event.name,
            "attributes": encode_attributes(event.attributes),
            "droppedAttributesCount": event.dropped_attributes,
        }
    )


def _link(link: Link) -> Json:
    return kept(
        {
            "traceId": f"{link.context.trace_id:032x}",
            "spanId": f"{link.context.span_id:016x}",
            "attributes": encode_attributes(link.attributes),
            "droppedAttributesCount": link.dropped_attributes,
            "flags": _flags(link.context),
        }
    )
