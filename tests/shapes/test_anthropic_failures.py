from __future__ import annotations

import asyncio

import pytest

from support.anthropic_clients import ANTHROPIC, CHAT, OLD, SAID
from support.model_server import (
    cut,
    disconnect,
    empty,
    error,
    hang,
    html,
    raw,
)
from support.shapes import Case, Run, expected_of, rows, spans_of


def fails(run: Run) -> None:
    run.fails(lambda: run.call("messages.create", **CHAT))


def retried(run: Run) -> None:
    run.client = run.client.with_options(max_retries=2)
    run.call("messages.create", **CHAT)


def gives_up(run: Run) -> None:
    run.client = run.client.with_options(max_retries=1)
    fails(run)


def times_out(run: Run) -> None:
    run.fails(lambda: run.call("messages.create", **CHAT, timeout=0.2))


def is_text(run: Run) -> None:
    run.call("messages.create", **CHAT)


def cancelled(run: Run) -> None:
    async def give_up() -> None:
        await asyncio.wait_for(run.method("messages.create")(**CHAT), 0.2)

    run.fails(lambda: run.caller.call(give_up))


STATUS_401 = """
    chat claude-opus-5 [client] ERROR
      agentel: error.category=auth error.code=authentication_error error.confidence=1.0
        error.fingerprint=PRINT error.retryable=false input.message_count=1
        input.size=31 outcome=error
        provider.organization=44ae676c-0000-4000-8000-agenteltests
        provider.request_id=req_011C00000000000000000001 usage.source=absent
      error: type=AuthenticationError
      gen_ai: operation.name=chat provider.name=anthropic request.max_tokens=64
        request.model=claude-opus-5
      http: response.status_code=401
      server: address=127.0.0.1 port=PORT
"""
STATUS_400_CONTEXT = """
    chat claude-opus-5 [client] ERROR
      agentel: error.category=context_length error.code=invalid_request_error
        error.confidence=0.8 error.fingerprint=PRINT error.retryable=false
        input.message_count=1 input.size=31 outcome=error
        provider.organization=44ae676c-0000-4000-8000-agenteltests
        provider.request_id=req_011C00000000000000000001 usage.source=absent
      error: type=BadRequestError
      gen_ai: operation.name=chat provider.name=anthropic request.max_tokens=64
        request.model=claude-opus-5
      http: response.status_code=400
      server: address=127.0.0.1 port=PORT
"""
STATUS_404 = """
    chat claude-opus-5 [client] ERROR
      agentel: error.category=not_found error.code=not_found_error error.confidence=0.9
        error.fingerprint=PRINT error.retryable=false input.message_count=1
        input.size=31 outcome=error
        provider.organization=44ae676c-0000-4000-8000-agenteltests
        provider.request_id=req_011C00000000000000000001 usage.source=absent
      error: type=NotFoundError
      gen_ai: operation.name=chat provider.name=anthropic request.max_tokens=64
        request.model=claude-opus-5
      http: response.status_code=404
      server: address=127.0.0.1 port=PORT
"""
STATUS_429 = """
    chat claude-opus-5 [client] ERROR
      agentel: error.category=rate_limit error.code=rate_limit_error
        error.confidence=1.0 error.fingerprint=PRINT error.retry_after=7.0
        error.retryable=true input.message_count=1 input.size=31 outcome=error
        provider.organization=44ae676c-0000-4000-8000-agenteltests
        provider.request_id=req_011C00000000000000000001 usage.source=absent
      error: type=RateLimitError
      gen_ai: operation.name=chat provider.name=anthropic request.max_tokens=64
        request.model=claude-opus-5
      http: response.status_code=429
      server: address=127.0.0.1 port=PORT
"""
STATUS_500 = """
    chat claude-opus-5 [client] ERROR
      agentel: error.category=api_error error.code=api_error error.confidence=0.9
        error.fingerprint=PRINT error.retryable=true input.message_count=1 input.size=31
        outcome=error provider.organization=44ae676c-0000-4000-8000-agenteltests
        provider.request_id=req_011C00000000000000000001 usage.source=absent
      error: type=InternalServerError
      gen_ai: operation.name=chat provider.name=anthropic request.max_tokens=64
        request.model=claude-opus-5
      http: response.status_code=500
      server: address=127.0.0.1 port=PORT
"""
STATUS_529 = """
    chat claude-opus-5 [client] ERROR
      agentel: error.category=api_error error.code=overloaded_error error.confidence=1.0
        error.fingerprint=PRINT error.retryable=true input.message_count=1 input.size=31
        outcome=error provider.organization=44ae676c-0000-4000-8000-agenteltests
        provider.request_id=req_011C00000000000000000001 usage.source=absent
      error: type=OverloadedError
      gen_ai: operation.name=chat provider.name=anthropic request.max_tokens=64
        request.model=claude-opus-5
      http: response.status_code=529
      server: address=127.0.0.1 port=PORT
"""
HTML_502 = """
    chat claude-opus-5 [client] ERROR
      agentel: error.category=html_error error.confidence=1.0 error.fingerprint=PRINT
        error.retryable=true input.message_count=1 input.size=31 outcome=error
        provider.organization=44ae676c-0000-4000-8000-agenteltests
        provider.request_id=req_011C00000000000000000001 usage.source=absent
      error: type=InternalServerError
      gen_ai: operation.name=chat provider.name=anthropic request.max_tokens=64
        request.model=claude-opus-5
      http: response.status_code=502
      server: address=127.0.0.1 port=PORT
"""
HTML_200 = """
    chat claude-opus-5 [client] ERROR
      agentel: error.category=html_error error.confidence=1.0 error.fingerprint=PRINT
        error.retryable=true input.message_count=1 input.size=31 outcome=error
        provider.organization=44ae676c-0000-4000-8000-agenteltests
        provider.request_id=req_011C00000000000000000001 usage.source=absent
      error: type=html_error
      gen_ai: operation.name=chat provider.name=anthropic request.max_tokens=64
        request.model=claude-opus-5
      http: response.status_code=200
      server: address=127.0.0.1 port=PORT
"""
NOT_JSON = """
    chat claude-opus-5 [client] ERROR
      agentel: error.category=model_error error.confidence=1.0 error.fingerprint=PRINT
        error.retryable=false input.message_count=1 input.size=31 outcome=error
        provider.organization=44ae676c-0000-4000-8000-agenteltests
        provider.request_id=req_011C00000000000000000001 usage.source=absent
      error: type=invalid_response
      gen_ai: operation.name=chat provider.name=anthropic request.max_tokens=64
        request.model=claude-opus-5
      http: response.status_code=200
      server: address=127.0.0.1 port=PORT
"""
EMPTY = """
    chat claude-opus-5 [client] ERROR
      agentel: error.category=model_error error.confidence=0.9 error.fingerprint=PRINT
        error.retryable=false input.message_count=1 input.size=31 outcome=error
        provider.organization=44ae676c-0000-4000-8000-agenteltests
        provider.request_id=req_011C00000000000000000001 usage.source=absent
      error: type=JSONDecodeError
      gen_ai: operation.name=chat provider.name=anthropic request.max_tokens=64
        request.model=claude-opus-5
      server: address=127.0.0.1 port=PORT
"""
DISCONNECT = """
    chat claude-opus-5 [client] ERROR
      agentel: error.category=network error.confidence=0.9 error.fingerprint=PRINT
        error.retryable=true input.message_count=1 input.size=31 outcome=error
        usage.source=absent
      error: type=APIConnectionError
      gen_ai: operation.name=chat provider.name=anthropic request.max_tokens=64
        request.model=claude-opus-5
      server: address=127.0.0.1 port=PORT
"""
TIMEOUT = """
    chat claude-opus-5 [client] ERROR
      agentel: error.category=timeout error.confidence=0.9 error.fingerprint=PRINT
        error.retryable=true input.message_count=1 input.size=31 outcome=error
        usage.source=absent
      error: type=APITimeoutError
      gen_ai: operation.name=chat provider.name=anthropic request.max_tokens=64
        request.model=claude-opus-5
      server: address=127.0.0.1 port=PORT
"""
CANCELLED = """
    chat claude-opus-5 [client]
      agentel: input.message_count=1 input.size=31 outcome=cancelled usage.source=absent
      gen_ai: operation.name=chat provider.name=anthropic request.max_tokens=64
        request.model=claude-opus-5
      server: address=127.0.0.1 port=PORT
"""
RETRIED = """
    chat claude-opus-5 [client]
      agentel: attempt.count=3 input.message_count=1 input.size=31 outcome=completed
        output.size=26 provider.organization=44ae676c-0000-4000-8000-agenteltests
        provider.request_id=req_011C00000000000000000003
        usage.cache_write_1h.input_tokens=50 usage.cache_write_5m.input_tokens=30
        usage.service_tier=standard usage.source=provider
      gen_ai: operation.name=chat provider.name=anthropic request.max_tokens=64
        request.model=claude-opus-5 response.finish_reasons=[stop]
        response.id=msg_010000000000000000000003 response.model=claude-opus-5
        usage.cache_read.input_tokens=200 usage.cache_write.input_tokens=80
        usage.input_tokens=320 usage.output_tokens=7
      server: address=127.0.0.1 port=PORT
      * agentel.attempt
        agentel: attempt.delay=TIME attempt.number=1 attempt.retry_after=0.0
        http: response.status_code=429
      * agentel.attempt
        agentel: attempt.delay=TIME attempt.number=2 attempt.retry_after=0.0
        http: response.status_code=529
"""
GIVES_UP = """
    chat claude-opus-5 [client] ERROR
      agentel: attempt.count=2 error.category=api_error error.code=api_error
        error.confidence=0.9 error.fingerprint=PRINT error.retryable=true
        input.message_count=1 input.size=31 outcome=error
        provider.organization=44ae676c-0000-4000-8000-agenteltests
        provider.request_id=req_011C00000000000000000002 usage.source=absent
      error: type=InternalServerError
      gen_ai: operation.name=chat provider.name=anthropic request.max_tokens=64
        request.model=claude-opus-5
      http: response.status_code=500
      server: address=127.0.0.1 port=PORT
      * agentel.attempt
        agentel: attempt.delay=TIME attempt.number=1 attempt.retry_after=0.0
        http: response.status_code=529
"""
ASYNC_529 = STATUS_529.replace("OverloadedError", "InternalServerError") if OLD else STATUS_529
CASES = [
    Case("messages", "401", fails, STATUS_401, (error(401),)),
    Case(
        "messages",
        "400-context",
        fails,
        STATUS_400_CONTEXT,
        (error(400, "prompt is too long: 9 > 8"),),
    ),
    Case("messages", "404", fails, STATUS_404, (error(404),)),
    Case("messages", "429", fails, STATUS_429, (error(429, retry_after=7),)),
    Case("messages", "500", fails, STATUS_500, (error(500),)),
    Case("messages", "529", fails, STATUS_529, (error(529),), mode="sync"),
    Case("messages", "529", fails, ASYNC_529, (error(529),), mode="async"),
    Case("messages", "html-502", fails, HTML_502, (html(502),)),
    Case("messages", "html-200", is_text, HTML_200, (html(),)),
    Case("messages", "not-json", is_text, NOT_JSON, (raw("nothing", content_type="text/plain"),)),
    Case("messages", "empty", fails, EMPTY, (empty(),)),
    Case("messages", "disconnect", fails, DISCONNECT, (disconnect(),)),
    Case("messages", "cut", fails, DISCONNECT, (cut(),)),
    Case("messages", "timeout", times_out, TIMEOUT, (hang(30),)),
    Case("messages", "cancelled", cancelled, CANCELLED, (hang(30),), mode="async"),
    Case(
        "messages",
        "retried",
        retried,
        RETRIED,
        (error(429, retry_after=0), error(529, retry_after=0), SAID),
    ),
    Case("messages", "gives-up", gives_up, GIVES_UP, (error(529, retry_after=0), error(500))),
]


@pytest.mark.parametrize(("case", "mode"), rows(ANTHROPIC, CASES))
def test_call_is_recorded_once_and_whole(case: Case, mode: str) -> None:
    assert spans_of(ANTHROPIC, case, mode) == expected_of(case)
