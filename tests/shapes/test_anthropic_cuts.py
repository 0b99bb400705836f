from __future__ import annotations

import asyncio
from typing import Any

import pytest

from support.anthropic_clients import ANTHROPIC, CHAT, SAID
from support.model_server import (
    cut,
    eof,
    error,
    html,
    stream_error,
    text,
)
from support.shapes import Case, Run, expected_of, rows, spans_of


def fails(run: Run) -> None:
    run.fails(lambda: run.call("messages.create", **CHAT))


def cancelled(run: Run) -> None:
    async def give_up() -> None:
        await asyncio.wait_for(run.method("messages.create")(**CHAT), 0.2)

    run.fails(lambda: run.caller.call(give_up))


def stream(run: Run) -> None:
    run.caller.drain(run.call("messages.create", **CHAT, stream=True))


def stream_refused(run: Run) -> None:
    run.fails(lambda: run.call("messages.create", **CHAT, stream=True))


def stream_fails(run: Run) -> None:
    events = run.call("messages.create", **CHAT, stream=True)
    run.fails(lambda: run.caller.drain(events))


def stream_cancelled(run: Run) -> None:
    async def read(began: asyncio.Event) -> None:
        async with await run.method("messages.create")(**CHAT, stream=True) as events:
            async for _ in events:
                began.set()

    async def give_up() -> None:
        began = asyncio.Event()
        task = asyncio.ensure_future(read(began))
        await began.wait()
        task.cancel()
        await asyncio.wait([task])

    run.caller.call(give_up)


def stream_user_fails(run: Run) -> None:
    def body(events: Any) -> None:
        run.caller.take(events, 4)
        raise LookupError

    events = run.call("messages.create", **CHAT, stream=True)
    run.fails(lambda: run.caller.inside(events, body))


SLOW = text("slow", chunk_delay_s=30)
STREAM_429 = """
    chat claude-opus-5 [client] ERROR
      agentel: error.category=rate_limit error.code=rate_limit_error
        error.confidence=1.0 error.fingerprint=PRINT error.retryable=true
        input.message_count=1 input.size=31 outcome=error
        provider.organization=44ae676c-0000-4000-8000-agenteltests
        provider.request_id=req_011C00000000000000000001 usage.source=absent
      error: type=RateLimitError
      gen_ai: operation.name=chat provider.name=anthropic request.max_tokens=64
        request.model=claude-opus-5 request.stream=true
      http: response.status_code=429
      server: address=127.0.0.1 port=PORT
"""
STREAM_CUT = """
    chat claude-opus-5 [client] ERROR
      agentel: error.category=network error.confidence=1.0 error.fingerprint=PRINT
        error.retryable=true input.message_count=1 input.size=31 outcome=cut
        output.size=1 provider.organization=44ae676c-0000-4000-8000-agenteltests
        provider.request_id=req_011C00000000000000000001 stream.chunk_count=3
        usage.cache_write_1h.input_tokens=0 usage.cache_write_5m.input_tokens=0
        usage.service_tier=standard usage.source=provider
      error: type=RemoteProtocolError
      gen_ai: operation.name=chat provider.name=anthropic request.max_tokens=64
        request.model=claude-opus-5 request.stream=true response.finish_reasons=[error]
        response.id=msg_010000000000000000000001 response.model=claude-opus-5
        response.time_to_first_chunk=TIME usage.cache_read.input_tokens=0
        usage.cache_write.input_tokens=0 usage.input_tokens=12
      http: response.status_code=200
      server: address=127.0.0.1 port=PORT
"""
STREAM_RESET = """
    chat claude-opus-5 [client] ERROR
      agentel: error.category=network error.confidence=1.0 error.fingerprint=PRINT
        error.retryable=true input.message_count=1 input.size=31 outcome=cut
        output.size=1 provider.organization=44ae676c-0000-4000-8000-agenteltests
        provider.request_id=req_011C00000000000000000001 stream.chunk_count=3
        usage.cache_write_1h.input_tokens=0 usage.cache_write_5m.input_tokens=0
        usage.service_tier=standard usage.source=provider
      error: type=ReadError
      gen_ai: operation.name=chat provider.name=anthropic request.max_tokens=64
        request.model=claude-opus-5 request.stream=true response.finish_reasons=[error]
        response.id=msg_010000000000000000000001 response.model=claude-opus-5
        response.time_to_first_chunk=TIME usage.cache_read.input_tokens=0
        usage.cache_write.input_tokens=0 usage.input_tokens=12
      http: response.status_code=200
      server: address=127.0.0.1 port=PORT
"""
STREAM_EOF = """
    chat claude-opus-5 [client] ERROR
      agentel: error.category=network error.confidence=1.0 error.fingerprint=PRINT
        error.retryable=true input.message_count=1 input.size=31 outcome=cut
        output.size=1 provider.organization=44ae676c-0000-4000-8000-agenteltests
        provider.request_id=req_011C00000000000000000001 stream.chunk_count=3
        usage.cache_write_1h.input_tokens=0 usage.cache_write_5m.input_tokens=0
        usage.service_tier=standard usage.source=provider
      error: type=stream_cut
      gen_ai: operation.name=chat provider.name=anthropic request.max_tokens=64
        request.model=claude-opus-5 request.stream=true response.finish_reasons=[error]
        response.id=msg_010000000000000000000001 response.model=claude-opus-5
        response.time_to_first_chunk=TIME usage.cache_read.input_tokens=0
        usage.cache_write.input_tokens=0 usage.input_tokens=12
      http: response.status_code=200
      server: address=127.0.0.1 port=PORT
"""
STREAM_HTML = """
    chat claude-opus-5 [client] ERROR
      agentel: error.category=html_error error.confidence=1.0 error.fingerprint=PRINT
        error.retryable=true input.message_count=1 input.size=31 outcome=error
        output.size=0 provider.organization=44ae676c-0000-4000-8000-agenteltests
        provider.request_id=req_011C00000000000000000001 usage.source=absent
      error: type=html_error
      gen_ai: operation.name=chat provider.name=anthropic request.max_tokens=64
        request.model=claude-opus-5 request.stream=true response.finish_reasons=[error]
      http: response.status_code=200
      server: address=127.0.0.1 port=PORT
"""
STREAM_ERROR = """
    chat claude-opus-5 [client] ERROR
      agentel: error.category=api_error error.code=overloaded_error error.confidence=1.0
        error.fingerprint=PRINT error.retryable=true input.message_count=1 input.size=31
        outcome=error output.size=1
        provider.organization=44ae676c-0000-4000-8000-agenteltests
        provider.request_id=req_011C00000000000000000001 stream.chunk_count=3
        usage.cache_write_1h.input_tokens=0 usage.cache_write_5m.input_tokens=0
        usage.service_tier=standard usage.source=provider
      error: type=APIStatusError
      gen_ai: operation.name=chat provider.name=anthropic request.max_tokens=64
        request.model=claude-opus-5 request.stream=true response.finish_reasons=[error]
        response.id=msg_010000000000000000000001 response.model=claude-opus-5
        response.time_to_first_chunk=TIME usage.cache_read.input_tokens=0
        usage.cache_write.input_tokens=0 usage.input_tokens=12
      http: response.status_code=200
      server: address=127.0.0.1 port=PORT
"""
STREAM_CANCELLED = """
    chat claude-opus-5 [client]
      agentel: input.message_count=1 input.size=31 outcome=cancelled output.size=0
        provider.organization=44ae676c-0000-4000-8000-agenteltests
        provider.request_id=req_011C00000000000000000001 stream.chunk_count=1
        usage.cache_write_1h.input_tokens=0 usage.cache_write_5m.input_tokens=0
        usage.service_tier=standard usage.source=provider
      gen_ai: operation.name=chat provider.name=anthropic request.max_tokens=64
        request.model=claude-opus-5 request.stream=true response.finish_reasons=[error]
        response.id=msg_010000000000000000000001 response.model=claude-opus-5
        response.time_to_first_chunk=TIME usage.cache_read.input_tokens=0
        usage.cache_write.input_tokens=0 usage.input_tokens=12
      server: address=127.0.0.1 port=PORT
"""
STREAM_USER_FAILS = """
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
CASES = [
    Case("messages", "stream-429", stream_refused, STREAM_429, (error(429),)),
    Case("messages", "stream-cut", stream_fails, STREAM_CUT, (cut(4),), is_read=False),
    Case(
        "messages", "stream-reset", stream_fails, STREAM_RESET, (cut(4, reset=True),), is_read=False
    ),
    Case("messages", "stream-eof", stream, STREAM_EOF, (eof(4),), is_read=False),
    Case("messages", "stream-html", stream, STREAM_HTML, (html(),)),
    Case("messages", "stream-error", stream_fails, STREAM_ERROR, (stream_error(4),), is_read=False),
    Case(
        "messages",
        "stream-cancelled",
        stream_cancelled,
        STREAM_CANCELLED,
        (SLOW,),
        mode="async",
        is_read=False,
    ),
    Case(
        "messages",
        "stream-user-fails",
        stream_user_fails,
        STREAM_USER_FAILS,
        (SAID,),
        is_read=False,
    ),
]


@pytest.mark.parametrize(("case", "mode"), rows(ANTHROPIC, CASES))
def test_call_is_recorded_once_and_whole(case: Case, mode: str) -> None:
    assert spans_of(ANTHROPIC, case, mode) == expected_of(case)
