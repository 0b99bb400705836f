"""Knows a trace as one JSON object, for programs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from agentel.cli.record_json import plain
from agentel.local.tree import Node, Trace
from agentel.local.values import Json

__all__ = ["trace_json"]


_MOST_INDENTED = 100
"""Levels beyond which lines are not indented any more: each line would be as long as the tree."""


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
    return "".join(_written([(head, trace.roots)]))


def _written(tops: Sequence[tuple[Json, Sequence[Node]]]) -> Iterator[str]:
    """Yield the JSON of objects with their children under `spans`.

    Not by `json` as a whole: it gives up where spans are nested as deeply as they may be.
    """
    waiting: list[tuple[str, Json, Sequence[Node], int] | str] = [
        ("", fields, children, 0) for fields, children in reversed(tops)
    ]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            yield item
            continue
        before, fields, children, depth = item
        lead = "\n" + "  " * min(depth, _MOST_INDENTED)
        said = json.dumps(fields, indent=2).removesuffix("\n}").replace("\n", lead)
        yield f'{before}{said},{lead}  "spans": ['
        waiting.append(f"{lead + '  ' if children else ''}]{lead}}}")
        for number, child in reversed(list(enumerate(children))):
            first = ("," if number else "") + lead + "    "
            waiting.append((first, _fields(child), child.children, depth + 2))


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
