from __future__ import annotations

from collections.abc import Iterator

import openai
import pydantic
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
    json_object,
    parts,
    refusal,
    stream_error,
    text,
)

pytestmark = pytest.mark.skipif(
    not hasattr(openai.OpenAI, "responses"), reason="this openai knows no responses"
)

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
        reasoning=20,
        web_search_requests=1,
    ),
)


@pytest.fixture
def client(server: ModelServer) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=server.openai_url, api_key="none", max_retries=0) as made:
        yield made


def ask(client: openai.OpenAI, **more: object) -> object:
    return client.responses.create(model="gpt-5.4", input="Hello?", **more)


def test_answer_has_the_fields_of_the_real_one(server: ModelServer, client: openai.OpenAI) -> None:
    server.script(text("Hello", usage=Usage(input_tokens=44, output_tokens=9, cache_read=4)))

    answer = ask(client, temperature=0.5, metadata={"a": "b"}, reasoning={"effort": "low"})

    assert answer.output_text == "Hello"
    assert answer.model == "gpt-5.4-2026-03-05"
    assert (answer.status, answer.completed_at) == ("completed", 1790000002)
    assert (answer.temperature, answer.metadata) == (0.5, {"a": "b"})
    assert (answer.reasoning.effort, answer.service_tier) == ("low", "default")
    assert answer.output[0].model_dump(exclude_unset=True) == {
        "id": "msg_" + "100".zfill(50),
        "type": "message",
        "status": "completed",
        "content": [{"type": "output_text", "annotations": [], "logprobs": [], "text": "Hello"}],
        "phase": "final_answer",
        "role": "assistant",
    }
    assert server.sent[0].usage == {
        "input_tokens": 44,
        "input_tokens_details": {"cache_write_tokens": 0, "cached_tokens": 4},
        "output_tokens": 9,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": 53,
    }


def test_stream_sends_the_events_of_the_real_one_in_order(
    server: ModelServer, client: openai.OpenAI
) -> None:
    server.script(EVERYTHING)

    events = list(ask(client, stream=True))

    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert [event.type.removeprefix("response.") for event in events] == [
        "created",
        "in_progress",
        "output_item.added",
        "reasoning_summary_part.added",
        *["reasoning_summary_text.delta"] * 3,
        "reasoning_summary_text.done",
        "reasoning_summary_part.done",
        "output_item.done",
        "output_item.added",
        "web_search_call.in_progress",
        "web_search_call.searching",
        "web_search_call.completed",
        "output_item.done",
        "output_item.added",
        "content_part.added",
        *["output_text.delta"] * 2,
        "output_text.annotation.added",
        "output_text.done",
        "content_part.done",
        "output_item.done",
        "output_item.added",
        "function_call_arguments.delta",
        "function_call_arguments.done",
        "output_item.done",
        "completed",
    ]


def test_stream_adds_up_to_the_whole_answer(server: ModelServer, client: openai.OpenAI) -> None:
    server.script(EVERYTHING, EVERYTHING)

    whole = ask(client)
    with client.responses.stream(model="gpt-5.4", input="Hello?") as stream:
        streamed = stream.get_final_response()

    for answer in (whole, streamed):
        kinds = [item.type for item in answer.output]
        assert kinds == ["reasoning", "web_search_call", "message", "function_call"]
        assert answer.output_text == "It rains."
        assert answer.output[2].content[0].annotations[0].url == "https://example.org/weather"
        assert answer.output[3].arguments == '{"open":true}'
        assert answer.tool_usage.web_search.num_requests == 1
    assert server.sent[0].usage == server.sent[1].usage


def test_reasoning_that_is_not_shown_is_an_item_without_a_summary(
    server: ModelServer, client: openai.OpenAI
) -> None:
    server.script(text("Yes", usage=Usage(output_tokens=40, reasoning=30)))

    events = list(ask(client, stream=True))

    assert [event.type for event in events[2:4]] == [
        "response.output_item.added",
        "response.output_item.done",
    ]
    items = events[-1].response.output
    assert [(item.type, item.id[-1]) for item in items] == [("reasoning", "0"), ("message", "1")]
    assert items[0].summary == []


@pytest.mark.parametrize(
    ("finish", "status", "reason"),
    [
        ("length", "incomplete", "max_output_tokens"),
        ("content_filter", "incomplete", "content_filter"),
        ("failed", "failed", None),
    ],
)
def test_unfinished_responses_say_why(
    server: ModelServer, client: openai.OpenAI, finish: str, status: str, reason: str | None
) -> None:
    server.script(text("Hello", finish=finish), text("Hello", finish=finish))

    whole = ask(client)
    *_, last = ask(client, stream=True)

    assert last.type == f"response.{status}"
    for answer in (whole, last.response):
        assert answer.status == status
        assert (answer.incomplete_details and answer.incomplete_details.reason) == reason
        assert (answer.error is None) == (status != "failed")
        assert (answer.usage is None) == (status == "failed")


def test_refusal_is_a_part_of_its_own(server: ModelServer, client: openai.OpenAI) -> None:
    server.script(refusal("No."), refusal("No."))

    whole = ask(client).output[0].content[0]
    events = list(ask(client, stream=True))

    assert (whole.type, whole.refusal) == ("refusal", "No.")
    assert [event.refusal for event in events if event.type == "response.refusal.done"] == ["No."]


def test_parsed_output_is_found(server: ModelServer, client: openai.OpenAI) -> None:
    class Point(pydantic.BaseModel):
        x: int

    server.script(json_object({"x": 3}))

    parsed = client.responses.parse(model="gpt-5.4", input="Hello?", text_format=Point)

    assert parsed.output_parsed == Point(x=3)


def test_background_response_is_queued_then_in_progress_then_done(
    server: ModelServer, client: openai.OpenAI
) -> None:
    queued = ask(client, background=True)
    before = server.sent[0].usage
    looks = [client.responses.retrieve(queued.id) for _ in range(3)]

    assert (queued.status, queued.usage, before) == ("queued", None, None)
    assert [look.status for look in looks] == ["in_progress", "completed", "completed"]
    assert [look.usage is None for look in looks] == [True, False, False]
    assert looks[2].output_text == "This is answer number 1."
    assert [sent.usage["total_tokens"] for sent in server.sent] == [19]


def test_background_stream_is_queued_first(server: ModelServer, client: openai.OpenAI) -> None:
    events = list(ask(client, background=True, stream=True))

    assert [event.type for event in events[:3]] == [
        "response.created",
        "response.queued",
        "response.in_progress",
    ]


def test_background_response_can_be_cancelled_once_and_again(
    server: ModelServer, client: openai.OpenAI
) -> None:
    queued = ask(client, background=True)

    statuses = [client.responses.cancel(queued.id).status for _ in range(2)]

    assert statuses == ["cancelled", "cancelled"]
    assert client.responses.retrieve(queued.id).status == "cancelled"


def test_only_background_responses_can_be_cancelled(
    server: ModelServer, client: openai.OpenAI
) -> None:
    done = ask(client)

    with pytest.raises(openai.BadRequestError, match="background"):
        client.responses.cancel(done.id)


def test_retrieved_stream_goes_on_after_an_event(
    server: ModelServer, client: openai.OpenAI
) -> None:
    events = list(ask(client, stream=True))

    again = list(client.responses.retrieve(events[0].response.id, stream=True, starting_after=3))

    assert [event.type for event in again] == [event.type for event in events[4:]]
    assert len(server.sent) == 1


def test_stored_response_can_be_deleted(server: ModelServer, client: openai.OpenAI) -> None:
    key = ask(client).id

    client.responses.delete(key)

    with pytest.raises(openai.NotFoundError):
        client.responses.retrieve(key)


def test_response_that_is_not_stored_cannot_be_retrieved(
    server: ModelServer, client: openai.OpenAI
) -> None:
    key = ask(client, store=False).id

    with pytest.raises(openai.NotFoundError):
        client.responses.retrieve(key)


def test_input_items_are_listed_in_pages(server: ModelServer, client: openai.OpenAI) -> None:
    asked = [{"role": "user", "content": f"Number {number}"} for number in range(5)]
    key = client.responses.create(model="gpt-5.4", input=asked).id

    listed = list(client.responses.input_items.list(key, limit=2, order="asc"))

    assert [item.content for item in listed] == [f"Number {number}" for number in range(5)]
    assert len([request for request in server.requests if "input_items" in request.path]) == 3


@pytest.mark.parametrize(
    ("reply", "count"), [(eof(4), 4), (eof(0), 0)], ids=["in-between", "at-once"]
)
def test_early_end_of_the_body_is_no_error_to_the_client(
    server: ModelServer, client: openai.OpenAI, reply: object, count: int
) -> None:
    server.script(reply)

    assert len(list(ask(client, stream=True))) == count
    assert server.sent[0].usage is None


def test_cut_stream_breaks(server: ModelServer, client: openai.OpenAI) -> None:
    server.script(cut(4))

    with pytest.raises(openai.APIConnectionError):
        list(ask(client, stream=True))


def test_error_in_mid_stream_is_an_event(server: ModelServer, client: openai.OpenAI) -> None:
    server.script(stream_error(4, "Too much", code="server_is_overloaded"))

    *_, last = ask(client, stream=True)

    assert (last.type, last.message, last.code) == ("error", "Too much", "server_is_overloaded")
    assert last.sequence_number == 4


def test_retrieval_can_be_made_to_fail_without_using_the_script_up(
    server: ModelServer, client: openai.OpenAI
) -> None:
    key = ask(client).id
    server.script(text("Next"))
    server.route("/v1/responses/*", error(500))

    with pytest.raises(openai.InternalServerError):
        client.responses.retrieve(key)

    assert ask(client).output_text == "Next"
