"""Whatever JSON a server or a caller sends: formats read what they know, and raise nothing."""

from __future__ import annotations

from typing import Any

import pytest

from agentel.core.fields import Fields, read
from agentel.core.library import Endpoint
from agentel.formats import (
    anthropic_messages,
    openai_audio,
    openai_chat,
    openai_completions,
    openai_embeddings,
    openai_images,
    openai_responses,
)

hypothesis = pytest.importorskip("hypothesis")
st = pytest.importorskip("hypothesis.strategies")

ENDPOINTS = {
    "messages": anthropic_messages.MESSAGES,
    "batch-results": anthropic_messages.BATCH_RESULTS,
    "chat": openai_chat.OPENAI_ENDPOINT,
    "chat-elsewhere": openai_chat.ENDPOINT,
    "completions": openai_completions.OPENAI_ENDPOINT,
    "responses": openai_responses.ENDPOINT,
    "fetch": openai_responses.FETCH,
    "embeddings": openai_embeddings.ENDPOINT,
    "images": openai_images.ENDPOINT,
    "speech": openai_audio.SPEECH,
    "transcriptions": openai_audio.TRANSCRIPTIONS,
    "translations": openai_audio.TRANSLATIONS,
}
NAMES = """
    id model choices message delta content refusal tool_calls function arguments name index text
    finish_reason usage prompt_tokens completion_tokens prompt_tokens_details cached_tokens cost
    total_tokens completion_tokens_details reasoning_tokens x_groq error code type status output
    incomplete_details reason response item summary role input instructions messages tools prompt
    data embedding image_url input_audio file file_id call_id audio transcript function_call stop
    modalities response_format format reasoning effort conversation encoding_format custom
    service_tier stream_options content_block source thinking partial_json iterations stop_reason
    system input_tokens output_tokens cache_creation server_tool_use output_config tool_use_id
"""
TYPES = """
    message function_call function_call_output reasoning compaction web_search_call input_text
    output_text refusal input_image input_file input_audio image_url file error
    response.completed response.output_text.delta response.output_item.done transcript.text.done
    image_generation.completed thinking tool_use tool_result server_tool_use document image
    message_start message_delta content_block_start content_block_delta message_stop
"""
KEYS = st.sampled_from(NAMES.split())
KINDS = st.sampled_from(TYPES.split())
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | KINDS
OBJECTS = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=25,
)
FEW = hypothesis.settings(max_examples=40, deadline=None)
BODIES = st.dictionaries(KEYS, OBJECTS, max_size=8)


def _request(endpoint: Endpoint, body: dict[str, Any]) -> None:
    read(endpoint.request, body, {})
    if endpoint.measure is not None:
        endpoint.measure(body)
    if endpoint.input is not None:
        endpoint.input(body)
    if endpoint.with_usage is not None:
        endpoint.with_usage(body)


def _response(endpoint: Endpoint, body: object) -> None:
    found: Fields = {}
    read(endpoint.response, body, found)
    if endpoint.output is not None:
        endpoint.output(body)
    if endpoint.output_size is not None:
        endpoint.output_size(body)
    if endpoint.finish is not None:
        endpoint.finish(found)


def _stream(endpoint: Endpoint, chunks: list[dict[str, Any]], keep: bool) -> None:
    if endpoint.deltas is None:
        return
    deltas = endpoint.deltas(keep)
    for chunk in chunks:
        deltas.add(chunk)
    found: Fields = {}
    deltas.read(found)
    deltas.output()
    if endpoint.finish is not None:
        endpoint.finish(found)


@pytest.mark.parametrize("endpoint", ENDPOINTS.values(), ids=ENDPOINTS)
@FEW
@hypothesis.given(BODIES)
def test_no_request_makes_a_format_raise(endpoint: Endpoint, body: dict[str, Any]) -> None:
    _request(endpoint, body)


@pytest.mark.parametrize("endpoint", ENDPOINTS.values(), ids=ENDPOINTS)
@FEW
@hypothesis.given(OBJECTS | BODIES)
def test_no_response_makes_a_format_raise(endpoint: Endpoint, body: object) -> None:
    _response(endpoint, body)


@pytest.mark.parametrize("endpoint", ENDPOINTS.values(), ids=ENDPOINTS)
@FEW
@hypothesis.given(st.lists(BODIES, max_size=4), st.booleans())
def test_no_stream_makes_a_format_raise(
    endpoint: Endpoint, chunks: list[dict[str, Any]], keep: bool
) -> None:
    _stream(endpoint, chunks, keep)
