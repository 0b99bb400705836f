"""Knows OpenAI's chat completions: the object, its chunks, and who counts what in usage."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from support.model_server.answers import Answer, Refusal, Text, Thinking, ToolCall, Usage
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

FINGERPRINT = "fp_44709d6fcb"
PADDING = "Wt2QrSUUiJ"
"""Stands for the random text that hides a chunk's length."""
DONE = Frame(b"data: [DONE]\n\n")


def chat_completion(exchange: Exchange) -> Body:
    """POST /v1/chat/completions."""
    if exchange.streams:
        return Events(stream_frames(exchange), exchange.id("chatcmpl-", 29), exchange.model)
    body = completion(exchange)
    if exchange.request.wants("store"):
        _keep(exchange, body)
    return Whole(pretty(body), chat_usage(exchange.answer.usage), str(body["id"]), exchange.model)


def completion(exchange: Exchange) -> Object:
    """The `chat.completion` object."""
    return {
        "id": exchange.id("chatcmpl-", 29),
        "object": "chat.completion",
        "created": exchange.created,
        "model": exchange.model,
        "choices": [
            {
                "index": index,
                "message": message(exchange, exchange.answer.choice(index)),
                "logprobs": None,
                "finish_reason": finish_reason(exchange.answer.choice(index)),
            }
            for index in range(choice_count(exchange))
        ],
        "usage": chat_usage(exchange.answer.usage),
        "service_tier": exchange.answer.tier or "default",
        "system_fingerprint": FINGERPRINT,
    }


def choice_count(exchange: Exchange) -> int:
    """How many choices are asked for."""
    asked = exchange.request.json.get("n")
    return asked if isinstance(asked, int) else 1


def finish_reason(answer: Answer) -> str:
    """The finish reason of chat and legacy completions."""
    if answer.finish == "refusal":
        return "content_filter"
    return answer.finish or ("tool_calls" if answer.tools else "stop")


def message(exchange: Exchange, answer: Answer) -> Object:
    """The assistant's message; absent kinds of content are null or left out as OpenAI does."""
    said = answer.text
    result: Object = {
        "role": "assistant",
        "content": said if said or not (answer.tools or answer.refused) else None,
        "refusal": answer.refused,
        "annotations": [],
    }
    if answer.tools:
        result["tool_calls"] = [
            {"id": tool_id(exchange, call, index), "type": "function", "function": _function(call)}
            for index, call in enumerate(answer.tools)
        ]
    if "audio" in exchange.request.items("modalities"):
        result["content"] = None
        result["audio"] = {
            "id": exchange.id("audio_", 32),
            "data": "AAAA",
            "expires_at": exchange.created + 3600,
            "transcript": said,
        }
    return result


def tool_id(exchange: Exchange, call: ToolCall, index: int) -> str:
    """The id of a tool call."""
    return call.id or exchange.id("call_", 24, index)


def chat_usage(usage: Usage) -> Object:
    """Usage as chat completions count it: prompt and completion hold all of their parts."""
    prompt: Object = {"cached_tokens": usage.cache_read, "audio_tokens": usage.audio_input}
    if usage.cache_write:
        prompt["cache_write_tokens"] = usage.cache_write
    if usage.image_input:
        prompt["image_tokens"] = usage.image_input
    return {
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.input_tokens + usage.output_tokens,
        "prompt_tokens_details": prompt,
        "completion_tokens_details": {
            "reasoning_tokens": usage.reasoning,
            "audio_tokens": usage.audio_output,
            "accepted_prediction_tokens": usage.accepted_prediction,
            "rejected_prediction_tokens": usage.rejected_prediction,
        },
    }


def stream_frames(exchange: Exchange) -> list[Frame]:
    """The chunks as events."""
    told = [
        event(chunk, None, cast("Object | None", chunk.get("usage"))) for chunk in chunks(exchange)
    ]
    return [*told, DONE]


def chunks(exchange: Exchange) -> list[Object]:
    """The chunks; with `stream_options.include_usage` each has a `usage`, null but in the last."""
    options = exchange.request.part("stream_options")
    counts = options.get("include_usage") is True
    head = chunk_head(exchange)
    about: Object = {"usage": None} if counts else {}
    if options.get("include_obfuscation") is not False:
        about["obfuscation"] = PADDING
    found: list[Object] = []
    for index in range(choice_count(exchange)):
        answer = exchange.answer.choice(index)
        grown = [choice(index, delta) for delta in deltas(exchange, answer)]
        grown.append(choice(index, {}, finish_reason(answer)))
        found += [{**head, "choices": [only], **about} for only in grown]
    if counts:
        usage = chat_usage(exchange.answer.usage)
        found.append({**head, "choices": [], **about, "usage": usage})
    return found


def choice(index: int, delta: Object, finish: str | None = None) -> Object:
    """One choice of a chunk."""
    return {"index": index, "delta": delta, "logprobs": None, "finish_reason": finish}


def spoken(answer: Answer) -> Answer:
    """The answer of a provider without a place for refusals: what is refused is simply said."""
    said = (Text(part.text) if isinstance(part, Refusal) else part for part in answer.parts)
    return replace(answer, parts=tuple(said))


def reasoning_text(answer: Answer) -> str:
    """The reasoning that is shown, for the providers that show it in chat."""
    return "".join(part.text for part in answer.parts if isinstance(part, Thinking))


def deltas(exchange: Exchange, answer: Answer) -> list[Object]:
    """What one choice's message grows by, role first."""
    if answer.refused is not None:
        return [
            {"role": "assistant", "content": None, "refusal": ""},
            *({"refusal": piece} for piece in pieces(answer.refused, answer)),
        ]
    if not answer.tools:
        return [
            {"role": "assistant", "content": "", "refusal": None},
            *({"content": piece} for piece in pieces(answer.text, answer)),
        ]
    if not answer.text:
        first, *others = _tool_deltas(exchange, answer)
        return [{"role": "assistant", "content": None, **first, "refusal": None}, *others]
    return [
        {"role": "assistant", "content": "", "refusal": None},
        *({"content": piece} for piece in pieces(answer.text, answer)),
        *_tool_deltas(exchange, answer),
    ]


def chunk_head(exchange: Exchange) -> Object:
    """What all chunks of a stream have alike."""
    return {
        "id": exchange.id("chatcmpl-", 29),
        "object": "chat.completion.chunk",
        "created": exchange.created,
        "model": exchange.model,
        "service_tier": exchange.answer.tier or "default",
        "system_fingerprint": FINGERPRINT,
    }


def _tool_deltas(exchange: Exchange, answer: Answer) -> list[Object]:
    found: list[Object] = []
    for index, call in enumerate(answer.tools):
        opening: Object = {
            "index": index,
            "id": tool_id(exchange, call, index),
            "type": "function",
            "function": {"name": call.name, "arguments": ""},
        }
        found.append({"tool_calls": [opening]})
        grown: list[Object] = [{"arguments": piece} for piece in pieces(call.arguments, answer)]
        found.extend({"tool_calls": [{"index": index, "function": more}]} for more in grown)
    return found


def _keep(exchange: Exchange, body: Object) -> None:
    exchange.store.keep("chat", {**body, "metadata": exchange.request.part("metadata")})
    messages = [
        {"id": f"{body['id']}-{index}", "name": None, "content_parts": None, **asked}
        for index, asked in enumerate(exchange.request.items("messages"))
        if isinstance(asked, dict)
    ]
    exchange.store.keep("messages", {"id": body["id"], "data": messages})


def _function(call: ToolCall) -> Object:
    return {"name": call.name, "arguments": call.arguments}
