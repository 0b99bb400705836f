"""Knows the messages and tools of the chat completions format, and the conventions' JSON for them.

Source: OpenAI API reference, chat completions; GenAI conventions, message schemas.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from agentel.core.fields import attributes_of, get, items, size, structured

_PLAIN_ROLES = ("user", "assistant", "system")
"""Roles of messages that are a role and a text, as most are."""


def message_size(message: object) -> int:
    """Return the bytes of text in one message: its text or refusal, and its calls' arguments."""
    find = attributes_of(message).get
    text = find("content")
    if isinstance(text, str):
        total = len(text) if text.isascii() else size(text)
    else:
        # Where there is no text there may be a refusal, which old SDKs keep as an extra.
        total = sum(size(get(part, "text")) for part in items(text)) + size(get(message, "refusal"))
    if calls := find("tool_calls"):
        for call in items(calls):
            function = get(call, "function")
            total += size(get(function, "arguments")) + size(get(get(call, "custom"), "input"))
    if function := find("function_call"):
        total += size(get(function, "arguments"))
    return total


def input_messages(messages: object) -> list[object]:
    """Return the request's messages, in order."""
    return [_message(message) for message in items(messages)]


def _message(message: object) -> dict[str, object]:
    role = get(message, "role")
    text = get(message, "content")
    if isinstance(text, str) and role in _PLAIN_ROLES and len(attributes_of(message)) == 2:
        return {"role": role, "parts": [{"type": "text", "content": text}]}
    if role in ("tool", "function"):
        response = {
            "type": "tool_call_response",
            "id": get(message, "tool_call_id") or get(message, "name"),
            "response": _joined(get(message, "content")),
        }
        return {"role": "tool", "parts": [response]}
    found: dict[str, object] = {
        "role": "system" if role == "developer" else role,
        "parts": _parts(message),
    }
    name = get(message, "name")
    if name:
        found["name"] = name
    return found


def output_message(message: object, finish_reason: object) -> dict[str, object]:
    """Return one choice as an output message."""
    found: dict[str, object] = {
        "role": get(message, "role") or "assistant",
        "parts": _parts(message),
    }
    if finish_reason:
        found["finish_reason"] = finish_reason
    return found


def _parts(message: object) -> list[object]:
    parts: list[object] = []
    reasoning = get(message, "reasoning_content") or get(message, "reasoning")
    if isinstance(reasoning, str) and reasoning:
        parts.append({"type": "reasoning", "content": reasoning})
    content = get(message, "content")
    if isinstance(content, str):
        if content:
            parts.append({"type": "text", "content": content})
    else:
        parts.extend(_part(part) for part in items(content))
    refusal = get(message, "refusal")
    if isinstance(refusal, str) and refusal:
        parts.append({"type": "refusal", "content": refusal})
    parts.extend(_audio(get(message, "audio")))
    parts.extend(_tool_call(call) for call in items(get(message, "tool_calls")))
    function = get(message, "function_call")
    if function is not None:
        parts.append(_tool_call({"function": function}))
    return parts


def _audio(audio: object) -> list[object]:
    transcript = get(audio, "transcript")
    if transcript:
        return [{"type": "text", "content": transcript}]
    if get(audio, "id"):
        return [{"type": "file", "modality": "audio", "file_id": get(audio, "id")}]
    return []


def _part(part: object) -> object:
    kind = get(part, "type")
    if kind == "text":
        return {"type": "text", "content": get(part, "text")}
    if kind == "image_url":
        return link("image", get(get(part, "image_url"), "url"))
    if kind == "input_audio":
        audio = get(part, "input_audio")
        return {
            "type": "blob",
            "modality": "audio",
            "mime_type": f"audio/{get(audio, 'format')}",
            "content": get(audio, "data"),
        }
    if kind == "file":
        return document(get(part, "file"))
    if kind == "refusal":
        return {"type": "refusal", "content": get(part, "refusal")}
    return unknown_part(part)


def unknown_part(part: object) -> object:
    """Return a part that we know nothing of: as it is, or its type where it is an SDK's own."""
    if isinstance(part, Mapping):
        return cast("Mapping[str, object]", part)
    return {"type": str(get(part, "type"))}


def link(modality: str, url: object) -> dict[str, object]:
    """Return a link, or the data that a `data:` URL holds."""
    if isinstance(url, str) and url.startswith("data:"):
        head, _, data = url[len("data:") :].partition(",")
        mime_type = head.partition(";")[0]
        return {"type": "blob", "modality": modality, "mime_type": mime_type, "content": data}
    return {"type": "uri", "modality": modality, "uri": url}


def document(file: object) -> dict[str, object]:
    """Return a file that is named by its id, its address or its data."""
    key = get(file, "file_id")
    if key:
        return {"type": "file", "modality": "document", "file_id": key}
    return link("document", get(file, "file_url") or get(file, "file_data"))


def _tool_call(call: object) -> dict[str, object]:
    function = get(call, "function")
    if function is None:
        custom = get(call, "custom")
        arguments: Any = get(custom, "input")
        name = get(custom, "name")
    else:
        arguments = structured(get(function, "arguments"))
        name = get(function, "name")
    return {"type": "tool_call", "id": get(call, "id"), "name": name, "arguments": arguments}


def _joined(content: object) -> object:
    if isinstance(content, str) or content is None:
        return content
    return "".join(str(get(part, "text") or "") for part in items(content))


def tool_definitions(tools: object) -> list[object]:
    """Return the tools that a request offers."""
    found: list[object] = []
    for tool in items(tools):
        function = get(tool, "function")
        source = tool if function is None else function
        definition: dict[str, object] = {"type": get(tool, "type") or "function"}
        for name in ("name", "description", "parameters"):
            value = get(source, name)
            if value is not None:
                definition[name] = value
        definition.setdefault("name", definition["type"])
        found.append(definition)
    return found
