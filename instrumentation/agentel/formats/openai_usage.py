"""Knows how chat completions count tokens and name endings, at OpenAI and at those who copy it.

Source: OpenAI API reference, chat completions; usage references of Azure, Groq, Together,
OpenRouter, DeepSeek, Moonshot and xAI.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from agentel.core.fields import Fields, Table, attributes_of, fallback, get, items, spent

FINISH_REASONS = {
    "tool_calls": "tool_call",
    "function_call": "tool_call",
    "eos": "stop",
    "model_length": "length",
}
"""Endings that have another name in the conventions; every other one keeps its own."""

TOTAL = "total_tokens"
"""Working field: what the provider says the call cost altogether. `settle` takes it away."""


def finish_reason(word: object) -> str | None:
    """Return the conventions' name of an ending, or None where there is none."""
    return FINISH_REASONS.get(word, word) if isinstance(word, str) and word else None


def choices(size_of: Callable[[Mapping[str, object]], int]) -> Callable[[object, Fields], None]:
    """Return a rule that records how each choice ended and how much text they hold together.

    `size_of` tells the bytes of text in one choice. A list without choices says nothing.
    """

    def rule(found: object, into: Fields) -> None:
        reasons: list[str] = []
        total = 0
        for choice in items(found):
            fields = attributes_of(choice)
            reason = finish_reason(fields.get("finish_reason"))
            if reason is not None:
                reasons.append(reason)
            total += size_of(fields)
        if reasons:
            into["response_finish_reasons"] = tuple(reasons)
        into["output_size"] = total

    return rule


def _cost(value: object, into: Fields) -> None:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        into["cost_amount"] = float(value)
        into["cost_currency"] = "USD"
        into["cost_source"] = "provider"


USAGE: Table = {
    "prompt_tokens": "usage_input_tokens",
    "completion_tokens": "usage_output_tokens",
    "total_tokens": TOTAL,
    "prompt_tokens_details": {
        "cached_tokens": "usage_cache_read_input_tokens",
        "cache_write_tokens": "usage_cache_write_input_tokens",
        "audio_tokens": spent("usage_audio_input_tokens"),
        "image_tokens": spent("usage_image_input_tokens"),
        "text_tokens": spent("usage_text_input_tokens"),
    },
    "completion_tokens_details": {
        "reasoning_tokens": "usage_reasoning_output_tokens",
        "audio_tokens": spent("usage_audio_output_tokens"),
        "image_tokens": spent("usage_image_output_tokens"),
        "text_tokens": spent("usage_text_output_tokens"),
    },
    "cached_tokens": fallback("usage_cache_read_input_tokens"),
    "prompt_cache_hit_tokens": fallback("usage_cache_read_input_tokens"),
    "cost": _cost,
}


def error_code(value: object, into: Fields) -> None:
    """Record the error that stands in place of an answer, by its code or else its type."""
    code = get(value, "code")
    told = get(value, "type") if code is None else code
    into["error_code"] = str(told) if isinstance(told, (str, int)) else "error"


def settle(fields: Fields) -> None:
    """Settle what was read at a provider that is not OpenAI: it has none of OpenAI's own fields."""
    _count_reasoning(fields)
    fields.pop("openai_response_system_fingerprint", None)


def settle_at_openai(fields: Fields) -> None:
    """Settle what was read with OpenAI's own SDK: the tier has a name of OpenAI's own."""
    _count_reasoning(fields)
    if "usage_service_tier" in fields:
        fields["openai_response_service_tier"] = fields.pop("usage_service_tier")


def _count_reasoning(fields: Fields) -> None:
    """Count reasoning as output where the provider counts it apart.

    xAI's `completion_tokens` hold no reasoning; that its total does tells such a provider.
    """
    total = fields.pop(TOTAL, None)
    read, written = fields.get("usage_input_tokens"), fields.get("usage_output_tokens")
    reasoning = fields.get("usage_reasoning_output_tokens")
    if not reasoning or not isinstance(reasoning, int):
        return
    if isinstance(read, int) and isinstance(written, int) and total == read + written + reasoning:
        fields["usage_output_tokens"] = written + reasoning
