from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace

import openai
import pydantic
import pytest

from support.model_server import (
    ModelServer,
    Usage,
    choices,
    cut,
    disconnect,
    eof,
    error,
    hang,
    html,
    json_object,
    refusal,
    stream_error,
    text,
    tool_calls,
)

ASKED = [{"role": "user", "content": "Hello?"}]
EVERYTHING = Usage(
    input_tokens=100,
    output_tokens=50,
    cache_read=40,
    reasoning=30,
    audio_input=5,
    audio_output=6,
    accepted_prediction=2,
    rejected_prediction=1,
)
CALLS = tool_calls([("add", {"a": 1, "b": 2}), ("stop", "{broken")])
with_helpers = pytest.mark.skipif(
    not hasattr(openai.resources.chat.Completions, "parse"), reason="this openai has no helpers"
)


@pytest.fixture
def client(server: ModelServer) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=server.openai_url, api_key="none", max_retries=2) as made:
        yield made


@pytest.fixture
def once(client: openai.OpenAI) -> openai.OpenAI:
    """A client that does not try again."""
    return client.with_options(max_retries=0)


def ask(client: openai.OpenAI, **more: object) -> object:
    return client.chat.completions.create(model="gpt-4o-mini", messages=ASKED, **more)


def test_answers_with_a_numbered_sentence_when_nothing_is_scripted(client: openai.OpenAI) -> None:
    said = [ask(client).choices[0].message.content for _ in range(2)]

    assert said == ["This is answer number 1.", "This is answer number 2."]


def test_answer_has_the_fields_and_nulls_of_the_real_one(
    server: ModelServer, client: openai.OpenAI
) -> None:
    server.script(text("Hello", usage=EVERYTHING))

    assert ask(client).model_dump(exclude_unset=True) == {
        "id": "chatcmpl-00000000000000000000000000001",
        "object": "chat.completion",
        "created": 1790000001,
        "model": "gpt-4o-mini-2024-07-18",
        "choices": [
            {
                "index": 0,
                "message": {
                    "role": "assistant",
                    "content": "Hello",
                    "refusal": None,
                    "annotations": [],
                },
                "logprobs": None,
                "finish_reason": "stop",
            }
        ],
        "usage": {
            "prompt_tokens": 100,
            "completion_tokens": 50,
            "total_tokens": 150,
            "prompt_tokens_details": {"cached_tokens": 40, "audio_tokens": 5},
            "completion_tokens_details": {
                "reasoning_tokens": 30,
                "audio_tokens": 6,
                "accepted_prediction_tokens": 2,
                "rejected_prediction_tokens": 1,
            },
        },
        "service_tier": "default",
        "system_fingerprint": "fp_44709d6fcb",
    }


def test_headers_tell_organization_project_and_request(client: openai.OpenAI) -> None:
    headers = client.chat.completions.with_raw_response.create(
        model="gpt-4o-mini", messages=ASKED
    ).headers

    assert headers["openai-organization"] == "agentel-tests"
    assert headers["openai-project"] == "proj_agenteltests"
    assert headers["x-request-id"] == "req_00000000000000000000000000000001"


def test_stream_has_no_usage_unless_asked_for(server: ModelServer, client: openai.OpenAI) -> None:
    chunks = list(ask(client, stream=True))

    assert [chunk.model_dump(exclude_unset=True).get("usage", "unset") for chunk in chunks] == [
        "unset"
    ] * len(chunks)
    assert server.sent[0].usage is None
    assert server.sent[0].whole


def test_stream_with_usage_has_nulls_and_a_last_chunk_without_choices(
    server: ModelServer, client: openai.OpenAI
) -> None:
    server.script(text("Hello you", usage=EVERYTHING))

    *chunks, last = ask(client, stream=True, stream_options={"include_usage": True})

    assert [chunk.model_dump(exclude_unset=True)["usage"] for chunk in chunks] == [None] * 4
    assert [chunk.choices[0].delta.content for chunk in chunks] == ["", "Hello", " you", None]
    assert last.choices == []
    assert last.usage.model_dump(exclude_unset=True) == server.sent[0].usage


def named(call: object) -> tuple[str | None, str]:
    return call.function.name, call.function.arguments


def test_tool_calls_arrive_whole_and_in_pieces(server: ModelServer, client: openai.OpenAI) -> None:
    server.script(CALLS, replace(CALLS, chunks=3))

    whole = ask(client).choices[0]
    deltas = [chunk.choices[0].delta for chunk in ask(client, stream=True)]

    pieces = [piece for delta in deltas for piece in delta.tool_calls or []]
    assert whole.finish_reason == "tool_calls"
    assert [
        (call.id, call.function.name, call.function.arguments) for call in whole.message.tool_calls
    ] == [
        ("call_000000000000000000000100", "add", '{"a":1,"b":2}'),
        ("call_000000000000000000000101", "stop", "{broken"),
    ]
    assert [
        (piece.index, piece.id, piece.function.name, piece.function.arguments) for piece in pieces
    ] == [
        (0, "call_000000000000000000000200", "add", ""),
        (0, None, None, '{"a":'),
        (0, None, None, '1,"b'),
        (0, None, None, '":2}'),
        (1, "call_000000000000000000000201", "stop", ""),
        (1, None, None, "{br"),
        (1, None, None, "ok"),
        (1, None, None, "en"),
    ]


@with_helpers
def test_stream_helper_puts_tool_calls_together(server: ModelServer, client: openai.OpenAI) -> None:
    server.script(CALLS)

    with client.chat.completions.stream(model="gpt-4o-mini", messages=ASKED) as stream:
        message = stream.get_final_completion().choices[0].message

    assert [call.function.arguments for call in message.tool_calls] == ['{"a":1,"b":2}', "{broken"]


def test_choices_differ_when_scripted_to(server: ModelServer, client: openai.OpenAI) -> None:
    reply = choices(text("One"), text("Two", finish="length"))
    server.script(reply, reply)

    whole = ask(client, n=2)
    streamed = list(ask(client, n=2, stream=True))

    assert [(c.message.content, c.finish_reason) for c in whole.choices] == [
        ("One", "stop"),
        ("Two", "length"),
    ]
    assert [
        (chunk.choices[0].index, chunk.choices[0].finish_reason)
        for chunk in streamed
        if chunk.choices[0].finish_reason
    ] == [(0, "stop"), (1, "length")]


def test_refusal_is_apart_from_content(server: ModelServer, client: openai.OpenAI) -> None:
    server.script(refusal("Not this."), refusal("Not this."))

    whole = ask(client).choices[0].message.model_dump()
    deltas = [chunk.choices[0].delta.model_dump() for chunk in ask(client, stream=True)]

    assert (whole["content"], whole["refusal"]) == (None, "Not this.")
    assert [delta.get("refusal") for delta in deltas] == ["", "Not", " this.", None]
    assert [delta["content"] for delta in deltas] == [None] * 4


def test_cached_writes_and_images_are_told_apart(
    server: ModelServer, client: openai.OpenAI
) -> None:
    server.script(text("x", usage=Usage(cache_write_5m=3, cache_write_1h=4, image_input=5)))

    details = ask(client).usage.model_dump()["prompt_tokens_details"]

    assert details["cache_write_tokens"] == 7
    assert details["image_tokens"] == 5


@with_helpers
def test_json_answer_can_be_parsed(server: ModelServer, client: openai.OpenAI) -> None:
    class Point(pydantic.BaseModel):
        x: int

    server.script(json_object({"x": 3}))

    parsed = client.chat.completions.parse(
        model="gpt-4o-mini", messages=ASKED, response_format=Point
    )

    assert parsed.choices[0].message.parsed == Point(x=3)


def test_retry_after_is_obeyed_and_counted(server: ModelServer, client: openai.OpenAI) -> None:
    server.script(error(429, retry_after=0.01), error(503, retry_after=0.01), text("At last"))

    answer = ask(client)

    assert answer.choices[0].message.content == "At last"
    assert len(server.requests) == 3
    assert [sent.number for sent in server.sent] == [3]


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        (400, openai.BadRequestError, None),
        (401, openai.AuthenticationError, "invalid_api_key"),
        (403, openai.PermissionDeniedError, "permission_denied"),
        (404, openai.NotFoundError, "model_not_found"),
        (409, openai.ConflictError, "conflict"),
        (422, openai.UnprocessableEntityError, None),
        (429, openai.RateLimitError, "rate_limit_exceeded"),
        (500, openai.InternalServerError, None),
        (503, openai.InternalServerError, "server_is_overloaded"),
    ],
)
def test_errors_have_the_shape_of_the_real_ones(
    server: ModelServer,
    once: openai.OpenAI,
    status: int,
    kind: type[openai.APIStatusError],
    code: str | None,
) -> None:
    server.script(error(status))

    with pytest.raises(kind) as caught:
        ask(once)

    assert caught.value.code == code
    assert set(caught.value.body) == {"message", "type", "param", "code"}


def test_a_missing_parameter_is_refused_without_using_the_script_up(
    server: ModelServer, once: openai.OpenAI
) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        once.post("/chat/completions", body={"model": "gpt-4o"}, cast_to=object)

    assert caught.value.param == "messages"
    assert server.sent == []


@pytest.mark.parametrize(
    "broken",
    [cut(3), cut(3, reset=True)],
    ids=["closed-in-mid-chunk", "reset"],
)
def test_cut_stream_breaks_after_the_events_asked_for(
    server: ModelServer, once: openai.OpenAI, broken: object
) -> None:
    server.script(broken)
    stream = ask(once, stream=True)

    seen = [next(stream) for _ in range(3)]

    assert seen[-1].choices[0].delta.content
    with pytest.raises(Exception, match=r"(?i)connection|closed|reset"):
        next(stream)
    assert not server.sent[0].whole


def test_early_end_of_the_body_is_no_error_to_the_client(
    server: ModelServer, once: openai.OpenAI
) -> None:
    server.script(eof(3))

    chunks = list(ask(once, stream=True))

    assert len(chunks) == 3
    assert chunks[-1].choices[0].finish_reason is None
    assert not server.sent[0].whole


def test_error_in_mid_stream_is_raised_by_the_client(
    server: ModelServer, once: openai.OpenAI
) -> None:
    server.script(stream_error(3, "Too much"))

    with pytest.raises(openai.APIError, match="Too much"):
        list(ask(once, stream=True))


@pytest.mark.parametrize(
    "broken",
    [cut(), cut(reset=True), disconnect(), disconnect(reset=True), hang(0.01)],
    ids=["cut", "reset", "disconnect", "disconnect-reset", "hang"],
)
def test_broken_answer_in_one_piece_is_a_connection_error(
    server: ModelServer, once: openai.OpenAI, broken: object
) -> None:
    server.script(broken)

    with pytest.raises(openai.APIConnectionError):
        ask(once)


def test_silence_runs_into_the_clients_timeout(server: ModelServer, once: openai.OpenAI) -> None:
    server.script(hang(60))

    with pytest.raises(openai.APITimeoutError):
        ask(once, timeout=0.05)


def test_web_page_with_status_200_reaches_the_client_as_text(
    server: ModelServer, once: openai.OpenAI
) -> None:
    server.script(html(title="Sign in"))

    raw = once.chat.completions.with_raw_response.create(model="gpt-4o-mini", messages=ASKED)

    assert raw.headers["content-type"] == "text/html; charset=UTF-8"
    assert "<title>Sign in</title>" in raw.text if isinstance(raw.text, str) else raw.text()


def test_many_concurrent_calls_each_get_an_answer(server: ModelServer) -> None:
    async def run() -> list[str]:
        async with openai.AsyncOpenAI(base_url=server.openai_url, api_key="none") as client:
            asked = [
                client.chat.completions.create(model="gpt-4o-mini", messages=ASKED)
                for _ in range(50)
            ]
            return [answer.id for answer in await asyncio.gather(*asked)]

    assert len(set(asyncio.run(run()))) == 50
    assert len(server.sent) == 50
