"""Knows the messages format, of Anthropic and of the clouds that serve its models.

Usage of a stream is cumulative: `message_start` tells the input and a placeholder for the output,
and each `message_delta` what there is by then. A stream that is left before has no output usage.

Source: Anthropic API reference, messages, streaming, message batches; anthropic-python, `types/`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from agentel.core.fields import Fields, Table, attributes_of, get, items, read, size, structured
from agentel.core.invocation import FETCH_RESPONSE, INFERENCE
from agentel.core.library import Content, Endpoint
from agentel.formats.anthropic_content import (
    block_size,
    content_size,
    finish_reason,
    input_messages,
    message_size,
    output_message,
    parts,
    tool_definitions,
)

# --- request -----------------------------------------------------------------------------------


def _output_type(value: object, into: Fields) -> None:
    if get(value, "type") == "json_schema":
        into["output_type"] = "json"


def _tier(value: object, into: Fields) -> None:
    """Record a requested tier; `auto` asks for none."""
    if value != "auto":
        into["request_service_tier"] = value


REQUEST: Table = {
    "model": "request_model",
    "max_tokens": "request_max_tokens",
    "temperature": "request_temperature",
    "top_p": "request_top_p",
    "top_k": "request_top_k",
    "stop_sequences": "request_stop_sequences",
    # A thinking budget is a number of tokens and no level.
    "output_config": {"effort": "request_reasoning_level", "format": _output_type},
    "output_format": _output_type,
    "service_tier": _tier,
}


def measure(body: Mapping[str, Any]) -> tuple[int, int]:
    """Return (bytes of text, number) of the request's messages; the system prompt adds bytes."""
    system = body.get("system")
    total = 0 if system is None else content_size(system)
    count = 0
    for message in items(body.get("messages")):
        total += message_size(message)
        count += 1
    return total, count


def content(body: Mapping[str, Any]) -> Content:
    """Return the request's system prompt, messages and tools in the conventions' JSON."""
    return {
        "system_instructions": parts(body.get("system")),
        "input_messages": input_messages(body.get("messages")),
        "tool_definitions": tool_definitions(body.get("tools")),
    }


# --- usage -------------------------------------------------------------------------------------


def _region(value: object, into: Fields) -> None:
    if value != "not_available":
        into["usage_inference_geo"] = value


_COUNTS: Table = {
    "input_tokens": "usage_input_tokens",
    "output_tokens": "usage_output_tokens",
    "output_tokens_details": {"thinking_tokens": "usage_reasoning_output_tokens"},
    "cache_read_input_tokens": "usage_cache_read_input_tokens",
    "cache_creation_input_tokens": "usage_cache_write_input_tokens",
    "cache_creation": {
        "ephemeral_5m_input_tokens": "usage_cache_write_5m_input_tokens",
        "ephemeral_1h_input_tokens": "usage_cache_write_1h_input_tokens",
    },
    "server_tool_use": {
        "web_search_requests": "usage_web_search_requests",
        "web_fetch_requests": "usage_web_fetch_requests",
        "code_execution_requests": "usage_code_execution_requests",
    },
    "service_tier": "usage_service_tier",
    "speed": "usage_speed",
    "inference_geo": _region,
}
_FROM_CACHE = ("usage_cache_read_input_tokens", "usage_cache_write_input_tokens")
_FINAL = ("usage_output_tokens", "usage_reasoning_output_tokens")
"""What `message_start` has placeholders for."""


def _usage(value: object, into: Fields) -> None:
    read(_COUNTS, value, into)
    _add_compactions(get(value, "iterations"), into)
    _include_cache(into)


def _include_cache(into: Fields) -> None:
    """Make the input whole: the API counts apart what was read from a cache or written to one."""
    total = into.get("usage_input_tokens")
    if isinstance(total, int):
        for name in _FROM_CACHE:
            count = into.get(name)
            if isinstance(count, int):
                total += count
        into["usage_input_tokens"] = total


def _add_compactions(iterations: object, into: Fields) -> None:
    """Add what compacting the conversation cost: billed with the call, but in no total of it."""
    for entry in items(iterations):
        if get(entry, "type") != "compaction":
            continue
        into["conversation_compacted"] = True
        spent: Fields = {}
        read(_COUNTS, entry, spent)
        for name, count in spent.items():
            known = into.get(name, 0)
            if isinstance(count, int) and isinstance(known, int):
                into[name] = known + count


# --- response ----------------------------------------------------------------------------------


def _stop_reason(value: object, into: Fields) -> None:
    reason = finish_reason(value)
    if reason is not None:
        into["response_finish_reasons"] = (reason,)


_HEAD: Table = {"id": "response_id", "model": "response_model"}
RESPONSE: Table = {**_HEAD, "stop_reason": _stop_reason, "usage": _usage}


def output(response: object) -> list[object]:
    """Return the answer as one output message."""
    blocks = get(response, "content")
    return [output_message(blocks, get(response, "stop_reason"))] if blocks else []


def output_size(response: object) -> int:
    """Return the bytes of text that the answer holds: text, thinking and tools' input as JSON."""
    return message_size(response)


_GROWING = {"text": "text", "thinking": "thinking", "compaction": "content"}
"""Blocks whose deltas are text, and where that goes."""


@dataclass(slots=True)
class _Block:
    """One content block: how it began, and what came since."""

    start: object = None
    deltas: list[object] = field(default_factory=list[object])


class BlockDeltas:
    """Collects the events of one message."""

    __slots__ = (
        "_blocks",
        "_delta",
        "_error",
        "_keep",
        "_size",
        "_start",
        "_stop_reason",
        "is_complete",
    )

    def __init__(self, keep: bool) -> None:
        self.is_complete = False
        self._keep = keep
        self._start: object = None
        self._delta: object = None
        self._error: object = None
        self._stop_reason: object = None
        self._size = 0
        self._blocks: dict[int, _Block] = {}

    def add(self, chunk: Any) -> None:
        """Look at one chunk for what it alone can say."""
        data = getattr(chunk, "__dict__", None) or attributes_of(chunk)
        kind = data.get("type")
        if kind == "content_block_delta":
            delta = data.get("delta")
            said: Any = getattr(delta, "__dict__", None)
            text: Any = said.get("text") if said else None
            if text.__class__ is not str:
                text = _text_of(delta)
            self._size += len(text) if text.isascii() else size(text)
            if self._keep:
                self._block(data.get("index")).deltas.append(delta)
        elif kind == "content_block_start":
            block = data.get("content_block")
            if get(block, "input") != {}:  # else the deltas bring it
                self._size += block_size(block)
            if self._keep:
                self._block(data.get("index")).start = block
        elif kind == "message_start":
            self._start = data.get("message")
        elif kind == "message_delta":
            self._delta = get(chunk, "usage") or self._delta
            self._stop_reason = get(data.get("delta"), "stop_reason") or self._stop_reason
        elif kind == "message_stop":
            self.is_complete = True
        elif kind == "error":  # the SDK raises it, but who reads the lines gets it
            self._error = data.get("error")

    def _block(self, index: object) -> _Block:
        place = index if isinstance(index, int) else 0
        block = self._blocks.get(place)
        if block is None:
            block = self._blocks[place] = _Block()
        return block

    def read(self, into: Fields) -> None:
        """Put what the events said into `into`."""
        if self._start is not None:
            read(_HEAD, self._start, into)
            started = get(self._start, "usage")
            read(_COUNTS, started, into)
            for name in _FINAL:
                into.pop(name, None)
        if self._delta is not None:
            read(_COUNTS, self._delta, into)
            _add_compactions(get(self._delta, "iterations"), into)
        _include_cache(into)
        if self._stop_reason is not None:
            _stop_reason(self._stop_reason, into)
        if self._error is not None:
            into["error_code"] = str(get(self._error, "type") or "error")
        into["output_size"] = self._size

    def output(self) -> list[object]:
        """Return the answer as one output message, as far as it arrived."""
        blocks = [_whole(block.start, block.deltas) for block in self._blocks.values()]
        return [output_message(blocks, self._stop_reason)] if blocks else []


def _text_of(delta: object) -> str:
    said = attributes_of(delta).get
    text = said("text") or said("partial_json") or said("thinking") or said("content")
    return cast("str", text) if text.__class__ is str else ""


def _whole(block: object, deltas: list[object]) -> object:
    """Return a content block as a JSON object, with its deltas put together."""
    kind = str(get(block, "type"))
    text = "".join([_text_of(delta) for delta in deltas])
    if kind in _GROWING:
        name = _GROWING[kind]
        return {"type": kind, name: _text_of({"text": get(block, name)}) + text}
    if text:
        names = ("id", "name", "server_name")
        return {"type": kind, **{n: get(block, n) for n in names}, "input": structured(text)}
    return block


MESSAGES = Endpoint(
    INFERENCE,
    "chat",
    request=REQUEST,
    response=RESPONSE,
    measure=measure,
    input=content,
    output=output,
    output_size=output_size,
    deltas=BlockDeltas,
)
"""One message, streamed or not."""

BATCH_RESULTS = Endpoint(
    FETCH_RESPONSE, "fetch_response", request={}, response={}, answers_json=False
)
"""The results of a batch, read line by line.

They can be read again, from anywhere, for as long as the provider keeps them: counting their tokens
here would count them once a reading. Nothing is counted, as for every fetched response.
"""
