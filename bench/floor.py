"""Knows what a careful engineer would write by hand: the price that ours is compared with.

One `start_span` with the request's attributes, attach and detach round the call, one
`set_attributes` with the answer's, three records on two histograms, content by `json.dumps`. A
stream costs one look at each chunk. `records_chunks` adds the conventions' two chunk histograms.
"""

from __future__ import annotations

import functools
import importlib
import inspect
from collections.abc import Callable
from time import perf_counter
from typing import Any

from opentelemetry.context import attach, detach
from opentelemetry.trace import SpanKind, Status, StatusCode, set_span_in_context

from bench import floor_content
from bench.floor_stream import AnthropicStream, OpenAIStream, openai_usage

_TOKENS = [4**power for power in range(14)]
_SECONDS = [0.01 * 2**power for power in range(14)]
_PARAMETERS = (
    ("temperature", "gen_ai.request.temperature"),
    ("top_p", "gen_ai.request.top_p"),
    ("max_tokens", "gen_ai.request.max_tokens"),
    ("max_completion_tokens", "gen_ai.request.max_tokens"),
    ("max_output_tokens", "gen_ai.request.max_tokens"),
    ("stop_sequences", "gen_ai.request.stop_sequences"),
)

Answer = tuple[dict[str, Any], str, int | None, int | None]
"""Attributes, the model that answered, tokens in, tokens out."""


class Floor:
    """The instrumentation of one process."""

    def __init__(
        self, providers: dict[str, Any], *, has_content: bool, records_chunks: bool
    ) -> None:
        self.has_content = has_content
        self.records_chunks = records_chunks
        self.tracer = providers["tracer_provider"].get_tracer("floor")
        meter = providers["meter_provider"].get_meter("floor")

        def histogram(name: str, unit: str, buckets: list[Any]) -> Any:
            return meter.create_histogram(name, unit, explicit_bucket_boundaries_advisory=buckets)

        chunks = "gen_ai.client.operation.time_"
        self.tokens = histogram("gen_ai.client.token.usage", "{token}", _TOKENS)
        self.duration = histogram("gen_ai.client.operation.duration", "s", _SECONDS)
        self.first_chunk = histogram(f"{chunks}to_first_chunk", "s", _SECONDS)
        self.later_chunk = histogram(f"{chunks}per_output_chunk", "s", _SECONDS)

    def install_openai(self) -> None:
        """Patch the methods that the benchmark calls."""
        chat = importlib.import_module("openai.resources.chat.completions")
        responses = importlib.import_module("openai.resources.responses")
        embeddings = importlib.import_module("openai.resources.embeddings")
        self._patch(chat.Completions, "chat", self.chat_answer, OpenAIStream)
        self._patch(chat.AsyncCompletions, "chat", self.chat_answer)
        self._patch(responses.Responses, "chat", self.responses_answer)
        self._patch(embeddings.Embeddings, "embeddings", self.embeddings_answer)

    def install_anthropic(self) -> None:
        """Patch the method that the benchmark calls."""
        messages = importlib.import_module("anthropic.resources.messages")
        self._patch(messages.Messages, "chat", self.claude_answer, AnthropicStream)

    def _patch(
        self, owner: Any, operation: str, read: Callable[[Any], Answer], stream: Any = None
    ) -> None:
        provider = owner.__module__.partition(".")[0]
        wrap = _wrap_async if inspect.iscoroutinefunction(inspect.unwrap(owner.create)) else _wrap
        owner.create = wrap(self, owner.create, (operation, provider), read, stream)

    # --- attributes ---------------------------------------------------------------------------

    def request(
        self, operation: str, provider: str, host: str, given: dict[str, Any]
    ) -> dict[str, Any]:
        attributes = {
            "gen_ai.operation.name": operation,
            "gen_ai.provider.name": provider,
            "gen_ai.request.model": given["model"],
            "server.address": host,
        }
        for parameter, key in _PARAMETERS:
            value = given.get(parameter)
            if value is not None:
                attributes[key] = value
        if self.has_content and operation == "chat":
            attributes.update(floor_content.asked(provider, given))
        return attributes

    def chat_answer(self, answer: Any) -> Answer:
        usage, choices = answer.usage, answer.choices
        attributes = {
            "gen_ai.response.id": answer.id,
            "gen_ai.response.model": answer.model,
            "gen_ai.response.finish_reasons": [choice.finish_reason for choice in choices],
            **openai_usage(usage, answer.service_tier),
        }
        if self.has_content:
            attributes["gen_ai.output.messages"] = floor_content.chat_answer(choices)
        return attributes, answer.model, usage.prompt_tokens, usage.completion_tokens

    def responses_answer(self, answer: Any) -> Answer:
        usage = answer.usage
        attributes = {
            "gen_ai.response.id": answer.id,
            "gen_ai.response.model": answer.model,
            "gen_ai.response.finish_reasons": ["stop"],
            "gen_ai.usage.input_tokens": usage.input_tokens,
            "gen_ai.usage.output_tokens": usage.output_tokens,
            "gen_ai.usage.cache_read.input_tokens": usage.input_tokens_details.cached_tokens,
            "gen_ai.usage.reasoning.output_tokens": usage.output_tokens_details.reasoning_tokens,
            "openai.response.service_tier": answer.service_tier,
        }
        return attributes, answer.model, usage.input_tokens, usage.output_tokens

    def embeddings_answer(self, answer: Any) -> Answer:
        attributes = {
            "gen_ai.response.model": answer.model,
            "gen_ai.usage.input_tokens": answer.usage.prompt_tokens,
            "gen_ai.embeddings.dimension.count": len(answer.data[0].embedding),
        }
        return attributes, answer.model, answer.usage.prompt_tokens, None

    def claude_answer(self, answer: Any) -> Answer:
        usage = answer.usage
        attributes = {
            "gen_ai.response.id": answer.id,
            "gen_ai.response.model": answer.model,
            "gen_ai.response.finish_reasons": [answer.stop_reason],
            "gen_ai.usage.input_tokens": usage.input_tokens,
            "gen_ai.usage.output_tokens": usage.output_tokens,
        }
        if self.has_content:
            attributes["gen_ai.output.messages"] = floor_content.claude_answer(answer)
        return attributes, answer.model, usage.input_tokens, usage.output_tokens

    def decorate(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Give each call of a function a span."""
        start = functools.partial(
            self.tracer.start_as_current_span,
            f"execute_tool {function.__name__}",
            attributes={
                "gen_ai.operation.name": "execute_tool",
                "gen_ai.tool.name": function.__name__,
            },
        )
        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def watched_async(*args: Any, **kwargs: Any) -> Any:
                with start():
                    return await function(*args, **kwargs)

            return watched_async

        @functools.wraps(function)
        def watched(*args: Any, **kwargs: Any) -> Any:
            with start():
                return function(*args, **kwargs)

        return watched


class Watch:
    """One call that is running. Reading the clock is the last thing before the call."""

    __slots__ = ("about", "context", "floor", "host", "model", "span", "started", "token")

    def __init__(
        self, floor: Floor, about: tuple[str, str], resource: Any, given: dict[str, Any]
    ) -> None:
        self.floor = floor
        self.about = about
        self.host = host = resource._client._base_url.host
        self.model = model = given["model"]
        self.span = floor.tracer.start_span(
            f"{about[0]} {model}",
            kind=SpanKind.CLIENT,
            attributes=floor.request(*about, host, given),
        )
        self.context = set_span_in_context(self.span)
        self.token = attach(self.context)
        self.started = perf_counter()

    def labels(self, answering_model: str) -> dict[str, Any]:
        return {
            "gen_ai.operation.name": self.about[0],
            "gen_ai.provider.name": self.about[1],
            "gen_ai.request.model": self.model,
            "gen_ai.response.model": answering_model,
            "server.address": self.host,
        }

    def finish(self, answer: Answer) -> None:
        attributes, answering_model, tokens_in, tokens_out = answer
        floor, span, context = self.floor, self.span, self.context
        span.set_attributes(attributes)
        labels = self.labels(answering_model)
        floor.duration.record(perf_counter() - self.started, labels, context)
        if tokens_in is not None:
            floor.tokens.record(tokens_in, {**labels, "gen_ai.token.type": "input"}, context)
        if tokens_out is not None:
            floor.tokens.record(tokens_out, {**labels, "gen_ai.token.type": "output"}, context)
        span.end()

    def fail(self, error: BaseException) -> None:
        self.span.set_status(Status(StatusCode.ERROR, str(error)))
        self.span.set_attribute("error.type", type(error).__qualname__)
        self.span.end()


def _wrap(floor: Floor, original: Any, about: tuple[str, str], read: Any, stream: Any) -> Any:
    @functools.wraps(original)
    def create(self: Any, *args: Any, **given: Any) -> Any:
        watch = Watch(floor, about, self, given)
        try:
            answer = original(self, *args, **given)
        except BaseException as error:
            watch.fail(error)
            raise
        finally:
            detach(watch.token)
        if given.get("stream") is True:
            return stream(answer, watch)
        watch.finish(read(answer))
        return answer

    return create


def _wrap_async(floor: Floor, original: Any, about: tuple[str, str], read: Any, stream: Any) -> Any:
    @functools.wraps(original)
    async def create(self: Any, *args: Any, **given: Any) -> Any:
        watch = Watch(floor, about, self, given)
        try:
            answer = await original(self, *args, **given)
        except BaseException as error:
            watch.fail(error)
            raise
        finally:
            detach(watch.token)
        watch.finish(read(answer))
        return answer

    return create
