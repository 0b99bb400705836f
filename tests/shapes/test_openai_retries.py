from __future__ import annotations

import pytest

from support.model_server import disconnect, error
from support.openai_clients import CHAT, OPENAI
from support.shapes import Case, Run, expected_of, rows, spans_of


def retried(run: Run) -> None:
    client = run.client.with_options(max_retries=2)
    run.caller.call(client.chat.completions.create, **CHAT)


def retried_in_vain(run: Run) -> None:
    client = run.client.with_options(max_retries=1)
    run.fails(lambda: run.caller.call(client.chat.completions.create, **CHAT))


CHAT_RETRIED_429 = """
    chat gpt-5 [client]
      agentel: attempt.count=2 input.message_count=1 input.size=31 outcome=completed
        output.size=24 provider.organization=agentel-tests
        provider.project=proj_agenteltests
        provider.request_id=req_00000000000000000000000000000002 usage.source=provider
      gen_ai: operation.name=chat provider.name=openai request.model=gpt-5
        response.finish_reasons=[stop]
        response.id=chatcmpl-00000000000000000000000000002
        response.model=gpt-5-2025-08-07 usage.cache_read.input_tokens=0
        usage.input_tokens=12 usage.output_tokens=7 usage.reasoning.output_tokens=0
      openai: api.type=chat_completions response.service_tier=default
        response.system_fingerprint=fp_44709d6fcb
      server: address=127.0.0.1 port=PORT
      * agentel.attempt
        agentel: attempt.delay=TIME attempt.number=1 attempt.retry_after=0.01
        http: response.status_code=429
"""
CHAT_RETRIED_RESET = """
    chat gpt-5 [client]
      agentel: attempt.count=3 input.message_count=1 input.size=31 outcome=completed
        output.size=24 provider.organization=agentel-tests
        provider.project=proj_agenteltests
        provider.request_id=req_00000000000000000000000000000003 usage.source=provider
      gen_ai: operation.name=chat provider.name=openai request.model=gpt-5
        response.finish_reasons=[stop]
        response.id=chatcmpl-00000000000000000000000000003
        response.model=gpt-5-2025-08-07 usage.cache_read.input_tokens=0
        usage.input_tokens=12 usage.output_tokens=7 usage.reasoning.output_tokens=0
      openai: api.type=chat_completions response.service_tier=default
        response.system_fingerprint=fp_44709d6fcb
      server: address=127.0.0.1 port=PORT
      * agentel.attempt
        agentel: attempt.delay=TIME attempt.number=1
        http: response.status_code=500
      * agentel.attempt
        agentel: attempt.delay=TIME attempt.number=2 error.category=network
        error: type=RemoteProtocolError
"""
CHAT_RETRIED_IN_VAIN = """
    chat gpt-5 [client] ERROR
      agentel: attempt.count=2 error.category=api_error error.code=server_is_overloaded
        error.confidence=0.9 error.fingerprint=PRINT error.retryable=true
        input.message_count=1 input.size=31 outcome=error
        provider.organization=agentel-tests provider.project=proj_agenteltests
        provider.request_id=req_00000000000000000000000000000002 usage.source=absent
      error: type=InternalServerError
      gen_ai: operation.name=chat provider.name=openai request.model=gpt-5
      http: response.status_code=503
      openai: api.type=chat_completions
      server: address=127.0.0.1 port=PORT
      * agentel.attempt
        agentel: attempt.delay=TIME attempt.number=1
        http: response.status_code=503
"""
RETRIES = [
    Case("chat", "retried-429", retried, CHAT_RETRIED_429, (error(429, retry_after=0.01),)),
    Case("chat", "retried-reset", retried, CHAT_RETRIED_RESET, (error(500), disconnect())),
    Case(
        "chat", "retried-in-vain", retried_in_vain, CHAT_RETRIED_IN_VAIN, (error(503), error(503))
    ),
]


@pytest.mark.parametrize(("case", "mode"), rows(OPENAI, RETRIES))
def test_attempts_of_one_call_are_told_on_its_one_span(case: Case, mode: str) -> None:
    assert spans_of(OPENAI, case, mode) == expected_of(case)
