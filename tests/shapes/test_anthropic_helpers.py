from __future__ import annotations

from typing import Any

import anthropic
import pytest
from pydantic import BaseModel

from support.anthropic_clients import ANTHROPIC, CHAT, SAID
from support.model_server import json_object, text, tool_calls
from support.shapes import Case, Run, expected_of, rows, spans_of


class Answer(BaseModel):
    x: int


def inside(run: Run, body: Any, path: str = "messages.stream", **more: object) -> Any:
    return run.caller.inside(run.method(path)(**CHAT, **more), body)


def iterated(run: Run) -> None:
    inside(run, run.caller.drain)


def iterated_beta(run: Run) -> None:
    inside(run, run.caller.drain, "beta.messages.stream")


def text_stream(run: Run) -> None:
    inside(run, lambda stream: run.caller.drain(stream.text_stream))


def final_message(run: Run) -> None:
    inside(run, lambda stream: run.caller.call(stream.get_final_message))


def final_text(run: Run) -> None:
    inside(run, lambda stream: run.caller.call(stream.get_final_text))


def until_done(run: Run) -> None:
    inside(run, lambda stream: run.caller.call(stream.until_done))


def read_twice(run: Run) -> None:
    def body(stream: Any) -> None:
        run.caller.call(stream.get_final_message)
        run.caller.call(stream.get_final_text)
        run.caller.drain(stream)

    inside(run, body)


def broken_off(run: Run) -> None:
    inside(run, lambda stream: run.caller.take(stream, 4))


def closed(run: Run) -> None:
    def body(stream: Any) -> None:
        run.caller.take(stream, 4)
        run.caller.call(stream.close)

    inside(run, body)


def unread(run: Run) -> None:
    inside(run, lambda stream: stream.request_id)


def user_fails(run: Run) -> None:
    def body(stream: Any) -> None:
        run.caller.take(stream, 4)
        raise LookupError

    run.fails(lambda: inside(run, body))


def parsed(run: Run) -> None:
    run.call("messages.parse", **CHAT, output_format=Answer)


def parsed_beta(run: Run) -> None:
    run.call("beta.messages.parse", **CHAT, output_format=Answer)


def parse_fails(run: Run) -> None:
    run.fails(lambda: parsed(run))


def streamed_parse(run: Run) -> None:
    inside(
        run,
        lambda stream: run.caller.call(stream.get_final_message),
        output_format=Answer,
    )


def streamed_parse_fails(run: Run) -> None:
    run.fails(lambda: streamed_parse(run))


def runs_tools(run: Run) -> None:
    is_async = isinstance(run.client, anthropic.AsyncAnthropic)
    make = anthropic.beta_async_tool if is_async else anthropic.beta_tool

    def add(a: int, b: int) -> str:
        """Add two numbers."""
        return str(a + b)

    async def add_later(a: int, b: int) -> str:
        """Add two numbers."""
        return str(a + b)

    tool: Any = make(add_later if is_async else add, name="add")
    runner = run.method("beta.messages.tool_runner")(**CHAT, tools=[tool])
    run.caller.call(runner.until_done)


TURNS = (tool_calls([("add", {"a": 1, "b": 2})]), text("3"))
JSON = (json_object({"x": 1}),)
HELPER_ITERATED = """
    chat claude-opus-5 [client]
      agentel: input.message_count=1 input.size=31 outcome=completed output.size=26
        provider.organization=44ae676c-0000-4000-8000-agenteltests
        provider.request_id=req_011C00000000000000000001 stream.chunk_count=10
        usage.cache_write_1h.input_tokens=50 usage.cache_write_5m.input_tokens=30
        usage.service_tier=standard usage.source=provider
      gen_ai: operation.name=chat provider.name=anthropic request.max_tokens=64
        request.model=claude-opus-5 request.stream=true response.finish_reasons=[stop]
        response.id=msg_010000000000000000000001 response.model=claude-opus-5
        response.time_to_first_chunk=TIME usage.cache_read.input_tokens=200
        usage.cache_write.input_tokens=80 usage.input_tokens=320 usage.output_tokens=7
      server: address=127.0.0.1 port=PORT
"""
HELPER_BREAK = """
    chat claude-opus-5 [client]
      agentel: input.message_count=1 input.size=31 outcome=abandoned output.size=3
        provider.organization=44ae676c-0000-4000-8000-agenteltests
        provider.request_id=req_011C00000000000000000001 stream.chunk_count=3
        usage.cache_write_1h.input_tokens=50 usage.cache_write_5m.input_tokens=30
        usage.service_tier=standard usage.source=provider
      gen_ai: operation.name=chat provider.name=anthropic request.max_tokens=64
        request.model=claude-opus-5 request.stream=true
        response.id=msg_010000000000000000000001 response.model=claude-opus-5
        response.time_to_first_chunk=TIME usage.cache_read.input_tokens=200
        usage.cache_write.input_tokens=80 usage.input_tokens=320
      server: address=127.0.0.1 port=PORT
"""
HELPER_UNREAD = """
    chat claude-opus-5 [client]
      agentel: input.message_count=1 input.size=31 outcome=abandoned output.size=0
        provider.organization=44ae676c-0000-4000-8000-agenteltests
        provider.request_id=req_011C00000000000000000001 usage.source=absent
      gen_ai: operation.name=chat provider.name=anthropic request.max_tokens=64
        request.model=claude-opus-5 request.stream=true
      server: address=127.0.0.1 port=PORT
"""
PARSE = """
    chat claude-opus-5 [client]
      agentel: input.message_count=1 input.size=31 outcome=completed output.parsed=true
        output.size=7 provider.organization=44ae676c-0000-4000-8000-agenteltests
        provider.request_id=req_011C00000000000000000001
        usage.cache_write_1h.input_tokens=0 usage.cache_write_5m.input_tokens=0
        usage.service_tier=standard usage.source=provider
      gen_ai: operation.name=chat output.type=json provider.name=anthropic
        request.max_tokens=64 request.model=claude-opus-5 response.finish_reasons=[stop]
        response.id=msg_010000000000000000000001 response.model=claude-opus-5
        usage.cache_read.input_tokens=0 usage.cache_write.input_tokens=0
        usage.input_tokens=12 usage.output_tokens=7
      server: address=127.0.0.1 port=PORT
"""
PARSE_FAILS = """
    chat claude-opus-5 [client] ERROR
      agentel: error.category=model_error error.confidence=0.9 error.fingerprint=PRINT
        error.retryable=false input.message_count=1 input.size=31 outcome=error
        output.parsed=false output.size=7
        provider.organization=44ae676c-0000-4000-8000-agenteltests
        provider.request_id=req_011C00000000000000000001
        usage.cache_write_1h.input_tokens=0 usage.cache_write_5m.input_tokens=0
        usage.service_tier=standard usage.source=provider
      error: type=ValidationError
      gen_ai: operation.name=chat output.type=json provider.name=anthropic
        request.max_tokens=64 request.model=claude-opus-5 response.finish_reasons=[stop]
        response.id=msg_010000000000000000000001 response.model=claude-opus-5
        usage.cache_read.input_tokens=0 usage.cache_write.input_tokens=0
        usage.input_tokens=12 usage.output_tokens=7
      server: address=127.0.0.1 port=PORT
"""
PARSE_STREAM = """
    chat claude-opus-5 [client]
      agentel: input.message_count=1 input.size=31 outcome=completed output.parsed=true
        output.size=7 provider.organization=44ae676c-0000-4000-8000-agenteltests
        provider.request_id=req_011C00000000000000000001 stream.chunk_count=6
        usage.cache_write_1h.input_tokens=0 usage.cache_write_5m.input_tokens=0
        usage.service_tier=standard usage.source=provider
      gen_ai: operation.name=chat output.type=json provider.name=anthropic
        request.max_tokens=64 request.model=claude-opus-5 request.stream=true
        response.finish_reasons=[stop] response.id=msg_010000000000000000000001
        response.model=claude-opus-5 response.time_to_first_chunk=TIME
        usage.cache_read.input_tokens=0 usage.cache_write.input_tokens=0
        usage.input_tokens=12 usage.output_tokens=7
      server: address=127.0.0.1 port=PORT
"""
PARSE_STREAM_FAILS = """
    chat claude-opus-5 [client] ERROR
      agentel: error.category=model_error error.confidence=0.9 error.fingerprint=PRINT
        error.retryable=false input.message_count=1 input.size=31 outcome=error
        output.parsed=false output.size=7
        provider.organization=44ae676c-0000-4000-8000-agenteltests
        provider.request_id=req_011C00000000000000000001 stream.chunk_count=4
        usage.cache_write_1h.input_tokens=0 usage.cache_write_5m.input_tokens=0
        usage.service_tier=standard usage.source=provider
      error: type=ValidationError
      gen_ai: operation.name=chat output.type=json provider.name=anthropic
        request.max_tokens=64 request.model=claude-opus-5 request.stream=true
        response.finish_reasons=[error] response.id=msg_010000000000000000000001
        response.model=claude-opus-5 response.time_to_first_chunk=TIME
        usage.cache_read.input_tokens=0 usage.cache_write.input_tokens=0
        usage.input_tokens=12
      server: address=127.0.0.1 port=PORT
"""
TOOL_RUNNER = """
    chat claude-opus-5 [client]
      agentel: input.message_count=1 input.size=31 outcome=completed output.size=13
        provider.organization=44ae676c-0000-4000-8000-agenteltests
        provider.request_id=req_011C00000000000000000001
        usage.cache_write_1h.input_tokens=0 usage.cache_write_5m.input_tokens=0
        usage.service_tier=standard usage.source=provider
      gen_ai: operation.name=chat provider.name=anthropic request.max_tokens=64
        request.model=claude-opus-5 response.finish_reasons=[tool_call]
        response.id=msg_010000000000000000000001 response.model=claude-opus-5
        usage.cache_read.input_tokens=0 usage.cache_write.input_tokens=0
        usage.input_tokens=12 usage.output_tokens=7
      server: address=127.0.0.1 port=PORT
    chat claude-opus-5 [client]
      agentel: input.message_count=1 input.size=1 outcome=completed output.size=1
        provider.organization=44ae676c-0000-4000-8000-agenteltests
        provider.request_id=req_011C00000000000000000002
        usage.cache_write_1h.input_tokens=0 usage.cache_write_5m.input_tokens=0
        usage.service_tier=standard usage.source=provider
      gen_ai: operation.name=chat provider.name=anthropic request.max_tokens=64
        request.model=claude-opus-5 response.finish_reasons=[stop]
        response.id=msg_010000000000000000000002 response.model=claude-opus-5
        usage.cache_read.input_tokens=0 usage.cache_write.input_tokens=0
        usage.input_tokens=12 usage.output_tokens=7
      server: address=127.0.0.1 port=PORT
"""
CASES = [
    Case("messages", "helper-iterated", iterated, HELPER_ITERATED, (SAID,)),
    Case("messages", "helper-beta", iterated_beta, HELPER_ITERATED, (SAID,)),
    Case("messages", "helper-text-stream", text_stream, HELPER_ITERATED, (SAID,)),
    Case("messages", "helper-final-message", final_message, HELPER_ITERATED, (SAID,)),
    Case("messages", "helper-final-text", final_text, HELPER_ITERATED, (SAID,)),
    Case("messages", "helper-until-done", until_done, HELPER_ITERATED, (SAID,)),
    Case("messages", "helper-read-twice", read_twice, HELPER_ITERATED, (SAID,)),
    Case("messages", "helper-break", broken_off, HELPER_BREAK, (SAID,), is_read=False),
    Case("messages", "helper-close", closed, HELPER_BREAK, (SAID,), is_read=False),
    Case("messages", "helper-unread", unread, HELPER_UNREAD, (SAID,), is_read=False),
    Case("messages", "helper-user-fails", user_fails, HELPER_BREAK, (SAID,), is_read=False),
    Case("messages", "parse", parsed, PARSE, JSON, needs="messages.parse"),
    Case("messages", "parse-beta", parsed_beta, PARSE, JSON, needs="beta.messages.parse"),
    Case(
        "messages",
        "parse-fails",
        parse_fails,
        PARSE_FAILS,
        (json_object({"y": 1}),),
        needs="messages.parse",
    ),
    Case("messages", "parse-stream", streamed_parse, PARSE_STREAM, JSON, needs="messages.parse"),
    Case(
        "messages",
        "parse-stream-fails",
        streamed_parse_fails,
        PARSE_STREAM_FAILS,
        (json_object({"y": 1}),),
        needs="messages.parse",
        is_read=False,
    ),
    Case(
        "messages",
        "tool-runner",
        runs_tools,
        TOOL_RUNNER,
        TURNS,
        calls=2,
        needs="beta.messages.tool_runner",
    ),
]


@pytest.mark.parametrize(("case", "mode"), rows(ANTHROPIC, CASES))
def test_call_is_recorded_once_and_whole(case: Case, mode: str) -> None:
    assert spans_of(ANTHROPIC, case, mode) == expected_of(case)
