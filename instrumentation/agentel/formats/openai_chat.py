"""Knows the chat completions format, of OpenAI and of everybody who speaks it.

Source: OpenAI API reference, chat completions; what Groq, Together, OpenRouter and Azure add to it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from agentel.core.fields import Fields, Table, each, fallback, get, items, read, size
from agentel.core.invocation import INFERENCE
from agentel.core.library import Content, Endpoint
from agentel.formats.openai_messages import (
    input_messages,
    message_size,
    output_message,
    tool_definitions,
)

OUTPUT_TYPES = {"text": "text", "json_object": "json", "json_schema": "json"}


def _output_type(value: object, into: Fields) -> None:
    kind = get(value, "type")
    if kind in OUTPUT_TYPES:
        into["output_type"] = OUTPUT_TYPES[kind]


def _stop(value: object, into: Fields) -> None:
    into["request_stop_sequences"] = (value,) if isinstance(value, str) else value


def _choice_count(value: object, into: Fields) -> None:
    if value != 1:
        into["request_choice_count"] = value


def service_tier(value: object, into: Fields) -> None:
    """Record a requested tier; `auto` asks for none."""
    if value != "auto":
        into["openai_request_service_tier"] = value


def _modalities(value: object, into: Fields) -> None:
    if "audio" in list(items(value)):
        into["output_type"] = "speech"


REQUEST: Table = {
    "model": "request_model",
    "temperature": "request_temperature",
    "top_p": "request_top_p",
    "top_k": "request_top_k",
    "frequency_penalty": "request_frequency_penalty",
    "presence_penalty": "request_presence_penalty",
    "seed": "request_seed",
    "stop": _stop,
    "n": _choice_count,
    "max_tokens": fallback("request_max_tokens"),
    "max_completion_tokens": "request_max_tokens",
    "reasoning_effort": "request_reasoning_level",
    "reasoning": {"effort": "request_reasoning_level"},
    "response_format": _output_type,
    "modalities": _modalities,
    "service_tier": service_tier,
}


def _cost(value: object, into: Fields) -> None:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        into["cost_amount"] = float(value)
        into["cost_currency"] = "USD"
        into["cost_source"] = "provider"


def _choices(value: object, into: Fields) -> None:
    """Groq and others send usage without choices last; an empty list says nothing."""
    each("finish_reason", "response_finish_reasons")(value, into)


USAGE: Table = {
    "prompt_tokens": "usage_input_tokens",
    "completion_tokens": "usage_output_tokens",
    "prompt_tokens_details": {
        "cached_tokens": "usage_cache_read_input_tokens",
        "cache_write_tokens": "usage_cache_write_input_tokens",
        "audio_tokens": "usage_audio_input_tokens",
        "image_tokens": "usage_image_input_tokens",
        "text_tokens": "usage_text_input_tokens",
    },
    "completion_tokens_details": {
        "reasoning_tokens": "usage_reasoning_output_tokens",
        "audio_tokens": "usage_audio_output_tokens",
        "image_tokens": "usage_image_output_tokens",
        "text_tokens": "usage_text_output_tokens",
    },
    "cost": _cost,
}

_HEAD: Table = {
    "id": "response_id",
    "model": "response_model",
    "system_fingerprint": "openai_response_system_fingerprint",
    "service_tier": "usage_service_tier",
    "usage": USAGE,
    "x_groq": {"usage": USAGE},
}

RESPONSE: Table = {**_HEAD, "choices": _choices}


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
        "tool_definitions": tool_definitions(body.get("tools")),
    }


def output(response: object) -> list[object]:
    """Return one output message per choice."""
    return [
        output_message(get(choice, "message"), get(choice, "finish_reason"))
        for choice in items(get(response, "choices"))
    ]


def output_size(response: object) -> int:
    """Return the bytes of text that the choices hold, tool calls' arguments included."""
    return sum(message_size(get(choice, "message")) for choice in items(get(response, "choices")))


def parsed(response: object) -> bool:
    """Tell whether the first choice's text is JSON."""
    for choice in items(get(response, "choices")):
        return is_json(get(get(choice, "message"), "content"))
    return False


def is_json(text: object) -> bool:
    """Tell whether a text is JSON."""
    if not isinstance(text, str):
        return False
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


class ChoiceDeltas:
    """Collects the chunks of one chat completion."""

    __slots__ = ("_first", "_keep", "_messages", "_reasons", "_size", "_usage", "is_complete")

    def __init__(self, keep: bool) -> None:
        self.is_complete = False
        self._keep = keep
        self._first: object = None
        self._usage: object = None
        self._reasons: dict[int, str] = {}
        self._size = 0
        self._messages: dict[int, dict[str, Any]] = {}

    def add(self, chunk: Any) -> None:
        """Look at one chunk for what it alone can say."""
        data = chunk.__dict__
        if self._first is None and data.get("model"):
            # Azure opens with a chunk that has neither id nor model.
            self._first = chunk
        for choice in data["choices"] or ():
            state = choice.__dict__
            delta = state["delta"]
            if delta is not None:
                text = delta.__dict__.get("content")
                if text:
                    self._size += len(text) if text.isascii() else size(text)
                if self._keep:
                    self._collect(state["index"], delta)
                elif delta.__dict__.get("tool_calls"):
                    self._size += message_size({"tool_calls": delta.tool_calls})
            reason = state["finish_reason"]
            if reason is not None:
                self._reasons[state["index"]] = reason
                self.is_complete = True
        if data.get("usage") is not None:
            self._usage = data["usage"]
        elif chunk.__pydantic_extra__:
            self._add_extras(chunk)

    def _add_extras(self, chunk: Any) -> None:
        usage = get(get(chunk, "x_groq"), "usage") or get(chunk, "usage")
        if usage is not None:
            self._usage = usage

    def _collect(self, index: int, delta: Any) -> None:
        message = self._messages.setdefault(
            index, {"role": "assistant", "content": [], "refusal": [], "tool_calls": {}}
        )
        for name in ("content", "refusal"):
            text = get(delta, name)
            if isinstance(text, str) and text:
                message[name].append(text)
        reasoning = get(delta, "reasoning_content") or get(delta, "reasoning")
        if isinstance(reasoning, str):
            message.setdefault("reasoning", []).append(reasoning)
        for call in items(get(delta, "tool_calls")):
            self._collect_call(message["tool_calls"], call)

    def _collect_call(self, calls: dict[int, dict[str, Any]], call: object) -> None:
        function = get(call, "function")
        known = calls.setdefault(
            get(call, "index") or 0, {"id": None, "function": {"name": "", "arguments": ""}}
        )
        known["id"] = known["id"] or get(call, "id")
        known["function"]["name"] = known["function"]["name"] or get(function, "name")
        part = get(function, "arguments") or ""
        known["function"]["arguments"] += part
        self._size += size(part)

    def read(self, into: Fields) -> None:
        """Put what the chunks said into `into`."""
        if self._first is not None:
            read(_HEAD, self._first, into)
        if self._usage is not None:
            read(USAGE, self._usage, into)
        if self._reasons:
            reasons = sorted(self._reasons.items())
            into["response_finish_reasons"] = tuple(reason for _, reason in reasons)
        into["output_size"] = self._size

    def output(self) -> list[object]:
        """Return one output message per choice, as far as it arrived."""
        return [
            output_message(self._whole(message), self._reasons.get(index))
            for index, message in sorted(self._messages.items())
        ]

    @staticmethod
    def _whole(message: dict[str, Any]) -> dict[str, Any]:
        whole: dict[str, Any] = {"role": message["role"]}
        for name in ("content", "refusal", "reasoning"):
            if message.get(name):
                whole[name] = "".join(message[name])
        whole["tool_calls"] = list(message["tool_calls"].values())
        return whole


def with_usage(body: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return a copy of a streaming request that asks for usage, or None if it already says."""
    options = body.get("stream_options")
    if isinstance(options, Mapping) and "include_usage" in options:
        return None
    return {**body, "stream_options": {**(options or {}), "include_usage": True}}


def is_usage_only(chunk: Any) -> bool:
    """Tell the last chunk, which holds the usage and no choice."""
    return not get(chunk, "choices") and get(chunk, "usage") is not None


def finish(fields: Fields) -> None:
    """Name the tier as OpenAI's refinement too."""
    tier = fields.get("usage_service_tier")
    if tier is not None:
        fields["openai_response_service_tier"] = tier


ENDPOINT = Endpoint(
    INFERENCE,
    "chat",
    request=REQUEST,
    response=RESPONSE,
    measure=measure,
    input=content,
    output=output,
    output_size=output_size,
    parsed=parsed,
    deltas=ChoiceDeltas,
    with_usage=with_usage,
    is_usage_only=is_usage_only,
)
"""Chat completions of a server that speaks the format."""

OPENAI_ENDPOINT = Endpoint(
    INFERENCE,
    "chat",
    request=REQUEST,
    response=RESPONSE,
    finish=finish,
    measure=measure,
    input=content,
    output=output,
    output_size=output_size,
    parsed=parsed,
    deltas=ChoiceDeltas,
    with_usage=with_usage,
    is_usage_only=is_usage_only,
    fixed={"openai_api_type": "chat_completions"},
)
"""The same at OpenAI itself, with its refinements."""
