from __future__ import annotations

from collections.abc import Callable, Iterator

import groq
import openai
import pytest

from support.model_server import (
    ModelServer,
    Usage,
    cut,
    error,
    refusal,
    stream_error,
    text,
    thinking,
    tool_calls,
)

ASKED = [{"role": "user", "content": "Hello?"}]
USAGE = Usage(input_tokens=40, output_tokens=30, cache_read=8, reasoning=20)


def azure(server: ModelServer) -> object:
    return openai.AzureOpenAI(
        azure_endpoint=server.azure_url, api_key="none", api_version="2024-10-21", max_retries=0
    )


def azure_v1(server: ModelServer) -> object:
    url = f"{server.azure_url}/openai/v1"
    return openai.OpenAI(base_url=url, api_key="none", max_retries=0)


def openrouter(server: ModelServer) -> object:
    return openai.OpenAI(base_url=server.openrouter_url, api_key="none", max_retries=0)


def groq_client(server: ModelServer) -> object:
    return groq.Groq(base_url=server.groq_url, api_key="none", max_retries=0)


def together_client(server: ModelServer) -> object:
    together = pytest.importorskip("together", reason="the oldest SDKs are tested without it")
    return together.Together(base_url=server.together_url, api_key="none", max_retries=0)


MAKERS = [azure, azure_v1, openrouter, groq_client, together_client]


@pytest.fixture(params=MAKERS, ids=["azure", "azure-v1", "openrouter", "groq", "together"])
def client(server: ModelServer, request: pytest.FixtureRequest) -> Iterator[object]:
    make: Callable[[ModelServer], object] = request.param
    with make(server) as made:
        yield made


def ask(client: object, **more: object) -> object:
    return client.chat.completions.create(model="gpt-4o-mini", messages=ASKED, **more)


def test_whole_answer_and_stream_say_the_same(server: ModelServer, client: object) -> None:
    server.script(text("Hello you", usage=USAGE), text("Hello you", usage=USAGE))

    whole = ask(client)
    chunks = list(ask(client, stream=True))

    assert whole.choices[0].message.content == "Hello you"
    deltas = [chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices]
    assert "".join(deltas) == "Hello you"
    assert [sent.id for sent in server.sent] == [whole.id, chunks[-1].id]
    assert whole.usage.total_tokens == 70


def test_tool_calls_say_the_same_in_both_forms(server: ModelServer, client: object) -> None:
    reply = tool_calls([("add", {"a": 1}), ("stop", {})], said="Let me add.")
    server.script(reply, reply)

    whole = ask(client).choices[0].message
    chunks = [chunk for chunk in ask(client, stream=True) if chunk.choices]

    grown = [chunk.choices[0].delta.tool_calls for chunk in chunks]
    calls = [call for calls in grown for call in calls or []]
    assert whole.content == "Let me add."
    assert [call.function.name for call in whole.tool_calls] == ["add", "stop"]
    assert [call.function.name for call in calls if call.function.name] == ["add", "stop"]
    assert "".join(call.function.arguments or "" for call in calls) == '{"a":1}{}'
    assert "".join(c.choices[0].delta.content or "" for c in chunks) == "Let me add."


@pytest.mark.parametrize("status", [400, 401, 404, 429, 500])
def test_errors_carry_their_message(server: ModelServer, client: object, status: int) -> None:
    server.script(error(status, "Not today"))

    with pytest.raises(Exception, match="Not today") as caught:
        ask(client)

    assert caught.value.status_code == status


def test_error_in_mid_stream_is_raised_by_the_client(server: ModelServer, client: object) -> None:
    if isinstance(client, groq.Groq) and groq.__version__.startswith("0."):
        pytest.skip("this groq hands an error on as a chunk")
    server.script(stream_error(2, "Not today"))

    with pytest.raises(Exception, match="Not today"):
        list(ask(client, stream=True))


def test_cut_stream_breaks_at_the_client(server: ModelServer, client: object) -> None:
    server.script(cut(2))

    with pytest.raises(Exception, match=r"(?i)connection|closed"):
        list(ask(client, stream=True))


def test_azure_stream_begins_with_an_empty_chunk(server: ModelServer) -> None:
    with azure(server) as client:
        first, second, *_ = ask(client, stream=True)

    assert (first.id, first.model, first.choices) == ("", "", [])
    assert first.to_dict()["prompt_filter_results"][0]["prompt_index"] == 0
    assert second.id.startswith("chatcmpl-")


def test_azure_names_region_and_request_in_headers(server: ModelServer) -> None:
    with azure(server) as client:
        raw = client.chat.completions.with_raw_response.create(model="d", messages=ASKED)

    assert raw.headers["x-ms-region"] == "Sweden Central"
    assert raw.headers["apim-request-id"] == raw.headers["x-request-id"]
    assert server.requests[0].path == "/azure/openai/deployments/d/chat/completions"
    assert server.requests[0].query == {"api-version": "2024-10-21"}
    assert server.sent[0].provider == "azure"


def test_azure_filters_and_errors_have_its_own_words(server: ModelServer) -> None:
    server.script(text("Hello"), error(404))
    with azure(server) as client:
        whole = ask(client).to_dict()
        with pytest.raises(openai.NotFoundError) as caught:
            ask(client)

    assert whole["choices"][0]["content_filter_results"]["hate"]["severity"] == "safe"
    assert caught.value.code == "DeploymentNotFound"


def test_azure_serves_embeddings_of_a_deployment(server: ModelServer) -> None:
    with azure(server) as client:
        client.embeddings.create(model="d", input="x", encoding_format="float")

    assert server.requests[0].path == "/azure/openai/deployments/d/embeddings"
    assert server.sent[0].usage == {"prompt_tokens": 12, "total_tokens": 12}


@pytest.mark.skipif(
    not hasattr(openai.OpenAI, "responses"), reason="this openai knows no responses"
)
def test_azure_serves_responses(server: ModelServer) -> None:
    with azure_v1(server) as client:
        answer = client.responses.create(model="d", input="Hello?")

    assert answer.output_text == "This is answer number 1."
    assert (server.sent[0].provider, server.sent[0].path) == ("azure", "/azure/openai/v1/responses")


def test_groq_tells_times_and_puts_a_streams_usage_apart(server: ModelServer) -> None:
    server.script(text("Hello", usage=USAGE), text("Hello", usage=USAGE))
    with groq_client(server) as client:
        whole = ask(client)
        chunks = list(ask(client, stream=True))

    assert whole.usage.queue_time == pytest.approx(0.0521354)
    assert chunks[0].x_groq.id == "req_01000000000000000000000002"
    assert [chunk.to_dict().get("usage") for chunk in chunks] == [None] * len(chunks)
    assert chunks[-1].x_groq.to_dict()["usage"] == server.sent[1].usage
    assert server.sent[0].usage["completion_tokens_details"] == {"reasoning_tokens": 20}
    assert server.sent[0].usage["prompt_tokens_details"] == {"cached_tokens": 8}


def test_groq_and_openrouter_show_reasoning(server: ModelServer) -> None:
    server.script(*[thinking("Let me see.", "Yes")] * 4)
    for make in (groq_client, openrouter):
        with make(server) as client:
            whole = ask(client).choices[0].message.to_dict()
            deltas = [
                chunk.choices[0].delta.to_dict()
                for chunk in ask(client, stream=True)
                if chunk.choices
            ]
        assert (whole["reasoning"], whole["content"]) == ("Let me see.", "Yes")
        assert "".join(delta.get("reasoning") or "" for delta in deltas) == "Let me see."


def test_groq_and_together_say_refusals_as_text(server: ModelServer) -> None:
    server.script(refusal("No."), refusal("No."))
    for make in (groq_client, together_client):
        with make(server) as client:
            assert ask(client).choices[0].message.content == "No."


def test_together_tells_usage_in_the_chunk_that_ends(server: ModelServer) -> None:
    server.script(text("Hello", usage=USAGE))
    with together_client(server) as client:
        *chunks, last = ask(client, stream=True)

    assert [chunk.usage for chunk in chunks] == [None]
    assert last.choices[0].finish_reason == "stop"
    assert last.usage.to_dict() == server.sent[0].usage
    assert server.requests[0].path == "/together/v1/chat/completions"


def test_openrouter_tells_the_price_and_who_served(server: ModelServer) -> None:
    server.script(text("Hello", usage=USAGE), text("Hello", usage=Usage(cost=0.5)))
    with openrouter(server) as client:
        whole = ask(client).to_dict()
        *_, last = ask(client, stream=True)

    assert whole["provider"] == "OpenAI"
    assert whole["usage"]["cost"] == 0.0000475
    assert last.to_dict()["usage"]["cost"] == 0.5


def test_openrouter_streams_begin_with_comments(server: ModelServer) -> None:
    with (
        openrouter(server) as client,
        client.chat.completions.with_streaming_response.create(
            model="openai/gpt-4o-mini", messages=ASKED, stream=True
        ) as raw,
    ):
        lines = list(raw.iter_lines())

    assert lines[0] == ": OPENROUTER PROCESSING"
