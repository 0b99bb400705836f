"""Knows how one library call is recorded: its answer, its chunks, its attempts, its response."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from itertools import pairwise
from time import perf_counter
from typing import Any, cast

from opentelemetry.context import Context
from opentelemetry.trace import (
    INVALID_SPAN,
    Span,
    SpanKind,
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
from agentel.core.library import Call, Content
from agentel.core.results import unwinding
from agentel.core.safety import guarded, resumed
from agentel.telemetry import context as keys
from agentel.telemetry import recording as recordings
from agentel.telemetry.events import emit_details, emit_fields
from agentel.telemetry.pipeline import Pipeline
from agentel.telemetry.sdk_spans import write
from agentel.telemetry.spans import Template, call_template, no_span, project
from agentel.telemetry.streams import StreamRecording

_TEXTS = (str, bytes)

_BROKEN = ("cut", "error", "cancelled")
"""Outcomes of a stream whose answer was expected and did not arrive whole."""


class CallRecording(StreamRecording):
    """One call of a library, opened by its seam and ended by whatever comes of it."""

    template: Template
    """What this call has in common with others."""
    _attempts = 0
    """Those that failed."""
    _answer: Any = None
    """What came back, until it has been read."""
    _late: dict[str, Any] | None = None
    """Attributes that the span starts with and was not given yet."""
    _before: Context | None = None
    """What was current before it."""
    _entered: Context | None = None
    """What is current while it runs."""

    def __init__(self, pipeline: Pipeline, call: Call, current: Context) -> None:
        """Open the recording of `call` below `current`, and make it current. May raise before that.

        What `HandRecording.begin` does for every kind of work is written out flat here, for the
        path that every call takes.
        """
        endpoint, asked = call.endpoint, call.fields
        read(endpoint.request, call.body, asked)
        if call.is_stream:
            asked["request_stream"] = True
        self.template = call_template(
            endpoint,
            call.provider,
            _text(asked.pop("request_model", None)),
            call.address,
            call.port,
        )
        self.pipeline = pipeline
        self.call = call
        self.operation = endpoint.operation
        self.fields = asked
        self.found = {}
        self._open = [True]
        self._forks = recordings.fork_count
        self._before = current
        parent = current if keys.inherited is None else keys.parent_context()
        resumed("begin a recording", partial(self._begin, parent))
        self.started = perf_counter()

    def _begin(self, parent: Context) -> None:
        """Do what is left of beginning it. A step that raises is not tried again."""
        done, call, pipeline = self._done, self.call, self.pipeline
        endpoint = call.endpoint
        if done < 1:
            self._done = 1
            self._start_span(parent)
        if done < 2:
            self._done = 2
            self.is_recording = is_recording = self.span.is_recording()
            if is_recording and self._late:
                write(self.span, self._late)
        if done < 3:
            self._done = 3
            if self.is_recording and endpoint.measure is not None:
                found = self.found
                found["input_size"], found["input_message_count"] = endpoint.measure(call.body)
        if done < 4:
            self._done = 4
            self.wants_content = pipeline.wants_event or (self.is_recording and pipeline.wants_span)
            if self.wants_content and endpoint.input is not None:
                self._take_input(endpoint.input(call.body))
        if done < 5:
            self._done = 5
            if call.is_stream and pipeline.settings.stream_usage:
                self._inject()
        if done < 6:
            self._done = 6
            self.context = self._entered = context = self._context_below(parent)
            keys.attach(context)

    def _start_span(self, parent: Context) -> None:
        template = self.template
        attributes = {**template.attributes, **project(self.fields)}
        if parent:
            self.ambient = ambient = keys.ambient_of(parent)
            attributes = {**ambient.attributes, **attributes}
            if ambient.tally is not None and self.operation.is_inference:
                ambient.tally.inference_calls += 1
        if self.call.native != "asked":  # else what is below joins the library's own span
            begin = self.pipeline.spans.begin
            self.span, self._late = begin(template.name, parent, SpanKind.CLIENT, attributes)

    def _context_below(self, parent: Context) -> Context:
        span = self.span
        if span is INVALID_SPAN:
            self.span = span = no_span(parent)
        return Context({**parent, keys.SPAN_KEY: span, keys.CURRENT_KEY: self, keys.LEAF_KEY: self})

    def _take_input(self, found: Content) -> None:
        for field, value in found.items():
            if value:
                self.capture(field, value)

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

    def enter(self) -> None:
        """Make it current in this thread or task."""
        self._before, self._entered = keys.current_context(), self.context
        keys.attach(self.context)

    def exit(self) -> None:
        """Make current what was before, unless somebody else's context is in place by now."""
        mine, before = self._entered, self._before
        self._entered = self._before = None  # it knows this recording
        if mine is not None and before is not None:
            keys.restore(mine, before)

    def adopt(self, span: Span | None) -> None:
        """Link events and exemplars to the library's own span, if it started one."""
        if span is not None:
            self.context = set_span_in_context(span, self.context)

    def known(self) -> Fields:
        """Return what is known from the start."""
        return {**self.ambient.fields, **self.template.fields, **self.fields}

    def complete(self, result: Any) -> None:
        """End it with the answer: the SDK's model, the JSON object, or what came instead of one."""
        if self._open:
            self._answer = result
            self.end("completed")

    def _read_answer(self) -> None:
        result, self._answer = self._answer, None
        if result is None:
            return
        bad = self._read(result)
        if bad is not None:
            self.found.update(bad.fields(), outcome="error")

    def _read(self, result: Any) -> Failure | None:
        endpoint, found = self.call.endpoint, self.found
        if result.__class__ in _TEXTS or not endpoint.answers_json:
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

    def _measure(self, seconds: float) -> None:
        instruments, operation, found = self.pipeline.instruments, self.operation, self.found
        measures = instruments.of_call(operation, self.template, found)
        measures.record(seconds, found, self.context)
        times = self._watch.times
        if times and operation.is_inference:
            labels = measures.labels
            instruments.first_chunk(times[0] - self.started, labels, self.context)
            gaps = [later - earlier for earlier, later in pairwise(times)]
            instruments.later_chunks(gaps, labels, self.context)

    def _write_events(self) -> None:
        if self.operation.is_inference:
            fields = {**self.known(), **self.found}
            emit_details(self.pipeline, fields, self.content, self.context)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
