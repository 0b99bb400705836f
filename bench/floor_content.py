"""Knows how the floor writes content: the conventions' messages, by one `json.dumps` each."""

from __future__ import annotations

import json
from typing import Any

Parts = list[dict[str, Any]]


def asked(provider: str, given: dict[str, Any]) -> dict[str, str]:
    """Return the content attributes of a request."""
    tools = given.get("tools")
    if provider == "openai":
        found = {"gen_ai.input.messages": _chat_messages(given["messages"])}
        if tools:
            definitions = [{"type": "function", **tool["function"]} for tool in tools]
            found["gen_ai.tool.definitions"] = json.dumps(definitions)
        return found
    found = {"gen_ai.input.messages": _claude_messages(given["messages"])}
    if given.get("system"):
        found["gen_ai.system_instructions"] = json.dumps(_text(given["system"]))
    if tools:
        found["gen_ai.tool.definitions"] = json.dumps(
            [
                {
                    "type": "function",
                    "name": tool["name"],
                    "description": tool["description"],
                    "parameters": tool["input_schema"],
                }
                for tool in tools
            ]
        )
    return found


def chat_answer(choices: list[Any]) -> str:
    """Return the choices of a completion."""
    return json.dumps(
        [
            {
                "role": "assistant",
                "parts": _text(choice.message.content),
                "finish_reason": choice.finish_reason,
            }
            for choice in choices
        ]
    )


def claude_answer(answer: Any) -> str:
    """Return the one message of an answer."""
    parts = [
        {"type": "text", "content": block.text} for block in answer.content if block.type == "text"
    ]
    message = {"role": "assistant", "parts": parts, "finish_reason": answer.stop_reason}
    return json.dumps([message])


def _text(content: str | None) -> Parts:
    return [] if content is None else [{"type": "text", "content": content}]


def _chat_messages(messages: list[dict[str, Any]]) -> str:
    return json.dumps(
        [{"role": message["role"], "parts": _chat_parts(message)} for message in messages]
    )


def _chat_parts(message: dict[str, Any]) -> Parts:
    content = message.get("content")
    if message["role"] == "tool":
        call = message["tool_call_id"]
        return [{"type": "tool_call_response", "id": call, "response": content}]
    parts = _text(content)
    for call in message.get("tool_calls") or ():
        function = call["function"]
        parts.append(
            {
                "type": "tool_call",
                "id": call["id"],
                "name": function["name"],
                "arguments": json.loads(function["arguments"]),
            }
        )
    return parts


def _claude_messages(messages: list[dict[str, Any]]) -> str:
    return json.dumps(
        [
            {"role": message["role"], "parts": _claude_parts(message["content"])}
            for message in messages
        ]
    )


def _claude_parts(content: str | Parts) -> Parts:
    return (
        _text(content) if isinstance(content, str) else [_claude_part(block) for block in content]
    )


def _claude_part(block: dict[str, Any]) -> dict[str, Any]:
    kind = block["type"]
    if kind == "tool_use":
        call = {"type": "tool_call", "id": block["id"], "name": block["name"]}
        return {**call, "arguments": block["input"]}
    if kind == "tool_result":
        call = {"type": "tool_call_response", "id": block["tool_use_id"]}
        return {**call, "response": block["content"]}
    return {"type": "text", "content": block["text"]}
