from __future__ import annotations

import openai
import pytest
from openai.types.chat import ChatCompletion

from agentel import libraries
from support.model_server import ModelServer
from support.openai_clients import (
    AZURE,
    CHAT,
    OPENAI,
    OPENROUTER,
    chat,
    chat_stream_usage,
)
from support.shapes import Case, Run, expected_of, rows, spans_of
from support.telemetry import Telemetry


def whole_url(run: Run) -> None:
    client = run.client.with_options(base_url="http://elsewhere.invalid/v1")
    url = f"{run.server.openai_url}/chat/completions"
    run.caller.call(client.post, url, body=CHAT, cast_to=ChatCompletion)


AZURE_VALUE = """
    chat gpt-5 [client]
      agentel: input.message_count=1 input.size=31 outcome=completed output.size=24
        provider.request_id=00000000-0000-4000-8000-000000000001 usage.source=provider
      gen_ai: operation.name=chat provider.name=azure.ai.openai request.model=gpt-5
        response.finish_reasons=[stop]
        response.id=chatcmpl-00000000000000000000000000001
        response.model=gpt-5-2025-08-07 usage.cache_read.input_tokens=0
        usage.input_tokens=12 usage.output_tokens=7 usage.reasoning.output_tokens=0
      openai: api.type=chat_completions response.service_tier=default
        response.system_fingerprint=fp_44709d6fcb
      server: address=127.0.0.1 port=PORT
"""
AZURE_STREAM = """
    chat gpt-5 [client]
      agentel: input.message_count=1 input.size=31 outcome=completed output.size=24
        provider.request_id=00000000-0000-4000-8000-000000000001 stream.chunk_count=9
        usage.source=provider
      gen_ai: operation.name=chat provider.name=azure.ai.openai request.model=gpt-5
        request.stream=true response.finish_reasons=[stop]
        response.id=chatcmpl-00000000000000000000000000001
        response.model=gpt-5-2025-08-07 response.time_to_first_chunk=TIME
        usage.cache_read.input_tokens=0 usage.input_tokens=12 usage.output_tokens=7
        usage.reasoning.output_tokens=0
      openai: api.type=chat_completions response.service_tier=default
        response.system_fingerprint=fp_44709d6fcb
      server: address=127.0.0.1 port=PORT
"""
ROUTER_VALUE = """
    chat gpt-5 [client]
      agentel: cost.amount=1.175e-05 cost.currency=USD cost.source=provider
        input.message_count=1 input.size=31 outcome=completed output.size=24
        usage.source=provider
      gen_ai: operation.name=chat provider.name=openai request.model=gpt-5
        response.finish_reasons=[stop] response.id=gen-1790000001-00000000000000000001
        response.model=gpt-5-2025-08-07 usage.cache_read.input_tokens=0
        usage.cache_write.input_tokens=0 usage.input_tokens=12 usage.output_tokens=7
        usage.reasoning.output_tokens=0
      openai: api.type=chat_completions
      server: address=127.0.0.1 port=PORT
"""
ROUTER_STREAM = """
    chat gpt-5 [client]
      agentel: cost.amount=1.175e-05 cost.currency=USD cost.source=provider
        input.message_count=1 input.size=31 outcome=completed output.size=24
        stream.chunk_count=7 usage.source=provider
      gen_ai: operation.name=chat provider.name=openai request.model=gpt-5
        request.stream=true response.finish_reasons=[stop]
        response.id=gen-1790000001-00000000000000000001 response.model=gpt-5-2025-08-07
        response.time_to_first_chunk=TIME usage.cache_read.input_tokens=0
        usage.cache_write.input_tokens=0 usage.input_tokens=12 usage.output_tokens=7
        usage.reasoning.output_tokens=0
      openai: api.type=chat_completions
      server: address=127.0.0.1 port=PORT
"""
OPENAI_WHOLE_URL = """
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

AZURES = [
    Case("azure", "value", chat, AZURE_VALUE),
    Case("azure", "stream", chat_stream_usage, AZURE_STREAM),
]
ROUTED = [
    Case("router", "value", chat, ROUTER_VALUE),
    Case("router", "stream", chat_stream_usage, ROUTER_STREAM),
]
NAMED = [Case("chat", "whole-url", whole_url, OPENAI_WHOLE_URL)]


@pytest.mark.parametrize(("case", "mode"), rows(AZURE, AZURES))
def test_azure_is_its_own_provider(case: Case, mode: str) -> None:
    assert spans_of(AZURE, case, mode) == expected_of(case)


@pytest.mark.parametrize(("case", "mode"), rows(OPENROUTER, ROUTED))
def test_what_a_router_charges_is_recorded(case: Case, mode: str) -> None:
    assert spans_of(OPENROUTER, case, mode) == expected_of(case)


@pytest.mark.parametrize(("case", "mode"), rows(OPENAI, NAMED))
def test_whole_url_names_the_server_that_answers(case: Case, mode: str) -> None:
    assert spans_of(OPENAI, case, mode) == expected_of(case)


def test_bedrock_is_its_own_provider() -> None:
    if not hasattr(openai, "BedrockOpenAI"):
        pytest.skip("this version of openai has no BedrockOpenAI")
    telemetry = Telemetry()
    libraries.openai().instrument(**telemetry.providers)
    with ModelServer() as server:
        client = openai.BedrockOpenAI(
            api_key="none", aws_region="us-east-1", base_url=server.openai_url, max_retries=0
        )
        client.chat.completions.create(**CHAT)
        client.close()
    libraries.openai().uninstrument()
    told = telemetry.spans(1)[0].attributes or {}
    telemetry.shut_down()
    assert (told["gen_ai.provider.name"], told["server.address"]) == ("aws.bedrock", "127.0.0.1")
