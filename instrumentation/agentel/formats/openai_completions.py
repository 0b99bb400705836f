"""Knows the legacy completions format: one text goes in, texts come out.

Source: OpenAI API reference, completions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from agentel.core.fields import Table, get, items, size
from agentel.core.invocation import INFERENCE
from agentel.core.library import Content, Endpoint
from agentel.formats.openai_chat import (
    SAMPLING,
    choice_count,
    is_usage_only,
    stop_sequences,
    with_usage,
)
from agentel.formats.openai_chat_deltas import HEAD, ChoiceDeltas
from agentel.formats.openai_messages import output_message
from agentel.formats.openai_usage import (
    USAGE,
    choices,
    error_code,
    finish_reason,
    settle,
    settle_at_openai,
)

REQUEST: Table = {
    **SAMPLING,
    "top_k": "request_top_k",
    "seed": "request_seed",
    "stop": stop_sequences,
    "n": choice_count,
    "max_tokens": "request_max_tokens",
}

RESPONSE: Table = {
    **HEAD,
    "choices": choices(lambda choice: size(choice.get("text"))),
    "usage": USAGE,
    "error": error_code,
}


def texts(value: object) -> list[object]:
    """Return the inputs of a request: one, or a list of them, each a text or a list of tokens."""
    if isinstance(value, str):
        return [value]
    found = list(items(value))
    return [found] if found and isinstance(found[0], int) else found


def measure(body: Mapping[str, Any]) -> tuple[int, int]:
    """Return (bytes of text, number) of the request's prompts."""
    prompts = texts(body.get("prompt"))
    return sum(size(prompt) for prompt in prompts), len(prompts)


def content(body: Mapping[str, Any]) -> Content:
    """Return one user message per prompt that is a text."""
    return {
        "input_messages": [
            {"role": "user", "parts": [{"type": "text", "content": prompt}]}
            for prompt in texts(body.get("prompt"))
            if isinstance(prompt, str)
        ]
    }


def output(response: object) -> list[object]:
    """Return one output message per choice."""
    return [
        output_message(
            {"content": get(choice, "text")}, finish_reason(get(choice, "finish_reason"))
        )
        for choice in items(get(response, "choices"))
    ]


ENDPOINT = Endpoint(
    INFERENCE,
    "text_completion",
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
"""Legacy completions of a server that speaks the format."""

OPENAI_ENDPOINT = replace(ENDPOINT, finish=settle_at_openai)
"""The same with OpenAI's refinements; the conventions have no API type for it."""
