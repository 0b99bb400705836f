"""Knows OpenAI's responses: requests, answers in one piece, and their retrieval later on.

Source: OpenAI API reference, responses; GenAI conventions, OpenAI and `fetch_response`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agentel.core.fields import Fields, Table, get, items, size
from agentel.core.invocation import FETCH_RESPONSE, INFERENCE, MODEL_CALL
from agentel.core.library import Content, Endpoint
from agentel.formats.openai_chat import SAMPLING, output_type, service_tier
from agentel.formats.openai_messages import tool_definitions
from agentel.formats.openai_response_events import FetchedEvents, ResponseEvents
from agentel.formats.openai_response_items import input_messages, instructions, item_size
from agentel.formats.openai_response_states import (
    FETCHED,
    RESPONSE,
    output,
    output_size,
    settle,
    settle_fetched,
)


def _conversation(value: object, into: Fields) -> None:
    key = value if isinstance(value, str) else get(value, "id")
    if key:
        into["conversation_id"] = key


def _compacted(value: object, into: Fields) -> None:
    if any(get(item, "type") == "compaction" for item in items(value)):
        into["conversation_compacted"] = True


REQUEST: Table = {
    **SAMPLING,
    "input": _compacted,
    "max_output_tokens": "request_max_tokens",
    "reasoning": {"effort": "request_reasoning_level"},
    "text": {"format": output_type},
    "service_tier": service_tier,
    "previous_response_id": "request_previous_response_id",
    "conversation": _conversation,
    "prompt": {"id": "prompt_name", "version": "prompt_version"},
}


def measure(body: Mapping[str, Any]) -> tuple[int, int]:
    """Return (bytes of text, number) of the request's input; instructions are not part of it."""
    given = body.get("input")
    if isinstance(given, str):
        return size(given), 1
    total = count = 0
    for item in items(given):
        total += item_size(item)
        count += 1
    return total, count


def content(body: Mapping[str, Any]) -> Content:
    """Return the request's input, instructions and tools in the conventions' JSON."""
    return {
        "system_instructions": instructions(body.get("instructions")),
        "input_messages": input_messages(body.get("input")),
        "tool_definitions": tool_definitions(body.get("tools")),
    }


ENDPOINT = Endpoint(
    INFERENCE,
    "chat",
    request=REQUEST,
    response=RESPONSE,
    finish=settle,
    measure=measure,
    input=content,
    output=output,
    output_size=output_size,
    deltas=ResponseEvents,
    fixed={"openai_api_type": "responses"},
)
"""A response is created. In the background it is only queued: its usage is told to nobody yet."""

COMPACTION = Endpoint(
    MODEL_CALL,
    "compaction",
    request=REQUEST,
    response=RESPONSE,
    finish=settle,
    measure=measure,
    fixed={"openai_api_type": "responses"},
)
"""A history is made shorter, by a model and for its price. The name of the operation is ours."""


def _cursor(value: object, into: Fields) -> None:
    into["request_stream_cursor"] = str(value)


FETCH = Endpoint(
    FETCH_RESPONSE,
    "fetch_response",
    request={"starting_after": _cursor},
    response=FETCHED,
    finish=settle_fetched,
    output=output,
    output_size=output_size,
    deltas=FetchedEvents,
    fixed={"openai_api_type": "responses"},
)
"""A response is looked at again. Its tokens were counted when it was made, or are nobody's."""
