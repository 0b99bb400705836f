from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import pytest

from support.model_server import cut, error, text, tool_calls
from support.openai_likes import TOGETHER
from support.shapes import ANSWER, PROMPT, Case, Run, expected_of, rows, spans_of

CHAT: dict[str, Any] = {"model": "llama-4", "messages": [{"role": "user", "content": PROMPT}]}


def chat(run: Run) -> None:
    run.call("chat.completions.create", **CHAT, temperature=0.5, seed=7, max_tokens=50)


def fails(run: Run) -> None:
    run.fails(lambda: chat(run))


def stream(run: Run) -> None:
    run.caller.drain(run.call("chat.completions.create", **CHAT, stream=True))


def stream_fails(run: Run) -> None:
    run.fails(lambda: stream(run))


def breaks(run: Run) -> None:
    run.caller.take(run.call("chat.completions.create", **CHAT, stream=True), 2)


def raw(run: Run) -> None:
    found = run.call("chat.completions.with_raw_response.create", **CHAT)
    run.caller.call(found.parse)


def retried(run: Run) -> None:
    client = run.client.with_options(max_retries=1)
    run.caller.call(client.chat.completions.create, **CHAT)


def embed(run: Run) -> None:
    run.call("embeddings.create", model="m2-bert", input=PROMPT)


def complete(run: Run) -> None:
    run.call("completions.create", model="llama-4", prompt=PROMPT, max_tokens=5)


TOOL = tool_calls([("add", {"a": 1})])
LIMITED = error(429, retry_after=0.01)
TOGETHER_CHAT_VALUE = """
    chat llama-4 [client]
      agentel: input.message_count=1 input.size=31 outcome=completed output.size=24
        provider.request_id=oEj000000000001-FRA usage.source=provider
      gen_ai: operation.name=chat provider.name=together request.max_tokens=50
        request.model=llama-4 request.seed=7 request.temperature=0.5
        response.finish_reasons=[stop] response.id=oEj000000000001-FRA
        response.model=llama-4 usage.cache_read.input_tokens=0 usage.input_tokens=12
        usage.output_tokens=7
      server: address=127.0.0.1 port=PORT
"""
TOGETHER_CHAT_RAW = """
    chat llama-4 [client]
      agentel: input.message_count=1 input.size=31 outcome=completed output.size=24
        provider.request_id=oEj000000000001-FRA usage.source=provider
      gen_ai: operation.name=chat provider.name=together request.model=llama-4
        response.finish_reasons=[stop] response.id=oEj000000000001-FRA
        response.model=llama-4 usage.cache_read.input_tokens=0 usage.input_tokens=12
        usage.output_tokens=7
      server: address=127.0.0.1 port=PORT
"""
TOGETHER_CHAT_STREAM = """
    chat llama-4 [client]
      agentel: input.message_count=1 input.size=31 outcome=completed output.size=24
        provider.request_id=oEj000000000001-FRA stream.chunk_count=6
        usage.source=provider
      gen_ai: operation.name=chat provider.name=together request.model=llama-4
        request.stream=true response.finish_reasons=[stop]
        response.id=oEj000000000001-FRA response.model=llama-4
        response.time_to_first_chunk=TIME usage.cache_read.input_tokens=0
        usage.input_tokens=12 usage.output_tokens=7
      server: address=127.0.0.1 port=PORT
"""
TOGETHER_CHAT_STREAM_BREAK = """
    chat llama-4 [client]
      agentel: input.message_count=1 input.size=31 outcome=abandoned output.size=7
        provider.request_id=oEj000000000001-FRA stream.chunk_count=2 usage.source=absent
      gen_ai: operation.name=chat provider.name=together request.model=llama-4
        request.stream=true response.id=oEj000000000001-FRA response.model=llama-4
        response.time_to_first_chunk=TIME
      server: address=127.0.0.1 port=PORT
"""
TOGETHER_CHAT_STREAM_CUT = """
    chat llama-4 [client] ERROR
      agentel: error.category=network error.confidence=1.0 error.fingerprint=PRINT
        error.retryable=true input.message_count=1 input.size=31 outcome=cut
        output.size=5 provider.request_id=oEj000000000001-FRA stream.chunk_count=2
        usage.source=absent
      error: type=RemoteProtocolError
      gen_ai: operation.name=chat provider.name=together request.model=llama-4
        request.stream=true response.finish_reasons=[error]
        response.id=oEj000000000001-FRA response.model=llama-4
        response.time_to_first_chunk=TIME
      http: response.status_code=200
      server: address=127.0.0.1 port=PORT
"""
TOGETHER_CHAT_TOOLS = """
    chat llama-4 [client]
      agentel: input.message_count=1 input.size=31 outcome=completed output.size=7
        provider.request_id=oEj000000000001-FRA usage.source=provider
      gen_ai: operation.name=chat provider.name=together request.max_tokens=50
        request.model=llama-4 request.seed=7 request.temperature=0.5
        response.finish_reasons=[tool_call] response.id=oEj000000000001-FRA
        response.model=llama-4 usage.cache_read.input_tokens=0 usage.input_tokens=12
        usage.output_tokens=7
      server: address=127.0.0.1 port=PORT
"""
TOGETHER_CHAT_ERROR = """
    chat llama-4 [client] ERROR
      agentel: error.category=auth error.code=invalid_api_key error.confidence=1.0
        error.fingerprint=PRINT error.retryable=false input.message_count=1
        input.size=31 outcome=error provider.request_id=oEj000000000001-FRA
        usage.source=absent
      error: type=AuthenticationError
      gen_ai: operation.name=chat provider.name=together request.max_tokens=50
        request.model=llama-4 request.seed=7 request.temperature=0.5
      http: response.status_code=401
      server: address=127.0.0.1 port=PORT
"""
TOGETHER_CHAT_RETRIED = """
    chat llama-4 [client]
      agentel: attempt.count=2 input.message_count=1 input.size=31 outcome=completed
        output.size=24 provider.request_id=oEj000000000002-FRA usage.source=provider
      gen_ai: operation.name=chat provider.name=together request.model=llama-4
        response.finish_reasons=[stop] response.id=oEj000000000002-FRA
        response.model=llama-4 usage.cache_read.input_tokens=0 usage.input_tokens=12
        usage.output_tokens=7
      server: address=127.0.0.1 port=PORT
      * agentel.attempt
        agentel: attempt.delay=TIME attempt.number=1 attempt.retry_after=0.01
        http: response.status_code=429
"""
TOGETHER_COMPLETIONS_VALUE = """
    text_completion llama-4 [client]
      agentel: input.message_count=1 input.size=31 outcome=completed output.size=26
        provider.request_id=oEj000000000001-FRA usage.source=provider
      gen_ai: operation.name=text_completion provider.name=together request.max_tokens=5
        request.model=llama-4 response.finish_reasons=[stop]
        response.id=cmpl-00000000000000000000000000001 response.model=llama-4
        usage.input_tokens=12 usage.output_tokens=7
      server: address=127.0.0.1 port=PORT
"""
TOGETHER_EMBEDDINGS_VALUE = """
    embeddings m2-bert [client]
      agentel: input.message_count=1 input.size=31 outcome=completed
        provider.request_id=oEj000000000001-FRA usage.source=provider
      gen_ai: embeddings.dimension.count=1536 operation.name=embeddings
        provider.name=together request.model=m2-bert response.model=m2-bert
        usage.input_tokens=12
      server: address=127.0.0.1 port=PORT
"""
TOGETHERS = [
    Case("chat", "value", chat, TOGETHER_CHAT_VALUE),
    Case("chat", "raw", raw, TOGETHER_CHAT_RAW),
    Case("chat", "stream", stream, TOGETHER_CHAT_STREAM),
    Case("chat", "stream-break", breaks, TOGETHER_CHAT_STREAM_BREAK, is_read=False),
    Case("chat", "stream-cut", stream_fails, TOGETHER_CHAT_STREAM_CUT, (cut(),)),
    Case("chat", "tools", chat, TOGETHER_CHAT_TOOLS, (TOOL,)),
    Case("chat", "error", fails, TOGETHER_CHAT_ERROR, (error(401),)),
    Case("chat", "retried", retried, TOGETHER_CHAT_RETRIED, (LIMITED,)),
    Case("completions", "value", complete, TOGETHER_COMPLETIONS_VALUE, (text(ANSWER),)),
    Case("embeddings", "value", embed, TOGETHER_EMBEDDINGS_VALUE),
]


@pytest.mark.skipif(find_spec("together") is None, reason="together is not installed")
@pytest.mark.parametrize(("case", "mode"), rows(TOGETHER, TOGETHERS))
def test_together_is_recorded_once_and_whole(case: Case, mode: str) -> None:
    assert spans_of(TOGETHER, case, mode) == expected_of(case)
