"""Knows how one library call is recorded: its answer, its chunks, its attempts, its response."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from time import perf_counter
from typing import Any, cast

from opentelemetry.context import Context
from opentelemetry.trace import (
    NonRecordingSpan,
    Span,
    SpanKind,
    get_current_span,
    set_span_in_context,
)

from agentel.core.errors import (
    CANCELLATIONS,
    Failure,
    failure,
    is_connection_failure,
)
from agentel.core.fields import Fields, read
from agentel.core.http import (
    Response,
    attempt_fields,
    fields_of_headers,
    fields_of_server,
    json_body,
    no_answer,
)
from agentel.core.library import Call
from agentel.core.results import unwinding
from agentel.core.safety import guarded
from agentel.telemetry import context as keys
from agentel.telemetry.events import emit_details, emit_fields
from agentel.telemetry.metrics import Labels
from agentel.telemetry.pipeline import Pipeline
from agentel.telemetry.spans import call_template, project
from agentel.telemetry.streams import NO_STREAM, StreamRecording

_BROKEN = ("cut", "error", "cancelled")
"""Outcomes of a stream whose answer was expected and did not arrive whole."""


class CallRecording(StreamRecording):
    """One call of a library, opened by its seam and ended by whatever comes of it."""

    __slots__ = ("_attempts",)

    def __init__(self, pipeline: Pipeline, call: Call) -> None:
        """Open the recording of `call`, below what is current here. May raise; the caller guards.

        This is what `Recording.start` does, written out for the path that every call takes.
        """
        endpoint, body, asked = call.endpoint, call.body, call.fields
        read(endpoint.request, body, asked)
        if call.is_stream:
            asked["request_stream"] = True
        model = asked.pop("request_model", None)
        name, fields, attributes = call_template(
            endpoint, call.provider, _text(model), call.address, call.port
        )
        super().__init__(pipeline, endpoint.operation, {**fields, **asked})
        self.call = call
        self.deltas = None
        self._attempts = 0
        self._watch = NO_STREAM
        self._injected = False
        self._has_read = False
        self._response = None
        self._begin(name, project(asked, attributes.copy()))

    def _begin(self, name: str, attributes: dict[str, Any]) -> None:
        pipeline, operation = self.pipeline, self.operation
        parent = keys.parent_context()
        if parent:
            self.ambient = ambient = keys.ambient_of(parent)
            attributes = {**ambient.attributes, **attributes}
        else:
            self.ambient = ambient = keys.NOTHING
        self.span = span = guarded(
            "start a span", self._open_call, name, parent, attributes
        ) or no_span(parent)
        self.context = Context(
            {**parent, keys.SPAN_KEY: span, keys.CURRENT_KEY: self, keys.LEAF_KEY: self}
        )
        if ambient.tally is not None and operation.is_inference:
            ambient.tally.inference_calls += 1
        is_recording = guarded("look at a span", span.is_recording, default=False)
        self.is_recording = is_recording
        self.wants_content = pipeline.wants_event or (is_recording and pipeline.wants_span)
        if is_recording or self.wants_content or self.call.is_stream:
            guarded("look at a request", self._look_at_request)
        self.started = perf_counter()

    def _look_at_request(self) -> None:
        call, endpoint = self.call, self.call.endpoint
        if self.is_recording and endpoint.measure is not None:
            found = self.found
            found["input_size"], found["input_message_count"] = endpoint.measure(call.body)
        if self.wants_content and endpoint.input is not None:
            for field, value in endpoint.input(call.body).items():
                if value:
                    self.capture(field, value)
        if call.is_stream and self.pipeline.settings.stream_usage:
            self._inject()

    def _inject(self) -> None:
        call = self.call
        ask = call.endpoint.with_usage
        more = None if ask is None else ask(call.body)
        sent = getattr(call.options, "json_data", None)
        if more and isinstance(sent, Mapping):
            call.options.json_data = {**cast("Mapping[str, Any]", sent), **more}
            self._injected = True

    def saw_response(self, response: Response) -> None:
        """Remember the HTTP response behind the answer."""
        self._response = response

    def retry(self, delay: float) -> None:
        """Tell about an attempt that failed; the next one begins in `delay` s."""
        response, self._response = self._response, None
        self._attempts += 1
        fields = attempt_fields(self._attempts, delay, response, unwinding())
        emit_fields(self.pipeline, "agentel.attempt", fields, self.context, self.span)

    @property
    def has_native_span(self) -> bool:
        """Whether the library's own span stands for it, because its user asked for that."""
        return self.call.native == "asked"

    def _open_call(self, name: str, parent: Context, attributes: dict[str, Any]) -> Span:
        if self.call.native == "asked":
            return no_span(parent)
        return self.pipeline.tracer.start_span(
            name,
            parent,
            SpanKind.CLIENT,
            attributes,
            record_exception=False,
            set_status_on_exception=False,
        )

    def adopt(self, span: Span | None) -> None:
        """Link events and exemplars to the library's own span, if it started one."""
        if span is not None:
            self.context = set_span_in_context(span, self.context)

    def complete(self, result: Any) -> None:
        """End it with the answer: the SDK's model, the JSON object, or what came instead of one."""
        if not self._open:
            return
        bad = guarded("read an answer", self._read, result)
        self.end("completed" if bad is None else "error", bad)

    def _read(self, result: Any) -> Failure | None:
        endpoint, found = self.call.endpoint, self.found
        if isinstance(result, (str, bytes)) or not endpoint.answers_json:
            bad = no_answer(result, self._response, expects_json=endpoint.answers_json)
            if bad is not None:
                return bad
        read(endpoint.response, result, found)
        if endpoint.output_size is not None and self.is_recording:
            found["output_size"] = endpoint.output_size(result)
        if endpoint.output is not None and (self.wants_content or self._wants_json):
            self._take_output(endpoint.output(result))
        return self._told_failure() if "error_code" in found else None

    def complete_unread(self) -> None:
        """End it because its body went to the caller without our reading it."""
        self.end("completed")

    def fail(self, error: BaseException) -> None:
        """End it with the exception that the caller is about to see.

        An answer that arrived but could not be parsed keeps its id, usage and finish reasons.
        """
        if not self.is_open:
            return
        if self._response is None:
            self._response = getattr(error, "response", None)
        response = self._response
        if self._watch.times or (response is not None and self.call.is_stream):
            if not isinstance(error, CANCELLATIONS) and is_connection_failure(error):
                self.end("cut", failure(type(error).__qualname__, "network", status=self._status))
                return
        elif response is not None and response.status_code < 300:
            body = guarded("read an answer that was not parsed", json_body, response)
            if body is not None:
                guarded("read an answer that was not parsed", self._read, body)
                if self._wants_json:
                    self.found["output_parsed"] = False
        super().fail(error)

    def _complete_fields(self) -> None:
        found, endpoint = self.found, self.call.endpoint
        if self.deltas is not None:
            self._read_deltas()
        watch = self._watch
        if watch.times:
            found["stream_chunk_count"] = watch.count
            if self.operation.name != "fetch_response":
                found["response_time_to_first_chunk"] = watch.times[0] - self.started
        if self._attempts:
            found["attempt_count"] = self._attempts + 1
        if self._response is not None and self.is_recording:
            fields_of_headers(self._response, found)
        if endpoint.finish is not None:
            endpoint.finish(found)
        if endpoint.operation.counts_tokens:
            known = "usage_input_tokens" in found or "usage_output_tokens" in found
            source = "injected" if self._injected else "provider"
            found["usage_source"] = source if known else "absent"
        if found["outcome"] in _BROKEN and self.deltas is not None:
            found.setdefault("response_finish_reasons", ("error",))
        if not self.call.address and self._response is not None:
            fields_of_server(self._response, found)

    def _measure(self, seconds: float, fields: Fields, labels: Labels) -> None:
        instruments, operation = self.pipeline.instruments, self.operation
        instruments.call(operation, seconds, fields, labels, self.context)
        times = self._watch.times
        if times and operation.is_inference:
            instruments.first_chunk(times[0] - self.started, labels, self.context)
            gaps = [later - earlier for earlier, later in pairwise(times)]
            instruments.later_chunks(gaps, labels, self.context)

    def _write_events(self, fields: Fields) -> None:
        if self.operation.is_inference:
            emit_details(self.pipeline, fields, self.content, self.context)


def no_span(parent: Context) -> Span:
    """Return what stands for a span that is not ours to have; what is below it joins `parent`."""
    return NonRecordingSpan(get_current_span(parent).get_span_context())


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
