"""Knows how OpenRouter differs: comments in streams, the provider behind it, and a price."""

from __future__ import annotations

from support.model_server.answers import Answer, Failure, Usage
from support.model_server.exchange import (
    Body,
    Events,
    Exchange,
    Frame,
    Object,
    Provider,
    Whole,
    compact,
    event,
)
from support.model_server.openai_api import error_fields
from support.model_server.openai_chat import (
    DONE,
    choice_count,
    deltas,
    finish_reason,
    message,
    reasoning_text,
)

COMMENT = b": OPENROUTER PROCESSING\n\n"
INPUT_PRICE = 0.25e-6
OUTPUT_PRICE = 1.25e-6
"""US dollars a token, of the model that answers here."""
_TELLING = ("content", "refusal", "tool_calls")


def openrouter_headers(exchange: Exchange) -> dict[str, str]:
    """Headers of every answer."""
    return {
        "access-control-allow-origin": "*",
        "cache-control": "no-cache",
        "referrer-policy": "no-referrer, strict-origin-when-cross-origin",
        "vary": "Accept-Encoding",
        "x-content-type-options": "nosniff",
        "x-generation-id": _key(exchange),
    }


def openrouter_error(exchange: Exchange, failure: Failure) -> Object:
    """Body of an error: the status again as its code."""
    message = error_fields(failure)["message"]
    return {"error": {"message": message, "code": failure.code or failure.status}}


def openrouter_error_frame(exchange: Exchange, failure: Failure, after: int) -> Frame:
    """The same in a stream: a chunk whose choice ended in error."""
    ended = _chunk(exchange, {"content": ""}, "error")
    return event({**ended, **openrouter_error(exchange, failure)})


def openrouter_usage(usage: Usage) -> Object:
    """Usage with what it costs in US dollars."""
    read, made = usage.input_tokens * INPUT_PRICE, usage.output_tokens * OUTPUT_PRICE
    cost = usage.cost if usage.cost is not None else round(read + made, 9)
    return {
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.input_tokens + usage.output_tokens,
        "cost": cost,
        "is_byok": False,
        "prompt_tokens_details": {
            "cached_tokens": usage.cache_read,
            "cache_write_tokens": usage.cache_write,
            "audio_tokens": usage.audio_input,
            "video_tokens": 0,
        },
        "cost_details": {
            "upstream_inference_cost": cost,
            "upstream_inference_prompt_cost": round(read, 9),
            "upstream_inference_completions_cost": round(made, 9),
        },
        "completion_tokens_details": {
            "reasoning_tokens": usage.reasoning,
            "image_tokens": usage.image_output,
            "audio_tokens": usage.audio_output,
        },
    }


def openrouter_chat(exchange: Exchange) -> Body:
    """POST /api/v1/chat/completions."""
    usage = openrouter_usage(exchange.answer.usage)
    if exchange.streams:
        return Events(_frames(exchange, usage), _key(exchange), exchange.model)
    body = {
        **_head(exchange, "chat.completion"),
        "choices": [
            {
                "logprobs": None,
                "finish_reason": finish_reason(exchange.answer.choice(index)),
                "native_finish_reason": finish_reason(exchange.answer.choice(index)),
                "index": index,
                "message": _message(exchange, exchange.answer.choice(index)),
            }
            for index in range(choice_count(exchange))
        ],
        "system_fingerprint": None,
        "usage": usage,
    }
    return Whole(compact(body), usage, _key(exchange), exchange.model)


def _message(exchange: Exchange, answer: Answer) -> Object:
    told = message(exchange, answer)
    told.pop("annotations")
    thought = reasoning_text(answer) or None
    result = {**told, "reasoning": thought}
    return {**result, "reasoning_details": _details(thought)} if thought else result


def _details(thought: str) -> list[Object]:
    return [{"type": "reasoning.text", "text": thought, "format": "unknown", "index": 0}]


def _frames(exchange: Exchange, usage: Object) -> list[Frame]:
    """Chunks; comments come before the first one. Usage is told without being asked for."""
    answer = exchange.answer
    thought = reasoning_text(answer)
    grown: list[Object] = [{"content": "", "reasoning": thought}] if thought else []
    grown += [delta for delta in deltas(exchange, answer) if any(map(delta.get, _TELLING))]
    chunks = [_chunk(exchange, delta) for delta in grown]
    chunks.append(_chunk(exchange, {"content": ""}, finish_reason(answer)))
    first, *rest = [event(chunk) for chunk in chunks]
    last = event({**_chunk(exchange, {"content": ""}), "usage": usage}, None, usage)
    return [Frame(COMMENT * 2 + first.data), *rest, last, DONE]


def _chunk(exchange: Exchange, delta: Object, finish: str | None = None) -> Object:
    only = {
        "index": 0,
        "delta": {"role": "assistant", **delta},
        "finish_reason": finish,
        "native_finish_reason": finish,
        "logprobs": None,
    }
    return {**_head(exchange, "chat.completion.chunk"), "choices": [only]}


def _head(exchange: Exchange, kind: str) -> Object:
    return {
        "id": _key(exchange),
        "provider": "OpenAI",
        "model": exchange.model,
        "object": kind,
        "created": exchange.created,
    }


def _key(exchange: Exchange) -> str:
    return exchange.id(f"gen-{exchange.created}-", 20)


OPENROUTER = Provider("openrouter", openrouter_headers, openrouter_error, openrouter_error_frame)
