"""Knows OpenAI's endpoints for text besides chat: completions, embeddings, moderations."""

from __future__ import annotations

import base64
import struct

from support.model_server.answers import Usage
from support.model_server.exchange import (
    Body,
    Events,
    Exchange,
    Frame,
    Object,
    Whole,
    event,
    pieces,
    pretty,
)
from support.model_server.openai_chat import DONE, choice_count, finish_reason

DIMENSIONS = 1536
"""The length of a vector, as that of `text-embedding-3-small`."""

CATEGORIES = (
    "harassment",
    "harassment/threatening",
    "hate",
    "hate/threatening",
    "illicit",
    "illicit/violent",
    "self-harm",
    "self-harm/instructions",
    "self-harm/intent",
    "sexual",
    "sexual/minors",
    "violence",
    "violence/graphic",
)
WITH_IMAGES = ("self-harm", "sexual", "violence")
"""Categories that look at images too, with all that begin so but `sexual/minors`."""


def completion(exchange: Exchange) -> Body:
    """POST /v1/completions."""
    key = exchange.id("cmpl-", 29)
    if exchange.streams:
        return Events(_completion_frames(exchange), key, exchange.model)
    usage = completion_usage(exchange.answer.usage)
    head = _completion_head(exchange)
    choices = [
        _completion_choice(exchange, index, exchange.answer.choice(index).text, True)
        for index in range(_completion_count(exchange))
    ]
    return Whole(pretty({**head, "choices": choices, "usage": usage}), usage, key, exchange.model)


def completion_usage(usage: Usage) -> Object:
    """Usage without details, as old endpoints tell it."""
    return {
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.input_tokens + usage.output_tokens,
    }


def embeddings(exchange: Exchange) -> Body:
    """POST /v1/embeddings: a vector for each input, as numbers or as base64 of little endian."""
    asked = exchange.request.json
    count, size = input_count(exchange, "input"), asked.get("dimensions")
    vectors = [
        _vector(index, size if isinstance(size, int) else DIMENSIONS) for index in range(count)
    ]
    encode = _base64 if asked.get("encoding_format") == "base64" else list
    usage = embedding_usage(exchange.answer.usage)
    body = {
        "object": "list",
        "data": [
            {"object": "embedding", "index": index, "embedding": encode(vector)}
            for index, vector in enumerate(vectors)
        ],
        "model": exchange.model,
        "usage": usage,
    }
    return Whole(pretty(body), usage, None, exchange.model)


def embedding_usage(usage: Usage) -> Object:
    """Usage of embeddings, which have no output."""
    return {"prompt_tokens": usage.input_tokens, "total_tokens": usage.input_tokens}


def moderations(exchange: Exchange) -> Body:
    """POST /v1/moderations: nothing is ever flagged, and no tokens are counted."""
    count = input_count(exchange, "input")
    result = {
        "flagged": False,
        "categories": dict.fromkeys(CATEGORIES, False),
        "category_scores": dict.fromkeys(CATEGORIES, 0.0001),
        "category_applied_input_types": {name: _applied(name) for name in CATEGORIES},
    }
    key = exchange.id("modr-", 29)
    body = {"id": key, "model": "omni-moderation-latest", "results": [result] * count}
    return Whole(pretty(body), None, key, "omni-moderation-latest")


def _completion_head(exchange: Exchange) -> Object:
    return {
        "id": exchange.id("cmpl-", 29),
        "object": "text_completion",
        "created": exchange.created,
        "model": exchange.model,
    }


def _completion_count(exchange: Exchange) -> int:
    return choice_count(exchange) * input_count(exchange, "prompt")


def _completion_choice(exchange: Exchange, index: int, text: str, ends: bool) -> Object:
    reason = finish_reason(exchange.answer.choice(index)) if ends else None
    return {"text": text, "index": index, "logprobs": None, "finish_reason": reason}


def _completion_frames(exchange: Exchange) -> list[Frame]:
    counts = exchange.request.part("stream_options").get("include_usage") is True
    nothing: Object = {"usage": None} if counts else {}
    head = _completion_head(exchange)
    grown: list[Object] = []
    for index in range(_completion_count(exchange)):
        said = pieces(exchange.answer.choice(index).text, exchange.answer)
        grown += [_completion_choice(exchange, index, piece, False) for piece in said]
        grown.append(_completion_choice(exchange, index, "", True))
    frames = [event({**head, "choices": [only], **nothing}) for only in grown]
    if counts:
        usage = completion_usage(exchange.answer.usage)
        frames.append(event({**head, "choices": [], "usage": usage}, None, usage))
    return [*frames, DONE]


def input_count(exchange: Exchange, name: str) -> int:
    """How many inputs there are: a list of texts is several, a list of tokens is one."""
    given = exchange.request.items(name)
    return 1 if not given or isinstance(given[0], int) else len(given)


def _vector(index: int, size: int) -> list[float]:
    """A vector that differs from input to input; its numbers are exact in 32 bits."""
    return [((index * 7 + place * 3) % 16 - 8) / 16 for place in range(size)]


def _base64(vector: list[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()


def _applied(category: str) -> list[str]:
    sees = category != "sexual/minors" and category.startswith(WITH_IMAGES)
    return ["text", "image"] if sees else ["text"]
