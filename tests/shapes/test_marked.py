from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any

import openai
import pytest

import agentel
from agentel import libraries
from agentel.config import Settings
from agentel.core import gate
from agentel.telemetry.hand import source
from support.model_server import ModelServer, Reply, error, text
from support.shapes import ANSWER, PROMPT
from support.telemetry import Telemetry, spans_as_text

CHAT: dict[str, Any] = {"model": "gpt-5", "messages": [{"role": "user", "content": PROMPT}]}
TOKENS = "gen_ai.client.token.usage"
DURATION = "gen_ai.client.operation.duration"

Program = Callable[[openai.OpenAI], object]


@pytest.fixture
def run() -> Iterator[Callable[..., Telemetry]]:
    telemetry = Telemetry()

    def run(
        program: Program, *replies: Reply, settings: Settings | None = None, retries: int = 0
    ) -> Telemetry:
        settings = settings or Settings()
        libraries.openai().instrument(settings=settings, **telemetry.providers)
        source.use(settings=settings, **telemetry.providers)
        with ModelServer() as server:
            server.script(*replies)
            with openai.OpenAI(
                api_key="none", base_url=server.openai_url, max_retries=retries
            ) as client:
                program(client)
        return telemetry

    yield run
    libraries.openai().uninstrument()
    source.use()
    telemetry.shut_down()


def told(telemetry: Telemetry) -> str:
    return spans_as_text(telemetry.spans(1))


def counted(telemetry: Telemetry) -> dict[str, list[tuple[int, float]]]:
    points = telemetry.points()
    return {
        name: sorted((count, total) for _, count, total in points[name]) for name in (TOKENS,)
    } | {"calls": [(sum(count for _, count, _ in points[DURATION]), 0.0)]}


def one(client: openai.OpenAI) -> None:
    with agentel.inference():
        client.chat.completions.create(**CHAT)


ONE = """
    chat gpt-5 [client]
      agentel: input.message_count=1 input.size=31 outcome=completed output.size=24
        provider.organization=agentel-tests provider.project=proj_agenteltests
        provider.request_id=req_00000000000000000000000000000001 usage.source=provider
      gen_ai: operation.name=chat provider.name=openai request.model=gpt-5
        response.finish_reasons=[stop]
        response.id=chatcmpl-00000000000000000000000000001
        response.model=gpt-5-2025-08-07 usage.cache_read.input_tokens=0
        usage.input_tokens=12 usage.output_tokens=7 usage.reasoning.output_tokens=0
      openai: api.type=chat_completions response.service_tier=default
        response.system_fingerprint=fp_44709d6fcb
      server: address=127.0.0.1 port=PORT
"""


def test_block_says_what_the_call_inside_of_it_said(run: Callable[..., Telemetry]) -> None:
    telemetry = run(one)
    assert told(telemetry) == inspect.cleandoc(ONE)
    assert counted(telemetry) == {TOKENS: [(1, 7), (1, 12)], "calls": [(1, 0.0)]}


def own(client: openai.OpenAI) -> None:
    with agentel.inference("mine", provider="acme") as call:
        client.chat.completions.create(**CHAT)
        call.usage(input_tokens=5)
        call.response(id="r-1")


OWN = """
    chat mine [client]
      agentel: input.message_count=1 input.size=31 outcome=completed output.size=24
        provider.organization=agentel-tests provider.project=proj_agenteltests
        provider.request_id=req_00000000000000000000000000000001 usage.source=provider
      gen_ai: operation.name=chat provider.name=acme request.model=mine
        response.finish_reasons=[stop] response.id=r-1 response.model=gpt-5-2025-08-07
        usage.input_tokens=5
      openai: api.type=chat_completions response.service_tier=default
        response.system_fingerprint=fp_44709d6fcb
      server: address=127.0.0.1 port=PORT
"""


def test_what_the_program_says_wins(run: Callable[..., Telemetry]) -> None:
    telemetry = run(own)
    assert told(telemetry) == inspect.cleandoc(OWN)
    assert counted(telemetry) == {TOKENS: [(1, 5)], "calls": [(1, 0.0)]}


def stream(client: openai.OpenAI) -> None:
    with agentel.inference():
        options = {"include_usage": True}
        list(client.chat.completions.create(**CHAT, stream=True, stream_options=options))


STREAM = """
    chat gpt-5 [client]
      agentel: input.message_count=1 input.size=31 outcome=completed output.size=24
        provider.organization=agentel-tests provider.project=proj_agenteltests
        provider.request_id=req_00000000000000000000000000000001 usage.source=provider
      gen_ai: operation.name=chat provider.name=openai request.model=gpt-5
        request.stream=true response.finish_reasons=[stop]
        response.id=chatcmpl-00000000000000000000000000001
        response.model=gpt-5-2025-08-07 usage.cache_read.input_tokens=0
        usage.input_tokens=12 usage.output_tokens=7 usage.reasoning.output_tokens=0
      openai: api.type=chat_completions response.service_tier=default
        response.system_fingerprint=fp_44709d6fcb
      server: address=127.0.0.1 port=PORT
"""


def test_stream_that_is_read_inside_is_told(run: Callable[..., Telemetry]) -> None:
    telemetry = run(stream)
    assert told(telemetry) == inspect.cleandoc(STREAM)
    assert counted(telemetry) == {TOKENS: [(1, 7), (1, 12)], "calls": [(1, 0.0)]}


def twice(client: openai.OpenAI) -> None:
    with agentel.inference("gpt-5"):
        for _ in range(2):
            client.chat.completions.create(**CHAT)


def test_counts_of_several_calls_add_up(run: Callable[..., Telemetry]) -> None:
    telemetry = run(twice, text(ANSWER), text(ANSWER))
    attributes = telemetry.spans(1)[0].attributes or {}
    assert counted(telemetry) == {TOKENS: [(1, 14), (1, 24)], "calls": [(1, 0.0)]}
    assert attributes["agentel.input.size"] == 2 * len(PROMPT)
    assert attributes["gen_ai.response.id"] == "chatcmpl-00000000000000000000000000002"


def fails(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError), agentel.inference():
        client.chat.completions.create(**CHAT)


FAILS = """
    chat gpt-5 [client] ERROR
      agentel: attempt.count=2 error.category=invalid_request
        error.code=invalid_request_error error.confidence=0.9 error.fingerprint=PRINT
        error.retryable=false input.message_count=1 input.size=31 outcome=error
        provider.organization=agentel-tests provider.project=proj_agenteltests
        provider.request_id=req_00000000000000000000000000000002 usage.source=absent
      error: type=BadRequestError
      gen_ai: operation.name=chat provider.name=openai request.model=gpt-5
      http: response.status_code=400
      openai: api.type=chat_completions
      server: address=127.0.0.1 port=PORT
      * agentel.attempt
        agentel: attempt.delay=TIME attempt.number=1
        http: response.status_code=500
"""


def test_block_fails_with_its_call_and_keeps_its_attempts(run: Callable[..., Telemetry]) -> None:
    telemetry = run(fails, error(500), error(400), retries=1)
    assert told(telemetry) == inspect.cleandoc(FAILS)


def later(client: openai.OpenAI) -> None:
    with agentel.inference("gpt-5"):
        chunks = client.chat.completions.create(**CHAT, stream=True)
    list(chunks)


def other(client: openai.OpenAI) -> None:
    with agentel.inference("gpt-5"):
        client.embeddings.create(model="e", input="x")
    with agentel.embeddings("e"):
        client.chat.completions.create(**CHAT)


def silent(client: openai.OpenAI) -> None:
    with agentel.inference("gpt-5"), agentel.suppress():
        client.chat.completions.create(**CHAT)


@pytest.mark.parametrize(
    ("program", "count"), [(later, 1), (other, 2), (silent, 1)], ids=["later", "other", "silent"]
)
def test_call_that_is_no_part_of_the_block_is_not_told(
    run: Callable[..., Telemetry], program: Program, count: int
) -> None:
    telemetry = run(program)
    spans = telemetry.spans(count)
    assert [(span.attributes or {})["agentel.usage.source"] for span in spans] == ["absent"] * count
    assert TOKENS not in telemetry.points()


def agent(client: openai.OpenAI) -> None:
    with agentel.agent("a"), agentel.inference():
        client.chat.completions.create(**CHAT)


def test_agent_counts_the_block_once_and_the_gate_is_asked_once(
    run: Callable[..., Telemetry],
) -> None:
    asked: list[str] = []
    remove = gate.install(lambda operation, fields: asked.append(operation))
    telemetry = run(agent)
    remove()
    calls = telemetry.points()["gen_ai.invoke_agent.inference_calls"]
    assert [total for _, _, total in calls] == [1]
    assert asked == ["invoke_agent", "inference"]


def test_content_of_the_call_is_that_of_the_block(run: Callable[..., Telemetry]) -> None:
    telemetry = run(one, text(ANSWER), settings=Settings(content="SPAN_AND_EVENT"))
    attributes = telemetry.spans(1)[0].attributes or {}
    assert PROMPT in str(attributes["gen_ai.input.messages"])
    assert ANSWER in str(attributes["gen_ai.output.messages"])
    details = [dict(record.attributes) for record in telemetry.records()]
    assert [PROMPT in str(found["gen_ai.input.messages"]) for found in details] == [True]
