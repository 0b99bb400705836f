"""Knows Anthropic's messages: content blocks, the events of a stream, and usage without cache."""

from __future__ import annotations

import json

from support.model_server.answers import (
    Answer,
    Part,
    Text,
    Thinking,
    ToolCall,
    Usage,
    WebSearch,
)
from support.model_server.exchange import (
    Body,
    Events,
    Exchange,
    Frame,
    Object,
    Whole,
    compact,
    event,
    pieces,
)

STOP_REASONS = {
    "stop": "end_turn",
    "length": "max_tokens",
    "tool_calls": "tool_use",
    "content_filter": "refusal",
}
PING = Frame(b'event: ping\ndata: {"type": "ping"}\n\n')


def create_message(exchange: Exchange) -> Body:
    """POST /v1/messages, also with `?beta=true`."""
    body = message(exchange)
    if exchange.streams:
        return Events(_frames(exchange, body), str(body["id"]), exchange.model)
    return Whole(compact(body), usage_of(exchange.answer), str(body["id"]), exchange.model)


def count_tokens(exchange: Exchange) -> Body:
    """POST /v1/messages/count_tokens: a count that follows from the request's size alone."""
    return Whole(compact({"input_tokens": max(1, len(exchange.request.body) // 4)}))


def message(exchange: Exchange) -> Object:
    """The whole `message` object."""
    answer = exchange.answer
    return {
        "model": exchange.model,
        "id": exchange.id("msg_01", 22),
        "type": "message",
        "role": "assistant",
        "content": blocks(exchange),
        "stop_reason": stop_reason(answer),
        "stop_sequence": None,
        "stop_details": _stop_details(answer),
        "usage": usage_of(answer),
    }


def blocks(exchange: Exchange) -> list[Object]:
    """The content blocks of the answer."""
    found: list[Object] = []
    for part in exchange.answer.parts:
        found += _blocks_of(exchange, part, len(found))
    return found


def stop_reason(answer: Answer) -> str:
    """Why the model stopped, in Anthropic's words."""
    if answer.finish:
        return STOP_REASONS.get(answer.finish, answer.finish)
    if answer.refused is not None:
        return "refusal"
    return "tool_use" if answer.tools else "end_turn"


def usage_of(answer: Answer) -> Object:
    """Usage as Anthropic counts it: `input_tokens` are only those that no cache saw."""
    usage = answer.usage
    result: Object = {
        "input_tokens": uncached_input(usage),
        "cache_creation_input_tokens": usage.cache_write,
        "cache_read_input_tokens": usage.cache_read,
        "cache_creation": {
            "ephemeral_5m_input_tokens": usage.cache_write_5m,
            "ephemeral_1h_input_tokens": usage.cache_write_1h,
        },
        "output_tokens": usage.output_tokens,
        "service_tier": answer.tier or "standard",
        "inference_geo": "not_available",
    }
    return {**result, **_usage_details(usage)}


def uncached_input(usage: Usage) -> int:
    """Input tokens billed at the full price."""
    return usage.input_tokens - usage.cache_read - usage.cache_write


def _usage_details(usage: Usage) -> Object:
    details: Object = {}
    if usage.reasoning:
        details["output_tokens_details"] = {"thinking_tokens": usage.reasoning}
    if usage.web_search_requests or usage.web_fetch_requests:
        details["server_tool_use"] = {
            "web_search_requests": usage.web_search_requests,
            "web_fetch_requests": usage.web_fetch_requests,
        }
    return details


def _stop_details(answer: Answer) -> Object | None:
    if stop_reason(answer) != "refusal":
        return None
    return {"type": "refusal", "category": None, "explanation": answer.refused}


def _blocks_of(exchange: Exchange, part: Part, index: int) -> list[Object]:
    if isinstance(part, Text):
        return [{"type": "text", "text": part.text}]
    if isinstance(part, Thinking):
        return [{"type": "thinking", "thinking": part.text, "signature": part.signature}]
    if isinstance(part, ToolCall):
        key = part.id or exchange.id("toolu_01", 22, index)
        return [{"type": "tool_use", "id": key, "name": part.name, "input": _input(part)}]
    if isinstance(part, WebSearch):
        return _search_blocks(part, exchange.id("srvtoolu_01", 22, index))
    return []


def _input(call: ToolCall) -> object:
    """The arguments as an object; a model's broken JSON arrives as an empty one."""
    try:
        return json.loads(call.arguments)
    except ValueError:
        return {}


def _search_blocks(search: WebSearch, key: str) -> list[Object]:
    found = [
        {
            "type": "web_search_result",
            "title": title,
            "url": url,
            "encrypted_content": "RW5jcnlwdGVkIHBhZ2U=",
            "page_age": None,
        }
        for title, url in search.results
    ]
    return [
        {
            "type": "server_tool_use",
            "id": key,
            "name": "web_search",
            "input": {"query": search.query},
        },
        {"type": "web_search_tool_result", "tool_use_id": key, "content": found},
    ]


def _frames(exchange: Exchange, body: Object) -> list[Frame]:
    answer = exchange.answer
    opening: Object = {**usage_of(answer), "output_tokens": 1}
    opening.pop("output_tokens_details", None)
    opening.pop("server_tool_use", None)
    start = {**body, "content": [], "stop_reason": None, "stop_details": None, "usage": opening}
    frames = [event({"type": "message_start", "message": start}, "message_start", opening)]
    for index, block in enumerate(blocks(exchange)):
        frames += _block_frames(index, block, answer)
        if index == 0:
            frames.insert(2, PING)
    final = _final_usage(answer)
    delta = {key: body[key] for key in ("stop_reason", "stop_sequence", "stop_details")}
    # What was sent in total is what message_start said, overwritten by message_delta.
    closing = {"type": "message_delta", "delta": delta, "usage": final}
    frames.append(event(closing, "message_delta", {**opening, **final}))
    return [*frames, event({"type": "message_stop"}, "message_stop")]


def _final_usage(answer: Answer) -> Object:
    kept = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")
    whole = usage_of(answer)
    return {
        **{key: whole[key] for key in (*kept, "output_tokens")},
        **_usage_details(answer.usage),
    }


def _block_frames(index: int, block: Object, answer: Answer) -> list[Frame]:
    opening, growth = _block_stream(block, answer)
    at = {"index": index}
    return [
        event(
            {"type": "content_block_start", **at, "content_block": opening}, "content_block_start"
        ),
        *(
            event({"type": "content_block_delta", **at, "delta": delta}, "content_block_delta")
            for delta in growth
        ),
        event({"type": "content_block_stop", **at}, "content_block_stop"),
    ]


def _block_stream(block: Object, answer: Answer) -> tuple[Object, list[Object]]:
    """How a block begins, and the deltas that make it whole."""
    kind = block["type"]
    if kind == "text":
        said = pieces(str(block["text"]), answer)
        return {**block, "text": ""}, [{"type": "text_delta", "text": piece} for piece in said]
    if kind == "thinking":
        thought = pieces(str(block["thinking"]), answer)
        signed: Object = {"type": "signature_delta", "signature": block["signature"]}
        growth: list[Object] = [{"type": "thinking_delta", "thinking": piece} for piece in thought]
        return {**block, "thinking": "", "signature": ""}, [*growth, signed]
    if kind in ("tool_use", "server_tool_use"):
        sent = ["", *pieces(compact(block["input"]).decode(), answer)]
        return {**block, "input": {}}, [
            {"type": "input_json_delta", "partial_json": piece} for piece in sent
        ]
    return block, []
