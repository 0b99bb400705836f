from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from agentel import libraries
from agentel.config import Settings
from support.anthropic_clients import client
from support.model_server import Answer, ModelServer, thinking, tool_calls, web_search
from support.telemetry import Telemetry

SCHEMA = {"type": "object"}
TALK: dict[str, Any] = {
    "model": "claude-opus-5",
    "max_tokens": 64,
    "system": "Be brief.",
    "tools": [{"name": "add", "description": "Adds", "input_schema": SCHEMA}],
    "messages": [
        {"role": "user", "content": "1+1?"},
        {
            "role": "assistant",
            "content": [{"type": "tool_use", "id": "t1", "name": "add", "input": {"a": 1}}],
        },
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "content": "2"}]},
    ],
}
ASKED = [
    {"role": "user", "parts": [{"type": "text", "content": "1+1?"}]},
    {
        "role": "assistant",
        "parts": [{"type": "tool_call", "id": "t1", "name": "add", "arguments": {"a": 1}}],
    },
    {"role": "tool", "parts": [{"type": "tool_call_response", "id": "t1", "response": "2"}]},
]
SEARCH_ID = "srvtoolu_010000000000000000000100"
ANSWERS = {
    "tools": (
        tool_calls([("add", {"a": 2})], "Well:"),
        [
            {"type": "text", "content": "Well:"},
            {
                "type": "tool_call",
                "id": "toolu_010000000000000000000101",
                "name": "add",
                "arguments": {"a": 2},
            },
        ],
    ),
    "thinking": (
        thinking("hm, hm", "two"),
        [{"type": "reasoning", "content": "hm, hm"}, {"type": "text", "content": "two"}],
    ),
    "web-search": (
        web_search("cats", "two", [("Cats", "https://a.example/")]),
        [
            {
                "type": "server_tool_call",
                "id": SEARCH_ID,
                "name": "web_search",
                "server_tool_call": {"type": "web_search", "arguments": {"query": "cats"}},
            },
            {
                "type": "server_tool_call_response",
                "id": SEARCH_ID,
                "server_tool_call_response": {
                    "type": "web_search",
                    "content": [
                        {
                            "type": "web_search_result",
                            "title": "Cats",
                            "url": "https://a.example/",
                            "encrypted_content": "RW5jcnlwdGVkIHBhZ2U=",
                            "page_age": None,
                        }
                    ],
                },
            },
            {"type": "text", "content": "two"},
        ],
    ),
}


def value(made: Any) -> None:
    made.messages.create(**TALK)


def stream(made: Any) -> None:
    list(made.messages.create(**TALK, stream=True))


def helper(made: Any) -> None:
    with made.messages.stream(**TALK) as events:
        events.get_final_message()


def told_of(call: Callable[[Any], None], answer: Answer) -> dict[str, Any]:
    telemetry = Telemetry()
    libraries.anthropic().instrument(settings=Settings(content="SPAN_ONLY"), **telemetry.providers)
    with ModelServer() as server:
        server.script(answer)
        made = client("sync", server)
        call(made)
        made.close()
    libraries.anthropic().uninstrument()
    return dict(telemetry.spans(1)[0].attributes or {})


@pytest.mark.parametrize("call", [value, stream, helper])
@pytest.mark.parametrize(("answer", "parts"), ANSWERS.values(), ids=ANSWERS)
def test_answer_is_in_the_words_of_the_conventions(
    answer: Answer, parts: list[object], call: Callable[[Any], None]
) -> None:
    told = told_of(call, answer)
    messages = json.loads(told["gen_ai.output.messages"])
    assert messages == [
        {
            "role": "assistant",
            "parts": parts,
            "finish_reason": told["gen_ai.response.finish_reasons"][0],
        }
    ]


def test_question_is_in_the_words_of_the_conventions() -> None:
    told = told_of(value, ANSWERS["tools"][0])
    assert json.loads(told["gen_ai.input.messages"]) == ASKED
    assert json.loads(told["gen_ai.system_instructions"]) == [
        {"type": "text", "content": "Be brief."}
    ]
    assert json.loads(told["gen_ai.tool.definitions"]) == [
        {"type": "function", "name": "add", "description": "Adds", "parameters": SCHEMA}
    ]
