"""Knows how the floor watches a stream: one look at each chunk, everything else at the end."""

from __future__ import annotations

from collections.abc import Iterator
from time import perf_counter
from typing import Any


class FloorStream:
    """Stands for the SDK's stream and passes everything else on to it."""

    def __init__(self, stream: Any, watch: Any) -> None:
        self._stream = stream
        self._chunks = iter(stream)
        self._watch = watch
        self._records_chunks = watch.floor.records_chunks
        self._last = 0.0
        self._labels: dict[str, Any] = {}
        self._is_first = True
        self._is_open = True
        self._id = self._model = ""
        self._reasons: list[str] = []

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        """Hand the next chunk on. The look is written out in each class: a call would cost more."""
        raise NotImplementedError

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def __enter__(self) -> FloorStream:
        return self

    def __exit__(self, *about: object) -> None:
        self._finish()
        self._stream.close()

    def answer(self) -> tuple[dict[str, Any], int | None, int | None]:
        """Return the answer's own attributes and its tokens."""
        raise NotImplementedError

    def _record_time(self) -> None:
        watch, now = self._watch, perf_counter()
        if self._last:
            watch.floor.later_chunk.record(now - self._last, self._labels, watch.context)
        else:
            self._labels = watch.labels(self._model)
            watch.floor.first_chunk.record(now - watch.started, self._labels, watch.context)
        self._last = now

    def _end(self, error: BaseException) -> None:
        if isinstance(error, StopIteration):
            self._finish()
        elif self._is_open:
            self._is_open = False
            self._watch.fail(error)

    def _finish(self) -> None:
        if not self._is_open:
            return
        self._is_open = False
        attributes, tokens_in, tokens_out = self.answer()
        attributes["gen_ai.request.stream"] = True
        attributes["gen_ai.response.id"] = self._id
        attributes["gen_ai.response.model"] = self._model
        attributes["gen_ai.response.finish_reasons"] = self._reasons
        self._watch.finish((attributes, self._model, tokens_in, tokens_out))


def openai_usage(usage: Any, service_tier: str | None) -> dict[str, Any]:
    """Return what a usage says, and the tier that it was billed at."""
    attributes = {
        "gen_ai.usage.input_tokens": usage.prompt_tokens,
        "gen_ai.usage.output_tokens": usage.completion_tokens,
    }
    details = usage.prompt_tokens_details
    if details is not None and details.cached_tokens:
        attributes["gen_ai.usage.cache_read.input_tokens"] = details.cached_tokens
    details = usage.completion_tokens_details
    if details is not None and details.reasoning_tokens:
        attributes["gen_ai.usage.reasoning.output_tokens"] = details.reasoning_tokens
    if service_tier:
        attributes["openai.response.service_tier"] = service_tier
    return attributes


class OpenAIStream(FloorStream):
    """A stream of chat completion chunks."""

    _tier: str | None = None
    _usage: Any = None

    def __next__(self) -> Any:
        try:
            chunk = next(self._chunks)
        except BaseException as error:
            self._end(error)
            raise
        if self._is_first:
            self._is_first = False
            self._id, self._model, self._tier = chunk.id, chunk.model, chunk.service_tier
        if self._records_chunks:
            self._record_time()
        if chunk.choices:
            reason = chunk.choices[0].finish_reason
            if reason:
                self._reasons.append(reason)
        elif chunk.usage is not None:
            self._usage = chunk.usage
        return chunk

    def answer(self) -> tuple[dict[str, Any], int | None, int | None]:
        usage = self._usage
        if usage is None:
            return {}, None, None
        return openai_usage(usage, self._tier), usage.prompt_tokens, usage.completion_tokens


class AnthropicStream(FloorStream):
    """A stream of message events."""

    _tokens_in: int | None = None
    _tokens_out: int | None = None

    def __next__(self) -> Any:
        try:
            chunk = next(self._chunks)
        except BaseException as error:
            self._end(error)
            raise
        kind = chunk.type
        if kind == "content_block_delta":
            if self._records_chunks:
                self._record_time()
        elif kind == "message_start":
            message = chunk.message
            self._id, self._model = message.id, message.model
            self._tokens_in = message.usage.input_tokens
        elif kind == "message_delta":
            self._reasons.append(chunk.delta.stop_reason)
            self._tokens_out = chunk.usage.output_tokens
        return chunk

    def answer(self) -> tuple[dict[str, Any], int | None, int | None]:
        tokens = self._tokens_in, self._tokens_out
        if None in tokens:
            return {}, *tokens
        attributes = {
            "gen_ai.usage.input_tokens": tokens[0],
            "gen_ai.usage.output_tokens": tokens[1],
        }
        return attributes, *tokens
