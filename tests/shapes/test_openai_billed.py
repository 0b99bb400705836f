from __future__ import annotations

import json
from typing import Any

import pytest

from support.model_server import Usage, raw, text
from support.openai_clients import OPENAI
from support.shapes import ANSWER, PROMPT, Case, Run, expected_of, rows, spans_of

ASK: dict[str, Any] = {"model": "gpt-5", "input": PROMPT}
SOUND = ("speech.mp3", b"ID3")
DRAWN = {
    "input_tokens": 90,
    "input_tokens_details": {"image_tokens": 60, "text_tokens": 30},
    "output_tokens": 900,
    "output_tokens_details": {"image_tokens": 880, "text_tokens": 20},
    "cached_tokens": 40,
    "total_tokens": 990,
}
OUTPUT = [
    {"id": "ws_1", "type": "web_search_call", "status": "completed", "action": {"type": "search"}},
    {"id": "ws_2", "type": "web_search_call", "status": "completed", "action": {"type": "search"}},
    {
        "id": "ws_3",
        "type": "web_search_call",
        "status": "completed",
        "action": {"type": "open_page", "url": "https://a.example/"},
    },
    {"id": "fs_1", "type": "file_search_call", "status": "completed", "queries": []},
    {
        "id": "ci_1",
        "type": "code_interpreter_call",
        "status": "completed",
        "code": "1",
        "container_id": "c",
    },
    {"id": "ig_1", "type": "image_generation_call", "status": "completed", "result": ""},
]
MADE: dict[str, Any] = {
    "id": "resp_tools",
    "object": "response",
    "model": "gpt-5",
    "status": "completed",
    "output": OUTPUT,
    "usage": {"input_tokens": 30, "output_tokens": 20, "total_tokens": 50},
}
BILLED = {**MADE, "tool_usage": {"image_gen": DRAWN, "web_search": {"num_requests": 1}}}
LAST = {"type": "response.completed", "sequence_number": 0, "response": BILLED}
EVENT = f"event: response.completed\ndata: {json.dumps(LAST)}\n\n"


def value(run: Run) -> None:
    run.call("responses.create", **ASK)


def stream(run: Run) -> None:
    run.caller.drain(run.call("responses.create", **ASK, stream=True))


def transcribe(run: Run) -> None:
    run.call("audio.transcriptions.create", model="whisper-1", file=SOUND)


def transcribe_verbose(run: Run) -> None:
    run.call(
        "audio.transcriptions.create", model="whisper-1", file=SOUND, response_format="verbose_json"
    )


NEEDS = "responses.create"
TOOLS = """
    chat gpt-5 [client]
      agentel: input.message_count=1 input.size=31 outcome=completed output.size=0
        provider.organization=agentel-tests provider.project=proj_agenteltests
        provider.request_id=req_00000000000000000000000000000001
        usage.code_execution.requests=1 usage.file_search.requests=1
        usage.image_generation.cache_read.input_tokens=40
        usage.image_generation.image.input_tokens=60
        usage.image_generation.image.output_tokens=880
        usage.image_generation.input_tokens=90 usage.image_generation.output_tokens=900
        usage.image_generation.requests=1 usage.source=provider
        usage.web_search.requests=1
      gen_ai: operation.name=chat provider.name=openai request.model=gpt-5
        response.finish_reasons=[stop] response.id=resp_tools response.model=gpt-5
        usage.input_tokens=30 usage.output_tokens=20
      openai: api.type=responses
      server: address=127.0.0.1 port=PORT
"""
TOOLS_COUNTED = """
    chat gpt-5 [client]
      agentel: input.message_count=1 input.size=31 outcome=completed output.size=0
        provider.organization=agentel-tests provider.project=proj_agenteltests
        provider.request_id=req_00000000000000000000000000000001
        usage.code_execution.requests=1 usage.file_search.requests=1
        usage.image_generation.requests=1 usage.source=provider
        usage.web_search.requests=2
      gen_ai: operation.name=chat provider.name=openai request.model=gpt-5
        response.finish_reasons=[stop] response.id=resp_tools response.model=gpt-5
        usage.input_tokens=30 usage.output_tokens=20
      openai: api.type=responses
      server: address=127.0.0.1 port=PORT
"""
TOOLS_STREAM = """
    chat gpt-5 [client]
      agentel: input.message_count=1 input.size=31 outcome=completed output.size=0
        provider.organization=agentel-tests provider.project=proj_agenteltests
        provider.request_id=req_00000000000000000000000000000001 stream.chunk_count=1
        usage.code_execution.requests=1 usage.file_search.requests=1
        usage.image_generation.cache_read.input_tokens=40
        usage.image_generation.image.input_tokens=60
        usage.image_generation.image.output_tokens=880
        usage.image_generation.input_tokens=90 usage.image_generation.output_tokens=900
        usage.image_generation.requests=1 usage.source=provider
        usage.web_search.requests=1
      gen_ai: operation.name=chat provider.name=openai request.model=gpt-5
        request.stream=true response.finish_reasons=[stop] response.id=resp_tools
        response.model=gpt-5 response.time_to_first_chunk=TIME usage.input_tokens=30
        usage.output_tokens=20
      openai: api.type=responses
      server: address=127.0.0.1 port=PORT
"""
SECONDS = """
    transcription whisper-1 [client]
      agentel: outcome=completed output.size=26 provider.organization=agentel-tests
        provider.project=proj_agenteltests
        provider.request_id=req_00000000000000000000000000000001
        usage.audio.input_seconds=1.0 usage.source=absent
      gen_ai: operation.name=transcription output.type=text provider.name=openai
        request.model=whisper-1
      server: address=127.0.0.1 port=PORT
"""
SAID = (text(ANSWER, usage=Usage(0, 0)),)
CASES = [
    Case("responses", "tools-billed", value, TOOLS, (raw(BILLED),), needs=NEEDS, is_read=False),
    Case(
        "responses",
        "tools-counted",
        value,
        TOOLS_COUNTED,
        (raw(MADE),),
        needs=NEEDS,
        is_read=False,
    ),
    Case(
        "responses",
        "tools-streamed",
        stream,
        TOOLS_STREAM,
        (raw(EVENT, content_type="text/event-stream"),),
        needs=NEEDS,
        is_read=False,
    ),
    Case("audio", "transcription-seconds", transcribe, SECONDS, SAID),
    Case("audio", "transcription-verbose", transcribe_verbose, SECONDS, SAID),
]


@pytest.mark.parametrize(("case", "mode"), rows(OPENAI, CASES))
def test_what_is_billed_apart_is_recorded_apart(case: Case, mode: str) -> None:
    assert spans_of(OPENAI, case, mode) == expected_of(case)
