from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from typing import Any

import pytest

from support.model_server import Reply, cut, html, raw, stream_error
from support.openai_clients import CHAT, OPENAI, STREAM
from support.shapes import ANSWER, PROMPT, Case, Run, expected_of, rows, spans_of

CREATE = "chat.completions.with_streaming_response.create"


def opened(run: Run, body: Callable[[Any], object], path: str = CREATE, **asked: object) -> None:
    run.caller.inside(run.method(path)(**(asked or CHAT)), body)


def as_bytes(run: Run) -> None:
    opened(run, lambda found: run.caller.drain(found.iter_bytes(16)))


def as_lines(run: Run) -> None:
    opened(run, lambda found: run.caller.drain(found.iter_lines()))


def as_json(run: Run) -> None:
    opened(run, lambda found: run.caller.call(found.json))


def as_some_bytes(run: Run) -> None:
    opened(run, lambda found: run.caller.take(found.iter_bytes(16), 1))


def stream_as_text(run: Run) -> None:
    opened(run, lambda found: run.caller.drain(found.iter_text(3)), **STREAM)


def stream_in_one(run: Run) -> None:
    opened(run, lambda found: run.caller.call(found.read), **STREAM)


def stream_to_done(run: Run) -> None:
    async def later(found: Any) -> None:
        async for line in found.iter_lines():
            if line == "data: [DONE]":
                break

    def read(found: Any) -> None:
        if hasattr(run.caller, "loop"):
            run.caller.run(later(found))
            return
        for line in found.iter_lines():
            if line == "data: [DONE]":
                break

    opened(run, read, **STREAM)


def stream_and_break(run: Run) -> None:
    opened(run, lambda found: run.caller.take(found.iter_lines(), 3), **STREAM)


def stream_and_parse(run: Run) -> None:
    opened(run, lambda found: run.caller.drain(run.caller.call(found.parse)), **STREAM)


def stream_fails(run: Run) -> None:
    run.fails(lambda: opened(run, lambda found: run.caller.drain(found.iter_lines()), **STREAM))


def stream_lines(run: Run) -> None:
    opened(run, lambda found: run.caller.drain(found.iter_lines()), **STREAM)


def response_lines(run: Run) -> None:
    path = "responses.with_streaming_response.create"
    asked = {"model": "gpt-5", "input": PROMPT, "stream": True}
    opened(run, lambda found: run.caller.drain(found.iter_lines()), path, **asked)


def case(name: str, shape: Callable[[Run], object], expected: str, *replies: Reply) -> Case:
    needs = "responses.create" if shape is response_lines else ""
    return Case("body", name, shape, expected, replies, needs=needs, is_read=False)


SMALL = {
    "id": "chatcmpl-00000000000000000000000000001",
    "object": "chat.completion",
    "created": 1,
    "model": "gpt-5-2025-08-07",
    "choices": [
        {
            "index": 0,
            "finish_reason": "stop",
            "message": {"role": "assistant", "content": ANSWER},
        }
    ],
    "usage": {"prompt_tokens": 12, "completion_tokens": 7, "total_tokens": 19},
}
ZIPPED = raw(gzip.compress(json.dumps(SMALL).encode()), headers={"content-encoding": "gzip"})
VALUE = """
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
ZIP = """
    chat gpt-5 [client]
      agentel: input.message_count=1 input.size=31 outcome=completed output.size=26
        provider.organization=agentel-tests provider.project=proj_agenteltests
        provider.request_id=req_00000000000000000000000000000001 usage.source=provider
      gen_ai: operation.name=chat provider.name=openai request.model=gpt-5
        response.finish_reasons=[stop]
        response.id=chatcmpl-00000000000000000000000000001
        response.model=gpt-5-2025-08-07 usage.input_tokens=12 usage.output_tokens=7
      openai: api.type=chat_completions
      server: address=127.0.0.1 port=PORT
"""
PAGE = """
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
SOME = """
    chat gpt-5 [client]
      agentel: input.message_count=1 input.size=31 outcome=abandoned
        provider.organization=agentel-tests provider.project=proj_agenteltests
        provider.request_id=req_00000000000000000000000000000001 usage.source=absent
      gen_ai: operation.name=chat provider.name=openai request.model=gpt-5
      openai: api.type=chat_completions
      server: address=127.0.0.1 port=PORT
"""
STREAMED = """
    chat gpt-5 [client]
      agentel: input.message_count=1 input.size=31 outcome=completed output.size=24
        provider.organization=agentel-tests provider.project=proj_agenteltests
        provider.request_id=req_00000000000000000000000000000001 stream.chunk_count=7
        usage.source=absent
      gen_ai: operation.name=chat provider.name=openai request.model=gpt-5
        request.stream=true response.finish_reasons=[stop]
        response.id=chatcmpl-00000000000000000000000000001
        response.model=gpt-5-2025-08-07 response.time_to_first_chunk=TIME
      openai: api.type=chat_completions response.service_tier=default
        response.system_fingerprint=fp_44709d6fcb
      server: address=127.0.0.1 port=PORT
"""
BROKEN = """
    chat gpt-5 [client]
      agentel: input.message_count=1 input.size=31 outcome=abandoned output.size=4
        provider.organization=agentel-tests provider.project=proj_agenteltests
        provider.request_id=req_00000000000000000000000000000001 stream.chunk_count=2
        usage.source=absent
      gen_ai: operation.name=chat provider.name=openai request.model=gpt-5
        request.stream=true response.id=chatcmpl-00000000000000000000000000001
        response.model=gpt-5-2025-08-07 response.time_to_first_chunk=TIME
      openai: api.type=chat_completions response.service_tier=default
        response.system_fingerprint=fp_44709d6fcb
      server: address=127.0.0.1 port=PORT
"""
CUT_OFF = """
    chat gpt-5 [client] ERROR
      agentel: error.category=network error.confidence=1.0 error.fingerprint=PRINT
        error.retryable=true input.message_count=1 input.size=31 outcome=cut
        output.size=5 provider.organization=agentel-tests
        provider.project=proj_agenteltests
        provider.request_id=req_00000000000000000000000000000001 stream.chunk_count=3
        usage.source=absent
      error: type=RemoteProtocolError
      gen_ai: operation.name=chat provider.name=openai request.model=gpt-5
        request.stream=true response.finish_reasons=[error]
        response.id=chatcmpl-00000000000000000000000000001
        response.model=gpt-5-2025-08-07 response.time_to_first_chunk=TIME
      http: response.status_code=200
      openai: api.type=chat_completions response.service_tier=default
        response.system_fingerprint=fp_44709d6fcb
      server: address=127.0.0.1 port=PORT
"""
FAILED = """
    chat gpt-5 [client] ERROR
      agentel: error.category=api_error error.code=server_error error.confidence=1.0
        error.fingerprint=PRINT error.retryable=true input.message_count=1 input.size=31
        outcome=error output.size=5 provider.organization=agentel-tests
        provider.project=proj_agenteltests
        provider.request_id=req_00000000000000000000000000000001 stream.chunk_count=4
        usage.source=absent
      error: type=server_error
      gen_ai: operation.name=chat provider.name=openai request.model=gpt-5
        request.stream=true response.finish_reasons=[error]
        response.id=chatcmpl-00000000000000000000000000001
        response.model=gpt-5-2025-08-07 response.time_to_first_chunk=TIME
      http: response.status_code=200
      openai: api.type=chat_completions response.service_tier=default
        response.system_fingerprint=fp_44709d6fcb
      server: address=127.0.0.1 port=PORT
"""
RESPONSE = """
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
CASES = [
    case("bytes", as_bytes, VALUE),
    case("lines", as_lines, VALUE),
    case("json", as_json, VALUE),
    case("zipped", as_bytes, ZIP, ZIPPED),
    case("page", as_lines, PAGE, html()),
    case("some-bytes", as_some_bytes, SOME),
    case("stream-text", stream_as_text, STREAMED),
    case("stream-read", stream_in_one, STREAMED),
    case("stream-parse", stream_and_parse, STREAMED),
    case("stream-done", stream_to_done, STREAMED),
    case("stream-break", stream_and_break, BROKEN),
    case("stream-cut", stream_fails, CUT_OFF, cut(3)),
    case("stream-error", stream_lines, FAILED, stream_error(3)),
    case("response-lines", response_lines, RESPONSE),
]


@pytest.mark.parametrize(("case", "mode"), rows(OPENAI, CASES))
def test_body_that_its_caller_reads_is_read_along(case: Case, mode: str) -> None:
    assert spans_of(OPENAI, case, mode) == expected_of(case)
