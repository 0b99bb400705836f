from __future__ import annotations

import asyncio

import pytest

from support.model_server import cut, disconnect, eof, error, hang, html, stream_error, text
from support.openai_clients import CHAT, CUT, OPENAI, STREAM, chat, chat_fails, chat_stream
from support.shapes import Case, Run, expected_of, rows, spans_of


def times_out(run: Run) -> None:
    run.fails(lambda: run.call("chat.completions.create", **CHAT, timeout=0.1))


def stream_fails(run: Run) -> None:
    run.fails(lambda: chat_stream(run))


def cancelled(run: Run) -> None:
    async def cancel() -> None:
        task = asyncio.ensure_future(run.client.chat.completions.create(**CHAT))
        while not run.server.requests:  # noqa: ASYNC110  # the server is in other threads
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    run.caller.run(cancel())


def stream_cancelled(run: Run) -> None:
    async def read(started: asyncio.Event) -> None:
        async for _ in await run.client.chat.completions.create(**STREAM):
            started.set()

    async def cancel() -> None:
        started = asyncio.Event()
        task = asyncio.ensure_future(read(started))
        await started.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    run.caller.run(cancel())


SLOW = text("one two three", chunk_delay_s=5.0)
CHAT_CUT = f"""
    chat gpt-5 [client] ERROR
      agentel: error.category=network error.confidence=1.0 error.fingerprint=PRINT
        error.retryable=true input.message_count=1 input.size=31 outcome=cut
        output.size=1 provider.organization=agentel-tests
        provider.project=proj_agenteltests
        provider.request_id=req_00000000000000000000000000000001 stream.chunk_count=2
        usage.source=absent
      error: type={CUT}
      gen_ai: operation.name=chat provider.name=openai request.model=gpt-5
        request.stream=true response.finish_reasons=[error]
        response.id=chatcmpl-00000000000000000000000000001
        response.model=gpt-5-2025-08-07 response.time_to_first_chunk=TIME
      http: response.status_code=200
      openai: api.type=chat_completions response.service_tier=default
        response.system_fingerprint=fp_44709d6fcb
      server: address=127.0.0.1 port=PORT
"""
CHAT_EOF = """
    chat gpt-5 [client] ERROR
      agentel: error.category=network error.confidence=1.0 error.fingerprint=PRINT
        error.retryable=true input.message_count=1 input.size=31 outcome=cut
        output.size=1 provider.organization=agentel-tests
        provider.project=proj_agenteltests
        provider.request_id=req_00000000000000000000000000000001 stream.chunk_count=2
        usage.source=absent
      error: type=stream_cut
      gen_ai: operation.name=chat provider.name=openai request.model=gpt-5
        request.stream=true response.finish_reasons=[error]
        response.id=chatcmpl-00000000000000000000000000001
        response.model=gpt-5-2025-08-07 response.time_to_first_chunk=TIME
      http: response.status_code=200
      openai: api.type=chat_completions response.service_tier=default
        response.system_fingerprint=fp_44709d6fcb
      server: address=127.0.0.1 port=PORT
"""
CHAT_ERROR_EVENT = """
    chat gpt-5 [client] ERROR
      agentel: error.category=api_error error.code=server_error error.confidence=0.9
        error.fingerprint=PRINT error.retryable=true input.message_count=1 input.size=31
        outcome=error output.size=1 provider.organization=agentel-tests
        provider.project=proj_agenteltests
        provider.request_id=req_00000000000000000000000000000001 stream.chunk_count=2
        usage.source=absent
      error: type=APIError
      gen_ai: operation.name=chat provider.name=openai request.model=gpt-5
        request.stream=true response.finish_reasons=[error]
        response.id=chatcmpl-00000000000000000000000000001
        response.model=gpt-5-2025-08-07 response.time_to_first_chunk=TIME
      openai: api.type=chat_completions response.service_tier=default
        response.system_fingerprint=fp_44709d6fcb
      server: address=127.0.0.1 port=PORT
"""
CHAT_CANCELLED = """
    chat gpt-5 [client]
      agentel: input.message_count=1 input.size=31 outcome=cancelled usage.source=absent
      gen_ai: operation.name=chat provider.name=openai request.model=gpt-5
      openai: api.type=chat_completions
      server: address=127.0.0.1 port=PORT
"""
CHAT_STREAM_CANCELLED = """
    chat gpt-5 [client]
      agentel: input.message_count=1 input.size=31 outcome=cancelled output.size=0
        provider.organization=agentel-tests provider.project=proj_agenteltests
        provider.request_id=req_00000000000000000000000000000001 stream.chunk_count=1
        usage.source=absent
      gen_ai: operation.name=chat provider.name=openai request.model=gpt-5
        request.stream=true response.finish_reasons=[error]
        response.id=chatcmpl-00000000000000000000000000001
        response.model=gpt-5-2025-08-07 response.time_to_first_chunk=TIME
      openai: api.type=chat_completions response.service_tier=default
        response.system_fingerprint=fp_44709d6fcb
      server: address=127.0.0.1 port=PORT
"""
CHAT_PAGE_200 = """
    chat gpt-5 [client] ERROR
      agentel: error.category=html_error error.confidence=1.0 error.fingerprint=PRINT
        error.retryable=true input.message_count=1 input.size=31 outcome=error
        provider.organization=agentel-tests provider.project=proj_agenteltests
        provider.request_id=req_00000000000000000000000000000001 usage.source=absent
      error: type=html_error
      gen_ai: operation.name=chat provider.name=openai request.model=gpt-5
      http: response.status_code=200
      openai: api.type=chat_completions
      server: address=127.0.0.1 port=PORT
"""
CHAT_STREAM_PAGE_200 = """
    chat gpt-5 [client] ERROR
      agentel: error.category=html_error error.confidence=1.0 error.fingerprint=PRINT
        error.retryable=true input.message_count=1 input.size=31 outcome=error
        output.size=0 provider.organization=agentel-tests
        provider.project=proj_agenteltests
        provider.request_id=req_00000000000000000000000000000001 usage.source=absent
      error: type=html_error
      gen_ai: operation.name=chat provider.name=openai request.model=gpt-5
        request.stream=true response.finish_reasons=[error]
      http: response.status_code=200
      openai: api.type=chat_completions
      server: address=127.0.0.1 port=PORT
"""
CHAT_PAGE_502 = """
    chat gpt-5 [client] ERROR
      agentel: error.category=html_error error.confidence=1.0 error.fingerprint=PRINT
        error.retryable=true input.message_count=1 input.size=31 outcome=error
        provider.organization=agentel-tests provider.project=proj_agenteltests
        provider.request_id=req_00000000000000000000000000000001 usage.source=absent
      error: type=InternalServerError
      gen_ai: operation.name=chat provider.name=openai request.model=gpt-5
      http: response.status_code=502
      openai: api.type=chat_completions
      server: address=127.0.0.1 port=PORT
"""
CHAT_ERROR_400 = """
    chat gpt-5 [client] ERROR
      agentel: error.category=context_length error.code=context_length_exceeded
        error.confidence=1.0 error.fingerprint=PRINT error.retryable=false
        input.message_count=1 input.size=31 outcome=error
        provider.organization=agentel-tests provider.project=proj_agenteltests
        provider.request_id=req_00000000000000000000000000000001 usage.source=absent
      error: type=BadRequestError
      gen_ai: operation.name=chat provider.name=openai request.model=gpt-5
      http: response.status_code=400
      openai: api.type=chat_completions
      server: address=127.0.0.1 port=PORT
"""
CHAT_ERROR_401 = """
    chat gpt-5 [client] ERROR
      agentel: error.category=auth error.code=invalid_api_key error.confidence=1.0
        error.fingerprint=PRINT error.retryable=false input.message_count=1
        input.size=31 outcome=error provider.organization=agentel-tests
        provider.project=proj_agenteltests
        provider.request_id=req_00000000000000000000000000000001 usage.source=absent
      error: type=AuthenticationError
      gen_ai: operation.name=chat provider.name=openai request.model=gpt-5
      http: response.status_code=401
      openai: api.type=chat_completions
      server: address=127.0.0.1 port=PORT
"""
CHAT_TIMEOUT = """
    chat gpt-5 [client] ERROR
      agentel: error.category=timeout error.confidence=0.9 error.fingerprint=PRINT
        error.retryable=true input.message_count=1 input.size=31 outcome=error
        usage.source=absent
      error: type=APITimeoutError
      gen_ai: operation.name=chat provider.name=openai request.model=gpt-5
      openai: api.type=chat_completions
      server: address=127.0.0.1 port=PORT
"""
CHAT_RESET = """
    chat gpt-5 [client] ERROR
      agentel: error.category=network error.confidence=0.9 error.fingerprint=PRINT
        error.retryable=true input.message_count=1 input.size=31 outcome=error
        usage.source=absent
      error: type=APIConnectionError
      gen_ai: operation.name=chat provider.name=openai request.model=gpt-5
      openai: api.type=chat_completions
      server: address=127.0.0.1 port=PORT
"""
CASES = [
    Case("chat", "cut", stream_fails, CHAT_CUT, (cut(),)),
    Case("chat", "eof", chat_stream, CHAT_EOF, (eof(),)),
    Case("chat", "error-event", stream_fails, CHAT_ERROR_EVENT, (stream_error(),)),
    Case("chat", "cancelled", cancelled, CHAT_CANCELLED, (hang(30),), mode="async"),
    Case(
        "chat", "stream-cancelled", stream_cancelled, CHAT_STREAM_CANCELLED, (SLOW,), mode="async"
    ),
    Case("chat", "page-200", chat, CHAT_PAGE_200, (html(),)),
    Case("chat", "stream-page-200", chat_stream, CHAT_STREAM_PAGE_200, (html(),)),
    Case("chat", "page-502", chat_fails, CHAT_PAGE_502, (html(502),)),
    Case(
        "chat",
        "error-400",
        chat_fails,
        CHAT_ERROR_400,
        (error(400, code="context_length_exceeded"),),
    ),
    Case("chat", "error-401", chat_fails, CHAT_ERROR_401, (error(401),)),
    Case("chat", "timeout", times_out, CHAT_TIMEOUT, (hang(30),)),
    Case("chat", "reset", chat_fails, CHAT_RESET, (disconnect(reset=True),)),
]


@pytest.mark.parametrize(("case", "mode"), rows(OPENAI, CASES))
def test_failure_is_recorded_once_and_told_apart(case: Case, mode: str) -> None:
    assert spans_of(OPENAI, case, mode) == expected_of(case)
