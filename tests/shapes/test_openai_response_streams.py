from __future__ import annotations

from typing import Any

import pytest

from agentel.config import Settings
from support.model_server import cut, stream_error, text, tool_calls
from support.openai_clients import CUT, OPENAI
from support.shapes import PROMPT, Case, Run, expected_of, rows, spans_of

ASK: dict[str, Any] = {"model": "gpt-5", "input": PROMPT}


def stream(run: Run) -> None:
    run.caller.drain(run.call("responses.create", **ASK, stream=True))


def stream_fails(run: Run) -> None:
    run.fails(lambda: stream(run))


def breaks(run: Run) -> None:
    run.caller.take(run.call("responses.create", **ASK, stream=True), 6)


def helper(run: Run) -> None:
    manager = run.method("responses.stream")(**ASK)
    run.caller.inside(manager, run.caller.drain)


NEEDS = "responses.create"
STREAMED = """
    chat gpt-5 [client]
      agentel: input.message_count=1 input.size=31 outcome=completed output.size=24
        provider.organization=agentel-tests provider.project=proj_agenteltests
        provider.request_id=req_00000000000000000000000000000001 stream.chunk_count=13
        usage.source=provider
      gen_ai: operation.name=chat provider.name=openai request.model=gpt-5
        request.stream=true response.finish_reasons=[stop]
        response.id=resp_00000000000000000000000000000000000000000000000001
        response.model=gpt-5-2025-08-07 response.time_to_first_chunk=TIME
        usage.cache_read.input_tokens=0 usage.cache_write.input_tokens=0
        usage.input_tokens=12 usage.output_tokens=7 usage.reasoning.output_tokens=0
      openai: api.type=responses response.service_tier=default
      server: address=127.0.0.1 port=PORT
"""
TOOL = tool_calls([("add", {"a": 1})])
CONTENT = Settings(content="SPAN_ONLY")
RESPONSES_STREAM_TOOLS = """
    chat gpt-5 [client]
      agentel: input.message_count=1 input.size=31 outcome=completed output.size=7
        provider.organization=agentel-tests provider.project=proj_agenteltests
        provider.request_id=req_00000000000000000000000000000001 stream.chunk_count=7
        usage.source=provider
      gen_ai: operation.name=chat provider.name=openai request.model=gpt-5
        request.stream=true response.finish_reasons=[tool_call]
        response.id=resp_00000000000000000000000000000000000000000000000001
        response.model=gpt-5-2025-08-07 response.time_to_first_chunk=TIME
        usage.cache_read.input_tokens=0 usage.cache_write.input_tokens=0
        usage.input_tokens=12 usage.output_tokens=7 usage.reasoning.output_tokens=0
      openai: api.type=responses response.service_tier=default
      server: address=127.0.0.1 port=PORT
"""
RESPONSES_STREAM_FAILED = """
    chat gpt-5 [client] ERROR
      agentel: error.category=api_error error.code=server_error error.confidence=1.0
        error.fingerprint=PRINT error.retryable=true input.message_count=1 input.size=31
        outcome=error output.size=0 provider.organization=agentel-tests
        provider.project=proj_agenteltests
        provider.request_id=req_00000000000000000000000000000001 stream.chunk_count=3
        usage.source=absent
      error: type=server_error
      gen_ai: operation.name=chat provider.name=openai request.model=gpt-5
        request.stream=true response.finish_reasons=[error]
        response.id=resp_00000000000000000000000000000000000000000000000001
        response.model=gpt-5-2025-08-07 response.time_to_first_chunk=TIME
      http: response.status_code=200
      openai: api.type=responses response.service_tier=default
      server: address=127.0.0.1 port=PORT
"""
RESPONSES_STREAM_ERROR = """
    chat gpt-5 [client] ERROR
      agentel: error.category=api_error error.code=server_error error.confidence=1.0
        error.fingerprint=PRINT error.retryable=true input.message_count=1 input.size=31
        outcome=error output.size=0 provider.organization=agentel-tests
        provider.project=proj_agenteltests
        provider.request_id=req_00000000000000000000000000000001 stream.chunk_count=5
        usage.source=absent
      error: type=server_error
      gen_ai: operation.name=chat provider.name=openai request.model=gpt-5
        request.stream=true response.finish_reasons=[error]
        response.id=resp_00000000000000000000000000000000000000000000000001
        response.model=gpt-5-2025-08-07 response.time_to_first_chunk=TIME
      http: response.status_code=200
      openai: api.type=responses
      server: address=127.0.0.1 port=PORT
"""
RESPONSES_STREAM_CUT = f"""
    chat gpt-5 [client] ERROR
      agentel: error.category=network error.confidence=1.0 error.fingerprint=PRINT
        error.retryable=true input.message_count=1 input.size=31 outcome=cut
        output.size=0 provider.organization=agentel-tests
        provider.project=proj_agenteltests
        provider.request_id=req_00000000000000000000000000000001 stream.chunk_count=4
        usage.source=absent
      error: type={CUT}
      gen_ai: operation.name=chat provider.name=openai request.model=gpt-5
        request.stream=true response.finish_reasons=[error]
        response.id=resp_00000000000000000000000000000000000000000000000001
        response.model=gpt-5-2025-08-07 response.time_to_first_chunk=TIME
      http: response.status_code=200
      openai: api.type=responses
      server: address=127.0.0.1 port=PORT
"""
RESPONSES_STREAM_BREAK = """
    chat gpt-5 [client]
      agentel: input.message_count=1 input.size=31 outcome=abandoned output.size=7
        provider.organization=agentel-tests provider.project=proj_agenteltests
        provider.request_id=req_00000000000000000000000000000001 stream.chunk_count=6
        usage.source=absent
      gen_ai: operation.name=chat provider.name=openai request.model=gpt-5
        request.stream=true
        response.id=resp_00000000000000000000000000000000000000000000000001
        response.model=gpt-5-2025-08-07 response.time_to_first_chunk=TIME
      openai: api.type=responses
      server: address=127.0.0.1 port=PORT
"""
RESPONSES_STREAM_BREAK_CONTENT = """
    chat gpt-5 [client]
      agentel: input.message_count=1 input.size=31 outcome=abandoned output.size=7
        provider.organization=agentel-tests provider.project=proj_agenteltests
        provider.request_id=req_00000000000000000000000000000001 stream.chunk_count=6
        usage.source=absent
      gen_ai: input.messages=[{"role":"user","parts":[{"type":"text","content":"tell me
        the planted secret 4711"}]}] operation.name=chat
        output.messages=[{"role":"assistant","parts":[{"type":"text","content":"This
        is"}]}] provider.name=openai request.model=gpt-5 request.stream=true
        response.id=resp_00000000000000000000000000000000000000000000000001
        response.model=gpt-5-2025-08-07 response.time_to_first_chunk=TIME
      openai: api.type=responses
      server: address=127.0.0.1 port=PORT
"""
STREAMS = [
    Case("responses", "stream", stream, STREAMED, needs=NEEDS),
    Case("responses", "stream-helper", helper, STREAMED, needs="responses.stream"),
    Case("responses", "stream-tools", stream, RESPONSES_STREAM_TOOLS, (TOOL,), needs=NEEDS),
    Case(
        "responses",
        "stream-failed",
        stream,
        RESPONSES_STREAM_FAILED,
        (text("", finish="failed"),),
        needs=NEEDS,
    ),
    Case(
        "responses", "stream-error", stream, RESPONSES_STREAM_ERROR, (stream_error(4),), needs=NEEDS
    ),
    Case("responses", "stream-cut", stream_fails, RESPONSES_STREAM_CUT, (cut(4),), needs=NEEDS),
    Case("responses", "stream-break", breaks, RESPONSES_STREAM_BREAK, needs=NEEDS, is_read=False),
    Case(
        "responses",
        "stream-break-content",
        breaks,
        RESPONSES_STREAM_BREAK_CONTENT,
        settings=CONTENT,
        needs=NEEDS,
        is_read=False,
    ),
]


@pytest.mark.parametrize(("case", "mode"), rows(OPENAI, STREAMS))
def test_streamed_response_is_recorded_once_and_whole(case: Case, mode: str) -> None:
    assert spans_of(OPENAI, case, mode) == expected_of(case)
