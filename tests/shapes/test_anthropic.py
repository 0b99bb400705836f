from __future__ import annotations

import pytest

from support.anthropic_clients import ANTHROPIC, CHAT, SAID
from support.model_server import thinking, tool_calls, web_search
from support.shapes import ANSWER, Case, Run, expected_of, rows, spans_of


def value(run: Run) -> None:
    run.call("messages.create", **CHAT)


def with_everything(run: Run) -> None:
    run.call(
        "messages.create",
        **CHAT,
        system=[{"type": "text", "text": "Be brief."}],
        stop_sequences=["END"],
        extra_body={
            "service_tier": "standard_only",
            "temperature": 0.5,
            "top_p": 0.9,
            "top_k": 40,
            "output_config": {"effort": "high"},
        },
    )


def beta(run: Run) -> None:
    run.call("beta.messages.create", **CHAT, betas=["context-1m-2025-08-07"])


def raw(run: Run) -> None:
    response = run.call("messages.with_raw_response.create", **CHAT)
    assert response.headers["request-id"]
    run.caller.call(response.parse)


def raw_unparsed(run: Run) -> None:
    response = run.call("messages.with_raw_response.create", **CHAT)
    assert ANSWER.encode() in response.http_response.content


def raw_streaming(run: Run) -> None:
    manager = run.method("messages.with_streaming_response.create")(**CHAT)
    run.caller.inside(manager, lambda response: run.caller.call(response.parse))


def raw_streaming_unread(run: Run) -> None:
    manager = run.method("messages.with_streaming_response.create")(**CHAT)
    run.caller.inside(manager, lambda response: response.headers["request-id"])


def count_tokens_first(run: Run) -> None:
    run.call("messages.count_tokens", model=CHAT["model"], messages=CHAT["messages"])
    run.call("messages.create", **CHAT)


VALUE = """
    chat claude-opus-5 [client]
      agentel: input.message_count=1 input.size=31 outcome=completed output.size=26
        provider.organization=44ae676c-0000-4000-8000-agenteltests
        provider.request_id=req_011C00000000000000000001
        usage.cache_write_1h.input_tokens=50 usage.cache_write_5m.input_tokens=30
        usage.service_tier=standard usage.source=provider
      gen_ai: operation.name=chat provider.name=anthropic request.max_tokens=64
        request.model=claude-opus-5 response.finish_reasons=[stop]
        response.id=msg_010000000000000000000001 response.model=claude-opus-5
        usage.cache_read.input_tokens=200 usage.cache_write.input_tokens=80
        usage.input_tokens=320 usage.output_tokens=7
      server: address=127.0.0.1 port=PORT
"""
RAW_STREAMING_UNREAD = """
    chat claude-opus-5 [client]
      agentel: input.message_count=1 input.size=31 outcome=abandoned
        provider.organization=44ae676c-0000-4000-8000-agenteltests
        provider.request_id=req_011C00000000000000000001 usage.source=absent
      gen_ai: operation.name=chat provider.name=anthropic request.max_tokens=64
        request.model=claude-opus-5
      server: address=127.0.0.1 port=PORT
"""
COUNT_TOKENS_FIRST = """
    chat claude-opus-5 [client]
      agentel: input.message_count=1 input.size=31 outcome=completed output.size=26
        provider.organization=44ae676c-0000-4000-8000-agenteltests
        provider.request_id=req_011C00000000000000000002
        usage.cache_write_1h.input_tokens=50 usage.cache_write_5m.input_tokens=30
        usage.service_tier=standard usage.source=provider
      gen_ai: operation.name=chat provider.name=anthropic request.max_tokens=64
        request.model=claude-opus-5 response.finish_reasons=[stop]
        response.id=msg_010000000000000000000002 response.model=claude-opus-5
        usage.cache_read.input_tokens=200 usage.cache_write.input_tokens=80
        usage.input_tokens=320 usage.output_tokens=7
      server: address=127.0.0.1 port=PORT
"""
WITH_EVERYTHING = """
    chat claude-opus-5 [client]
      agentel: input.message_count=1 input.size=40 outcome=completed output.size=26
        provider.organization=44ae676c-0000-4000-8000-agenteltests
        provider.request_id=req_011C00000000000000000001
        request.service_tier=standard_only usage.cache_write_1h.input_tokens=50
        usage.cache_write_5m.input_tokens=30 usage.service_tier=standard
        usage.source=provider
      gen_ai: operation.name=chat provider.name=anthropic request.max_tokens=64
        request.model=claude-opus-5 request.reasoning.level=high
        request.stop_sequences=[END] request.temperature=0.5 request.top_k=40
        request.top_p=0.9 response.finish_reasons=[stop]
        response.id=msg_010000000000000000000001 response.model=claude-opus-5
        usage.cache_read.input_tokens=200 usage.cache_write.input_tokens=80
        usage.input_tokens=320 usage.output_tokens=7
      server: address=127.0.0.1 port=PORT
"""
THINKING = """
    chat claude-opus-5 [client]
      agentel: input.message_count=1 input.size=31 outcome=completed output.size=32
        provider.organization=44ae676c-0000-4000-8000-agenteltests
        provider.request_id=req_011C00000000000000000001
        usage.cache_write_1h.input_tokens=0 usage.cache_write_5m.input_tokens=0
        usage.service_tier=standard usage.source=provider
      gen_ai: operation.name=chat provider.name=anthropic request.max_tokens=64
        request.model=claude-opus-5 response.finish_reasons=[stop]
        response.id=msg_010000000000000000000001 response.model=claude-opus-5
        usage.cache_read.input_tokens=0 usage.cache_write.input_tokens=0
        usage.input_tokens=12 usage.output_tokens=27 usage.reasoning.output_tokens=20
      server: address=127.0.0.1 port=PORT
"""
TOOLS = """
    chat claude-opus-5 [client]
      agentel: input.message_count=1 input.size=31 outcome=completed output.size=33
        provider.organization=44ae676c-0000-4000-8000-agenteltests
        provider.request_id=req_011C00000000000000000001
        usage.cache_write_1h.input_tokens=0 usage.cache_write_5m.input_tokens=0
        usage.service_tier=standard usage.source=provider
      gen_ai: operation.name=chat provider.name=anthropic request.max_tokens=64
        request.model=claude-opus-5 response.finish_reasons=[tool_call]
        response.id=msg_010000000000000000000001 response.model=claude-opus-5
        usage.cache_read.input_tokens=0 usage.cache_write.input_tokens=0
        usage.input_tokens=12 usage.output_tokens=7
      server: address=127.0.0.1 port=PORT
"""
WEB_SEARCH = """
    chat claude-opus-5 [client]
      agentel: input.message_count=1 input.size=31 outcome=completed output.size=42
        provider.organization=44ae676c-0000-4000-8000-agenteltests
        provider.request_id=req_011C00000000000000000001
        usage.cache_write_1h.input_tokens=0 usage.cache_write_5m.input_tokens=0
        usage.service_tier=standard usage.source=provider usage.web_fetch.requests=0
        usage.web_search.requests=1
      gen_ai: operation.name=chat provider.name=anthropic request.max_tokens=64
        request.model=claude-opus-5 response.finish_reasons=[stop]
        response.id=msg_010000000000000000000001 response.model=claude-opus-5
        usage.cache_read.input_tokens=0 usage.cache_write.input_tokens=0
        usage.input_tokens=320 usage.output_tokens=7
      server: address=127.0.0.1 port=PORT
"""
CASES = [
    Case("messages", "value", value, VALUE, (SAID,)),
    Case("messages", "beta", beta, VALUE, (SAID,)),
    Case("messages", "raw", raw, VALUE, (SAID,)),
    Case("messages", "raw-unparsed", raw_unparsed, VALUE, (SAID,)),
    Case("messages", "raw-streaming", raw_streaming, VALUE, (SAID,)),
    Case(
        "messages",
        "raw-streaming-unread",
        raw_streaming_unread,
        RAW_STREAMING_UNREAD,
        (SAID,),
        is_read=False,
    ),
    Case("messages", "count-tokens-first", count_tokens_first, COUNT_TOKENS_FIRST, (SAID,)),
    Case("messages", "with-everything", with_everything, WITH_EVERYTHING, (SAID,)),
    Case("messages", "thinking", value, THINKING, (thinking("hm, hm", ANSWER),)),
    Case("messages", "tools", value, TOOLS, (tool_calls([("add", {"a": 1})], ANSWER),)),
    Case("messages", "web-search", value, WEB_SEARCH, (web_search("cats", ANSWER),)),
]


@pytest.mark.parametrize(("case", "mode"), rows(ANTHROPIC, CASES))
def test_call_is_recorded_once_and_whole(case: Case, mode: str) -> None:
    assert spans_of(ANTHROPIC, case, mode) == expected_of(case)
