from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from pydantic import BaseModel

from support.model_server import Answer, json_object, text
from support.openai_clients import CHAT, OPENAI
from support.shapes import PROMPT, Case, Run, expected_of, rows, spans_of


class Sum(BaseModel):
    total: int


def chat(run: Run, read: Callable[[Any], object]) -> None:
    manager = run.method("chat.completions.stream")(**CHAT, response_format=Sum)
    run.caller.inside(manager, read)


def chat_fails(run: Run) -> None:
    run.fails(lambda: chat(run, run.caller.drain))


def chat_fails_at_last(run: Run) -> None:
    run.fails(lambda: chat(run, lambda stream: run.caller.call(stream.get_final_completion)))


def chat_fails_inside(run: Run) -> None:
    chat(run, lambda stream: run.fails(lambda: run.caller.drain(stream)))


def plain_chat_fails(run: Run) -> None:
    manager = run.method("chat.completions.stream")(**CHAT)

    def read(stream: Any) -> None:
        run.caller.call(stream.get_final_completion)

    run.fails(lambda: run.caller.inside(manager, read))


def user_fails(run: Run) -> None:
    def read(stream: Any) -> None:
        run.caller.take(stream, 2)
        raise LookupError

    run.fails(lambda: chat(run, read))


def other_fails(run: Run) -> None:
    def read(stream: Any) -> None:
        run.caller.take(stream, 2)
        chat(run, run.caller.drain)

    run.fails(lambda: chat(run, read))


def response_fails(run: Run) -> None:
    def read() -> None:
        manager = run.method("responses.stream")(model="gpt-5", input=PROMPT, text_format=Sum)
        run.caller.inside(manager, run.caller.drain)

    run.fails(read)


def case(name: str, shape: Callable[[Run], object], expected: str, *replies: Answer) -> Case:
    needs = "responses.stream" if name == "mismatch-response" else "chat.completions.stream"
    return Case("parse-stream", name, shape, expected, replies, needs=needs, is_read=False)


TORN = text('{"to', finish="length")
OTHER = json_object({"sum": 3})
FILTERED = text("", finish="content_filter")
LENGTH = """
    chat gpt-5 [client] ERROR
      agentel: error.category=model_error error.confidence=0.9 error.fingerprint=PRINT
        error.retryable=false input.message_count=1 input.size=31 outcome=error
        output.parsed=false output.size=4 provider.organization=agentel-tests
        provider.project=proj_agenteltests
        provider.request_id=req_00000000000000000000000000000001 stream.chunk_count=3
        usage.source=absent
      error: type=LengthFinishReasonError
      gen_ai: operation.name=chat output.type=json provider.name=openai
        request.model=gpt-5 request.stream=true response.finish_reasons=[length]
        response.id=chatcmpl-00000000000000000000000000001
        response.model=gpt-5-2025-08-07 response.time_to_first_chunk=TIME
      openai: api.type=chat_completions response.service_tier=default
        response.system_fingerprint=fp_44709d6fcb
      server: address=127.0.0.1 port=PORT
"""
LENGTH_AT_LAST = """
    chat gpt-5 [client] ERROR
      agentel: error.category=model_error error.confidence=0.9 error.fingerprint=PRINT
        error.retryable=false input.message_count=1 input.size=31 outcome=error
        output.parsed=false output.size=4 provider.organization=agentel-tests
        provider.project=proj_agenteltests
        provider.request_id=req_00000000000000000000000000000001 stream.chunk_count=3
        usage.source=absent
      error: type=LengthFinishReasonError
      gen_ai: operation.name=chat output.type=json provider.name=openai
        request.model=gpt-5 request.stream=true response.finish_reasons=[length]
        response.id=chatcmpl-00000000000000000000000000001
        response.model=gpt-5-2025-08-07 response.time_to_first_chunk=TIME
      openai: api.type=chat_completions response.service_tier=default
        response.system_fingerprint=fp_44709d6fcb
      server: address=127.0.0.1 port=PORT
"""
LENGTH_INSIDE = """
    chat gpt-5 [client]
      agentel: input.message_count=1 input.size=31 outcome=completed output.parsed=false
        output.size=4 provider.organization=agentel-tests
        provider.project=proj_agenteltests
        provider.request_id=req_00000000000000000000000000000001 stream.chunk_count=3
        usage.source=absent
      gen_ai: operation.name=chat output.type=json provider.name=openai
        request.model=gpt-5 request.stream=true response.finish_reasons=[length]
        response.id=chatcmpl-00000000000000000000000000001
        response.model=gpt-5-2025-08-07 response.time_to_first_chunk=TIME
      openai: api.type=chat_completions response.service_tier=default
        response.system_fingerprint=fp_44709d6fcb
      server: address=127.0.0.1 port=PORT
"""
LENGTH_PLAIN = """
    chat gpt-5 [client]
      agentel: input.message_count=1 input.size=31 outcome=completed output.size=4
        provider.organization=agentel-tests provider.project=proj_agenteltests
        provider.request_id=req_00000000000000000000000000000001 stream.chunk_count=3
        usage.source=absent
      gen_ai: operation.name=chat provider.name=openai request.model=gpt-5
        request.stream=true response.finish_reasons=[length]
        response.id=chatcmpl-00000000000000000000000000001
        response.model=gpt-5-2025-08-07 response.time_to_first_chunk=TIME
      openai: api.type=chat_completions response.service_tier=default
        response.system_fingerprint=fp_44709d6fcb
      server: address=127.0.0.1 port=PORT
"""
MISMATCH = """
    chat gpt-5 [client] ERROR
      agentel: error.category=model_error error.confidence=0.9 error.fingerprint=PRINT
        error.retryable=false input.message_count=1 input.size=31 outcome=error
        output.parsed=false output.size=9 provider.organization=agentel-tests
        provider.project=proj_agenteltests
        provider.request_id=req_00000000000000000000000000000001 stream.chunk_count=3
        usage.source=absent
      error: type=ValidationError
      gen_ai: operation.name=chat output.type=json provider.name=openai
        request.model=gpt-5 request.stream=true response.finish_reasons=[stop]
        response.id=chatcmpl-00000000000000000000000000001
        response.model=gpt-5-2025-08-07 response.time_to_first_chunk=TIME
      openai: api.type=chat_completions response.service_tier=default
        response.system_fingerprint=fp_44709d6fcb
      server: address=127.0.0.1 port=PORT
"""
MISMATCH_INSIDE = """
    chat gpt-5 [client]
      agentel: input.message_count=1 input.size=31 outcome=completed output.parsed=true
        output.size=9 provider.organization=agentel-tests
        provider.project=proj_agenteltests
        provider.request_id=req_00000000000000000000000000000001 stream.chunk_count=3
        usage.source=absent
      gen_ai: operation.name=chat output.type=json provider.name=openai
        request.model=gpt-5 request.stream=true response.finish_reasons=[stop]
        response.id=chatcmpl-00000000000000000000000000001
        response.model=gpt-5-2025-08-07 response.time_to_first_chunk=TIME
      openai: api.type=chat_completions response.service_tier=default
        response.system_fingerprint=fp_44709d6fcb
      server: address=127.0.0.1 port=PORT
"""
FILTER = """
    chat gpt-5 [client] ERROR
      agentel: error.category=content_policy error.confidence=0.8
        error.fingerprint=PRINT error.retryable=false input.message_count=1
        input.size=31 outcome=error output.parsed=false output.size=0
        provider.organization=agentel-tests provider.project=proj_agenteltests
        provider.request_id=req_00000000000000000000000000000001 stream.chunk_count=2
        usage.source=absent
      error: type=ContentFilterFinishReasonError
      gen_ai: operation.name=chat output.type=json provider.name=openai
        request.model=gpt-5 request.stream=true response.finish_reasons=[content_filter]
        response.id=chatcmpl-00000000000000000000000000001
        response.model=gpt-5-2025-08-07 response.time_to_first_chunk=TIME
      openai: api.type=chat_completions response.service_tier=default
        response.system_fingerprint=fp_44709d6fcb
      server: address=127.0.0.1 port=PORT
"""
USER_FAILS = """
    chat gpt-5 [client]
      agentel: input.message_count=1 input.size=31 outcome=abandoned output.size=0
        provider.organization=agentel-tests provider.project=proj_agenteltests
        provider.request_id=req_00000000000000000000000000000001 stream.chunk_count=1
        usage.source=absent
      gen_ai: operation.name=chat output.type=json provider.name=openai
        request.model=gpt-5 request.stream=true
        response.id=chatcmpl-00000000000000000000000000001
        response.model=gpt-5-2025-08-07 response.time_to_first_chunk=TIME
      openai: api.type=chat_completions response.service_tier=default
        response.system_fingerprint=fp_44709d6fcb
      server: address=127.0.0.1 port=PORT
"""
MISMATCH_RESPONSE = """
    chat gpt-5 [client] ERROR
      agentel: error.category=model_error error.confidence=0.9 error.fingerprint=PRINT
        error.retryable=false input.message_count=1 input.size=31 outcome=error
        output.parsed=false output.size=9 provider.organization=agentel-tests
        provider.project=proj_agenteltests
        provider.request_id=req_00000000000000000000000000000001 stream.chunk_count=6
        usage.source=absent
      error: type=ValidationError
      gen_ai: operation.name=chat output.type=json provider.name=openai
        request.model=gpt-5 request.stream=true response.finish_reasons=[error]
        response.id=resp_00000000000000000000000000000000000000000000000001
        response.model=gpt-5-2025-08-07 response.time_to_first_chunk=TIME
      openai: api.type=responses
      server: address=127.0.0.1 port=PORT
"""
OTHER_FAILS = USER_FAILS.rstrip() + LENGTH.replace("00001", "00002")
CASES = [
    case("length", chat_fails, LENGTH, TORN),
    case("length-at-last", chat_fails_at_last, LENGTH_AT_LAST, TORN),
    case("length-inside", chat_fails_inside, LENGTH_INSIDE, TORN),
    case("length-plain", plain_chat_fails, LENGTH_PLAIN, TORN),
    case("mismatch", chat_fails, MISMATCH, OTHER),
    case("mismatch-inside", chat_fails_inside, MISMATCH_INSIDE, OTHER),
    case("filter", chat_fails, FILTER, FILTERED),
    case("user-fails", user_fails, USER_FAILS, OTHER),
    replace(case("other-fails", other_fails, OTHER_FAILS, OTHER, TORN), calls=2),
    case("mismatch-response", response_fails, MISMATCH_RESPONSE, OTHER),
]


@pytest.mark.parametrize(("case", "mode"), rows(OPENAI, CASES))
def test_stream_whose_helper_fails_tells_whether_it_was_parsed(case: Case, mode: str) -> None:
    assert spans_of(OPENAI, case, mode) == expected_of(case)
