from __future__ import annotations

from typing import Any

import pytest

from agentel.config import Settings
from support.model_server import text
from support.openai_clients import OPENAI
from support.shapes import ANSWER, PROMPT, Case, Run, expected_of, rows, spans_of

COMPLETE: dict[str, Any] = {"model": "gpt-3.5-turbo-instruct", "prompt": PROMPT}
EMBED: dict[str, Any] = {"model": "text-embedding-3-small", "input": [PROMPT, "two"]}


def complete(run: Run) -> None:
    run.call("completions.create", **COMPLETE, max_tokens=5, seed=7, stop=["a", "b"])


def complete_several(run: Run) -> None:
    run.call("completions.create", model="gpt-3.5-turbo-instruct", prompt=[PROMPT, "two"])


def complete_stream(run: Run) -> None:
    usage = {"stream_options": {"include_usage": True}}
    run.caller.drain(run.call("completions.create", **COMPLETE, stream=True, extra_body=usage))


def embed(run: Run) -> None:
    # Old versions ask for base64 by themselves only where numpy is there to read it.
    run.call("embeddings.create", **EMBED)


def embed_short(run: Run) -> None:
    run.call("embeddings.create", **EMBED, dimensions=8, encoding_format="float")


def embed_raw(run: Run) -> None:
    run.call("embeddings.with_raw_response.create", **EMBED, encoding_format="base64")


def moderate(run: Run) -> None:
    run.call("embeddings.create", **EMBED, encoding_format="float")
    run.call("moderations.create", input=PROMPT)


SAID = (text(ANSWER),)
CONTENT = Settings(content="SPAN_ONLY")
COMPLETIONS_VALUE = """
    text_completion gpt-3.5-turbo-instruct [client]
      agentel: input.message_count=1 input.size=31 outcome=completed output.size=26
        provider.organization=agentel-tests provider.project=proj_agenteltests
        provider.request_id=req_00000000000000000000000000000001 usage.source=provider
      gen_ai: operation.name=text_completion provider.name=openai request.max_tokens=5
        request.model=gpt-3.5-turbo-instruct request.seed=7 request.stop_sequences=[a,b]
        response.finish_reasons=[stop] response.id=cmpl-00000000000000000000000000001
        response.model=gpt-3.5-turbo-instruct:20230824-v2 usage.input_tokens=12
        usage.output_tokens=7
      server: address=127.0.0.1 port=PORT
"""
COMPLETIONS_SEVERAL = """
    text_completion gpt-3.5-turbo-instruct [client]
      agentel: input.message_count=2 input.size=34 outcome=completed output.size=52
        provider.organization=agentel-tests provider.project=proj_agenteltests
        provider.request_id=req_00000000000000000000000000000001 usage.source=provider
      gen_ai: operation.name=text_completion provider.name=openai
        request.model=gpt-3.5-turbo-instruct response.finish_reasons=[stop,stop]
        response.id=cmpl-00000000000000000000000000001
        response.model=gpt-3.5-turbo-instruct:20230824-v2 usage.input_tokens=12
        usage.output_tokens=7
      server: address=127.0.0.1 port=PORT
"""
COMPLETIONS_STREAM = """
    text_completion gpt-3.5-turbo-instruct [client]
      agentel: input.message_count=1 input.size=31 outcome=completed output.size=26
        provider.organization=agentel-tests provider.project=proj_agenteltests
        provider.request_id=req_00000000000000000000000000000001 stream.chunk_count=7
        usage.source=provider
      gen_ai: operation.name=text_completion provider.name=openai
        request.model=gpt-3.5-turbo-instruct request.stream=true
        response.finish_reasons=[stop] response.id=cmpl-00000000000000000000000000001
        response.model=gpt-3.5-turbo-instruct:20230824-v2
        response.time_to_first_chunk=TIME usage.input_tokens=12 usage.output_tokens=7
      server: address=127.0.0.1 port=PORT
"""
COMPLETIONS_CONTENT = """
    text_completion gpt-3.5-turbo-instruct [client]
      agentel: input.message_count=1 input.size=31 outcome=completed output.size=26
        provider.organization=agentel-tests provider.project=proj_agenteltests
        provider.request_id=req_00000000000000000000000000000001 usage.source=provider
      gen_ai: input.messages=[{"role":"user","parts":[{"type":"text","content":"tell me
        the planted secret 4711"}]}] operation.name=text_completion
        output.messages=[{"role":"assistant","parts":[{"type":"text","content":"the
        planted secret is 0815"}],"finish_reason":"stop"}] provider.name=openai
        request.max_tokens=5 request.model=gpt-3.5-turbo-instruct request.seed=7
        request.stop_sequences=[a,b] response.finish_reasons=[stop]
        response.id=cmpl-00000000000000000000000000001
        response.model=gpt-3.5-turbo-instruct:20230824-v2 usage.input_tokens=12
        usage.output_tokens=7
      server: address=127.0.0.1 port=PORT
"""
EMBEDDINGS_VALUE = """
    embeddings text-embedding-3-small [client]
      agentel: input.message_count=2 input.size=34 outcome=completed
        provider.organization=agentel-tests provider.project=proj_agenteltests
        provider.request_id=req_00000000000000000000000000000001 usage.source=provider
      gen_ai: embeddings.dimension.count=1536 operation.name=embeddings
        provider.name=openai request.encoding_formats=[base64]
        request.model=text-embedding-3-small response.model=text-embedding-3-small
        usage.input_tokens=12
      server: address=127.0.0.1 port=PORT
"""
EMBEDDINGS_DIMENSIONS = """
    embeddings text-embedding-3-small [client]
      agentel: input.message_count=2 input.size=34 outcome=completed
        provider.organization=agentel-tests provider.project=proj_agenteltests
        provider.request_id=req_00000000000000000000000000000001 usage.source=provider
      gen_ai: embeddings.dimension.count=8 operation.name=embeddings
        provider.name=openai request.encoding_formats=[float]
        request.model=text-embedding-3-small response.model=text-embedding-3-small
        usage.input_tokens=12
      server: address=127.0.0.1 port=PORT
"""
EMBEDDINGS_RAW = """
    embeddings text-embedding-3-small [client]
      agentel: input.message_count=2 input.size=34 outcome=completed
        provider.organization=agentel-tests provider.project=proj_agenteltests
        provider.request_id=req_00000000000000000000000000000001 usage.source=provider
      gen_ai: embeddings.dimension.count=1536 operation.name=embeddings
        provider.name=openai request.encoding_formats=[base64]
        request.model=text-embedding-3-small response.model=text-embedding-3-small
        usage.input_tokens=12
      server: address=127.0.0.1 port=PORT
"""
EMBEDDINGS_MODERATIONS = """
    embeddings text-embedding-3-small [client]
      agentel: input.message_count=2 input.size=34 outcome=completed
        provider.organization=agentel-tests provider.project=proj_agenteltests
        provider.request_id=req_00000000000000000000000000000001 usage.source=provider
      gen_ai: embeddings.dimension.count=1536 operation.name=embeddings
        provider.name=openai request.encoding_formats=[float]
        request.model=text-embedding-3-small response.model=text-embedding-3-small
        usage.input_tokens=12
      server: address=127.0.0.1 port=PORT
"""
CASES = [
    Case("completions", "value", complete, COMPLETIONS_VALUE, SAID),
    Case("completions", "several", complete_several, COMPLETIONS_SEVERAL, SAID),
    Case("completions", "stream", complete_stream, COMPLETIONS_STREAM, SAID),
    Case("completions", "content", complete, COMPLETIONS_CONTENT, SAID, settings=CONTENT),
    Case("embeddings", "value", embed, EMBEDDINGS_VALUE, needs="responses.create"),
    Case("embeddings", "dimensions", embed_short, EMBEDDINGS_DIMENSIONS),
    Case("embeddings", "raw", embed_raw, EMBEDDINGS_RAW),
    Case("embeddings", "moderations", moderate, EMBEDDINGS_MODERATIONS),
]


@pytest.mark.parametrize(("case", "mode"), rows(OPENAI, CASES))
def test_call_with_plain_texts_is_recorded_once_and_whole(case: Case, mode: str) -> None:
    assert spans_of(OPENAI, case, mode) == expected_of(case)
