"""Knows the chat completions format, of OpenAI and of everybody who speaks it.

Source: OpenAI API reference, chat completions; what Groq, Together, OpenRouter and Azure add to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from agentel.core.fields import Fields, Table, fallback, get, items
from agentel.core.invocation import INFERENCE
from agentel.core.library import Content, Endpoint
from agentel.formats.openai_chat_deltas import HEAD, ChoiceDeltas
from agentel.formats.openai_messages import (
    input_messages,
    message_size,
    output_message,
    tool_definitions,
)
from agentel.formats.openai_usage import (
    USAGE,
    choices,
    error_code,
    finish_reason,
    settle,
    settle_at_openai,
)

_OUTPUT_TYPES = {"text": "text", "json_object": "json", "json_schema": "json"}


def output_type(value: object, into: Fields) -> None:
    """Record the format that was asked for."""
    kind = get(value, "type")
    if isinstance(kind, str) and kind in _OUTPUT_TYPES:
        into["output_type"] = _OUTPUT_TYPES[kind]


def stop_sequences(value: object, into: Fields) -> None:
    """Record the sequences that end the answer; one may come without a list."""
    into["request_stop_sequences"] = (value,) if isinstance(value, str) else value


def choice_count(value: object, into: Fields) -> None:
    """Record how many choices are asked for, where that is not one."""
    if value != 1:
        into["request_choice_count"] = value


def service_tier(value: object, into: Fields) -> None:
    """Record a requested tier; `auto` asks for none."""
    if value != "auto":
        into["openai_request_service_tier"] = value


def _modalities(value: object, into: Fields) -> None:
    if "audio" in list(items(value)):
        into["output_type"] = "speech"


SAMPLING: Table = {
    "model": "request_model",
    "temperature": "request_temperature",
    "top_p": "request_top_p",
    "frequency_penalty": "request_frequency_penalty",
    "presence_penalty": "request_presence_penalty",
}
"""Request parameters that mean the same in chat, legacy completions and responses."""

REQUEST: Table = {
    **SAMPLING,
    "top_k": "request_top_k",
    "seed": "request_seed",
    "stop": stop_sequences,
    "n": choice_count,
    "max_tokens": fallback("request_max_tokens"),
    "max_completion_tokens": "request_max_tokens",
    "reasoning_effort": "request_reasoning_level",
    "reasoning": {"effort": "request_reasoning_level"},
    "response_format": output_type,
    "modalities": _modalities,
}

RESPONSE: Table = {
    **HEAD,
    "choices": choices(lambda choice: message_size(choice.get("message"))),
    "usage": USAGE,
    "x_groq": {"usage": USAGE},
    "error": error_code,
}


def measure(body: Mapping[str, Any]) -> tuple[int, int]:
    """Return (bytes of text, number) of the request's messages."""
    total = count = 0
    for message in items(body.get("messages")):
        total += message_size(message)
        count += 1
    return total, count


def content(body: Mapping[str, Any]) -> Content:
    """Return the request's messages and tools in the conventions' JSON."""
    return {
        "input_messages": input_messages(body.get("messages")),
        "tool_definitions": tool_definitions(body.get("tools") or body.get("functions")),
    }


def output(response: object) -> list[object]:
    """Return one output message per choice."""
    return [
        output_message(get(choice, "message"), finish_reason(get(choice, "finish_reason")))
        for choice in items(get(response, "choices"))
    ]


def with_usage(body: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return what a streaming request adds to ask for usage, or None if it already says."""
    options = body.get("stream_options")
    if options is None:
        options = {}
    if not isinstance(options, Mapping) or "include_usage" in options:
        return None
    return {"stream_options": {**options, "include_usage": True}}


def is_usage_only(chunk: Any) -> bool:
    """Tell the last chunk, which holds the usage and no choice."""
    return not get(chunk, "choices") and get(chunk, "usage") is not None


ENDPOINT = Endpoint(
    INFERENCE,
    "chat",
    request=REQUEST,
    response=RESPONSE,
    finish=settle,
    measure=measure,
    input=content,
    output=output,
    deltas=ChoiceDeltas,
    with_usage=with_usage,
    is_usage_only=is_usage_only,
)
"""Chat completions of a server that speaks the format."""

OPENAI_ENDPOINT = replace(
    ENDPOINT,
    request={**REQUEST, "service_tier": service_tier},
    finish=settle_at_openai,
    fixed={"openai_api_type": "chat_completions"},
)
"""The same as OpenAI's own SDK asks for it, with OpenAI's refinements."""
