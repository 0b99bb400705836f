"""Chat completions: requests, answers and chunks to the fields of the conventions."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from agentel.core.fields import Fields, read
from agentel.formats.openai_chat import ENDPOINT, OPENAI_ENDPOINT, content, measure, with_usage
from agentel.formats.openai_chat_deltas import ChoiceDeltas

USAGE = {"prompt_tokens": 12, "completion_tokens": 7, "total_tokens": 19}


def request(body: dict[str, Any]) -> Fields:
    found: Fields = {}
    read(OPENAI_ENDPOINT.request, body, found)
    return found


def answer(body: dict[str, Any]) -> Fields:
    found: Fields = {}
    read(ENDPOINT.response, body, found)
    assert ENDPOINT.finish is not None
    ENDPOINT.finish(found)
    return found


def as_model(value: Any) -> Any:
    """A chunk as an SDK hands it out: objects with their fields in their own dictionary."""
    if isinstance(value, dict):
        return SimpleNamespace(**{name: as_model(inner) for name, inner in value.items()})
    return [as_model(inner) for inner in value] if isinstance(value, list) else value


def chunk(index: int = 0, finish: str | None = None, **delta: Any) -> dict[str, Any]:
    choice = {"index": index, "delta": delta or None, "finish_reason": finish}
    return {"id": "c1", "model": "m", "choices": [choice], "usage": None}


def collected(*chunks: dict[str, Any], keep: bool = False) -> ChoiceDeltas:
    deltas = ChoiceDeltas(keep)
    for one in chunks:
        deltas.add(as_model(one))
    return deltas


def fields_of(deltas: ChoiceDeltas) -> Fields:
    found: Fields = {}
    deltas.read(found)
    return found


def test_newer_name_of_the_token_limit_wins() -> None:
    assert request({"max_completion_tokens": 5, "max_tokens": 9}) == {"request_max_tokens": 5}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"stop": "a"}, {"request_stop_sequences": ("a",)}),
        ({"stop": ["a", "b"]}, {"request_stop_sequences": ["a", "b"]}),
        ({"n": 1}, {}),
        ({"n": 3}, {"request_choice_count": 3}),
        ({"service_tier": "auto"}, {}),
        ({"service_tier": "flex"}, {"openai_request_service_tier": "flex"}),
        ({"reasoning": {"effort": "low"}}, {"request_reasoning_level": "low"}),
        ({"response_format": {"type": "json_schema"}}, {"output_type": "json"}),
        ({"response_format": {"type": "grammar"}}, {}),
        ({"modalities": ["text", "audio"]}, {"output_type": "speech"}),
    ],
    ids=lambda value: str(value),
)
def test_request_parameter_is_read(body: dict[str, Any], expected: Fields) -> None:
    assert request(body) == expected


def test_messages_given_as_a_generator_are_not_consumed() -> None:
    messages = ({"role": "user", "content": text} for text in ("a", "b"))
    assert measure({"messages": messages}) == (0, 0)
    assert len(list(messages)) == 2


def test_reasoning_that_completion_tokens_leave_out_is_added_to_the_output() -> None:
    told = {"prompt_tokens": 32, "completion_tokens": 9, "total_tokens": 135}
    usage = {**told, "completion_tokens_details": {"reasoning_tokens": 94}}
    assert answer({"usage": usage}) == {
        "usage_input_tokens": 32,
        "usage_output_tokens": 103,
        "usage_reasoning_output_tokens": 94,
    }


def test_reasoning_that_completion_tokens_hold_is_not_added_again() -> None:
    usage = {**USAGE, "completion_tokens_details": {"reasoning_tokens": 5}}
    assert answer({"usage": usage})["usage_output_tokens"] == 7


@pytest.mark.parametrize("place", ["cached_tokens", "prompt_cache_hit_tokens"])
def test_cached_tokens_are_found_where_other_providers_put_them(place: str) -> None:
    assert answer({"usage": {**USAGE, place: 4}})["usage_cache_read_input_tokens"] == 4


def test_price_that_the_provider_tells_is_in_dollars() -> None:
    found = answer({"usage": {"cost": 1}})
    assert found == {"cost_amount": 1.0, "cost_currency": "USD", "cost_source": "provider"}


@pytest.mark.parametrize(
    ("error", "code"),
    [
        ({"code": 502, "message": "m"}, "502"),
        ({"type": "server_error"}, "server_error"),
        ({}, "error"),
    ],
    ids=["status", "type", "nothing"],
)
def test_error_in_place_of_an_answer_is_told(error: dict[str, Any], code: str) -> None:
    assert answer({"error": error})["error_code"] == code


def test_first_chunk_without_id_and_model_is_passed_over() -> None:
    first = {"id": "", "model": "", "choices": [], "prompt_filter_results": []}
    assert fields_of(collected(first, chunk(content="a")))["response_id"] == "c1"


def test_chunks_without_choices_or_delta_are_borne() -> None:
    odd = [{"id": "c1", "model": "m"}, {"id": "c1", "model": "m", "choices": None}, chunk()]
    deltas = collected(chunk(content="a"), *odd, chunk(content="b"), chunk(finish="stop"))
    assert deltas.is_complete
    assert fields_of(deltas)["output_size"] == 2


def test_answer_is_complete_only_when_every_choice_is() -> None:
    begun = [chunk(content="a"), chunk(1, content="b"), chunk(finish="stop")]
    assert not collected(*begun).is_complete
    assert collected(*begun, chunk(1, finish="length")).is_complete


def test_choice_that_never_ended_is_told_as_an_error() -> None:
    deltas = collected(chunk(content="a"), chunk(1, content="b"), chunk(1, finish="stop"))
    assert fields_of(deltas)["response_finish_reasons"] == ("error", "stop")


def test_usage_in_every_chunk_is_taken_from_the_last() -> None:
    first = {**chunk(content="a"), "usage": {**USAGE, "completion_tokens": 1}}
    last = {**chunk(finish="stop"), "usage": USAGE}
    assert fields_of(collected(first, last))["usage_output_tokens"] == 7


def test_usage_and_error_of_groq_are_found_apart() -> None:
    told = {**chunk(finish="stop"), "x_groq": {"id": "r", "usage": USAGE, "error": "boom"}}
    found = fields_of(collected(chunk(content="a"), told))
    assert found["usage_input_tokens"] == 12
    assert found["error_code"] == "error"


def test_tool_call_is_put_together_from_its_pieces() -> None:
    first = {"index": 0, "id": "t1", "function": {"name": "add", "arguments": ""}}
    more = [{"index": 0, "function": {"arguments": part}} for part in ('{"a"', ":1}")]
    pieces = [chunk(tool_calls=[call]) for call in (first, *more)]
    deltas = collected(*pieces, chunk(finish="tool_calls"), keep=True)
    call = {"type": "tool_call", "id": "t1", "name": "add", "arguments": {"a": 1}}
    assert deltas.output() == [{"role": "assistant", "parts": [call], "finish_reason": "tool_call"}]
    assert fields_of(deltas)["output_size"] == 7


def test_reasoning_is_kept_apart_from_what_is_said() -> None:
    pieces = [chunk(reasoning_content="h"), chunk(reasoning="m"), chunk(content="a")]
    (message,) = collected(*pieces, keep=True).output()
    assert message == {
        "role": "assistant",
        "parts": [{"type": "reasoning", "content": "hm"}, {"type": "text", "content": "a"}],
    }


def test_usage_is_asked_for_only_where_the_caller_said_nothing() -> None:
    assert with_usage({"stream": True}) == {"stream_options": {"include_usage": True}}
    assert with_usage({"stream_options": {"include_usage": False}}) is None


def test_request_becomes_the_conventions_messages() -> None:
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
    body = {
        "messages": [
            {"role": "developer", "content": "Be brief."},
            {"role": "user", "name": "ann", "content": [{"type": "text", "text": "look"}, image]},
            {"role": "tool", "tool_call_id": "t1", "content": "2"},
        ],
        "tools": [{"type": "function", "function": {"name": "add", "parameters": {}}}],
    }
    blob = {"type": "blob", "modality": "image", "mime_type": "image/png", "content": "AAAA"}
    assert content(body) == {
        "input_messages": [
            {"role": "system", "parts": [{"type": "text", "content": "Be brief."}]},
            {"role": "user", "name": "ann", "parts": [{"type": "text", "content": "look"}, blob]},
            {
                "role": "tool",
                "parts": [{"type": "tool_call_response", "id": "t1", "response": "2"}],
            },
        ],
        "tool_definitions": [{"type": "function", "name": "add", "parameters": {}}],
    }
