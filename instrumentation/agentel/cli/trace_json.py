"""Knows a trace as one JSON object, for programs."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from typing import cast

from agentel.local.tree import Node, Trace
from agentel.local.values import Json, encode_double

__all__ = ["trace_json"]


def trace_json(trace: Trace) -> str:
    """Return the trace as indented JSON in ASCII.

    Shape: `{trace_id, service, run_id, outcome, start_time_unix_nano, end_time_unix_nano, spans}`;
    each span has `span_id`, `name`, `outcome`, times, `attributes`, `events` and its children under
    `spans`. What did not end has no `end_time_unix_nano`.
    """
    head: Json = {
        "trace_id": trace.trace_id,
        "service": trace.service,
        "run_id": trace.run_id,
        "outcome": trace.outcome,
        "start_time_unix_nano": trace.start_ns,
        "end_time_unix_nano": trace.end_ns,
    }
    return json.dumps(head | {"spans": _nested(trace.roots)}, indent=2)


def _nested(roots: Sequence[Node]) -> list[Json]:
    top: list[Json] = []
    waiting = [(node, top) for node in reversed(roots)]
    while waiting:
        node, siblings = waiting.pop()
        children: list[Json] = []
        siblings.append(_fields(node) | {"spans": children})
        waiting += [(child, children) for child in reversed(node.children)]
    return top


def _fields(node: Node) -> Json:
    fields: Json = {
        "span_id": node.span_id,
        "name": node.name,
        "outcome": node.outcome,
        "start_time_unix_nano": node.start_ns,
    }
    if node.span is not None:
        fields |= {
            "end_time_unix_nano": node.span.end_ns,
            "kind": node.span.kind,
            "status": node.span.status,
            "scope": node.span.scope.name,
        }
    events = [
        {
            "name": event.name,
            "time_unix_nano": event.time_ns,
            "attributes": _plain(event.attributes),
        }
        for event in node.events
    ]
    return fields | {"attributes": _plain(node.attributes), "events": events}


def _plain(value: object) -> object:
    """Return an attribute value as JSON has it: bytes as base64, NaN and infinities as words."""
    if isinstance(value, Mapping):
        pairs = cast("Mapping[str, object]", value)
        return {key: _plain(item) for key, item in pairs.items()}
    if isinstance(value, list):
        return [_plain(item) for item in cast("list[object]", value)]
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return encode_double(value) if isinstance(value, float) else value
