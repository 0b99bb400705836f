from __future__ import annotations

import pytest
from pydantic import BaseModel

from support.model_server import json_object, text
from support.openai_clients import CHAT, OPENAI
from support.shapes import PROMPT, Case, Run, expected_of, rows, spans_of


class Sum(BaseModel):
    total: int


def chat(run: Run) -> None:
    run.call("chat.completions.parse", **CHAT, response_format=Sum)


def beta_chat(run: Run) -> None:
    run.call("beta.chat.completions.parse", **CHAT, response_format=Sum)


def chat_fails(run: Run) -> None:
    run.fails(lambda: chat(run))


def chat_stream(run: Run) -> None:
    manager = run.method("chat.completions.stream")(**CHAT, response_format=Sum)
    run.caller.inside(manager, run.caller.drain)


def response(run: Run) -> None:
    run.call("responses.parse", model="gpt-5", input=PROMPT, text_format=Sum)


def response_fails(run: Run) -> None:
    run.fails(lambda: response(run))


GOOD = """
    chat gpt-5 [client]
      agentel: input.message_count=1 input.size=31 outcome=completed output.parsed=true
        output.size=11 provider.organization=agentel-tests
        provider.project=proj_agenteltests
        provider.request_id=req_00000000000000000000000000000001 usage.source=provider
      gen_ai: operation.name=chat output.type=json provider.name=openai
        request.model=gpt-5 response.finish_reasons=[stop]
        response.id=chatcmpl-00000000000000000000000000001
        response.model=gpt-5-2025-08-07 usage.cache_read.input_tokens=0
        usage.input_tokens=12 usage.output_tokens=7 usage.reasoning.output_tokens=0
      openai: api.type=chat_completions response.service_tier=default
        response.system_fingerprint=fp_44709d6fcb
      server: address=127.0.0.1 port=PORT
"""
PARSE = "chat.completions.parse"
SUM = json_object({"total": 3})
OTHER = json_object({"sum": 3})
TORN = text('{"to', finish="length")
FILTERED = text("", finish="content_filter")
CHAT_PARSE_LENGTH = """
    chat gpt-5 [client] ERROR
      agentel: error.category=model_error error.confidence=0.9 error.fingerprint=PRINT
        error.retryable=false input.message_count=1 input.size=31 outcome=error
        output.parsed=false output.size=4 provider.organization=agentel-tests
        provider.project=proj_agenteltests
        provider.request_id=req_00000000000000000000000000000001 usage.source=provider
      error: type=LengthFinishReasonError
      gen_ai: operation.name=chat output.type=json provider.name=openai
        request.model=gpt-5 response.finish_reasons=[length]
        response.id=chatcmpl-00000000000000000000000000001
        response.model=gpt-5-2025-08-07 usage.cache_read.input_tokens=0
        usage.input_tokens=12 usage.output_tokens=7 usage.reasoning.output_tokens=0
      openai: api.type=chat_completions response.service_tier=default
        response.system_fingerprint=fp_44709d6fcb
      server: address=127.0.0.1 port=PORT
"""
CHAT_PARSE_MISMATCH = """
    chat gpt-5 [client] ERROR
      agentel: error.category=model_error error.confidence=0.9 error.fingerprint=PRINT
        error.retryable=false input.message_count=1 input.size=31 outcome=error
        output.parsed=false output.size=9 provider.organization=agentel-tests
        provider.project=proj_agenteltests
        provider.request_id=req_00000000000000000000000000000001 usage.source=provider
      error: type=ValidationError
      gen_ai: operation.name=chat output.type=json provider.name=openai
        request.model=gpt-5 response.finish_reasons=[stop]
        response.id=chatcmpl-00000000000000000000000000001
        response.model=gpt-5-2025-08-07 usage.cache_read.input_tokens=0
        usage.input_tokens=12 usage.output_tokens=7 usage.reasoning.output_tokens=0
      openai: api.type=chat_completions response.service_tier=default
        response.system_fingerprint=fp_44709d6fcb
      server: address=127.0.0.1 port=PORT
"""
CHAT_PARSE_FILTER = """
    chat gpt-5 [client] ERROR
      agentel: error.category=content_policy error.confidence=0.8
        error.fingerprint=PRINT error.retryable=false input.message_count=1
        input.size=31 outcome=error output.parsed=false output.size=0
        provider.organization=agentel-tests provider.project=proj_agenteltests
        provider.request_id=req_00000000000000000000000000000001 usage.source=provider
      error: type=ContentFilterFinishReasonError
      gen_ai: operation.name=chat output.type=json provider.name=openai
        request.model=gpt-5 response.finish_reasons=[content_filter]
        response.id=chatcmpl-00000000000000000000000000001
        response.model=gpt-5-2025-08-07 usage.cache_read.input_tokens=0
        usage.input_tokens=12 usage.output_tokens=7 usage.reasoning.output_tokens=0
      openai: api.type=chat_completions response.service_tier=default
        response.system_fingerprint=fp_44709d6fcb
      server: address=127.0.0.1 port=PORT
"""
CHAT_PARSE_STREAM = """
    chat gpt-5 [client]
      agentel: input.message_count=1 input.size=31 outcome=completed output.parsed=true
        output.size=11 provider.organization=agentel-tests
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
RESPONSES_PARSE = """
    chat gpt-5 [client]
      agentel: input.message_count=1 input.size=31 outcome=completed output.parsed=true
        output.size=11 provider.organization=agentel-tests
        provider.project=proj_agenteltests
        provider.request_id=req_00000000000000000000000000000001 usage.source=provider
      gen_ai: operation.name=chat output.type=json provider.name=openai
        request.model=gpt-5 response.finish_reasons=[stop]
        response.id=resp_00000000000000000000000000000000000000000000000001
        response.model=gpt-5-2025-08-07 usage.cache_read.input_tokens=0
        usage.cache_write.input_tokens=0 usage.input_tokens=12 usage.output_tokens=7
        usage.reasoning.output_tokens=0
      openai: api.type=responses response.service_tier=default
      server: address=127.0.0.1 port=PORT
"""
RESPONSES_PARSE_MISMATCH = """
    chat gpt-5 [client] ERROR
      agentel: error.category=model_error error.confidence=0.9 error.fingerprint=PRINT
        error.retryable=false input.message_count=1 input.size=31 outcome=error
        output.parsed=false output.size=9 provider.organization=agentel-tests
        provider.project=proj_agenteltests
        provider.request_id=req_00000000000000000000000000000001 usage.source=provider
      error: type=ValidationError
      gen_ai: operation.name=chat output.type=json provider.name=openai
        request.model=gpt-5 response.finish_reasons=[stop]
        response.id=resp_00000000000000000000000000000000000000000000000001
        response.model=gpt-5-2025-08-07 usage.cache_read.input_tokens=0
        usage.cache_write.input_tokens=0 usage.input_tokens=12 usage.output_tokens=7
        usage.reasoning.output_tokens=0
      openai: api.type=responses response.service_tier=default
      server: address=127.0.0.1 port=PORT
"""

CASES = [
    Case("chat", "parse", chat, GOOD, (SUM,), needs=PARSE),
    Case("beta", "parse", beta_chat, GOOD, (SUM,), needs="beta.chat.completions.parse"),
    Case("chat", "parse-length", chat_fails, CHAT_PARSE_LENGTH, (TORN,), needs=PARSE),
    Case("chat", "parse-mismatch", chat_fails, CHAT_PARSE_MISMATCH, (OTHER,), needs=PARSE),
    Case("chat", "parse-filter", chat_fails, CHAT_PARSE_FILTER, (FILTERED,), needs=PARSE),
    Case(
        "chat",
        "parse-stream",
        chat_stream,
        CHAT_PARSE_STREAM,
        (SUM,),
        needs="chat.completions.stream",
    ),
    Case("responses", "parse", response, RESPONSES_PARSE, (SUM,), needs="responses.parse"),
    Case(
        "responses",
        "parse-mismatch",
        response_fails,
        RESPONSES_PARSE_MISMATCH,
        (OTHER,),
        needs="responses.parse",
    ),
]


@pytest.mark.parametrize(("case", "mode"), rows(OPENAI, CASES))
def test_answer_that_was_not_parsed_keeps_what_it_said(case: Case, mode: str) -> None:
    assert spans_of(OPENAI, case, mode) == expected_of(case)
