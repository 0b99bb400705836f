"""Knows how Together differs: prompts and seeds in answers, usage in the last chunk of a choice."""

from __future__ import annotations

from support.model_server.answers import Answer, Usage
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
from support.model_server.openai_api import openai_error, openai_error_frame
from support.model_server.openai_chat import (
    DONE,
    choice_count,
    deltas,
    finish_reason,
    message,
    spoken,
)
from support.model_server.openai_texts import completion_usage

SEED = 2039908639335532000


def together_headers(exchange: Exchange) -> dict[str, str]:
    """Headers of every answer."""
    return {
        "cf-ray": exchange.id("8b43a5", 10) + "-FRA",
        "etag": 'W/"30a-0"',
        "x-ratelimit-limit": "10",
        "x-ratelimit-remaining": "9",
        "x-ratelimit-reset": "1",
        "x-request-id": _key(exchange),
    }


def together_usage(usage: Usage) -> Object:
    """Usage, with cached tokens at its top."""
    return {**completion_usage(usage), "cached_tokens": usage.cache_read}


def together_chat(exchange: Exchange) -> Body:
    """POST /v1/chat/completions."""
    usage = together_usage(exchange.answer.usage)
    if exchange.streams:
        return Events(_frames(exchange, usage), _key(exchange), exchange.model)
    body = {
        "id": _key(exchange),
        "object": "chat.completion",
        "created": exchange.created,
        "model": exchange.model,
        "prompt": [],
        "choices": [
            {
                "finish_reason": finish_reason(exchange.answer.choice(index)),
                "seed": SEED,
                "index": index,
                "logprobs": None,
                "message": _message(exchange, exchange.answer.choice(index)),
            }
            for index in range(choice_count(exchange))
        ],
        "usage": usage,
    }
    return Whole(compact(body), usage, _key(exchange), exchange.model)


def _message(exchange: Exchange, answer: Answer) -> Object:
    told = message(exchange, spoken(answer))
    return {
        "role": "assistant",
        "content": told["content"],
        "tool_calls": told.get("tool_calls", []),
    }


def _frames(exchange: Exchange, usage: Object) -> list[Frame]:
    frames: list[Frame] = []
    count = choice_count(exchange)
    for index in range(count):
        answer = exchange.answer.choice(index)
        grown = deltas(exchange, spoken(answer))
        grown = [delta for delta in grown if delta.get("content") or delta.get("tool_calls")]
        frames += [event(_chunk(exchange, index, delta)) for delta in grown]
        last = _chunk(exchange, index, {"content": ""}, finish_reason(answer))
        told = usage if index == count - 1 else None
        frames.append(event({**last, "usage": told}, None, told))
    return [*frames, DONE]


def _chunk(exchange: Exchange, index: int, delta: Object, finish: str | None = None) -> Object:
    said = delta.get("content") or ""
    only = {
        "index": index,
        "text": said,
        "logprobs": None,
        "finish_reason": finish,
        "seed": SEED if finish else None,
        "delta": {
            "token_id": 30,
            "role": "assistant",
            "content": said,
            "tool_calls": delta.get("tool_calls"),
        },
    }
    return {
        "id": _key(exchange),
        "object": "chat.completion.chunk",
        "created": exchange.created,
        "choices": [only],
        "model": exchange.model,
        "usage": None,
    }


def _key(exchange: Exchange) -> str:
    return exchange.id("oEj", 12) + "-FRA"


TOGETHER = Provider("together", together_headers, openai_error, openai_error_frame)
