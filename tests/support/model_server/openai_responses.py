"""Knows OpenAI's responses: the object, its output items, and how usage is counted there."""

from __future__ import annotations

from support.model_server.answers import (
    Answer,
    Failure,
    Part,
    Refusal,
    Text,
    Thinking,
    ToolCall,
    Usage,
    WebSearch,
)
from support.model_server.exchange import Exchange, Frame, Object, event

ID_WIDTH = 50
DEFAULTS: Object = {
    "access_programs": None,
    "background": False,
    "completed_at": None,
    "error": None,
    "frequency_penalty": 0.0,
    "incomplete_details": None,
    "instructions": None,
    "max_output_tokens": None,
    "max_tool_calls": None,
    "model": "",
    "moderation": None,
    "output": [],
    "parallel_tool_calls": True,
    "presence_penalty": 0.0,
    "previous_response_id": None,
    "prompt_cache_key": None,
    "prompt_cache_retention": "24h",
    "reasoning": {"effort": None, "summary": None},
    "safety_identifier": None,
    "service_tier": "auto",
    "store": True,
    "temperature": 1.0,
    "text": {"format": {"type": "text"}, "verbosity": "medium"},
    "tool_choice": "auto",
    "tool_usage": None,
    "tools": [],
    "top_logprobs": 0,
    "top_p": 1.0,
    "truncation": "disabled",
    "usage": None,
    "user": None,
    "metadata": {},
}
"""A response's fields in the order of the wire; those the request may set come back as asked."""

ECHOED = DEFAULTS.keys() - {"model", "output", "usage", "error", "completed_at", "tool_usage"}
INCOMPLETE = {"length": "max_output_tokens", "content_filter": "content_filter"}


def response_id(exchange: Exchange) -> str:
    """The id of the response to a request."""
    return exchange.id("resp_", ID_WIDTH)


def begun(exchange: Exchange, status: str = "in_progress") -> Object:
    """The response before anything was generated."""
    asked = exchange.request.json
    echoed = {key: asked[key] for key in asked.keys() & ECHOED if asked[key] is not None}
    if isinstance(echoed.get("reasoning"), dict):
        echoed["reasoning"] = {
            "effort": None,
            "summary": None,
            **exchange.request.part("reasoning"),
        }
    if isinstance(echoed.get("text"), dict):
        default = {"format": {"type": "text"}, "verbosity": "medium"}
        echoed["text"] = {**default, **exchange.request.part("text")}
    return {
        "id": response_id(exchange),
        "object": "response",
        "created_at": exchange.created,
        "status": status,
        **{**DEFAULTS, **echoed, "model": exchange.model},
        "tool_usage": _tool_usage(Usage()),
    }


def ended(exchange: Exchange) -> Object:
    """The response with everything generated: completed, incomplete or failed."""
    answer = exchange.answer
    body = {
        **begun(exchange, status_of(answer)),
        "service_tier": answer.tier or "default",
        "tool_usage": _tool_usage(answer.usage),
    }
    if body["status"] == "failed":
        failure: Object = {"code": "server_error", "message": "The model failed."}
        return {**body, "error": failure}
    if body["status"] == "incomplete":
        body["incomplete_details"] = {"reason": INCOMPLETE[answer.finish]}
    else:
        body["completed_at"] = exchange.created + 1
    return {**body, "output": items(exchange), "usage": response_usage(answer.usage)}


def status_of(answer: Answer) -> str:
    """How a response ends."""
    if answer.finish == "failed":
        return "failed"
    return "incomplete" if answer.finish in INCOMPLETE else "completed"


def response_usage(usage: Usage) -> Object:
    """Usage as responses count it: input and output hold all of their parts."""
    return {
        "input_tokens": usage.input_tokens,
        "input_tokens_details": {
            "cache_write_tokens": usage.cache_write,
            "cached_tokens": usage.cache_read,
        },
        "output_tokens": usage.output_tokens,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning},
        "total_tokens": usage.input_tokens + usage.output_tokens,
    }


def items(exchange: Exchange) -> list[Object]:
    """The output items; results of a search are cited by the text after it.

    Reasoning that is billed but not shown is an item without a summary.
    """
    parts = exchange.answer.parts
    if exchange.answer.usage.reasoning and not any(isinstance(part, Thinking) for part in parts):
        parts = (Thinking(""), *parts)
    found: list[Object] = []
    sources: tuple[tuple[str, str], ...] = ()
    for index, part in enumerate(parts):
        found.append(_item(exchange, part, index, sources))
        sources = part.results if isinstance(part, WebSearch) else ()
    return found


def response_error_frame(exchange: Exchange, failure: Failure, after: int) -> Frame:
    """An error as an event of a stream of response events."""
    told: Object = {
        "type": "error",
        "code": failure.code or failure.type or "server_error",
        "message": failure.message or "The server had an error while processing your request.",
        "param": failure.param,
        "sequence_number": after,
    }
    return event(told, "error")


def _item(
    exchange: Exchange, part: Part, index: int, sources: tuple[tuple[str, str], ...]
) -> Object:
    if isinstance(part, Thinking):
        summary = [{"type": "summary_text", "text": part.text}] if part.text else []
        key = exchange.id("rs_", ID_WIDTH, index)
        return {"id": key, "type": "reasoning", "content": [], "summary": summary}
    if isinstance(part, ToolCall):
        return {
            "id": exchange.id("fc_", ID_WIDTH, index),
            "type": "function_call",
            "status": "completed",
            "arguments": part.arguments,
            "call_id": part.id or exchange.id("call_", 24, index),
            "name": part.name,
        }
    if isinstance(part, WebSearch):
        action = {"type": "search", "queries": [part.query], "query": part.query}
        key = exchange.id("ws_", ID_WIDTH, index)
        return {"id": key, "type": "web_search_call", "status": "completed", "action": action}
    return {
        "id": exchange.id("msg_", ID_WIDTH, index),
        "type": "message",
        "status": "completed",
        "content": [_content(part, sources)],
        "phase": "final_answer",
        "role": "assistant",
    }


def _content(part: Text | Refusal, sources: tuple[tuple[str, str], ...]) -> Object:
    if isinstance(part, Refusal):
        return {"type": "refusal", "refusal": part.text}
    cited = [
        {
            "type": "url_citation",
            "end_index": len(part.text),
            "start_index": 0,
            "title": title,
            "url": url,
        }
        for title, url in sources
    ]
    return {"type": "output_text", "annotations": cited, "logprobs": [], "text": part.text}


def _tool_usage(usage: Usage) -> Object:
    counted = {"image_tokens": 0, "text_tokens": 0}
    return {
        "image_gen": {
            "input_tokens": 0,
            "input_tokens_details": counted,
            "output_tokens": 0,
            "output_tokens_details": counted,
            "total_tokens": 0,
        },
        "web_search": {"num_requests": usage.web_search_requests},
    }
