"""Knows how captured content is laid out for reading, in the conventions' JSON of messages."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from agentel import semconv
from agentel.cli.wording import escaped
from agentel.local.tree import Node
from agentel.local.values import as_items, as_object

__all__ = ["content_lines"]

_LONGEST = 400
"""Characters of one piece of content that are shown unless all of it is asked for."""

_MESSAGES = (semconv.GEN_AI_INPUT_MESSAGES, semconv.GEN_AI_OUTPUT_MESSAGES)
_PIECES = (
    (semconv.GEN_AI_TOOL_CALL_ARGUMENTS, "arguments"),
    (semconv.GEN_AI_TOOL_CALL_RESULT, "result"),
    (semconv.GEN_AI_RETRIEVAL_QUERY_TEXT, "query"),
    (semconv.GEN_AI_MEMORY_QUERY_TEXT, "query"),
)


def content_lines(node: Node, full: bool) -> Iterator[tuple[str, str]]:
    """Yield who says what, of the content that was captured on the node or on its details event.

    Text is escaped, and cut unless `full`.
    """
    said: dict[str, object] = {}
    for event in node.events:
        if event.name == semconv.EVENT_GEN_AI_CLIENT_INFERENCE_OPERATION_DETAILS:
            said |= event.attributes
    said |= node.attributes
    for who, text in _all(said):
        shown = text if full or len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
        yield escaped(who), escaped(shown)


def _all(said: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    for part in as_items(_structured(said.get(semconv.GEN_AI_SYSTEM_INSTRUCTIONS))):
        yield "system", _part(part)
    for key in _MESSAGES:
        for message in as_items(_structured(said.get(key))):
            role = as_object(message).get("role")
            for part in as_items(as_object(message).get("parts")):
                yield str(role), _part(part)
    for key, word in _PIECES:
        if key in said:
            yield word, _written(said[key])


def _structured(value: object) -> object:
    """Return content as JSON values: spans carry it as a string, events may carry it as it is."""
    if isinstance(value, str):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return None
    return value


def _part(part: object) -> str:
    fields = as_object(part)
    content = fields.get("content")
    if isinstance(content, str):
        return content
    return _written(fields or part)


def _written(value: object) -> str:
    if isinstance(value, str):
        return value
    try:
        return json.dumps(value, ensure_ascii=False, default=str)
    except RecursionError:
        return "<nested too deeply>"
