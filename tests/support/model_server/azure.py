"""Knows how Azure OpenAI differs: content filters everywhere, its own ids, a first empty chunk."""

from __future__ import annotations

from typing import cast

from support.model_server.answers import Failure
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
from support.model_server.openai_api import error_fields, openai_error, openai_error_frame
from support.model_server.openai_chat import DONE, chunks, completion

_SAFE = {"filtered": False, "severity": "safe"}
_SEEN = {"hate": _SAFE, "self_harm": _SAFE, "sexual": _SAFE, "violence": _SAFE}
PROMPT_FILTER = [
    {
        "prompt_index": 0,
        "content_filter_results": {**_SEEN, "jailbreak": {"filtered": False, "detected": False}},
    }
]


def azure_headers(exchange: Exchange) -> dict[str, str]:
    """Headers of every answer."""
    key = f"00000000-0000-4000-8000-{exchange.request.number:012d}"
    return {
        "apim-request-id": key,
        "azureml-model-session": "d000-20260816000000",
        "x-accel-buffering": "no",
        "x-content-type-options": "nosniff",
        "x-ms-deployment-name": _deployment(exchange),
        "x-ms-rai-invoked": "true",
        "x-ms-region": "Sweden Central",
        "x-ratelimit-limit-requests": "5000",
        "x-ratelimit-limit-tokens": "500000",
        "x-ratelimit-remaining-requests": "4999",
        "x-ratelimit-remaining-tokens": "499971",
        "x-request-id": key,
    }


def azure_error(exchange: Exchange, failure: Failure) -> Object:
    """Body of an error; the gateway's own ones have a code in words or digits and no type."""
    if failure.status in (401, 404, 429) and failure.type is None:
        codes = {401: "401", 404: "DeploymentNotFound", 429: "429"}
        message = error_fields(failure)["message"]
        return {"error": {"code": failure.code or codes[failure.status], "message": message}}
    return openai_error(exchange, failure)


def azure_chat(exchange: Exchange) -> Body:
    """POST /openai/deployments/{deployment}/chat/completions and /openai/v1/chat/completions."""
    key = exchange.id("chatcmpl-", 29)
    if exchange.streams:
        return Events(_frames(exchange), key, exchange.model)
    body = completion(exchange)
    for choice in cast("list[Object]", body["choices"]):
        choice["content_filter_results"] = _SEEN
    body = {**body, "prompt_filter_results": PROMPT_FILTER}
    return Whole(compact(body), cast("Object", body["usage"]), key, exchange.model)


def _frames(exchange: Exchange) -> list[Frame]:
    first = {"choices": [], "created": 0, "id": "", "model": "", "object": ""}
    frames = [event({**first, "prompt_filter_results": PROMPT_FILTER})]
    for chunk in chunks(exchange):
        for choice in cast("list[Object]", chunk["choices"]):
            choice["content_filter_results"] = _SEEN if choice["delta"] else {}
        frames.append(event(chunk, None, cast("Object | None", chunk.get("usage"))))
    return [*frames, DONE]


def _deployment(exchange: Exchange) -> str:
    return exchange.path_values.get("deployment") or str(exchange.request.json.get("model", ""))


AZURE = Provider("azure", azure_headers, azure_error, openai_error_frame)
