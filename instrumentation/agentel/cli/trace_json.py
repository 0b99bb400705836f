"""Knows a trace as one JSON object, for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence

from agentel.cli.record_json import plain
from agentel.local.tree import Node, Trace
from agentel.local.values import Json

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
            "attributes": plain(event.attributes),
        }
        for event in node.events
    ]
    return fields | {"attributes": plain(node.attributes), "events": events}
