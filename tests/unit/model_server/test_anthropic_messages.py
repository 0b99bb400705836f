from __future__ import annotations

from collections.abc import Iterator

import anthropic
import pytest

from support.model_server import (
    ModelServer,
    Text,
    Thinking,
    ToolCall,
    Usage,
    WebSearch,
    cut,
    eof,
    error,
    parts,
    refusal,
    stream_error,
    text,
    tool_calls,
)

MODEL = "claude-haiku-4-5"
ASKED = [{"role": "user", "content": "Hello?"}]
EVERYTHING = parts(
    Thinking("Let me see."),
    WebSearch("weather", (("Weather", "https://example.org/weather"),)),
    Text("It rains."),
    ToolCall("umbrella", '{"open":true}'),
    usage=Usage(
        input_tokens=100,
        output_tokens=50,
        cache_read=10,
        cache_write_5m=5,
        cache_write_1h=2,
        reasoning=20,
        web_search_requests=1,
    ),
)


@pytest.fixture
def client(server: ModelServer) -> Iterator[anthropic.Anthropic]:
    with anthropic.Anthropic(base_url=server.anthropic_url, api_key="none", max_retries=0) as made:
        yield made


def ask(client: anthropic.Anthropic, **more: object) -> object:
    return client.messages.create(model=MODEL, max_tokens=100, messages=ASKED, **more)


def test_answer_has_the_fields_of_the_real_one(
    server: ModelServer, client: anthropic.Anthropic
) -> None:
    answer = ask(client)

    assert answer.model_dump(exclude_unset=True) == {
        "model": "claude-haiku-4-5-20251001",
        "id": "msg_010000000000000000000001",
        "type": "message",
        "role": "assistant",
        "content": [{"type": "text", "text": "This is answer number 1."}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "stop_details": None,
        "usage": {
            "input_tokens": 12,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 0,
            "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
            "output_tokens": 7,
            "service_tier": "standard",
            "inference_geo": "not_available",
        },
    }
    assert answer._request_id == "req_011C00000000000000000001"


def test_stream_sends_the_events_of_the_real_one_in_order(
    server: ModelServer, client: anthropic.Anthropic
) -> None:
    server.script(EVERYTHING)

    with client.messages.with_streaming_response.create(
        model=MODEL, max_tokens=100, messages=ASKED, stream=True
    ) as raw:
        events = [line for line in raw.iter_lines() if line.startswith("event:")]

    block = ["event: content_block_start"]
    delta = ["event: content_block_delta"]
    stop = ["event: content_block_stop"]
    assert events == [
        "event: message_start",
        *[*block, "event: ping", *delta * 4, *stop],
        *[*block, *delta * 2, *stop],
        *[*block, *stop],
        *[*block, *delta * 2, *stop],
        *[*block, *delta * 2, *stop],
        "event: message_delta",
        "event: message_stop",
    ]


def test_stream_adds_up_to_the_whole_answer(
    server: ModelServer, client: anthropic.Anthropic
) -> None:
    server.script(EVERYTHING, EVERYTHING)

    whole = ask(client)
    with client.messages.stream(model=MODEL, max_tokens=100, messages=ASKED) as stream:
        streamed = stream.get_final_message()

    for message in (whole, streamed):
        kinds = [block.type for block in message.content]
        assert kinds == [
            "thinking",
            "server_tool_use",
            "web_search_tool_result",
            "text",
            "tool_use",
        ]
        assert message.content[0].signature.startswith("c2ln")
        assert message.content[4].input == {"open": True}
        assert message.stop_reason == "tool_use"
        assert message.usage.output_tokens == 50
    assert whole.content[1].input == {"query": "weather"}
    assert server.sent[0].usage == server.sent[1].usage


def test_input_is_counted_without_cache(server: ModelServer, client: anthropic.Anthropic) -> None:
    server.script(EVERYTHING)

    ask(client)

    assert server.sent[0].usage == {
        "input_tokens": 83,
        "cache_creation_input_tokens": 7,
        "cache_read_input_tokens": 10,
        "cache_creation": {"ephemeral_5m_input_tokens": 5, "ephemeral_1h_input_tokens": 2},
        "output_tokens": 50,
        "service_tier": "standard",
        "inference_geo": "not_available",
        "output_tokens_details": {"thinking_tokens": 20},
        "server_tool_use": {"web_search_requests": 1, "web_fetch_requests": 0},
    }


def test_beta_messages_and_token_counts_are_served(
    server: ModelServer, client: anthropic.Anthropic
) -> None:
    beta = client.beta.messages.create(model=MODEL, max_tokens=100, messages=ASKED)
    counted = client.messages.count_tokens(model=MODEL, messages=ASKED)

    assert beta.content[0].text == "This is answer number 1."
    assert counted.input_tokens > 1
    assert [request.path for request in server.requests] == [
        "/v1/messages",
        "/v1/messages/count_tokens",
    ]
    assert len(server.sent) == 1


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (text("x", finish="length"), "max_tokens"),
        (text("x", finish="pause_turn"), "pause_turn"),
        (refusal(), "refusal"),
        (tool_calls([("add", {})]), "tool_use"),
    ],
    ids=["length", "own-word", "refusal", "tools"],
)
def test_stop_reasons_are_those_of_the_provider(
    server: ModelServer, client: anthropic.Anthropic, reply: object, reason: str
) -> None:
    server.script(reply)

    assert ask(client).stop_reason == reason


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, "invalid_request_error"),
        (401, "authentication_error"),
        (403, "permission_error"),
        (404, "not_found_error"),
        (413, "request_too_large"),
        (429, "rate_limit_error"),
        (500, "api_error"),
        (529, "overloaded_error"),
    ],
)
def test_errors_have_the_shape_of_the_real_ones(
    server: ModelServer, client: anthropic.Anthropic, status: int, kind: str
) -> None:
    server.script(error(status, "No"))

    with pytest.raises(anthropic.APIStatusError) as caught:
        ask(client)

    assert caught.value.status_code == status
    assert caught.value.body == {
        "type": "error",
        "error": {"type": kind, "message": "No"},
        "request_id": "req_011C00000000000000000001",
    }


def test_retry_after_is_obeyed(server: ModelServer, client: anthropic.Anthropic) -> None:
    server.script(error(529, retry_after=0.01), error(429, retry_after=0.01), text("At last"))

    answer = ask(client.with_options(max_retries=2))

    assert answer.content[0].text == "At last"
    assert len(server.requests) == 3


def test_error_event_in_mid_stream_is_raised_by_the_client(
    server: ModelServer, client: anthropic.Anthropic
) -> None:
    server.script(stream_error(3))

    with pytest.raises(anthropic.APIStatusError, match="overloaded_error"):
        list(ask(client, stream=True))


def test_cut_stream_has_told_no_more_usage_than_its_start(
    server: ModelServer, client: anthropic.Anthropic
) -> None:
    server.script(cut(3, of=text("A long answer", usage=Usage(output_tokens=9))))

    with pytest.raises(Exception, match="peer closed connection"):
        list(ask(client, stream=True))

    assert server.sent[0].usage["output_tokens"] == 1
    assert server.sent[0].billed.output_tokens == 9


def test_early_end_of_the_body_leaves_the_message_unfinished(
    server: ModelServer, client: anthropic.Anthropic
) -> None:
    server.script(eof(4))

    with client.messages.stream(model=MODEL, max_tokens=100, messages=ASKED) as stream:
        message = stream.get_final_message()

    assert message.stop_reason is None
