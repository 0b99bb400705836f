"""Knows the items of OpenAI's responses, and the conventions' JSON for them.

Source: OpenAI API reference, responses: input items and output items.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from agentel.core.fields import get, items, size, structured
from agentel.formats.openai_messages import document, link, unknown_part

CALLS: Mapping[str, str] = {"function_call": "arguments", "custom_tool_call": "input"}
"""Items with which the model asks the caller to run a tool, and what holds the arguments."""


def is_call(item: object) -> bool:
    """Tell whether an item asks the caller to run a tool."""
    kind = get(item, "type")
    return isinstance(kind, str) and kind in CALLS


def item_size(item: object) -> int:
    """Return the bytes of text in one item: its text parts, a tool's arguments or its result."""
    text = get(item, "content")
    if isinstance(text, str):
        return size(text)
    total = 0
    for part in items(text):
        total += size(get(part, "text")) + size(get(part, "refusal"))
    for name in ("arguments", "input", "output"):
        total += size(get(item, name))
    return total


def input_messages(given: object) -> list[object]:
    """Return the request's input as messages, in order."""
    if isinstance(given, str):
        return [{"role": "user", "parts": [{"type": "text", "content": given}]}]
    return [_input_message(item) for item in items(given)]


def _input_message(item: object) -> dict[str, object]:
    kind = get(item, "type")
    if isinstance(kind, str) and kind.endswith("call_output"):
        answer = {
            "type": "tool_call_response",
            "id": get(item, "call_id"),
            "response": _response(get(item, "output")),
        }
        return {"role": "tool", "parts": [answer]}
    role = get(item, "role") or "assistant"
    return {"role": "system" if role == "developer" else role, "parts": parts_of(item)}


def _response(value: object) -> object:
    """Return a tool's result: as it is, or the parts that it consists of."""
    return [_part(part) for part in items(value)] or value


def output_messages(output: object, finish_reason: object) -> list[object]:
    """Return the output items as the one message that they are; nothing where there are none."""
    parts = [part for item in items(output) for part in parts_of(item)]
    if not parts:
        return []
    message: dict[str, object] = {"role": "assistant", "parts": parts}
    if finish_reason is not None:
        message["finish_reason"] = finish_reason
    return [message]


def parts_of(item: object) -> list[object]:
    """Return the parts that one item stands for."""
    kind = get(item, "type") or "message"
    if kind == "message":
        said = get(item, "content")
        if isinstance(said, str):
            return [{"type": "text", "content": said}]
        return [_part(part) for part in items(said)]
    if kind == "reasoning":
        thoughts = [*items(get(item, "summary")), *items(get(item, "content"))]
        return [{"type": "reasoning", "content": get(thought, "text")} for thought in thoughts]
    if is_call(item):
        arguments = structured(get(item, CALLS[kind]))
        name = get(item, "name")
        return [
            {"type": "tool_call", "id": get(item, "call_id"), "name": name, "arguments": arguments}
        ]
    if kind == "compaction":
        return [{"type": "compaction", "id": get(item, "id")}]
    if isinstance(kind, str) and kind.endswith("_call"):
        return [_server_tool_call(kind, item)]
    return [{"type": kind, "id": get(item, "id")}]


def _server_tool_call(kind: str, item: object) -> dict[str, object]:
    """Return a call that the provider made itself; its results stay out, they may be images."""
    told: dict[str, object] = {"type": kind, "status": get(item, "status")}
    for name in ("action", "queries", "code", "arguments"):
        value = get(item, name)
        if value is not None:
            told[name] = value
    name = get(item, "name") or kind.removesuffix("_call")
    return {
        "type": "server_tool_call",
        "id": get(item, "id"),
        "name": name,
        "server_tool_call": told,
    }


def _text(part: object) -> dict[str, object]:
    return {"type": "text", "content": get(part, "text")}


def _refusal(part: object) -> dict[str, object]:
    return {"type": "refusal", "content": get(part, "refusal")}


def _image(part: object) -> dict[str, object]:
    key = get(part, "file_id")
    if key:
        return {"type": "file", "modality": "image", "file_id": key}
    return link("image", get(part, "image_url"))


def _audio(part: object) -> dict[str, object]:
    audio = get(part, "input_audio")
    mime_type = f"audio/{get(audio, 'format')}"
    return {
        "type": "blob",
        "modality": "audio",
        "mime_type": mime_type,
        "content": get(audio, "data"),
    }


_PARTS: Mapping[str, Callable[[object], dict[str, object]]] = {
    "input_text": _text,
    "output_text": _text,
    "text": _text,
    "summary_text": _text,
    "reasoning_text": _text,
    "refusal": _refusal,
    "input_image": _image,
    "input_file": document,
    "input_audio": _audio,
}


def _part(part: object) -> object:
    kind = get(part, "type")
    convert = _PARTS.get(kind) if isinstance(kind, str) else None
    return unknown_part(part) if convert is None else convert(part)


def instructions(given: object) -> list[object]:
    """Return the instructions that were given apart from the history, as parts."""
    if isinstance(given, str):
        return [{"type": "text", "content": given}]
    return [part for item in items(given) for part in parts_of(item)]
