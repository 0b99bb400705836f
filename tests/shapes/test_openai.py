from __future__ import annotations

from typing import Any

import pytest

from agentel.config import Settings
from support.model_server import Usage, choices, refusal, text, tool_calls
from support.openai_clients import (
    CHAT,
    OPENAI,
    chat,
)
from support.shapes import ANSWER, Case, Run, expected_of, rows, spans_of

PARAMETERS: dict[str, Any] = {
    "temperature": 1,
    "top_p": 0.9,
    "frequency_penalty": 0.5,
    "presence_penalty": 0.25,
    "seed": 7,
    "stop": "END",
    "max_tokens": 100,
    "response_format": {"type": "json_object"},
    "extra_body": {"reasoning_effort": "low", "top_k": 40, "service_tier": "flex"},
}


def parameters(run: Run) -> None:
    run.call("chat.completions.create", **CHAT, **PARAMETERS)


def two(run: Run) -> None:
    run.call("chat.completions.create", **CHAT, n=2)


def audio(run: Run) -> None:
    run.call("chat.completions.create", **CHAT, extra_body={"modalities": ["text", "audio"]})


def raw(run: Run) -> None:
    found = run.call("chat.completions.with_raw_response.create", **CHAT)
    run.caller.call(found.parse)


def streaming_parse(run: Run) -> None:
    manager = run.method("chat.completions.with_streaming_response.create")(**CHAT)
    run.caller.inside(manager, lambda found: run.caller.call(found.parse))


def streaming_read(run: Run) -> None:
    manager = run.method("chat.completions.with_streaming_response.create")(**CHAT)
    run.caller.inside(manager, lambda found: run.caller.call(found.read))


def streaming_nothing(run: Run) -> None:
    manager = run.method("chat.completions.with_streaming_response.create")(**CHAT)
    run.caller.inside(manager, lambda found: found.status_code)


def listed(run: Run) -> None:
    run.call("chat.completions.create", **CHAT, store=True)
    run.call("chat.completions.list")


PLAIN = """
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
TOOLS = tool_calls([("add", {"a": 1}), ("sub", {"b": 2})], said=ANSWER)
TWO = choices(text(ANSWER), text("no", finish="length"))
SPOKEN = Usage(20, 9, cache_read=8, cache_write_5m=4, reasoning=3, audio_input=2, audio_output=1)
CHAT_STREAMING_NOTHING = """
    chat gpt-5 [client]
      agentel: input.message_count=1 input.size=31 outcome=abandoned
        provider.organization=agentel-tests provider.project=proj_agenteltests
        provider.request_id=req_00000000000000000000000000000001 usage.source=absent
      gen_ai: operation.name=chat provider.name=openai request.model=gpt-5
      openai: api.type=chat_completions
      server: address=127.0.0.1 port=PORT
"""
CHAT_USAGE = """
    chat gpt-5 [client]
      agentel: input.message_count=1 input.size=31 outcome=completed output.size=26
        provider.organization=agentel-tests provider.project=proj_agenteltests
        provider.request_id=req_00000000000000000000000000000001 usage.source=provider
      gen_ai: operation.name=chat provider.name=openai request.model=gpt-5
        response.finish_reasons=[stop]
        response.id=chatcmpl-00000000000000000000000000001
        response.model=gpt-5-2025-08-07 usage.audio.input_tokens=2
        usage.audio.output_tokens=1 usage.cache_read.input_tokens=8
        usage.cache_write.input_tokens=4 usage.input_tokens=20 usage.output_tokens=9
        usage.reasoning.output_tokens=3
      openai: api.type=chat_completions response.service_tier=priority
        response.system_fingerprint=fp_44709d6fcb
      server: address=127.0.0.1 port=PORT
"""
CHAT_PARAMETERS = """
    chat gpt-5 [client]
      agentel: input.message_count=1 input.size=31 outcome=completed output.parsed=true
        output.size=2 provider.organization=agentel-tests
        provider.project=proj_agenteltests
        provider.request_id=req_00000000000000000000000000000001 usage.source=provider
      gen_ai: operation.name=chat output.type=json provider.name=openai
        request.frequency_penalty=0.5 request.max_tokens=100 request.model=gpt-5
        request.presence_penalty=0.25 request.reasoning.level=low request.seed=7
        request.stop_sequences=[END] request.temperature=1.0 request.top_k=40
        request.top_p=0.9 response.finish_reasons=[stop]
        response.id=chatcmpl-00000000000000000000000000001
        response.model=gpt-5-2025-08-07 usage.cache_read.input_tokens=0
        usage.input_tokens=12 usage.output_tokens=7 usage.reasoning.output_tokens=0
      openai: api.type=chat_completions request.service_tier=flex
        response.service_tier=default response.system_fingerprint=fp_44709d6fcb
      server: address=127.0.0.1 port=PORT
"""
CHAT_TWO = """
    chat gpt-5 [client]
      agentel: input.message_count=1 input.size=31 outcome=completed output.size=28
        provider.organization=agentel-tests provider.project=proj_agenteltests
        provider.request_id=req_00000000000000000000000000000001 usage.source=provider
      gen_ai: operation.name=chat provider.name=openai request.choice.count=2
        request.model=gpt-5 response.finish_reasons=[stop,length]
        response.id=chatcmpl-00000000000000000000000000001
        response.model=gpt-5-2025-08-07 usage.cache_read.input_tokens=0
        usage.input_tokens=12 usage.output_tokens=7 usage.reasoning.output_tokens=0
      openai: api.type=chat_completions response.service_tier=default
        response.system_fingerprint=fp_44709d6fcb
      server: address=127.0.0.1 port=PORT
"""
CHAT_TOOLS = """
    chat gpt-5 [client]
      agentel: input.message_count=1 input.size=31 outcome=completed output.size=40
        provider.organization=agentel-tests provider.project=proj_agenteltests
        provider.request_id=req_00000000000000000000000000000001 usage.source=provider
      gen_ai: operation.name=chat provider.name=openai request.model=gpt-5
        response.finish_reasons=[tool_call]
        response.id=chatcmpl-00000000000000000000000000001
        response.model=gpt-5-2025-08-07 usage.cache_read.input_tokens=0
        usage.input_tokens=12 usage.output_tokens=7 usage.reasoning.output_tokens=0
      openai: api.type=chat_completions response.service_tier=default
        response.system_fingerprint=fp_44709d6fcb
      server: address=127.0.0.1 port=PORT
"""
CHAT_REFUSAL = """
    chat gpt-5 [client]
      agentel: input.message_count=1 input.size=31 outcome=completed output.size=23
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
CHAT_AUDIO = """
    chat gpt-5 [client]
      agentel: input.message_count=1 input.size=31 outcome=completed output.size=0
        provider.organization=agentel-tests provider.project=proj_agenteltests
        provider.request_id=req_00000000000000000000000000000001 usage.source=provider
      gen_ai: operation.name=chat output.type=speech provider.name=openai
        request.model=gpt-5 response.finish_reasons=[stop]
        response.id=chatcmpl-00000000000000000000000000001
        response.model=gpt-5-2025-08-07 usage.audio.input_tokens=2
        usage.audio.output_tokens=1 usage.cache_read.input_tokens=8
        usage.cache_write.input_tokens=4 usage.input_tokens=20 usage.output_tokens=9
        usage.reasoning.output_tokens=3
      openai: api.type=chat_completions response.service_tier=default
        response.system_fingerprint=fp_44709d6fcb
      server: address=127.0.0.1 port=PORT
"""
CHAT_CONTENT = """
    chat gpt-5 [client]
      agentel: input.message_count=1 input.size=31 outcome=completed output.size=40
        provider.organization=agentel-tests provider.project=proj_agenteltests
        provider.request_id=req_00000000000000000000000000000001 usage.source=provider
      gen_ai: input.messages=[{"role":"user","parts":[{"type":"text","content":"tell me
        the planted secret 4711"}]}] operation.name=chat
        output.messages=[{"role":"assistant","parts":[{"type":"text","content":"the
        planted secret is 0815"},{"type":"tool_call","id":"call_000000000000000000000100
        ","name":"add","arguments":{"a":1}},{"type":"tool_call","id":"call_0000000000000
        00000000101","name":"sub","arguments":{"b":2}}],"finish_reason":"tool_call"}]
        provider.name=openai request.model=gpt-5 response.finish_reasons=[tool_call]
        response.id=chatcmpl-00000000000000000000000000001
        response.model=gpt-5-2025-08-07 usage.cache_read.input_tokens=0
        usage.input_tokens=12 usage.output_tokens=7 usage.reasoning.output_tokens=0
      openai: api.type=chat_completions response.service_tier=default
        response.system_fingerprint=fp_44709d6fcb
      server: address=127.0.0.1 port=PORT
"""
CASES = [
    Case("chat", "value", chat, PLAIN),
    Case("chat", "raw", raw, PLAIN),
    Case("chat", "streaming-parse", streaming_parse, PLAIN),
    Case("chat", "streaming-read", streaming_read, PLAIN),
    Case("chat", "listed", listed, PLAIN, needs="chat.completions.list"),
    Case("chat", "streaming-nothing", streaming_nothing, CHAT_STREAMING_NOTHING, is_read=False),
    Case("chat", "usage", chat, CHAT_USAGE, (text(ANSWER, usage=SPOKEN, tier="priority"),)),
    Case("chat", "parameters", parameters, CHAT_PARAMETERS, (text("{}"),)),
    Case("chat", "two", two, CHAT_TWO, (TWO,)),
    Case("chat", "tools", chat, CHAT_TOOLS, (TOOLS,)),
    Case("chat", "refusal", chat, CHAT_REFUSAL, (refusal(),)),
    Case("chat", "audio", audio, CHAT_AUDIO, (text(ANSWER, usage=SPOKEN),)),
    Case("chat", "content", chat, CHAT_CONTENT, (TOOLS,), settings=Settings(content="SPAN_ONLY")),
]


@pytest.mark.parametrize(("case", "mode"), rows(OPENAI, CASES))
def test_call_is_recorded_once_and_whole(case: Case, mode: str) -> None:
    assert spans_of(OPENAI, case, mode) == expected_of(case)
