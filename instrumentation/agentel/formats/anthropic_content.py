"""Knows Anthropic's messages, content blocks and tools, and the conventions' JSON for them.

Source: Anthropic API reference, messages; GenAI conventions, message schemas.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from agentel.core.fields import attributes_of, get, items, size

Part = dict[str, object]
"""A part of a message, a message, or a tool, as JSON."""

_RESULT = "_tool_result"

FINISH_REASONS = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_call",
    "refusal": "content_filter",
}
"""Stop reasons that have another name in the conventions; every other one keeps its own.

`pause_turn` is one of those: the answer is neither over nor cut, its caller is to ask for the rest.
"""


def _left_out(value: object) -> None:
    """Stand for what is no JSON: the SDK has to make sense of it, a size does not."""


_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=_left_out).encode


def message_size(message: object) -> int:
    """Return the bytes of text in one message: what was said, thought, asked of tools, answered."""
    return content_size(get(message, "content"))


def content_size(content: object) -> int:
    """Return the bytes of text in a text or a list of content blocks."""
    if content.__class__ is str:
        return size(content)
    return sum(block_size(block) for block in items(content))


def block_size(block: object) -> int:
    """Return the bytes of text in one content block. A tool's input counts as compact JSON."""
    kind = get(block, "type")
    if kind == "text":
        return size(get(block, "text"))
    if kind == "thinking":
        return size(get(block, "thinking"))
    if kind in _CALLS:
        return size(_encode(get(block, "input")))
    if kind == "tool_result":
        return content_size(get(block, "content"))
    if kind == "document":
        return _document_size(get(block, "source"))
    if kind in ("search_result", "compaction"):
        return content_size(get(block, "content"))
    return 0


def _document_size(source: object) -> int:
    kind = get(source, "type")
    if kind == "text":
        return size(get(source, "data"))
    return content_size(get(source, "content")) if kind == "content" else 0


def input_messages(messages: object) -> list[Part]:
    """Return the request's messages, in order. Tool results alone make a message of the tool's."""
    return [_message(message) for message in items(messages)]


def _message(message: object) -> Part:
    found = parts(get(message, "content"))
    is_results = bool(found) and all(part["type"] == "tool_call_response" for part in found)
    return {"role": "tool" if is_results else get(message, "role"), "parts": found}


def finish_reason(stop_reason: object) -> str | None:
    """Return the conventions' name of a stop reason, or None where there is none."""
    if not isinstance(stop_reason, str) or not stop_reason:
        return None
    return FINISH_REASONS.get(stop_reason, stop_reason)


def output_message(blocks: object, stop_reason: object) -> Part:
    """Return the answer's content blocks as the one output message."""
    found: Part = {"role": "assistant", "parts": parts(blocks)}
    reason = finish_reason(stop_reason)
    if reason is not None:
        found["finish_reason"] = reason
    return found


def parts(content: object) -> list[Part]:
    """Return a text or a list of content blocks as parts; a system prompt is either, too."""
    if isinstance(content, str):
        return [{"type": "text", "content": content}] if content else []
    return [_part(block) for block in items(content)]


def _part(block: object) -> Part:
    kind = str(get(block, "type"))
    convert = _PARTS.get(kind)
    if convert is not None:
        return convert(block)
    if kind.endswith(_RESULT):
        return _server_result(block, kind)
    return {**attributes_of(block), "type": kind}


def _text(block: object) -> Part:
    return {"type": "text", "content": get(block, "text")}


def _thinking(block: object) -> Part:
    return {"type": "reasoning", "content": get(block, "thinking")}


def _redacted(block: object) -> Part:
    """Encrypted thinking is of no use to anybody but the provider."""
    return {"type": "redacted_thinking"}


def _call(block: object) -> Part:
    return {
        "type": "tool_call",
        "id": get(block, "id"),
        "name": get(block, "name"),
        "arguments": get(block, "input"),
    }


def _result(block: object) -> Part:
    content = get(block, "content")
    found: Part = {
        "type": "tool_call_response",
        "id": get(block, "tool_use_id"),
        "response": content if isinstance(content, str) or content is None else _joined(content),
    }
    if get(block, "is_error"):
        found["is_error"] = True
    return found


def _joined(content: object) -> object:
    """Return text blocks as one text, and anything else as parts."""
    found = list(items(content))
    if all(get(block, "type") == "text" for block in found):
        return "".join(str(get(block, "text") or "") for block in found)
    return parts(found)


def _server_call(block: object) -> Part:
    name = get(block, "name")
    called: Part = {"type": name, "arguments": get(block, "input")}
    server = get(block, "server_name")
    if server:
        called["server_name"] = server
    found: Part = {"type": "server_tool_call", "id": get(block, "id"), "name": name}
    return {**found, "server_tool_call": called}


def _server_result(block: object, kind: str) -> Part:
    response: Part = {"type": kind.removesuffix(_RESULT), "content": get(block, "content")}
    if get(block, "is_error"):
        response["is_error"] = True
    return {
        "type": "server_tool_call_response",
        "id": get(block, "tool_use_id"),
        "server_tool_call_response": response,
    }


def _image(block: object) -> Part:
    return _from_source(get(block, "source"), "image")


def _document(block: object) -> Part:
    source = get(block, "source")
    kind = get(source, "type")
    if kind in ("text", "content"):
        content = get(source, "data") if kind == "text" else parts(get(source, "content"))
        found: Part = {"type": "document", "content": content}
    else:
        found = _from_source(source, "document")
    title = get(block, "title")
    if title:
        found["title"] = title
    return found


def _from_source(source: object, modality: str) -> Part:
    kind = get(source, "type")
    if kind == "base64":
        return {
            "type": "blob",
            "modality": modality,
            "mime_type": get(source, "media_type"),
            "content": get(source, "data"),
        }
    if kind == "file":
        return {"type": "file", "modality": modality, "file_id": get(source, "file_id")}
    return {"type": "uri", "modality": modality, "uri": get(source, "url")}


def _upload(block: object) -> Part:
    return {"type": "file", "modality": "document", "file_id": get(block, "file_id")}


def _search(block: object) -> Part:
    return {
        "type": "search_result",
        "title": get(block, "title"),
        "source": get(block, "source"),
        "content": parts(get(block, "content")),
    }


def _compaction(block: object) -> Part:
    return {"type": "compaction", "content": get(block, "content")}


_PARTS: Mapping[str, Callable[[object], Part]] = {
    "text": _text,
    "thinking": _thinking,
    "redacted_thinking": _redacted,
    "tool_use": _call,
    "tool_result": _result,
    "server_tool_use": _server_call,
    "mcp_tool_use": _server_call,
    "image": _image,
    "document": _document,
    "container_upload": _upload,
    "search_result": _search,
    "compaction": _compaction,
}
_CALLS = ("tool_use", "server_tool_use", "mcp_tool_use")


def tool_definitions(tools: object) -> list[Part]:
    """Return the tools that a request offers; a tool of the provider's keeps its own type."""
    return [_definition(tool) for tool in items(tools)]


def _definition(tool: object) -> Part:
    kind: Any = get(tool, "type")
    found: Part = {"type": "function" if kind in (None, "custom") else kind}
    for name, field in (
        ("name", "name"),
        ("description", "description"),
        ("input_schema", "parameters"),
    ):
        value = get(tool, name)
        if value is not None:
            found[field] = value
    return found
