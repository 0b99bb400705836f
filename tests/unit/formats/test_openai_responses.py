"""Responses: requests, answers and events to the fields of the conventions."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from agentel.core.fields import Fields, read
from agentel.formats.openai_response_events import ResponseEvents
from agentel.formats.openai_responses import ENDPOINT, FETCH, REQUEST, content, measure

CALL = {"type": "function_call", "call_id": "c1", "name": "add", "arguments": '{"a":1}'}
SAID = {"type": "message", "content": [{"type": "output_text", "text": "hi"}]}


def answer(endpoint: Any, body: dict[str, Any]) -> Fields:
    found: Fields = {}
    read(endpoint.response, body, found)
    endpoint.finish(found)
    return found


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"status": "completed", "output": [SAID]}, ("stop",)),
        ({"status": "completed", "output": [SAID, CALL]}, ("tool_call",)),
        (
            {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}},
            ("length",),
        ),
        (
            {"status": "incomplete", "incomplete_details": {"reason": "content_filter"}},
            ("content_filter",),
        ),
        ({"status": "incomplete"}, ("error",)),
        ({"status": "failed"}, ("error",)),
        ({"status": "cancelled"}, ("error",)),
        ({"status": "queued"}, None),
        ({"status": "in_progress"}, None),
        ({}, None),
    ],
    ids=[
        "stop",
        "tool",
        "length",
        "filter",
        "unknown",
        "failed",
        "cancelled",
        "queued",
        "begun",
        "none",
    ],
)
def test_status_becomes_a_finish_reason(
    body: dict[str, Any], expected: tuple[str, ...] | None
) -> None:
    assert answer(ENDPOINT, body).get("response_finish_reasons") == expected


def test_status_is_told_of_background_work_only() -> None:
    assert answer(ENDPOINT, {"status": "queued", "background": True}) == {
        "response_status": "queued"
    }
    assert answer(ENDPOINT, {"status": "queued", "background": False}) == {}


def test_searches_and_runs_of_the_provider_are_counted_once() -> None:
    body = {
        "output": [
            {"type": "web_search_call"},
            {"type": "web_search_call"},
            {"type": "code_interpreter_call"},
        ],
        "usage": {"input_tokens": 5, "output_tokens": 3},
    }
    assert answer(ENDPOINT, body) == {
        "usage_web_search_requests": 2,
        "usage_code_execution_requests": 1,
        "usage_input_tokens": 5,
        "usage_output_tokens": 3,
    }
    assert answer(FETCH, body) == {}


@pytest.mark.parametrize(
    ("output", "billed", "expected"),
    [
        (2, 1, 1),
        (1, 0, 0),
        (0, 0, None),
        (0, 3, 3),
        (2, None, 2),
    ],
    ids=["discounted", "free", "unused", "unlisted", "untold"],
)
@pytest.mark.parametrize("is_told_first", [True, False], ids=["first", "last"])
def test_billed_searches_count_where_the_provider_tells_them(
    output: int, billed: int | None, expected: int | None, is_told_first: bool
) -> None:
    made = {"output": [{"type": "web_search_call"}] * output}
    told = {"tool_usage": {"image_gen": None, "web_search": {"num_requests": billed}}}
    body = {**told, **made} if is_told_first else {**made, **told}
    assert answer(ENDPOINT, body).get("usage_web_search_requests") == expected


@pytest.mark.parametrize("given", ["conv_1", {"id": "conv_1"}], ids=["id", "object"])
def test_conversation_that_the_caller_names_is_recorded(given: object) -> None:
    found: Fields = {}
    read(REQUEST, {"conversation": given}, found)
    assert found == {"conversation_id": "conv_1"}


def test_history_that_was_compacted_is_told() -> None:
    found: Fields = {}
    read(REQUEST, {"input": [{"type": "compaction", "id": "cmp_1"}]}, found)
    assert found == {"conversation_compacted": True}


def test_input_is_measured_without_instructions() -> None:
    items = [{"role": "user", "content": "héllo"}, CALL, {"type": "reasoning", "summary": []}]
    assert measure({"input": items, "instructions": "Be brief."}) == (13, 3)
    assert measure({"input": "héllo"}) == (6, 1)


def test_request_becomes_the_conventions_messages() -> None:
    items = [
        {"role": "developer", "content": "Add."},
        {"type": "reasoning", "summary": [{"type": "summary_text", "text": "hm"}]},
        CALL,
        {
            "type": "function_call_output",
            "call_id": "c1",
            "output": [{"type": "input_text", "text": "2"}],
        },
        {"type": "web_search_call", "id": "ws_1", "status": "completed", "action": {"query": "q"}},
        {"role": "user", "content": [{"type": "input_image", "file_id": "file_1"}]},
    ]
    search = {"type": "web_search_call", "status": "completed", "action": {"query": "q"}}
    assert content({"input": items, "tools": [{"type": "web_search"}]}) == {
        "system_instructions": [],
        "input_messages": [
            {"role": "system", "parts": [{"type": "text", "content": "Add."}]},
            {"role": "assistant", "parts": [{"type": "reasoning", "content": "hm"}]},
            {
                "role": "assistant",
                "parts": [{"type": "tool_call", "id": "c1", "name": "add", "arguments": {"a": 1}}],
            },
            {
                "role": "tool",
                "parts": [
                    {
                        "type": "tool_call_response",
                        "id": "c1",
                        "response": [{"type": "text", "content": "2"}],
                    }
                ],
            },
            {
                "role": "assistant",
                "parts": [
                    {
                        "type": "server_tool_call",
                        "id": "ws_1",
                        "name": "web_search",
                        "server_tool_call": search,
                    }
                ],
            },
            {"role": "user", "parts": [{"type": "file", "modality": "image", "file_id": "file_1"}]},
        ],
        "tool_definitions": [{"type": "web_search", "name": "web_search"}],
    }


def test_stream_that_breaks_off_leaves_what_was_done_and_what_was_begun() -> None:
    events = ResponseEvents(keep=True)
    for event in (
        {"type": "response.created", "response": {"id": "r1", "status": "in_progress"}},
        {"type": "response.output_text.delta", "delta": "done"},
        {"type": "response.output_item.done", "item": {"type": "message", "content": "done"}},
        {"type": "response.output_text.delta", "delta": "begun"},
    ):
        events.add(SimpleNamespace(**event))
    parts = [{"type": "text", "content": "done"}, {"type": "text", "content": "begun"}]
    assert events.output() == [{"role": "assistant", "parts": parts}]
    assert not events.is_complete


def test_error_event_tells_its_code() -> None:
    events = ResponseEvents(keep=False)
    events.add(SimpleNamespace(type="error", code="rate_limit_exceeded", message="m"))
    found: Fields = {}
    events.read(found)
    assert found == {"error_code": "rate_limit_exceeded", "output_size": 0}
