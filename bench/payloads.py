"""Knows what is asked and answered in the benchmark: the same bytes in every run.

Token counts and words are planted, so that what a subject emitted can be told from its output
without knowing its attribute names.
"""

from __future__ import annotations

import base64
import json
import random
import struct
from typing import Any

MODEL = "gpt-5-mini"
ANSWERING_MODEL = "gpt-5-mini-2025-08-07"
EMBEDDING_MODEL = "text-embedding-3-small"
CLAUDE = "claude-haiku-4-5"
ANSWERING_CLAUDE = "claude-haiku-4-5-20251001"

INPUT_TOKENS = 5333
OUTPUT_TOKENS = 2477
ASKED = "PLANTEDQUESTION"
ANSWERED = "PLANTEDANSWER"
DEFINED = "PLANTEDDEFINITION"
CHAT_ID = "chatcmpl-Bq7Wz4nTfK2mVhY8sXc1RgLd5PoUe"
RESPONSE_ID = "resp_5c1d7a90b3e24f6688d2c7f19be0a4d35f"

HEADERS = {
    "content-type": "application/json",
    "date": "Thu, 01 Jan 2026 00:00:00 GMT",
    "x-request-id": "req_5b0d6c7e8f9a4b1c2d3e4f5061728394",
    "request-id": "req_01BvXyQhTn7mW3kRzLd9cPfS",
    "openai-processing-ms": "388",
    "openai-version": "2020-10-01",
    "x-ratelimit-limit-requests": "10000",
    "x-ratelimit-remaining-requests": "9999",
    "x-ratelimit-limit-tokens": "2000000",
    "x-ratelimit-remaining-tokens": "1994667",
}

_SENTENCE = (
    "a span starts when the request leaves and ends when its answer has been read in full; "
    'customers write "where is my parcel?" from Köln, São Paulo and Zürich, pay 12,50 € or '
    "return what they bought, and the agent looks orders up, compares dates and replies"
)
_WORDS = _SENTENCE.split()


def prose(size: int, seed: int) -> str:
    """Return `size` characters of text, the same for the same seed."""
    choose = random.Random(seed)
    words: list[str] = []
    length = 0
    while length < size:
        word = choose.choice(_WORDS) + ("\n" if choose.random() < 0.05 else "")
        words.append(word)
        length += len(word) + 1
    return " ".join(words)[:size]


def question() -> list[dict[str, Any]]:
    """Return one short message."""
    return [{"role": "user", "content": f"{ASKED} Which of my orders are late, and why?"}]


def tools() -> list[dict[str, Any]]:
    """Return five tool definitions of about 1.2 KB each."""
    return [
        {
            "type": "function",
            "function": {
                "name": f"find_orders_{index}",
                "description": f"{DEFINED} {prose(400, 10 + index)}",
                "parameters": {
                    "type": "object",
                    "properties": {
                        f"argument_{number}": {
                            "type": "integer" if number % 3 == 0 else ["string", "null"],
                            "description": prose(64, 100 + 10 * index + number),
                        }
                        for number in range(6)
                    },
                    "required": ["argument_0", "argument_1"],
                    "additionalProperties": False,
                },
            },
        }
        for index in range(5)
    ]


def conversation() -> list[dict[str, Any]]:
    """Return 20 messages of about 25 KB, two tool calls and their results among them."""
    messages: list[dict[str, Any]] = [{"role": "system", "content": f"{ASKED} {prose(1500, 1)}"}]
    for turn in range(1, 10):
        messages.append({"role": "user", "content": prose(1200, 20 + turn)})
        if turn not in (3, 6):
            messages.append({"role": "assistant", "content": prose(1400, 40 + turn)})
            continue
        arguments = json.dumps({"argument_0": turn, "argument_1": prose(120, 60 + turn)})
        function = {"name": "find_orders_1", "arguments": arguments}
        call = {"id": f"call_{turn:024d}", "type": "function", "function": function}
        found = [{"id": row, "note": prose(90, 80 + row)} for row in range(9)]
        messages[-1:] = [
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": call["id"], "content": json.dumps({"rows": found})},
        ]
    messages.append({"role": "user", "content": prose(1200, 99)})
    return messages


def claude_tools() -> list[dict[str, Any]]:
    """Return the same tools as Anthropic wants them."""
    return [
        {
            "name": tool["function"]["name"],
            "description": tool["function"]["description"],
            "input_schema": tool["function"]["parameters"],
        }
        for tool in tools()
    ]


def claude_conversation() -> tuple[str, list[dict[str, Any]]]:
    """Return the system instructions, and 20 messages with one tool call and its result."""
    messages: list[dict[str, Any]] = [
        {"role": "assistant" if index % 2 else "user", "content": prose(1250, 200 + index)}
        for index in range(20)
    ]
    use: dict[str, Any] = {"type": "tool_use", "id": "toolu_01B", "name": "find_orders_1"}
    use["input"] = {"argument_0": 3, "argument_1": prose(120, 301)}
    result: dict[str, Any] = {"type": "tool_result", "tool_use_id": "toolu_01B"}
    result["content"] = [{"type": "text", "text": prose(1000, 302)}]
    messages[5]["content"] = [{"type": "text", "text": prose(300, 300)}, use]
    messages[6]["content"] = [result]
    messages[19]["role"] = "user"
    return f"{ASKED} {prose(1500, 2)}", messages


def _usage() -> dict[str, Any]:
    return {
        "prompt_tokens": INPUT_TOKENS,
        "completion_tokens": OUTPUT_TOKENS,
        "total_tokens": INPUT_TOKENS + OUTPUT_TOKENS,
        "prompt_tokens_details": {"cached_tokens": 1152, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 704, "audio_tokens": 0},
    }


def chat_answer() -> bytes:
    """Return the body of a chat completion."""
    message = {"role": "assistant", "content": f"{ANSWERED} {prose(700, 3)}", "refusal": None}
    return _json(
        id=CHAT_ID,
        object="chat.completion",
        created=1767225600,
        model=ANSWERING_MODEL,
        choices=[{"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}],
        usage=_usage(),
        service_tier="default",
        system_fingerprint="fp_5a11c0ffee",
    )


def chat_events(chunks: int) -> list[bytes]:
    """Return the events of a streamed completion: `chunks` with a choice, the usage, the end."""

    def event(choices: list[dict[str, Any]], usage: object = None) -> bytes:
        data = _json(
            id=CHAT_ID,
            object="chat.completion.chunk",
            created=1767225600,
            model=ANSWERING_MODEL,
            service_tier="default",
            system_fingerprint="fp_5a11c0ffee",
            choices=choices,
            usage=usage,
        )
        return b"data: " + data + b"\n\n"

    def choice(delta: dict[str, Any], reason: str | None = None) -> list[dict[str, Any]]:
        return [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}]

    middle = [
        event(choice({"content": f" {prose(6, 400 + index)}"})) for index in range(chunks - 2)
    ]
    return [
        event(choice({"role": "assistant", "content": ANSWERED, "refusal": None})),
        *middle,
        event(choice({}, "stop")),
        event([], _usage()),
        b"data: [DONE]\n\n",
    ]


def responses_answer() -> bytes:
    """Return the body of a response."""
    text = {"type": "output_text", "annotations": [], "logprobs": []}
    text["text"] = f"{ANSWERED} {prose(700, 3)}"
    message = {"id": "msg_5c1d", "type": "message", "status": "completed", "role": "assistant"}
    return _json(
        id=RESPONSE_ID,
        object="response",
        created_at=1767225600,
        status="completed",
        error=None,
        incomplete_details=None,
        instructions=None,
        metadata={},
        model=ANSWERING_MODEL,
        output=[
            {"id": "rs_5c1d", "type": "reasoning", "summary": []},
            {**message, "content": [text]},
        ],
        parallel_tool_calls=True,
        reasoning={"effort": "low", "summary": None},
        service_tier="default",
        store=True,
        temperature=1.0,
        text={"format": {"type": "text"}, "verbosity": "medium"},
        tool_choice="auto",
        tools=[],
        top_p=1.0,
        truncation="disabled",
        usage={
            "input_tokens": INPUT_TOKENS,
            "input_tokens_details": {"cached_tokens": 1152, "cache_write_tokens": 0},
            "output_tokens": OUTPUT_TOKENS,
            "output_tokens_details": {"reasoning_tokens": 704},
            "total_tokens": INPUT_TOKENS + OUTPUT_TOKENS,
        },
    )


def embeddings_answer() -> bytes:
    """Return the body of one embedding of 1536 dimensions."""
    choose = random.Random(5)
    vector = struct.pack("<1536f", *(choose.uniform(-0.1, 0.1) for _ in range(1536)))
    embedding = base64.b64encode(vector).decode()
    return _json(
        object="list",
        data=[{"object": "embedding", "index": 0, "embedding": embedding}],
        model=EMBEDDING_MODEL,
        usage={"prompt_tokens": INPUT_TOKENS, "total_tokens": INPUT_TOKENS},
    )


def _claude_usage(output_tokens: int) -> dict[str, Any]:
    return {
        "input_tokens": INPUT_TOKENS,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 0,
        "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
        "output_tokens": output_tokens,
        "service_tier": "standard",
    }


def _claude_message(**about: Any) -> dict[str, Any]:
    message = {"id": "msg_01Xe5TqYbNfKdWmRzVh7PcLg", "type": "message", "role": "assistant"}
    return {**message, "model": ANSWERING_CLAUDE, "stop_sequence": None, **about}


def claude_answer() -> bytes:
    """Return the body of a message."""
    content = [{"type": "text", "text": f"{ANSWERED} {prose(700, 3)}"}]
    usage = _claude_usage(OUTPUT_TOKENS)
    return _json(**_claude_message(content=content, stop_reason="end_turn", usage=usage))


def claude_events(chunks: int) -> list[bytes]:
    """Return the events of a streamed message with `chunks` text deltas."""

    def event(kind: str, **data: Any) -> bytes:
        return f"event: {kind}\n".encode() + b"data: " + _json(type=kind, **data) + b"\n\n"

    def delta(text: str) -> bytes:
        return event("content_block_delta", index=0, delta={"type": "text_delta", "text": text})

    begun = _claude_message(content=[], stop_reason=None, usage=_claude_usage(1))
    return [
        event("message_start", message=begun),
        event("content_block_start", index=0, content_block={"type": "text", "text": ""}),
        delta(ANSWERED),
        *(delta(f" {prose(6, 400 + index)}") for index in range(chunks - 1)),
        event("content_block_stop", index=0),
        event(
            "message_delta",
            delta={"stop_reason": "end_turn", "stop_sequence": None},
            usage=_claude_usage(OUTPUT_TOKENS),
        ),
        event("message_stop"),
    ]


def _json(**body: Any) -> bytes:
    return json.dumps(body).encode()
