"""Knows in which events OpenAI streams a response: what begins, grows and ends, numbered."""

from __future__ import annotations

from typing import cast

from support.model_server.exchange import Exchange, Frame, Object, event, pieces
from support.model_server.openai_responses import begun, ended, items

PADDING = "v3TryfPhKr4sS"
"""Stands for the random text that hides a delta's length."""


def response_frames(exchange: Exchange) -> list[Frame]:
    """All events of the response, the last one with the whole of it."""
    opening = begun(exchange)
    whole = ended(exchange)
    found = [_event("response.created", response=opening)]
    if opening["background"]:
        found = [_event("response.created", response={**opening, "status": "queued"})]
        found.append(_event("response.queued", response={**opening, "status": "queued"}))
    found.append(_event("response.in_progress", response=opening))
    if whole["status"] != "failed":
        for index, item in enumerate(items(exchange)):
            found += _item_events(exchange, item, index)
    found.append(_event(f"response.{whole['status']}", response=whole))
    last = len(found) - 1
    return [
        _frame(told, number, cast("Object | None", whole["usage"]) if number == last else None)
        for number, told in enumerate(found)
    ]


def _frame(told: Object, number: int, usage: Object | None) -> Frame:
    return event({**told, "sequence_number": number}, str(told["type"]), usage)


def _event(kind: str, **fields: object) -> Object:
    return {"type": kind, **fields}


def _item_events(exchange: Exchange, item: Object, index: int) -> list[Object]:
    opening, growth = _GROWTH[str(item["type"])](exchange, item, index)
    return [
        _event("response.output_item.added", item={**item, **opening}, output_index=index),
        *growth,
        _event("response.output_item.done", item=item, output_index=index),
    ]


Grown = tuple[Object, list[Object]]
"""What an item is like when it begins, and the events in which it becomes whole."""


def _message(exchange: Exchange, item: Object, index: int) -> Grown:
    (part,) = cast("list[Object]", item["content"])
    at: Object = {"content_index": 0, "item_id": item["id"], "output_index": index}
    if part["type"] == "refusal":
        empty, grown = {**part, "refusal": ""}, _refusal(exchange, str(part["refusal"]), at)
    else:
        empty, grown = {**part, "text": "", "annotations": []}, _text(exchange, part, at)
    return {"status": "in_progress", "content": []}, [
        _event("response.content_part.added", **at, part=empty),
        *grown,
        _event("response.content_part.done", **at, part=part),
    ]


def _text(exchange: Exchange, part: Object, at: Object) -> list[Object]:
    said = str(part["text"])
    cited = cast("list[Object]", part["annotations"])
    kind = "response.output_text"
    return [
        *(
            _event(f"{kind}.delta", **at, delta=piece, logprobs=[], obfuscation=PADDING)
            for piece in pieces(said, exchange.answer)
        ),
        *(
            _event(f"{kind}.annotation.added", **at, annotation=one, annotation_index=number)
            for number, one in enumerate(cited)
        ),
        _event(f"{kind}.done", **at, logprobs=[], text=said),
    ]


def _refusal(exchange: Exchange, words: str, at: Object) -> list[Object]:
    return [
        *(
            _event("response.refusal.delta", **at, delta=piece, obfuscation=PADDING)
            for piece in pieces(words, exchange.answer)
        ),
        _event("response.refusal.done", **at, refusal=words),
    ]


def _function_call(exchange: Exchange, item: Object, index: int) -> Grown:
    at: Object = {"item_id": item["id"], "output_index": index}
    arguments = str(item["arguments"])
    kind = "response.function_call_arguments"
    return {"status": "in_progress", "arguments": ""}, [
        *(
            _event(f"{kind}.delta", **at, delta=piece, obfuscation=PADDING)
            for piece in pieces(arguments, exchange.answer)
        ),
        _event(f"{kind}.done", **at, arguments=arguments),
    ]


def _web_search(exchange: Exchange, item: Object, index: int) -> Grown:
    at: Object = {"item_id": item["id"], "output_index": index}
    steps = ("in_progress", "searching", "completed")
    return {"status": "in_progress"}, [
        _event(f"response.web_search_call.{step}", **at) for step in steps
    ]


def _reasoning(exchange: Exchange, item: Object, index: int) -> Grown:
    at: Object = {"item_id": item["id"], "output_index": index, "summary_index": 0}
    shown = cast("list[Object]", item["summary"])
    if not shown:
        return {}, []
    (part,) = shown
    thought = str(part["text"])
    kind = "response.reasoning_summary_text"
    return {"summary": []}, [
        _event("response.reasoning_summary_part.added", **at, part={**part, "text": ""}),
        *(
            _event(f"{kind}.delta", **at, delta=piece, obfuscation=PADDING)
            for piece in pieces(thought, exchange.answer)
        ),
        _event(f"{kind}.done", **at, text=thought),
        _event("response.reasoning_summary_part.done", **at, part=part),
    ]


_GROWTH = {
    "message": _message,
    "function_call": _function_call,
    "web_search_call": _web_search,
    "reasoning": _reasoning,
}
