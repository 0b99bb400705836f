"""Knows what an object `response` says, in whichever state it is found.

Source: OpenAI API reference, the response object.
"""

from __future__ import annotations

from agentel.core.fields import Fields, Table, get, items, read, spent
from agentel.formats.openai_response_items import CALLS, is_call, item_size, output_messages
from agentel.formats.openai_usage import error_code, settle_at_openai

_REASON = "incomplete_reason"
_CALLS = "calls_tools"
_BACKGROUND = "is_background"
_BILLED_SEARCHES = "billed_searches"
"""Working fields: what `settle` needs to know, and takes away."""

_INCOMPLETE = {"max_output_tokens": "length"}
_UNFINISHED = ("queued", "in_progress")
_SERVER_TOOLS = {
    "web_search_call": "usage_web_search_requests",
    "file_search_call": "usage_file_search_requests",
    "code_interpreter_call": "usage_code_execution_requests",
    "image_generation_call": "usage_image_generation_requests",
}
"""Items of tools that the provider runs itself, and bills apart from the model's tokens."""


def _output(value: object, into: Fields) -> None:
    for item in items(value):
        kind = get(item, "type")
        if not isinstance(kind, str):
            continue
        if kind in CALLS:
            into[_CALLS] = True
        field = _SERVER_TOOLS.get(kind)
        if field is not None and not _is_reading(item):
            count = into.get(field)
            into[field] = count + 1 if isinstance(count, int) else 1


def _is_reading(item: object) -> bool:
    """Tell an item that looks at a page which was found before: that is no further search."""
    return get(get(item, "action"), "type") in ("open_page", "find_in_page")


_IMAGE_GENERATION: Table = {
    "input_tokens": spent("usage_image_generation_input_tokens"),
    "output_tokens": spent("usage_image_generation_output_tokens"),
    "cached_tokens": spent("usage_image_generation_cache_read_input_tokens"),
    "input_tokens_details": {"image_tokens": spent("usage_image_generation_image_input_tokens")},
    "output_tokens_details": {"image_tokens": spent("usage_image_generation_image_output_tokens")},
}


def _tool_usage(value: object, into: Fields) -> None:
    """Record what the provider's tools used; a tool that was not in use has zeros."""
    images = get(value, "image_gen")
    if get(images, "total_tokens"):
        read(_IMAGE_GENERATION, images, into)
    searches = get(get(value, "web_search"), "num_requests")
    if searches is not None:
        into[_BILLED_SEARCHES] = searches


def _service_tier(value: object, into: Fields) -> None:
    """Record the tier that served; until that is decided, the wish of `auto` is repeated."""
    if value != "auto":
        into["usage_service_tier"] = value


FETCHED: Table = {
    "id": "response_id",
    "model": "response_model",
    "status": "response_status",
    "incomplete_details": {"reason": _REASON},
    "output": _output,
}
"""What a response that was made earlier says of itself."""

RESPONSE: Table = {
    **FETCHED,
    "background": _BACKGROUND,
    "error": error_code,
    "service_tier": _service_tier,
    "tool_usage": _tool_usage,
    "usage": {
        "input_tokens": "usage_input_tokens",
        "output_tokens": "usage_output_tokens",
        "input_tokens_details": {
            "cached_tokens": "usage_cache_read_input_tokens",
            "cache_write_tokens": "usage_cache_write_input_tokens",
        },
        "output_tokens_details": {"reasoning_tokens": "usage_reasoning_output_tokens"},
    },
}


def ending(status: object, reason: object, *, calls_tools: bool) -> str | None:
    """Return the finish reason that a status stands for, or None while there is none."""
    if status == "completed":
        return "tool_call" if calls_tools else "stop"
    if status == "incomplete":
        return _INCOMPLETE.get(str(reason), str(reason)) if reason else "error"
    return None if status is None or status in _UNFINISHED else "error"


def settle_fetched(fields: Fields) -> None:
    """Turn status and output into a finish reason; forget what was counted on creation."""
    _settle_ending(fields)
    for field in _SERVER_TOOLS.values():
        fields.pop(field, None)


def settle(fields: Fields) -> None:
    """Turn status and output into a finish reason; a status is told of background work only."""
    _settle_ending(fields)
    if fields.pop(_BACKGROUND, False) is not True:
        fields.pop("response_status", None)
    billed = fields.pop(_BILLED_SEARCHES, None)
    if billed is not None and (billed or "usage_web_search_requests" in fields):
        fields["usage_web_search_requests"] = billed
    settle_at_openai(fields)


def _settle_ending(fields: Fields) -> None:
    reason = fields.pop(_REASON, None)
    calls_tools = fields.pop(_CALLS, False) is True
    ended = ending(fields.get("response_status"), reason, calls_tools=calls_tools)
    if ended is not None:
        fields["response_finish_reasons"] = (ended,)


def output(response: object) -> list[object]:
    """Return the output as one message."""
    found = get(response, "output")
    calls_tools = any(is_call(item) for item in items(found))
    reason = get(get(response, "incomplete_details"), "reason")
    return output_messages(found, ending(get(response, "status"), reason, calls_tools=calls_tools))


def output_size(response: object) -> int:
    """Return the bytes of text that the output holds, tool calls' arguments included."""
    return sum(
        item_size(item)
        for item in items(get(response, "output"))
        if get(item, "type") != "reasoning"
    )
