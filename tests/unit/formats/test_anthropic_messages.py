"""The messages format: request, response and events to the fields of the conventions."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from agentel.core.fields import Fields, read
from agentel.formats.anthropic_messages import (
    MESSAGES,
    REQUEST,
    RESPONSE,
    BlockDeltas,
    content,
    measure,
    output,
    output_size,
)


def fields_of(table: Any, source: object) -> Fields:
    found: Fields = {}
    read(table, source, found)
    return found


def events(*given: dict[str, Any]) -> list[Any]:
    """Events as the SDK hands them out: objects with their fields in their own dictionary."""
    return [as_model(event) for event in given]


def as_model(value: Any) -> Any:
    if isinstance(value, dict):
        return SimpleNamespace(**{name: as_model(inner) for name, inner in value.items()})
    return value


def collected(keep: bool, *given: dict[str, Any]) -> BlockDeltas:
    deltas = BlockDeltas(keep)
    for event in events(*given):
        deltas.add(event)
    return deltas


def read_out(deltas: BlockDeltas) -> Fields:
    found: Fields = {}
    deltas.read(found)
    return found


def test_request_parameters_become_fields() -> None:
    body = {
        "model": "claude-opus-5",
        "max_tokens": 100,
        "temperature": 0.5,
        "top_p": 0.9,
        "top_k": 40,
        "stop_sequences": ["END"],
        "thinking": {"type": "enabled", "budget_tokens": 2048},
        "output_config": {"effort": "high", "format": {"type": "json_schema", "schema": {}}},
        "service_tier": "standard_only",
        "metadata": {"user_id": "u"},
        "stream": True,
    }
    assert fields_of(REQUEST, body) == {
        "request_model": "claude-opus-5",
        "request_max_tokens": 100,
        "request_temperature": 0.5,
        "request_top_p": 0.9,
        "request_top_k": 40,
        "request_stop_sequences": ["END"],
        "request_reasoning_level": "high",
        "output_type": "json",
        "request_service_tier": "standard_only",
    }


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"output_format": {"type": "json_schema"}}, {"output_type": "json"}),
        ({"output_config": {"format": None, "effort": "low"}}, {"request_reasoning_level": "low"}),
        ({"service_tier": "auto"}, {}),
        ({"thinking": {"type": "disabled"}}, {}),
    ],
)
def test_what_asks_for_nothing_is_no_field(body: object, fields: Fields) -> None:
    assert fields_of(REQUEST, body) == fields


USAGE = {
    "input_tokens": 10,
    "cache_read_input_tokens": 200,
    "cache_creation_input_tokens": 30,
    "cache_creation": {"ephemeral_5m_input_tokens": 10, "ephemeral_1h_input_tokens": 20},
    "output_tokens": 7,
    "output_tokens_details": {"thinking_tokens": 5},
    "server_tool_use": {"web_search_requests": 2, "web_fetch_requests": 1},
    "service_tier": "priority",
    "speed": "fast",
    "inference_geo": "us",
}


def test_response_becomes_fields_and_cached_input_is_part_of_the_input() -> None:
    response = {"id": "msg_1", "model": "m", "stop_reason": "tool_use", "usage": USAGE}
    assert fields_of(RESPONSE, response) == {
        "response_id": "msg_1",
        "response_model": "m",
        "response_finish_reasons": ("tool_call",),
        "usage_input_tokens": 240,
        "usage_cache_read_input_tokens": 200,
        "usage_cache_write_input_tokens": 30,
        "usage_cache_write_5m_input_tokens": 10,
        "usage_cache_write_1h_input_tokens": 20,
        "usage_output_tokens": 7,
        "usage_reasoning_output_tokens": 5,
        "usage_web_search_requests": 2,
        "usage_web_fetch_requests": 1,
        "usage_service_tier": "priority",
        "usage_speed": "fast",
        "usage_inference_geo": "us",
    }


@pytest.mark.parametrize(
    ("usage", "fields"),
    [
        ({"input_tokens": 3, "output_tokens": 1, "inference_geo": "not_available"},
         {"usage_input_tokens": 3, "usage_output_tokens": 1}),
        ({"output_tokens": 1, "cache_read_input_tokens": 4},
         {"usage_output_tokens": 1, "usage_cache_read_input_tokens": 4}),
        ({"input_tokens": 3, "cache_read_input_tokens": None}, {"usage_input_tokens": 3}),
    ],
    ids=["minimal", "input-untold", "null-cache"],
)  # fmt: skip
def test_untold_usage_is_absent(usage: object, fields: Fields) -> None:
    assert fields_of(RESPONSE, {"usage": usage}) == fields


def test_compaction_is_billed_with_the_call() -> None:
    compaction = {
        "type": "compaction",
        "input_tokens": 100,
        "cache_read_input_tokens": 5,
        "cache_creation_input_tokens": 0,
        "output_tokens": 50,
    }
    message = {**compaction, "type": "message", "input_tokens": 10}
    usage = {"input_tokens": 10, "output_tokens": 7, "iterations": [compaction, message]}
    assert fields_of(RESPONSE, {"usage": usage}) == {
        "conversation_compacted": True,
        "usage_input_tokens": 115,
        "usage_output_tokens": 57,
        "usage_cache_read_input_tokens": 5,
        "usage_cache_write_input_tokens": 0,
    }


def test_measure_counts_messages_and_the_bytes_of_all_text() -> None:
    body = {
        "system": [{"type": "text", "text": "Be kind."}],
        "messages": [
            {"role": "user", "content": "héllo"},
            {"role": "assistant", "content": [{"type": "text", "text": "Hi"}]},
        ],
    }
    assert measure(body) == (8 + 6 + 2, 2)


def test_content_has_system_messages_and_tools() -> None:
    body = {
        "system": "Be kind.",
        "messages": [{"role": "user", "content": "hello"}],
        "tools": [{"name": "add"}],
    }
    assert content(body) == {
        "system_instructions": [{"type": "text", "content": "Be kind."}],
        "input_messages": [{"role": "user", "parts": [{"type": "text", "content": "hello"}]}],
        "tool_definitions": [{"type": "function", "name": "add"}],
    }


def test_empty_answer_has_no_output_message() -> None:
    assert output({"content": [], "stop_reason": "end_turn"}) == []


START = {
    "type": "message_start",
    "message": {
        "id": "msg_1",
        "model": "m",
        "stop_reason": None,
        "usage": {
            "input_tokens": 10,
            "cache_read_input_tokens": 200,
            "output_tokens": 1,
            "service_tier": "standard",
        },
    },
}
TEXT = [
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hé"}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "llo"}},
    {"type": "content_block_stop", "index": 0},
]
DELTA = {
    "type": "message_delta",
    "delta": {"stop_reason": "end_turn", "stop_sequence": None},
    "usage": {"output_tokens": 42, "output_tokens_details": {"thinking_tokens": 30}},
}
STOP = {"type": "message_stop"}
STARTED = {
    "response_id": "msg_1",
    "response_model": "m",
    "usage_input_tokens": 210,
    "usage_cache_read_input_tokens": 200,
    "usage_service_tier": "standard",
}


def test_stream_reports_the_last_cumulative_usage() -> None:
    deltas = collected(False, START, *TEXT, DELTA, STOP)
    assert deltas.is_complete
    assert read_out(deltas) == {
        **STARTED,
        "usage_output_tokens": 42,
        "usage_reasoning_output_tokens": 30,
        "response_finish_reasons": ("stop",),
        "output_size": 6,
    }


def test_stream_left_early_reports_no_placeholder_output() -> None:
    deltas = collected(False, START, *TEXT)
    assert not deltas.is_complete
    assert read_out(deltas) == {**STARTED, "output_size": 6}


def test_input_usage_of_the_last_event_wins() -> None:
    final = {**DELTA, "usage": {"input_tokens": 500, "output_tokens": 9}}
    found = read_out(collected(False, START, final, STOP))
    assert (found["usage_input_tokens"], found["usage_output_tokens"]) == (700, 9)


def test_reading_twice_counts_once() -> None:
    deltas = collected(False, START, *TEXT, DELTA, STOP)
    assert read_out(deltas) == read_out(deltas)


BLOCKS = [
    {
        "type": "content_block_start",
        "index": 0,
        "content_block": {"type": "thinking", "thinking": "", "signature": ""},
    },
    {
        "type": "content_block_delta",
        "index": 0,
        "delta": {"type": "thinking_delta", "thinking": "Hm"},
    },
    {
        "type": "content_block_delta",
        "index": 0,
        "delta": {"type": "signature_delta", "signature": "c2ln"},
    },
    {"type": "content_block_stop", "index": 0},
    {
        "type": "content_block_start",
        "index": 1,
        "content_block": {"type": "tool_use", "id": "t1", "name": "add", "input": {}},
    },
    {
        "type": "content_block_delta",
        "index": 1,
        "delta": {"type": "input_json_delta", "partial_json": ""},
    },
    {
        "type": "content_block_delta",
        "index": 1,
        "delta": {"type": "input_json_delta", "partial_json": '{"a":'},
    },
    {
        "type": "content_block_delta",
        "index": 1,
        "delta": {"type": "input_json_delta", "partial_json": "1}"},
    },
    {"type": "content_block_stop", "index": 1},
]
WHOLE = {
    "content": [
        {"type": "thinking", "thinking": "Hm", "signature": "c2ln"},
        {"type": "tool_use", "id": "t1", "name": "add", "input": {"a": 1}},
    ],
    "stop_reason": "end_turn",
}


def test_streamed_blocks_become_what_the_whole_answer_says() -> None:
    tool = BLOCKS[4]["content_block"]
    deltas = BlockDeltas(True)
    for event in events(START, *BLOCKS, DELTA, STOP):
        if event.type == "content_block_start" and event.index == 1:
            event.content_block = tool  # an input of any shape stays JSON in the SDK's models
        deltas.add(event)
    assert deltas.output() == output(WHOLE)
    assert read_out(deltas)["output_size"] == output_size(WHOLE)


def test_cut_tool_input_stays_text() -> None:
    deltas = collected(True, START, *BLOCKS[4:7])
    assert deltas.output() == [
        {
            "role": "assistant",
            "parts": [{"type": "tool_call", "id": "t1", "name": "add", "arguments": '{"a":'}],
        }
    ]


def test_block_that_comes_whole_is_kept_whole() -> None:
    result = {"type": "web_search_tool_result", "tool_use_id": "s1", "content": []}
    start = {"type": "content_block_start", "index": 0, "content_block": result}
    assert collected(True, START, start).output()[0]["parts"] == [
        {
            "type": "server_tool_call_response",
            "id": "s1",
            "server_tool_call_response": {"type": "web_search", "content": []},
        }
    ]


def test_unknown_events_are_passed_over() -> None:
    odd = {"type": "content_block_delta", "index": 0, "delta": {"type": "hologram_delta", "x": 1}}
    assert read_out(collected(True, START, odd, {"type": "novelty"}))["output_size"] == 0


def test_nothing_is_kept_unless_wanted() -> None:
    assert collected(False, START, *TEXT, DELTA, STOP).output() == []


def test_endpoint_is_a_chat() -> None:
    assert (MESSAGES.name, MESSAGES.operation.is_inference) == ("chat", True)
