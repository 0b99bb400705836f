from __future__ import annotations

from typing import Any

import pytest

from agentel.config import Settings
from support.model_server import cut, error, html, text, thinking, tool_calls
from support.openai_likes import GROQ
from support.shapes import ANSWER, PROMPT, Case, Run, expected_of, rows, spans_of

CHAT: dict[str, Any] = {"model": "llama-4", "messages": [{"role": "user", "content": PROMPT}]}
SOUND = ("speech.mp3", b"ID3")


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


def transcribe(run: Run) -> None:
    run.call("audio.transcriptions.create", model="whisper-large-v3", file=SOUND)


TOOL = tool_calls([("add", {"a": 1})])
THOUGHT = thinking("hm", ANSWER)
LIMITED = error(429, retry_after=0.01)
CONTENT = Settings(content="SPAN_ONLY")
GROQ_CHAT_VALUE = """
    chat llama-4 [client]
      agentel: input.message_count=1 input.size=31 outcome=completed output.size=24
        provider.request_id=req_01000000000000000000000001 usage.service_tier=on_demand
        usage.source=provider
      gen_ai: operation.name=chat provider.name=groq request.max_tokens=50
        request.model=llama-4 request.seed=7 request.temperature=0.5
        response.finish_reasons=[stop]
        response.id=chatcmpl-00000000-0000-4000-8000-000000000001 response.model=llama-4
        usage.input_tokens=12 usage.output_tokens=7
      server: address=127.0.0.1 port=PORT
"""
GROQ_CHAT_RAW = """
    chat llama-4 [client]
      agentel: input.message_count=1 input.size=31 outcome=completed output.size=24
        provider.request_id=req_01000000000000000000000001 usage.service_tier=on_demand
        usage.source=provider
      gen_ai: operation.name=chat provider.name=groq request.model=llama-4
        response.finish_reasons=[stop]
        response.id=chatcmpl-00000000-0000-4000-8000-000000000001 response.model=llama-4
        usage.input_tokens=12 usage.output_tokens=7
      server: address=127.0.0.1 port=PORT
"""
GROQ_CHAT_STREAM = """
    chat llama-4 [client]
      agentel: input.message_count=1 input.size=31 outcome=completed output.size=24
        provider.request_id=req_01000000000000000000000001 stream.chunk_count=7
        usage.source=provider
      gen_ai: operation.name=chat provider.name=groq request.model=llama-4
        request.stream=true response.finish_reasons=[stop]
        response.id=chatcmpl-00000000-0000-4000-8000-000000000001 response.model=llama-4
        response.time_to_first_chunk=TIME usage.input_tokens=12 usage.output_tokens=7
      server: address=127.0.0.1 port=PORT
"""
GROQ_CHAT_STREAM_BREAK = """
    chat llama-4 [client]
      agentel: input.message_count=1 input.size=31 outcome=abandoned output.size=4
        provider.request_id=req_01000000000000000000000001 stream.chunk_count=2
        usage.source=absent
      gen_ai: operation.name=chat provider.name=groq request.model=llama-4
        request.stream=true response.id=chatcmpl-00000000-0000-4000-8000-000000000001
        response.model=llama-4 response.time_to_first_chunk=TIME
      server: address=127.0.0.1 port=PORT
"""
GROQ_CHAT_STREAM_CUT = """
    chat llama-4 [client] ERROR
      agentel: error.category=network error.confidence=1.0 error.fingerprint=PRINT
        error.retryable=true input.message_count=1 input.size=31 outcome=cut
        output.size=1 provider.request_id=req_01000000000000000000000001
        stream.chunk_count=2 usage.source=absent
      error: type=RemoteProtocolError
      gen_ai: operation.name=chat provider.name=groq request.model=llama-4
        request.stream=true response.finish_reasons=[error]
        response.id=chatcmpl-00000000-0000-4000-8000-000000000001 response.model=llama-4
        response.time_to_first_chunk=TIME
      http: response.status_code=200
      server: address=127.0.0.1 port=PORT
"""
GROQ_CHAT_STREAM_CONTENT = """
    chat llama-4 [client]
      agentel: input.message_count=1 input.size=31 outcome=completed output.size=26
        provider.request_id=req_01000000000000000000000001 stream.chunk_count=8
        usage.source=provider
      gen_ai: input.messages=[{"role":"user","parts":[{"type":"text","content":"tell me
        the planted secret 4711"}]}] operation.name=chat output.messages=[{"role":"assis
        tant","parts":[{"type":"reasoning","content":"hm"},{"type":"text","content":"the
        planted secret is 0815"}],"finish_reason":"stop"}] provider.name=groq
        request.model=llama-4 request.stream=true response.finish_reasons=[stop]
        response.id=chatcmpl-00000000-0000-4000-8000-000000000001 response.model=llama-4
        response.time_to_first_chunk=TIME usage.input_tokens=12 usage.output_tokens=27
        usage.reasoning.output_tokens=20
      server: address=127.0.0.1 port=PORT
"""
GROQ_CHAT_TOOLS = """
    chat llama-4 [client]
      agentel: input.message_count=1 input.size=31 outcome=completed output.size=7
        provider.request_id=req_01000000000000000000000001 usage.service_tier=on_demand
        usage.source=provider
      gen_ai: operation.name=chat provider.name=groq request.max_tokens=50
        request.model=llama-4 request.seed=7 request.temperature=0.5
        response.finish_reasons=[tool_call]
        response.id=chatcmpl-00000000-0000-4000-8000-000000000001 response.model=llama-4
        usage.input_tokens=12 usage.output_tokens=7
      server: address=127.0.0.1 port=PORT
"""
GROQ_CHAT_ERROR = """
    chat llama-4 [client] ERROR
      agentel: error.category=auth error.code=invalid_api_key error.confidence=1.0
        error.fingerprint=PRINT error.retryable=false input.message_count=1
        input.size=31 outcome=error provider.request_id=req_01000000000000000000000001
        usage.source=absent
      error: type=AuthenticationError
      gen_ai: operation.name=chat provider.name=groq request.max_tokens=50
        request.model=llama-4 request.seed=7 request.temperature=0.5
      http: response.status_code=401
      server: address=127.0.0.1 port=PORT
"""
GROQ_CHAT_PAGE = """
    chat llama-4 [client] ERROR
      agentel: error.category=html_error error.confidence=1.0 error.fingerprint=PRINT
        error.retryable=true input.message_count=1 input.size=31 outcome=error
        provider.request_id=req_01000000000000000000000001 usage.source=absent
      error: type=InternalServerError
      gen_ai: operation.name=chat provider.name=groq request.max_tokens=50
        request.model=llama-4 request.seed=7 request.temperature=0.5
      http: response.status_code=502
      server: address=127.0.0.1 port=PORT
"""
GROQ_CHAT_RETRIED = """
    chat llama-4 [client]
      agentel: attempt.count=2 input.message_count=1 input.size=31 outcome=completed
        output.size=24 provider.request_id=req_01000000000000000000000002
        usage.service_tier=on_demand usage.source=provider
      gen_ai: operation.name=chat provider.name=groq request.model=llama-4
        response.finish_reasons=[stop]
        response.id=chatcmpl-00000000-0000-4000-8000-000000000002 response.model=llama-4
        usage.input_tokens=12 usage.output_tokens=7
      server: address=127.0.0.1 port=PORT
      * agentel.attempt
        agentel: attempt.delay=TIME attempt.number=1 attempt.retry_after=0.01
        http: response.status_code=429
"""
GROQ_EMBEDDINGS_VALUE = """
    embeddings m2-bert [client]
      agentel: input.message_count=1 input.size=31 outcome=completed
        provider.request_id=req_01000000000000000000000001 usage.source=provider
      gen_ai: embeddings.dimension.count=1536 operation.name=embeddings
        provider.name=groq request.model=m2-bert response.model=m2-bert
        usage.input_tokens=12
      server: address=127.0.0.1 port=PORT
"""
GROQ_AUDIO_TRANSCRIPTION = """
    transcription whisper-large-v3 [client]
      agentel: outcome=completed output.size=26
        provider.request_id=req_01000000000000000000000001 usage.source=provider
      gen_ai: operation.name=transcription output.type=text provider.name=groq
        request.model=whisper-large-v3 usage.audio.input_tokens=0 usage.input_tokens=12
        usage.output_tokens=7 usage.text.input_tokens=12
      server: address=127.0.0.1 port=PORT
"""
GROQS = [
    Case("chat", "value", chat, GROQ_CHAT_VALUE),
    Case("chat", "raw", raw, GROQ_CHAT_RAW),
    Case("chat", "stream", stream, GROQ_CHAT_STREAM),
    Case("chat", "stream-break", breaks, GROQ_CHAT_STREAM_BREAK, is_read=False),
    Case("chat", "stream-cut", stream_fails, GROQ_CHAT_STREAM_CUT, (cut(),)),
    Case("chat", "stream-content", stream, GROQ_CHAT_STREAM_CONTENT, (THOUGHT,), settings=CONTENT),
    Case("chat", "tools", chat, GROQ_CHAT_TOOLS, (TOOL,)),
    Case("chat", "error", fails, GROQ_CHAT_ERROR, (error(401),)),
    Case("chat", "page", fails, GROQ_CHAT_PAGE, (html(502),)),
    Case("chat", "retried", retried, GROQ_CHAT_RETRIED, (LIMITED,)),
    Case("embeddings", "value", embed, GROQ_EMBEDDINGS_VALUE, needs="embeddings.create"),
    Case("audio", "transcription", transcribe, GROQ_AUDIO_TRANSCRIPTION, (text(ANSWER),)),
]


@pytest.mark.parametrize(("case", "mode"), rows(GROQ, GROQS))
def test_groq_is_recorded_once_and_whole(case: Case, mode: str) -> None:
    assert spans_of(GROQ, case, mode) == expected_of(case)
