from __future__ import annotations

import pytest

from support.anthropic_clients import ANTHROPIC, CHAT, SAID
from support.model_server import stream_error, thinking, tool_calls, web_search
from support.shapes import ANSWER, Case, Run, expected_of, rows, spans_of


def stream(run: Run) -> None:
    run.caller.drain(run.call("messages.create", **CHAT, stream=True))


def stream_beta(run: Run) -> None:
    run.caller.drain(run.call("beta.messages.create", **CHAT, stream=True))


def stream_raw(run: Run) -> None:
    response = run.call("messages.with_raw_response.create", **CHAT, stream=True)
    run.caller.drain(run.caller.call(response.parse))


def stream_break(run: Run) -> None:
    run.caller.take(run.call("messages.create", **CHAT, stream=True), 4)


def stream_close(run: Run) -> None:
    events = run.call("messages.create", **CHAT, stream=True)
    run.caller.take(events, 4)
    run.caller.call(events.close)


def stream_with(run: Run) -> None:
    events = run.call("messages.create", **CHAT, stream=True)
    run.caller.inside(events, lambda entered: run.caller.take(entered, 4))


def stream_unread(run: Run) -> None:
    run.call("messages.create", **CHAT, stream=True)


def stream_lines(run: Run) -> None:
    create = run.method("messages.with_streaming_response.create")
    manager = create(**CHAT, stream=True)
    run.caller.inside(manager, lambda response: run.caller.drain(response.iter_lines()))


STREAM = """
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
STREAM_THINKING = """
    chat claude-opus-5 [client]
      agentel: input.message_count=1 input.size=31 outcome=completed output.size=32
        provider.organization=44ae676c-0000-4000-8000-agenteltests
        provider.request_id=req_011C00000000000000000001 stream.chunk_count=15
        usage.cache_write_1h.input_tokens=0 usage.cache_write_5m.input_tokens=0
        usage.service_tier=standard usage.source=provider
      gen_ai: operation.name=chat provider.name=anthropic request.max_tokens=64
        request.model=claude-opus-5 request.stream=true response.finish_reasons=[stop]
        response.id=msg_010000000000000000000001 response.model=claude-opus-5
        response.time_to_first_chunk=TIME usage.cache_read.input_tokens=0
        usage.cache_write.input_tokens=0 usage.input_tokens=12 usage.output_tokens=27
        usage.reasoning.output_tokens=20
      server: address=127.0.0.1 port=PORT
"""
STREAM_TOOLS = """
    chat claude-opus-5 [client]
      agentel: input.message_count=1 input.size=31 outcome=completed output.size=33
        provider.organization=44ae676c-0000-4000-8000-agenteltests
        provider.request_id=req_011C00000000000000000001 stream.chunk_count=14
        usage.cache_write_1h.input_tokens=0 usage.cache_write_5m.input_tokens=0
        usage.service_tier=standard usage.source=provider
      gen_ai: operation.name=chat provider.name=anthropic request.max_tokens=64
        request.model=claude-opus-5 request.stream=true
        response.finish_reasons=[tool_call] response.id=msg_010000000000000000000001
        response.model=claude-opus-5 response.time_to_first_chunk=TIME
        usage.cache_read.input_tokens=0 usage.cache_write.input_tokens=0
        usage.input_tokens=12 usage.output_tokens=7
      server: address=127.0.0.1 port=PORT
"""
STREAM_WEB_SEARCH = """
    chat claude-opus-5 [client]
      agentel: input.message_count=1 input.size=31 outcome=completed output.size=42
        provider.organization=44ae676c-0000-4000-8000-agenteltests
        provider.request_id=req_011C00000000000000000001 stream.chunk_count=16
        usage.cache_write_1h.input_tokens=0 usage.cache_write_5m.input_tokens=0
        usage.service_tier=standard usage.source=provider usage.web_fetch.requests=0
        usage.web_search.requests=1
      gen_ai: operation.name=chat provider.name=anthropic request.max_tokens=64
        request.model=claude-opus-5 request.stream=true response.finish_reasons=[stop]
        response.id=msg_010000000000000000000001 response.model=claude-opus-5
        response.time_to_first_chunk=TIME usage.cache_read.input_tokens=0
        usage.cache_write.input_tokens=0 usage.input_tokens=320 usage.output_tokens=7
      server: address=127.0.0.1 port=PORT
"""
STREAM_BREAK = """
    chat claude-opus-5 [client]
      agentel: input.message_count=1 input.size=31 outcome=abandoned output.size=11
        provider.organization=44ae676c-0000-4000-8000-agenteltests
        provider.request_id=req_011C00000000000000000001 stream.chunk_count=4
        usage.cache_write_1h.input_tokens=50 usage.cache_write_5m.input_tokens=30
        usage.service_tier=standard usage.source=provider
      gen_ai: operation.name=chat provider.name=anthropic request.max_tokens=64
        request.model=claude-opus-5 request.stream=true
        response.id=msg_010000000000000000000001 response.model=claude-opus-5
        response.time_to_first_chunk=TIME usage.cache_read.input_tokens=200
        usage.cache_write.input_tokens=80 usage.input_tokens=320
      server: address=127.0.0.1 port=PORT
"""
STREAM_UNREAD = """
    chat claude-opus-5 [client]
      agentel: input.message_count=1 input.size=31 outcome=abandoned output.size=0
        provider.organization=44ae676c-0000-4000-8000-agenteltests
        provider.request_id=req_011C00000000000000000001 usage.source=absent
      gen_ai: operation.name=chat provider.name=anthropic request.max_tokens=64
        request.model=claude-opus-5 request.stream=true
      server: address=127.0.0.1 port=PORT
"""
STREAM_LINES_ERROR = """
    chat claude-opus-5 [client] ERROR
      agentel: error.category=api_error error.code=overloaded_error error.confidence=1.0
        error.fingerprint=PRINT error.retryable=true input.message_count=1 input.size=31
        outcome=error output.size=3
        provider.organization=44ae676c-0000-4000-8000-agenteltests
        provider.request_id=req_011C00000000000000000001 stream.chunk_count=4
        usage.cache_write_1h.input_tokens=50 usage.cache_write_5m.input_tokens=30
        usage.service_tier=standard usage.source=provider
      error: type=overloaded_error
      gen_ai: operation.name=chat provider.name=anthropic request.max_tokens=64
        request.model=claude-opus-5 request.stream=true response.finish_reasons=[error]
        response.id=msg_010000000000000000000001 response.model=claude-opus-5
        response.time_to_first_chunk=TIME usage.cache_read.input_tokens=200
        usage.cache_write.input_tokens=80 usage.input_tokens=320
      http: response.status_code=200
      server: address=127.0.0.1 port=PORT
"""
CASES = [
    Case("messages", "stream", stream, STREAM, (SAID,)),
    Case("messages", "stream-beta", stream_beta, STREAM, (SAID,)),
    Case("messages", "stream-raw", stream_raw, STREAM, (SAID,)),
    Case("messages", "stream-lines", stream_lines, STREAM, (SAID,)),
    Case(
        "messages",
        "stream-lines-error",
        stream_lines,
        STREAM_LINES_ERROR,
        (stream_error(4, of=SAID),),
        is_read=False,
    ),
    Case("messages", "stream-thinking", stream, STREAM_THINKING, (thinking("hm, hm", ANSWER),)),
    Case(
        "messages", "stream-tools", stream, STREAM_TOOLS, (tool_calls([("add", {"a": 1})], ANSWER),)
    ),
    Case("messages", "stream-web-search", stream, STREAM_WEB_SEARCH, (web_search("cats", ANSWER),)),
    Case("messages", "stream-break", stream_break, STREAM_BREAK, (SAID,), is_read=False),
    Case("messages", "stream-close", stream_close, STREAM_BREAK, (SAID,), is_read=False),
    Case("messages", "stream-with", stream_with, STREAM_BREAK, (SAID,), is_read=False),
    Case("messages", "stream-unread", stream_unread, STREAM_UNREAD, (SAID,), is_read=False),
]


@pytest.mark.parametrize(("case", "mode"), rows(ANTHROPIC, CASES))
def test_call_is_recorded_once_and_whole(case: Case, mode: str) -> None:
    assert spans_of(ANTHROPIC, case, mode) == expected_of(case)
