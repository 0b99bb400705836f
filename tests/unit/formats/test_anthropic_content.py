"""Anthropic's blocks and tools, in the conventions' JSON."""

from __future__ import annotations

import pytest

from agentel.formats.anthropic_content import (
    block_size,
    finish_reason,
    input_messages,
    message_size,
    output_message,
    parts,
    tool_definitions,
)

PDF = {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0="}
SEARCH = [{"type": "web_search_result", "title": "T", "url": "https://a.example/"}]

BLOCKS = {
    "text": (
        {"type": "text", "text": "Hi", "cache_control": {"type": "ephemeral"}},
        {"type": "text", "content": "Hi"},
    ),
    "thinking": (
        {"type": "thinking", "thinking": "Hm", "signature": "c2ln"},
        {"type": "reasoning", "content": "Hm"},
    ),
    "redacted_thinking": (
        {"type": "redacted_thinking", "data": "c2VjcmV0"},
        {"type": "redacted_thinking"},
    ),
    "tool_use": (
        {"type": "tool_use", "id": "toolu_1", "name": "add", "input": {"a": 1}},
        {"type": "tool_call", "id": "toolu_1", "name": "add", "arguments": {"a": 1}},
    ),
    "tool_result-text": (
        {"type": "tool_result", "tool_use_id": "toolu_1", "content": "2"},
        {"type": "tool_call_response", "id": "toolu_1", "response": "2"},
    ),
    "tool_result-blocks": (
        {
            "type": "tool_result",
            "tool_use_id": "toolu_1",
            "is_error": True,
            "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}],
        },
        {"type": "tool_call_response", "id": "toolu_1", "response": "ab", "is_error": True},
    ),
    "tool_result-image": (
        {
            "type": "tool_result",
            "tool_use_id": "toolu_1",
            "content": [{"type": "image", "source": {"type": "url", "url": "https://a.example/"}}],
        },
        {
            "type": "tool_call_response",
            "id": "toolu_1",
            "response": [{"type": "uri", "modality": "image", "uri": "https://a.example/"}],
        },
    ),
    "tool_result-empty": (
        {"type": "tool_result", "tool_use_id": "toolu_1"},
        {"type": "tool_call_response", "id": "toolu_1", "response": None},
    ),
    "image-base64": (
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "aQ=="}},
        {"type": "blob", "modality": "image", "mime_type": "image/png", "content": "aQ=="},
    ),
    "image-file": (
        {"type": "image", "source": {"type": "file", "file_id": "file_1"}},
        {"type": "file", "modality": "image", "file_id": "file_1"},
    ),
    "document-base64": (
        {"type": "document", "source": PDF, "title": "Report"},
        {
            "type": "blob",
            "modality": "document",
            "mime_type": "application/pdf",
            "content": "JVBERi0=",
            "title": "Report",
        },
    ),
    "document-text": (
        {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "x"}},
        {"type": "document", "content": "x"},
    ),
    "document-content": (
        {"type": "document", "source": {"type": "content", "content": "x"}},
        {"type": "document", "content": [{"type": "text", "content": "x"}]},
    ),
    "search_result": (
        {
            "type": "search_result",
            "title": "T",
            "source": "https://a.example/",
            "content": [{"type": "text", "text": "x"}],
        },
        {
            "type": "search_result",
            "title": "T",
            "source": "https://a.example/",
            "content": [{"type": "text", "content": "x"}],
        },
    ),
    "server_tool_use": (
        {"type": "server_tool_use", "id": "s1", "name": "web_search", "input": {"query": "q"}},
        {
            "type": "server_tool_call",
            "id": "s1",
            "name": "web_search",
            "server_tool_call": {"type": "web_search", "arguments": {"query": "q"}},
        },
    ),
    "mcp_tool_use": (
        {"type": "mcp_tool_use", "id": "m1", "name": "echo", "server_name": "srv", "input": {}},
        {
            "type": "server_tool_call",
            "id": "m1",
            "name": "echo",
            "server_tool_call": {"type": "echo", "arguments": {}, "server_name": "srv"},
        },
    ),
    "web_search_tool_result": (
        {"type": "web_search_tool_result", "tool_use_id": "s1", "content": SEARCH},
        {
            "type": "server_tool_call_response",
            "id": "s1",
            "server_tool_call_response": {"type": "web_search", "content": SEARCH},
        },
    ),
    "mcp_tool_result": (
        {"type": "mcp_tool_result", "tool_use_id": "m1", "is_error": True, "content": "no"},
        {
            "type": "server_tool_call_response",
            "id": "m1",
            "server_tool_call_response": {"type": "mcp", "content": "no", "is_error": True},
        },
    ),
    "compaction": (
        {"type": "compaction", "content": "In short"},
        {"type": "compaction", "content": "In short"},
    ),
    "container_upload": (
        {"type": "container_upload", "file_id": "file_1"},
        {"type": "file", "modality": "document", "file_id": "file_1"},
    ),
    "unknown": ({"type": "hologram", "depth": 3}, {"type": "hologram", "depth": 3}),
}


@pytest.mark.parametrize(("block", "part"), BLOCKS.values(), ids=BLOCKS)
def test_block_becomes_the_conventions_part(block: object, part: object) -> None:
    assert parts([block]) == [part]


def test_message_of_tool_results_alone_is_the_tools() -> None:
    result = {"type": "tool_result", "tool_use_id": "t", "content": "2"}
    said = {"type": "text", "text": "and?"}
    messages = [
        {"role": "user", "content": "1+1"},
        {"role": "user", "content": [result]},
        {"role": "user", "content": [result, said]},
    ]
    assert [message["role"] for message in input_messages(messages)] == ["user", "tool", "user"]


def test_answer_is_one_message_with_its_finish_reason() -> None:
    assert output_message([{"type": "text", "text": "Hi"}], "end_turn") == {
        "role": "assistant",
        "parts": [{"type": "text", "content": "Hi"}],
        "finish_reason": "stop",
    }


@pytest.mark.parametrize(
    ("stop_reason", "expected"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("tool_use", "tool_call"),
        ("refusal", "content_filter"),
        ("compaction", "compaction"),
        ("pause_turn", "pause_turn"),
        ("new_reason", "new_reason"),
        ("", None),
        (None, None),
        (["end_turn"], None),
    ],
)
def test_stop_reason_has_the_conventions_name(stop_reason: object, expected: str | None) -> None:
    assert finish_reason(stop_reason) == expected


def test_tools_of_the_caller_are_functions_and_the_providers_keep_their_type() -> None:
    schema = {"type": "object", "properties": {}}
    tools = [
        {"name": "add", "description": "Adds", "input_schema": schema},
        {"type": "custom", "name": "sub", "input_schema": schema},
        {"type": "web_search_20250305", "name": "web_search", "max_uses": 2},
    ]
    assert tool_definitions(tools) == [
        {"type": "function", "name": "add", "description": "Adds", "parameters": schema},
        {"type": "function", "name": "sub", "parameters": schema},
        {"type": "web_search_20250305", "name": "web_search"},
    ]


@pytest.mark.parametrize(
    ("block", "size"),
    [
        ({"type": "text", "text": "héllo"}, 6),
        ({"type": "thinking", "thinking": "hm", "signature": "long"}, 2),
        ({"type": "tool_use", "input": {"a": 1}}, len('{"a":1}')),
        ({"type": "tool_use", "input": {"a": object()}}, len('{"a":null}')),
        ({"type": "tool_result", "content": [{"type": "text", "text": "abc"}]}, 3),
        ({"type": "document", "source": {"type": "text", "data": "abcd"}}, 4),
        ({"type": "document", "source": PDF}, 0),
        ({"type": "image", "source": PDF}, 0),
        ({"type": "compaction", "content": None}, 0),
    ],
)
def test_size_counts_text_in_bytes(block: object, size: int) -> None:
    assert block_size(block) == size


def test_generator_is_left_to_the_sdk() -> None:
    blocks = iter([{"type": "text", "text": "Hi"}])
    message = {"role": "user", "content": blocks}
    assert (message_size(message), parts(blocks), len(list(blocks))) == (0, [], 1)
