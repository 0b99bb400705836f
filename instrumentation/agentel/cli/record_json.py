"""Knows a span or an event as one JSON object, for programs."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import cast

from agentel.local import facts
from agentel.local.records import LogRecord, SpanRecord
from agentel.local.values import Json, encode_double

__all__ = ["plain", "record_json"]


def record_json(record: SpanRecord | LogRecord) -> str:
    """Return the record as one line of JSON in ASCII.

    Shape: `{type, name, trace_id, span_id, service, run_id, attributes}`; a `span` also has its
    parent's id, its outcome, kind, status and times, an `event` its `time_unix_nano`.
    """
    own = _span(record) if isinstance(record, SpanRecord) else _event(record)
    fields: Json = {
        "trace_id": record.trace_id,
        "span_id": record.span_id,
        "service": facts.service(record.resource),
        "run_id": facts.run_id(record.resource),
        "attributes": plain(record.attributes),
    }
    return json.dumps(own | fields)


def _span(span: SpanRecord) -> Json:
    return {
        "type": "span",
        "name": span.name,
        "parent_span_id": span.parent_id,
        "outcome": facts.outcome(span),
        "kind": span.kind,
        "status": span.status,
        "start_time_unix_nano": span.start_ns,
        "end_time_unix_nano": span.end_ns,
    }


def _event(event: LogRecord) -> Json:
    return {"type": "event", "name": event.event_name, "time_unix_nano": event.time_ns}


def plain(value: object) -> object:
    """Return an attribute value as JSON has it: bytes as base64, NaN and infinities as words."""
    if isinstance(value, Mapping):
        pairs = cast("Mapping[str, object]", value)
        return {key: plain(item) for key, item in pairs.items()}
    if isinstance(value, list):
        return [plain(item) for item in cast("list[object]", value)]
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return encode_double(value) if isinstance(value, float) else value
