"""Knows how one library call is recorded: its answer, its chunks, its attempts, its response."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any, cast

from opentelemetry.context import Context
from opentelemetry.trace import NonRecordingSpan, Span, get_current_span, set_span_in_context

from agentel.core.errors import (
    CANCELLATIONS,
    Failure,
    classify,
    failure,
    is_connection_failure,
    reported,
    retry_after,
)
from agentel.core.fields import Fields, read
from agentel.core.http import Response, fields_of_headers, is_html, json_body, no_answer
from agentel.core.library import Call, Deltas
from agentel.core.results import is_cancelled, unwinding
from agentel.core.safety import Watch, guarded
from agentel.telemetry import deferred
from agentel.telemetry.content import holds_json
from agentel.telemetry.events import emit_details, emit_fields
from agentel.telemetry.metrics import Labels
from agentel.telemetry.pipeline import Pipeline
from agentel.telemetry.recording import Recording
from agentel.telemetry.spans import call_template, project

_NO_STREAM = Watch(None)
_BROKEN = ("cut", "error", "cancelled")
"""Outcomes of a stream whose answer was expected and did not arrive whole."""


class CallRecording(Recording):
    """One call of a library, opened by its seam and ended by whatever comes of it."""

    __slots__ = (
        "__weakref__",
        "_attempts",
        "_has_read",
        "_injected",
        "_response",
        "_watch",
        "call",
        "deltas",
    )

    def __init__(self, pipeline: Pipeline, call: Call) -> None:
        super().__init__(pipeline, call.endpoint.operation, call.fields)
        self.call = call
        self.deltas: Deltas | None = None
        self._attempts = 0
        self._watch = _NO_STREAM
        self._injected = False
        self._has_read = False
        self._response: Response | None = None

    @classmethod
    def begin(cls, pipeline: Pipeline, call: Call) -> CallRecording:
        """Open the recording of `call`. May raise; the caller guards."""
        endpoint, body, fields = call.endpoint, call.body, call.fields
        fields.update(endpoint.fixed)
        read(endpoint.request, body, fields)
        if call.is_stream:
            fields["request_stream"] = True
        recording = cls(pipeline, call)
        fields["operation_name"] = endpoint.name
        fields["provider_name"] = call.provider
        template = call_template(
            endpoint.name,
            call.provider,
            _text(fields.get("request_model")),
            call.address,
            call.port,
        )
        attributes = project(fields, template.copy())
        if call.address:
            fields["server_address"] = call.address
            fields["server_port"] = call.port
        recording.start(attributes)
        if recording.is_recording and endpoint.measure is not None:
            guarded("measure a request", recording._measure_input, endpoint.measure)
        if endpoint.input is not None and recording.wants_content:
            guarded("capture a request", recording._capture_input, endpoint.input)
        if call.is_stream and pipeline.settings.stream_usage:
            guarded("ask for a stream's usage", recording._inject)
        return recording

    def _measure_input(self, measure: Any) -> None:
        self.found["input_size"], self.found["input_message_count"] = measure(self.call.body)

    def _capture_input(self, convert: Any) -> None:
        for field, value in convert(self.call.body).items():
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
        event: Fields = {"attempt_number": self._attempts, "attempt_delay": delay}
        if response is not None:
            event["http_response_status_code"] = response.status_code
            wished = retry_after(response.headers)
            if wished is not None:
                event["attempt_retry_after"] = wished
        else:
            error = unwinding()
            if error is not None:
                failed = classify(error)
                event.update(error_type=failed.type, error_category=failed.category)
        emit_fields(self.pipeline, "agentel.attempt", event, self.context, self.span)

    @property
    def has_native_span(self) -> bool:
        """Whether the library's own span stands for it, because its user asked for that."""
        return self.call.native == "asked"

    def _open_span(self, parent: Context, attributes: dict[str, Any]) -> Span:
        if self.has_native_span:
            return NonRecordingSpan(get_current_span(parent).get_span_context())
        return super()._open_span(parent, attributes)

    def adopt(self, span: Span | None) -> None:
        """Link events and exemplars to the library's own span, if it started one."""
        if span is not None:
            self.context = set_span_in_context(span, self.context)

    def follow(self) -> Watch:
        """Expect chunks from now on; return what looks at each."""
        endpoint = self.call.endpoint
        look: Callable[[Any], None] | None = None
        if endpoint.deltas is not None:
            self.deltas = endpoint.deltas(self.wants_content or self._wants_json)
            look = self.deltas.add
        deferred.open_stream(self)
        self._watch = Watch(look, endpoint.is_usage_only if self._injected else None)
        return self._watch

    def end_stream(self) -> None:
        """End it because the stream ran out: complete, or cut before the answer was."""
        if not self.is_open or self._end_as_told():
            return
        if self._response is not None and is_html(self._response):
            self.end("error", failure("html_error", "html_error", status=self._status))
        else:
            self.end("cut", failure("stream_cut", "network", status=self._status))

    def abandon(self, *, later: bool = False) -> None:
        """End it because nobody will read the rest."""
        if not self.is_open:
            return
        if later:
            self.stamp()
            deferred.end_later(self.abandon)
        elif self.deltas is None or not self._end_as_told():
            self.end("cancelled" if is_cancelled() else "abandoned")

    def _end_as_told(self) -> bool:
        """End it if its chunks said how: with an error, or with the end of the answer."""
        guarded("read a stream", self._read_deltas)
        told = self._told_failure()
        if told is not None:
            self.end("error", told)
        elif self.deltas is None or self.deltas.is_complete or self._watch.is_blind:
            self.end("completed")
        return not self.is_open

    @property
    def _wants_json(self) -> bool:
        return self.fields.get("output_type") == "json"

    @property
    def _status(self) -> int | None:
        return None if self._response is None else self._response.status_code

    def complete(self, result: Any) -> None:
        """End it with the answer: the SDK's model, the JSON object, or what came instead of one."""
        if not self.is_open:
            return
        bad = guarded("read an answer", self._read, result)
        self.end("completed" if bad is None else "error", bad)

    def _read(self, result: Any) -> Failure | None:
        endpoint = self.call.endpoint
        bad = no_answer(result, self._response, expects_json=endpoint.answers_json)
        if bad is not None:
            return bad
        read(endpoint.response, result, self.found)
        if endpoint.output_size is not None and self.is_recording:
            self.found["output_size"] = endpoint.output_size(result)
        if endpoint.output is not None and (self.wants_content or self._wants_json):
            self._take_output(endpoint.output(result))
        return self._told_failure()

    def _told_failure(self) -> Failure | None:
        code = self.found.get("error_code")
        return reported(code, status=self._status) if isinstance(code, str) else None

    def _take_output(self, messages: list[object]) -> None:
        if self._wants_json:
            self.found["output_parsed"] = holds_json(messages)
        if messages and self.wants_content:
            self.capture("output_messages", messages)

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
        if endpoint.operation.name in ("inference", "embeddings", "model_call"):
            known = "usage_input_tokens" in found or "usage_output_tokens" in found
            source = "injected" if self._injected else "provider"
            found["usage_source"] = source if known else "absent"
        if found["outcome"] in _BROKEN and self.deltas is not None:
            found.setdefault("response_finish_reasons", ("error",))

    def _read_deltas(self) -> None:
        """Take what the chunks said, once."""
        deltas = self.deltas
        if deltas is None or self._has_read:
            return
        self._has_read = True
        deltas.read(self.found)
        if self.wants_content or (self._wants_json and deltas.is_complete):
            self._take_output(deltas.output())

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


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
