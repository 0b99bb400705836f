from __future__ import annotations

from typing import Any

import pytest

from agentel.config import Settings
from support.model_server import Usage, choices, refusal, text, tool_calls
from support.openai_clients import CHAT, OPENAI, STREAM, chat_stream, chat_stream_usage
from support.shapes import ANSWER, Case, Run, expected_of, rows, spans_of


def again(run: Run) -> None:
    chunks = run.call("chat.completions.create", **STREAM)
    run.caller.drain(chunks)
    run.caller.drain(chunks)


def two(run: Run) -> None:
    run.caller.drain(run.call("chat.completions.create", **STREAM, n=2))


def raw(run: Run) -> None:
    found = run.call("chat.completions.with_raw_response.create", **STREAM)
    run.caller.drain(run.caller.call(found.parse))


def lines(run: Run) -> None:
    manager = run.method("chat.completions.with_streaming_response.create")(**STREAM)
    run.caller.inside(manager, lambda found: run.caller.drain(found.iter_lines()))


def helper(run: Run) -> None:
    manager = run.method("chat.completions.stream")(**CHAT)
    run.caller.inside(manager, run.caller.drain)


def final(run: Run) -> None:
    manager = run.method("chat.completions.stream")(**CHAT)
    run.caller.inside(manager, lambda events: run.caller.call(events.get_final_completion))


def breaks(run: Run) -> None:
    run.caller.take(run.call("chat.completions.create", **STREAM), 2)


def closes(run: Run) -> None:
    chunks = run.call("chat.completions.create", **STREAM)
    run.caller.take(chunks, 2)
    run.caller.call(chunks.close)


def raises_inside(run: Run) -> None:
    def body(chunks: Any) -> None:
        run.caller.take(chunks, 2)
        raise LookupError

    chunks = run.call("chat.completions.create", **STREAM)
    run.fails(lambda: run.caller.inside(chunks, body))


def helper_breaks(run: Run) -> None:
    manager = run.method("chat.completions.stream")(**CHAT)
    run.caller.inside(manager, lambda events: run.caller.take(events, 2))


def never_reads(run: Run) -> None:
    run.call("chat.completions.create", **STREAM)


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
ABANDONED = """
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
TOOLS = tool_calls([("add", {"a": 1}), ("sub", {"b": 2})], said=ANSWER)
TWO = choices(text(ANSWER), text("no", finish="length"))
SPOKEN = Usage(20, 9, cache_read=8, cache_write_5m=4, reasoning=3, audio_input=2, audio_output=1)
HELPER = "chat.completions.stream"
CHAT_STREAM_INJECTED = """
    chat gpt-5 [client]
      agentel: input.message_count=1 input.size=31 outcome=completed output.size=24
        provider.organization=agentel-tests provider.project=proj_agenteltests
        provider.request_id=req_00000000000000000000000000000001 stream.chunk_count=8
        usage.source=injected
      gen_ai: operation.name=chat provider.name=openai request.model=gpt-5
        request.stream=true response.finish_reasons=[stop]
        response.id=chatcmpl-00000000000000000000000000001
        response.model=gpt-5-2025-08-07 response.time_to_first_chunk=TIME
        usage.cache_read.input_tokens=0 usage.input_tokens=12 usage.output_tokens=7
        usage.reasoning.output_tokens=0
      openai: api.type=chat_completions response.service_tier=default
        response.system_fingerprint=fp_44709d6fcb
      server: address=127.0.0.1 port=PORT
"""
CHAT_STREAM_LINES = """
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
CHAT_STREAM_USAGE = """
    chat gpt-5 [client]
      agentel: input.message_count=1 input.size=31 outcome=completed output.size=26
        provider.organization=agentel-tests provider.project=proj_agenteltests
        provider.request_id=req_00000000000000000000000000000001 stream.chunk_count=8
        usage.source=provider
      gen_ai: operation.name=chat provider.name=openai request.model=gpt-5
        request.stream=true response.finish_reasons=[stop]
        response.id=chatcmpl-00000000000000000000000000001
        response.model=gpt-5-2025-08-07 response.time_to_first_chunk=TIME
        usage.audio.input_tokens=2 usage.audio.output_tokens=1
        usage.cache_read.input_tokens=8 usage.cache_write.input_tokens=4
        usage.input_tokens=20 usage.output_tokens=9 usage.reasoning.output_tokens=3
      openai: api.type=chat_completions response.service_tier=default
        response.system_fingerprint=fp_44709d6fcb
      server: address=127.0.0.1 port=PORT
"""
CHAT_STREAM_TWO = """
    chat gpt-5 [client]
      agentel: input.message_count=1 input.size=31 outcome=completed output.size=28
        provider.organization=agentel-tests provider.project=proj_agenteltests
        provider.request_id=req_00000000000000000000000000000001 stream.chunk_count=10
        usage.source=absent
      gen_ai: operation.name=chat provider.name=openai request.choice.count=2
        request.model=gpt-5 request.stream=true response.finish_reasons=[stop,length]
        response.id=chatcmpl-00000000000000000000000000001
        response.model=gpt-5-2025-08-07 response.time_to_first_chunk=TIME
      openai: api.type=chat_completions response.service_tier=default
        response.system_fingerprint=fp_44709d6fcb
      server: address=127.0.0.1 port=PORT
"""
CHAT_STREAM_TOOLS = """
    chat gpt-5 [client]
      agentel: input.message_count=1 input.size=31 outcome=completed output.size=40
        provider.organization=agentel-tests provider.project=proj_agenteltests
        provider.request_id=req_00000000000000000000000000000001 stream.chunk_count=11
        usage.source=absent
      gen_ai: operation.name=chat provider.name=openai request.model=gpt-5
        request.stream=true response.finish_reasons=[tool_call]
        response.id=chatcmpl-00000000000000000000000000001
        response.model=gpt-5-2025-08-07 response.time_to_first_chunk=TIME
      openai: api.type=chat_completions response.service_tier=default
        response.system_fingerprint=fp_44709d6fcb
      server: address=127.0.0.1 port=PORT
"""
CHAT_STREAM_REFUSAL = """
    chat gpt-5 [client]
      agentel: input.message_count=1 input.size=31 outcome=completed output.size=23
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
CHAT_STREAM_CONTENT = """
    chat gpt-5 [client]
      agentel: input.message_count=1 input.size=31 outcome=completed output.size=40
        provider.organization=agentel-tests provider.project=proj_agenteltests
        provider.request_id=req_00000000000000000000000000000001 stream.chunk_count=11
        usage.source=absent
      gen_ai: input.messages=[{"role":"user","parts":[{"type":"text","content":"tell me
        the planted secret 4711"}]}] operation.name=chat
        output.messages=[{"role":"assistant","parts":[{"type":"text","content":"the
        planted secret is 0815"},{"type":"tool_call","id":"call_000000000000000000000100
        ","name":"add","arguments":{"a":1}},{"type":"tool_call","id":"call_0000000000000
        00000000101","name":"sub","arguments":{"b":2}}],"finish_reason":"tool_call"}]
        provider.name=openai request.model=gpt-5 request.stream=true
        response.finish_reasons=[tool_call]
        response.id=chatcmpl-00000000000000000000000000001
        response.model=gpt-5-2025-08-07 response.time_to_first_chunk=TIME
      openai: api.type=chat_completions response.service_tier=default
        response.system_fingerprint=fp_44709d6fcb
      server: address=127.0.0.1 port=PORT
"""
CHAT_STREAM_HELPER_BREAK = """
    chat gpt-5 [client]
      agentel: input.message_count=1 input.size=31 outcome=abandoned output.size=0
        provider.organization=agentel-tests provider.project=proj_agenteltests
        provider.request_id=req_00000000000000000000000000000001 stream.chunk_count=1
        usage.source=absent
      gen_ai: operation.name=chat provider.name=openai request.model=gpt-5
        request.stream=true response.id=chatcmpl-00000000000000000000000000001
        response.model=gpt-5-2025-08-07 response.time_to_first_chunk=TIME
      openai: api.type=chat_completions response.service_tier=default
        response.system_fingerprint=fp_44709d6fcb
      server: address=127.0.0.1 port=PORT
"""
CHAT_STREAM_NEVER_READ = """
    chat gpt-5 [client]
      agentel: input.message_count=1 input.size=31 outcome=abandoned output.size=0
        provider.organization=agentel-tests provider.project=proj_agenteltests
        provider.request_id=req_00000000000000000000000000000001 usage.source=absent
      gen_ai: operation.name=chat provider.name=openai request.model=gpt-5
        request.stream=true
      openai: api.type=chat_completions
      server: address=127.0.0.1 port=PORT
"""

CASES = [
    Case("chat", "stream", chat_stream, STREAMED),
    Case("chat", "stream-again", again, STREAMED),
    Case("chat", "stream-raw", raw, STREAMED),
    Case("chat", "stream-helper", helper, STREAMED, needs=HELPER),
    Case("chat", "stream-final", final, STREAMED, needs=HELPER),
    Case(
        "chat",
        "stream-injected",
        chat_stream,
        CHAT_STREAM_INJECTED,
        settings=Settings(stream_usage=True),
    ),
    Case("chat", "stream-lines", lines, CHAT_STREAM_LINES),
    Case(
        "chat", "stream-usage", chat_stream_usage, CHAT_STREAM_USAGE, (text(ANSWER, usage=SPOKEN),)
    ),
    Case("chat", "stream-two", two, CHAT_STREAM_TWO, (TWO,)),
    Case("chat", "stream-tools", chat_stream, CHAT_STREAM_TOOLS, (TOOLS,)),
    Case("chat", "stream-refusal", chat_stream, CHAT_STREAM_REFUSAL, (refusal(),)),
    Case(
        "chat",
        "stream-content",
        chat_stream,
        CHAT_STREAM_CONTENT,
        (TOOLS,),
        settings=Settings(content="SPAN_ONLY"),
    ),
    Case("chat", "stream-break", breaks, ABANDONED),
    Case("chat", "stream-close", closes, ABANDONED),
    Case("chat", "stream-user-exception", raises_inside, ABANDONED),
    Case("chat", "stream-helper-break", helper_breaks, CHAT_STREAM_HELPER_BREAK, needs=HELPER),
    Case("chat", "stream-never-read", never_reads, CHAT_STREAM_NEVER_READ),
]


@pytest.mark.parametrize(("case", "mode"), rows(OPENAI, CASES))
def test_stream_is_recorded_once_and_whole(case: Case, mode: str) -> None:
    assert spans_of(OPENAI, case, mode) == expected_of(case)
