from __future__ import annotations

from typing import Any

import pytest

from agentel.config import Settings
from support import model_server
from support.model_server import Usage, text, thinking, tool_calls, web_search
from support.openai_clients import OPENAI
from support.shapes import ANSWER, PROMPT, Case, Run, expected_of, rows, spans_of

ASK: dict[str, Any] = {"model": "gpt-5", "input": PROMPT}
PARAMETERS: dict[str, Any] = {
    "instructions": "Be brief.",
    "temperature": 0.5,
    "top_p": 0.9,
    "max_output_tokens": 100,
    "reasoning": {"effort": "high"},
    "text": {"format": {"type": "json_object"}},
    "service_tier": "priority",
    "previous_response_id": "resp_before",
    "extra_body": {
        "conversation": {"id": "conv_1"},
        "prompt": {"id": "pmpt_1", "version": "2"},
    },
}


def value(run: Run) -> Any:
    return run.call("responses.create", **ASK)


def compact(run: Run) -> None:
    usage = {"input_tokens": 90, "output_tokens": 9, "total_tokens": 99}
    body = {"id": "resp_short", "object": "response.compaction", "output": [], "usage": usage}
    run.server.route("/v1/responses/compact", model_server.raw(body))
    run.call("responses.compact", **ASK)


def parameters(run: Run) -> None:
    run.call("responses.create", **ASK, **PARAMETERS)


def content(run: Run) -> None:
    given = [
        {"role": "developer", "content": "Add."},
        {"role": "user", "content": [{"type": "input_text", "text": PROMPT}]},
        {"type": "function_call", "call_id": "c1", "name": "add", "arguments": '{"a":1}'},
        {"type": "function_call_output", "call_id": "c1", "output": "2"},
    ]
    tools = [{"type": "function", "name": "add", "parameters": {"type": "object"}}]
    run.call("responses.create", model="gpt-5", input=given, tools=tools, instructions="Be brief.")


def raw(run: Run) -> None:
    found = run.call("responses.with_raw_response.create", **ASK)
    run.caller.call(found.parse)


NEEDS = "responses.create"
PLAIN = """
    chat gpt-5 [client]
      agentel: input.message_count=1 input.size=31 outcome=completed output.size=24
        provider.organization=agentel-tests provider.project=proj_agenteltests
        provider.request_id=req_00000000000000000000000000000001 usage.source=provider
      gen_ai: operation.name=chat provider.name=openai request.model=gpt-5
        response.finish_reasons=[stop]
        response.id=resp_00000000000000000000000000000000000000000000000001
        response.model=gpt-5-2025-08-07 usage.cache_read.input_tokens=0
        usage.cache_write.input_tokens=0 usage.input_tokens=12 usage.output_tokens=7
        usage.reasoning.output_tokens=0
      openai: api.type=responses response.service_tier=default
      server: address=127.0.0.1 port=PORT
"""
SPENT = Usage(30, 27, cache_read=8, cache_write_5m=4, reasoning=20)
TOOL = tool_calls([("add", {"a": 1})])
SEARCH = web_search("planted", ANSWER)
CONTENT = Settings(content="SPAN_ONLY")
RESPONSES_PARAMETERS = """
    chat gpt-5 [client]
      agentel: input.message_count=1 input.size=31 outcome=completed output.parsed=true
        output.size=2 provider.organization=agentel-tests
        provider.project=proj_agenteltests
        provider.request_id=req_00000000000000000000000000000001 usage.source=provider
      gen_ai: conversation.id=conv_1 operation.name=chat output.type=json
        prompt.name=pmpt_1 prompt.version=2 provider.name=openai request.max_tokens=100
        request.model=gpt-5 request.previous_response.id=resp_before
        request.reasoning.level=high request.temperature=0.5 request.top_p=0.9
        response.finish_reasons=[stop]
        response.id=resp_00000000000000000000000000000000000000000000000001
        response.model=gpt-5-2025-08-07 usage.cache_read.input_tokens=0
        usage.cache_write.input_tokens=0 usage.input_tokens=12 usage.output_tokens=7
        usage.reasoning.output_tokens=0
      openai: api.type=responses request.service_tier=priority
        response.service_tier=default
      server: address=127.0.0.1 port=PORT
"""
RESPONSES_REASONING = """
    chat gpt-5 [client]
      agentel: input.message_count=1 input.size=31 outcome=completed output.size=26
        provider.organization=agentel-tests provider.project=proj_agenteltests
        provider.request_id=req_00000000000000000000000000000001 usage.source=provider
      gen_ai: operation.name=chat provider.name=openai request.model=gpt-5
        response.finish_reasons=[stop]
        response.id=resp_00000000000000000000000000000000000000000000000001
        response.model=gpt-5-2025-08-07 usage.cache_read.input_tokens=8
        usage.cache_write.input_tokens=4 usage.input_tokens=30 usage.output_tokens=27
        usage.reasoning.output_tokens=20
      openai: api.type=responses response.service_tier=default
      server: address=127.0.0.1 port=PORT
"""
RESPONSES_COMPACT = """
    compaction gpt-5 [client]
      agentel: input.message_count=1 input.size=31 outcome=completed
        provider.organization=agentel-tests provider.project=proj_agenteltests
        provider.request_id=req_00000000000000000000000000000001 usage.source=provider
      gen_ai: operation.name=compaction provider.name=openai request.model=gpt-5
        response.id=resp_short usage.input_tokens=90 usage.output_tokens=9
      openai: api.type=responses
      server: address=127.0.0.1 port=PORT
"""
RESPONSES_TOOLS = """
    chat gpt-5 [client]
      agentel: input.message_count=1 input.size=31 outcome=completed output.size=7
        provider.organization=agentel-tests provider.project=proj_agenteltests
        provider.request_id=req_00000000000000000000000000000001 usage.source=provider
      gen_ai: operation.name=chat provider.name=openai request.model=gpt-5
        response.finish_reasons=[tool_call]
        response.id=resp_00000000000000000000000000000000000000000000000001
        response.model=gpt-5-2025-08-07 usage.cache_read.input_tokens=0
        usage.cache_write.input_tokens=0 usage.input_tokens=12 usage.output_tokens=7
        usage.reasoning.output_tokens=0
      openai: api.type=responses response.service_tier=default
      server: address=127.0.0.1 port=PORT
"""
RESPONSES_SEARCH = """
    chat gpt-5 [client]
      agentel: input.message_count=1 input.size=31 outcome=completed output.size=26
        provider.organization=agentel-tests provider.project=proj_agenteltests
        provider.request_id=req_00000000000000000000000000000001 usage.source=provider
        usage.web_search.requests=1
      gen_ai: operation.name=chat provider.name=openai request.model=gpt-5
        response.finish_reasons=[stop]
        response.id=resp_00000000000000000000000000000000000000000000000001
        response.model=gpt-5-2025-08-07 usage.cache_read.input_tokens=0
        usage.cache_write.input_tokens=0 usage.input_tokens=320 usage.output_tokens=7
        usage.reasoning.output_tokens=0
      openai: api.type=responses response.service_tier=default
      server: address=127.0.0.1 port=PORT
"""
RESPONSES_LENGTH = """
    chat gpt-5 [client]
      agentel: input.message_count=1 input.size=31 outcome=completed output.size=3
        provider.organization=agentel-tests provider.project=proj_agenteltests
        provider.request_id=req_00000000000000000000000000000001 usage.source=provider
      gen_ai: operation.name=chat provider.name=openai request.model=gpt-5
        response.finish_reasons=[length]
        response.id=resp_00000000000000000000000000000000000000000000000001
        response.model=gpt-5-2025-08-07 usage.cache_read.input_tokens=0
        usage.cache_write.input_tokens=0 usage.input_tokens=12 usage.output_tokens=7
        usage.reasoning.output_tokens=0
      openai: api.type=responses response.service_tier=default
      server: address=127.0.0.1 port=PORT
"""
RESPONSES_FAILED = """
    chat gpt-5 [client] ERROR
      agentel: error.category=api_error error.code=server_error error.confidence=1.0
        error.fingerprint=PRINT error.retryable=true input.message_count=1 input.size=31
        outcome=error output.size=0 provider.organization=agentel-tests
        provider.project=proj_agenteltests
        provider.request_id=req_00000000000000000000000000000001 usage.source=absent
      error: type=server_error
      gen_ai: operation.name=chat provider.name=openai request.model=gpt-5
        response.finish_reasons=[error]
        response.id=resp_00000000000000000000000000000000000000000000000001
        response.model=gpt-5-2025-08-07
      http: response.status_code=200
      openai: api.type=responses response.service_tier=default
      server: address=127.0.0.1 port=PORT
"""
RESPONSES_CONTENT = """
    chat gpt-5 [client]
      agentel: input.message_count=4 input.size=43 outcome=completed output.size=7
        provider.organization=agentel-tests provider.project=proj_agenteltests
        provider.request_id=req_00000000000000000000000000000001 usage.source=provider
      gen_ai: input.messages=[{"role":"system","parts":[{"type":"text","content":"Add."}
        ]},{"role":"user","parts":[{"type":"text","content":"tell me the planted secret
        4711"}]},{"role":"assistant","parts":[{"type":"tool_call","id":"c1","name":"add"
        ,"arguments":{"a":1}}]},{"role":"tool","parts":[{"type":"tool_call_response","id
        ":"c1","response":"2"}]}] operation.name=chat output.messages=[{"role":"assistan
        t","parts":[{"type":"tool_call","id":"call_000000000000000000000100","name":"add
        ","arguments":{"a":1}}],"finish_reason":"tool_call"}] provider.name=openai
        request.model=gpt-5 response.finish_reasons=[tool_call]
        response.id=resp_00000000000000000000000000000000000000000000000001
        response.model=gpt-5-2025-08-07
        system_instructions=[{"type":"text","content":"Be brief."}] tool.definitions=[{"
        type":"function","name":"add","parameters":{"type":"object"}}]
        usage.cache_read.input_tokens=0 usage.cache_write.input_tokens=0
        usage.input_tokens=12 usage.output_tokens=7 usage.reasoning.output_tokens=0
      openai: api.type=responses response.service_tier=default
      server: address=127.0.0.1 port=PORT
"""
CASES = [
    Case("responses", "value", value, PLAIN, needs=NEEDS),
    Case("responses", "raw", raw, PLAIN, needs=NEEDS),
    Case("responses", "parameters", parameters, RESPONSES_PARAMETERS, (text("{}"),), needs=NEEDS),
    Case(
        "responses",
        "reasoning",
        value,
        RESPONSES_REASONING,
        (thinking("hm", ANSWER, usage=SPENT),),
        needs=NEEDS,
    ),
    Case(
        "responses",
        "compact",
        compact,
        RESPONSES_COMPACT,
        needs="responses.compact",
        is_read=False,
    ),
    Case("responses", "tools", value, RESPONSES_TOOLS, (TOOL,), needs=NEEDS),
    Case("responses", "search", value, RESPONSES_SEARCH, (SEARCH,), needs=NEEDS),
    Case(
        "responses", "length", value, RESPONSES_LENGTH, (text("cut", finish="length"),), needs=NEEDS
    ),
    Case("responses", "failed", value, RESPONSES_FAILED, (text("", finish="failed"),), needs=NEEDS),
    Case(
        "responses", "content", content, RESPONSES_CONTENT, (TOOL,), settings=CONTENT, needs=NEEDS
    ),
]


@pytest.mark.parametrize(("case", "mode"), rows(OPENAI, CASES))
def test_response_is_recorded_once_and_whole(case: Case, mode: str) -> None:
    assert spans_of(OPENAI, case, mode) == expected_of(case)
