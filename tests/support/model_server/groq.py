"""Knows how Groq differs: times in usage, and in streams usage inside `x_groq`."""

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
from support.model_server.openai_api import error_fields, openai_error_frame
from support.model_server.openai_chat import (
    DONE,
    choice_count,
    deltas,
    finish_reason,
    message,
    reasoning_text,
    spoken,
)

FINGERPRINT = "fp_21e59ac2de"


def groq_headers(exchange: Exchange) -> dict[str, str]:
    """Headers of every answer."""
    return {
        "cache-control": "private, max-age=0, no-store, no-cache, must-revalidate",
        "vary": "Origin",
        "x-groq-region": "fra",
        "x-ratelimit-limit-requests": "14400",
        "x-ratelimit-limit-tokens": "6000",
        "x-ratelimit-remaining-requests": "14399",
        "x-ratelimit-remaining-tokens": "5986",
        "x-ratelimit-reset-requests": "6s",
        "x-ratelimit-reset-tokens": "140ms",
        "x-request-id": _request_id(exchange),
    }


def groq_error(exchange: Exchange, failure: Failure) -> Object:
    """Body of an error; what does not apply is left out."""
    told = error_fields(failure).items()
    return {"error": {key: value for key, value in told if value is not None}}


def groq_usage(usage: Usage) -> Object:
    """Usage with the times that a fixed speed would take; details only where there are any."""
    prompt_time, completion_time = usage.input_tokens / 1e4, usage.output_tokens / 500
    details: Object = {}
    if usage.cache_read:
        details["prompt_tokens_details"] = {"cached_tokens": usage.cache_read}
    if usage.reasoning:
        details["completion_tokens_details"] = {"reasoning_tokens": usage.reasoning}
    return {
        "queue_time": 0.0521354,
        "prompt_tokens": usage.input_tokens,
        "prompt_time": prompt_time,
        "completion_tokens": usage.output_tokens,
        "completion_time": completion_time,
        "total_tokens": usage.input_tokens + usage.output_tokens,
        "total_time": prompt_time + completion_time,
        **details,
    }


def groq_chat(exchange: Exchange) -> Body:
    """POST /openai/v1/chat/completions."""
    key = _key(exchange)
    if exchange.streams:
        return Events(_frames(exchange), key, exchange.model)
    usage = groq_usage(exchange.answer.usage)
    body = {
        "id": key,
        "object": "chat.completion",
        "created": exchange.created,
        "model": exchange.model,
        "choices": [
            {
                "index": index,
                "message": _message(exchange, exchange.answer.choice(index)),
                "logprobs": None,
                "finish_reason": finish_reason(exchange.answer.choice(index)),
            }
            for index in range(choice_count(exchange))
        ],
        "usage": usage,
        "usage_breakdown": None,
        "system_fingerprint": FINGERPRINT,
        "x_groq": {"id": _request_id(exchange), "seed": 1321871292},
        "service_tier": exchange.answer.tier or "on_demand",
    }
    return Whole(compact(body), usage, key, exchange.model)


def _frames(exchange: Exchange) -> list[Frame]:
    answer = exchange.answer
    usage = groq_usage(answer.usage)
    grown = _deltas(exchange, answer)
    ends = {"id": _request_id(exchange), "usage": usage}
    first = _chunk(exchange, grown[0], x_groq={"id": _request_id(exchange)})
    last = _chunk(exchange, {}, finish_reason(answer), x_groq=ends)
    frames = [event(first), *(event(_chunk(exchange, delta)) for delta in grown[1:])]
    frames.append(event(last, None, usage))
    if exchange.request.part("stream_options").get("include_usage") is True:
        frames.append(event({**_chunk(exchange, {}), "choices": [], "usage": usage}, None, usage))
    return [*frames, DONE]


def _chunk(exchange: Exchange, delta: Object, finish: str | None = None, **more: object) -> Object:
    return {
        "id": _key(exchange),
        "object": "chat.completion.chunk",
        "created": exchange.created,
        "model": exchange.model,
        "system_fingerprint": FINGERPRINT,
        "choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}],
        **more,
    }


def _deltas(exchange: Exchange, answer: Answer) -> list[Object]:
    first, *others = deltas(exchange, spoken(answer))
    first = {key: value for key, value in first.items() if key != "refusal"}
    thought = reasoning_text(answer)
    reasoned: list[Object] = [{"channel": "analysis", "reasoning": thought}] if thought else []
    return [first, *reasoned, *others]


def _message(exchange: Exchange, answer: Answer) -> Object:
    told = message(exchange, spoken(answer))
    kept = {key: told[key] for key in ("role", "content", "tool_calls") if told.get(key)}
    thought = reasoning_text(answer)
    return {**kept, "reasoning": thought} if thought else kept


def _key(exchange: Exchange) -> str:
    return f"chatcmpl-00000000-0000-4000-8000-{exchange.request.number:012d}"


def _request_id(exchange: Exchange) -> str:
    return exchange.id("req_01", 24)


GROQ = Provider("groq", groq_headers, groq_error, openai_error_frame)
