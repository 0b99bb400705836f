from __future__ import annotations

from typing import Any

import pytest

from support.openai_clients import OPENAI
from support.shapes import PROMPT, Case, Run, expected_of, rows, spans_of

ASK: dict[str, Any] = {"model": "gpt-5", "input": PROMPT}


def value(run: Run) -> Any:
    return run.call("responses.create", **ASK)


def fetched(run: Run) -> None:
    run.call("responses.retrieve", response_id=value(run).id)


def fetched_stream(run: Run) -> None:
    made = value(run)
    events = run.call("responses.retrieve", response_id=made.id, stream=True, starting_after=2)
    run.caller.drain(events)


def missing(run: Run) -> None:
    run.fails(lambda: run.call("responses.retrieve", response_id="resp_none"))


def background(run: Run) -> None:
    made = run.call("responses.create", **ASK, background=True)
    run.call("responses.retrieve", response_id=made.id)
    run.call("responses.retrieve", response_id=made.id)


def managed(run: Run) -> None:
    made = run.call("responses.create", **ASK, background=True)
    run.call("responses.cancel", response_id=made.id)
    run.call("responses.input_items.list", response_id=made.id)
    run.call("responses.delete", response_id=made.id)


NEEDS = "responses.create"
RESPONSES_FETCHED = """
    chat gpt-5 [client]
      agentel: input.message_count=1 input.size=31 outcome=completed output.size=24
        provider.organization=agentel-tests provider.project=proj_agenteltests
        provider.request_id=req_00000000000000000000000000000001 usage.source=provider
      gen_ai: operation.name=chat provider.name=openai request.model=gpt-5
        response.finish_reasons=[stop]
        response.id=resp_00000000000000000000000000000000000000000000000001
        response.model=gpt-5-2025-08-07 usage.cache_read.input_tokens=0
        usage.cache_write.input_tokens=0 usage.input_tokens=12 usage.output_tokens=7
        usage.reasoning.output_tokens=0
      openai: api.type=responses response.service_tier=default
      server: address=127.0.0.1 port=PORT
    fetch_response [client]
      agentel: outcome=completed output.size=24 provider.organization=agentel-tests
        provider.project=proj_agenteltests
        provider.request_id=req_00000000000000000000000000000002
      gen_ai: operation.name=fetch_response provider.name=openai
        response.finish_reasons=[stop]
        response.id=resp_00000000000000000000000000000000000000000000000001
        response.model=gpt-5-2025-08-07 response.status=completed
      openai: api.type=responses
      server: address=127.0.0.1 port=PORT
"""
RESPONSES_FETCHED_STREAM = """
    chat gpt-5 [client]
      agentel: input.message_count=1 input.size=31 outcome=completed output.size=24
        provider.organization=agentel-tests provider.project=proj_agenteltests
        provider.request_id=req_00000000000000000000000000000001 usage.source=provider
      gen_ai: operation.name=chat provider.name=openai request.model=gpt-5
        response.finish_reasons=[stop]
        response.id=resp_00000000000000000000000000000000000000000000000001
        response.model=gpt-5-2025-08-07 usage.cache_read.input_tokens=0
        usage.cache_write.input_tokens=0 usage.input_tokens=12 usage.output_tokens=7
        usage.reasoning.output_tokens=0
      openai: api.type=responses response.service_tier=default
      server: address=127.0.0.1 port=PORT
    fetch_response [client]
      agentel: outcome=completed output.size=24 provider.organization=agentel-tests
        provider.project=proj_agenteltests
        provider.request_id=req_00000000000000000000000000000002 stream.chunk_count=10
      gen_ai: operation.name=fetch_response provider.name=openai request.stream=true
        request.stream_cursor=2 response.finish_reasons=[stop]
        response.id=resp_00000000000000000000000000000000000000000000000001
        response.model=gpt-5-2025-08-07 response.status=completed
      openai: api.type=responses
      server: address=127.0.0.1 port=PORT
"""
RESPONSES_MISSING = """
    fetch_response [client] ERROR
      agentel: error.category=not_found error.code=not_found error.confidence=0.8
        error.fingerprint=PRINT error.retryable=false outcome=error
        provider.organization=agentel-tests provider.project=proj_agenteltests
        provider.request_id=req_00000000000000000000000000000001
      error: type=NotFoundError
      gen_ai: operation.name=fetch_response provider.name=openai response.id=resp_none
      http: response.status_code=404
      openai: api.type=responses
      server: address=127.0.0.1 port=PORT
"""
RESPONSES_BACKGROUND = """
    chat gpt-5 [client]
      agentel: input.message_count=1 input.size=31 outcome=completed output.size=0
        provider.organization=agentel-tests provider.project=proj_agenteltests
        provider.request_id=req_00000000000000000000000000000001 usage.source=absent
      gen_ai: operation.name=chat provider.name=openai request.model=gpt-5
        response.id=resp_00000000000000000000000000000000000000000000000001
        response.model=gpt-5-2025-08-07 response.status=queued
      openai: api.type=responses
      server: address=127.0.0.1 port=PORT
    fetch_response [client]
      agentel: outcome=completed output.size=0 provider.organization=agentel-tests
        provider.project=proj_agenteltests
        provider.request_id=req_00000000000000000000000000000002
      gen_ai: operation.name=fetch_response provider.name=openai
        response.id=resp_00000000000000000000000000000000000000000000000001
        response.model=gpt-5-2025-08-07 response.status=in_progress
      openai: api.type=responses
      server: address=127.0.0.1 port=PORT
    fetch_response [client]
      agentel: outcome=completed output.size=24 provider.organization=agentel-tests
        provider.project=proj_agenteltests
        provider.request_id=req_00000000000000000000000000000003
      gen_ai: operation.name=fetch_response provider.name=openai
        response.finish_reasons=[stop]
        response.id=resp_00000000000000000000000000000000000000000000000001
        response.model=gpt-5-2025-08-07 response.status=completed
      openai: api.type=responses
      server: address=127.0.0.1 port=PORT
"""
RESPONSES_MANAGED = """
    chat gpt-5 [client]
      agentel: input.message_count=1 input.size=31 outcome=completed output.size=0
        provider.organization=agentel-tests provider.project=proj_agenteltests
        provider.request_id=req_00000000000000000000000000000001 usage.source=absent
      gen_ai: operation.name=chat provider.name=openai request.model=gpt-5
        response.id=resp_00000000000000000000000000000000000000000000000001
        response.model=gpt-5-2025-08-07 response.status=queued
      openai: api.type=responses
      server: address=127.0.0.1 port=PORT
"""
FETCHES = [
    Case("responses", "fetched", fetched, RESPONSES_FETCHED, needs=NEEDS, calls=2),
    Case(
        "responses",
        "fetched-stream",
        fetched_stream,
        RESPONSES_FETCHED_STREAM,
        needs="responses.stream",
        calls=2,
    ),
    Case("responses", "missing", missing, RESPONSES_MISSING, needs=NEEDS),
    Case(
        "responses",
        "background",
        background,
        RESPONSES_BACKGROUND,
        needs="responses.stream",
        calls=3,
        is_read=False,
    ),
    Case("responses", "managed", managed, RESPONSES_MANAGED, needs="responses.cancel"),
]


@pytest.mark.parametrize(("case", "mode"), rows(OPENAI, FETCHES))
def test_response_that_is_looked_at_again_counts_no_tokens_again(case: Case, mode: str) -> None:
    assert spans_of(OPENAI, case, mode) == expected_of(case)
