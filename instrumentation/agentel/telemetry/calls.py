"""Knows how one library call is recorded: its answer, its chunks, its attempts, its response."""

from __future__ import annotations

from time import perf_counter
from typing import Any

from agentel.core.errors import (
    CANCELLATIONS,
    Failure,
    failure,
    is_connection_failure,
    looks_like_html,
    retry_after,
)
from agentel.core.fields import Fields, read
from agentel.core.http import Response, fields_of_headers, is_html, json_body
from agentel.core.library import Call, Deltas
from agentel.core.results import is_unwinding
from agentel.core.safety import guarded
from agentel.telemetry import deferred
from agentel.telemetry.events import emit_details, emit_fields
from agentel.telemetry.pipeline import Pipeline
from agentel.telemetry.recording import Recording
from agentel.telemetry.spans import call_template, project

_FAILED = object()
GAPS = 4096
"""Chunk gaps that one stream keeps before it hands them on, so that memory stays bounded."""


class CallRecording(Recording):
    """One call of a library, opened by its seam and ended by whatever comes of it."""

    __slots__ = (
        "_add",
        "_attempts",
        "_first_chunk",
        "_gaps",
        "_injected",
        "_last_chunk",
        "_response",
        "_chunks",
        "__weakref__",
        "call",
        "deltas",
    )

    def __init__(self, pipeline: Pipeline, call: Call) -> None:
        super().__init__(pipeline, call.endpoint.operation, call.fields)
        self.call = call
        self.deltas: Deltas | None = None
        self._add: Any = None
        self._attempts = 0
        self._chunks = 0
        self._first_chunk = 0.0
        self._last_chunk = 0.0
        self._gaps: list[float] = []
        self._injected = False
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
            endpoint.name, call.provider, _text(fields.get("request_model")), call.address, call.port
        )
        attributes = project(fields, template.copy())
        if call.address:
            fields["server_address"] = call.address
            fields["server_port"] = call.port
        recording.start(attributes)
        if recording.is_recording and endpoint.measure is not None:
            guarded("measure a request", recording._measure_input)
        if endpoint.input is not None and recording.wants_content:
            guarded("capture a request", recording._capture_input)
        if call.is_stream and pipeline.settings.stream_usage:
            guarded("ask for a stream's usage", recording._inject)
        return recording

    def _measure_input(self) -> None:
        measure = self.call.endpoint.measure
        if measure is not None:
            self.found["input_size"], self.found["input_message_count"] = measure(self.call.body)

    def _capture_input(self) -> None:
        convert = self.call.endpoint.input
        if convert is not None:
            for field, value in convert(self.call.body).items():
                if value:
                    self.capture(field, value)

    def _inject(self) -> None:
        ask, replace = self.call.endpoint.with_usage, self.call.replace_body
        body = None if ask is None or replace is None else ask(self.call.body)
        if body is not None and replace is not None:
            replace(body)
            self._injected = True

    @property
    def hides(self) -> Any:
        """The test for chunks that only we asked for, or None."""
        return self.call.endpoint.is_usage_only if self._injected else None

    # --- what the seam sees on the way --------------------------------------------------------

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
        emit_fields(self.pipeline, "agentel.attempt", event, self.context, self.span)

    # --- streams ------------------------------------------------------------------------------

    def follow(self) -> None:
        """Expect chunks from now on."""
        make = self.call.endpoint.deltas
        if make is not None:
            keep = self.wants_content or self.fields.get("output_type") == "json"
            self.deltas = make(keep)
            self._add = self.deltas.add
        deferred.watch()

    def chunk(self, chunk: Any) -> None:
        """Look at one chunk, as briefly as can be."""
        now = perf_counter()
        if self._chunks:
            self._gaps.append(now - self._last_chunk)
        else:
            self._first_chunk = now
        self._chunks += 1
        self._last_chunk = now
        add = self._add
        if add is not None and guarded("look at a chunk", add, chunk, default=_FAILED) is _FAILED:
            self._add = None
        if len(self._gaps) >= GAPS:
            guarded("record chunk times", self._hand_on_gaps)

    def _hand_on_gaps(self) -> None:
        gaps, self._gaps = self._gaps, []
        fields = {**self.fields, **self.found}
        if self.deltas is not None:
            self.deltas.read(fields)
        self.pipeline.instruments.later_chunks(gaps, fields, self.context)

    def end_stream(self) -> None:
        """End it because the stream ran out: complete, or cut before the answer was."""
        if not self.is_open:
            return
        if self.deltas is None or self.deltas.is_complete:
            self.end("completed")
        elif self._response is not None and is_html(self._response):
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
        elif self.deltas is not None and self.deltas.is_complete:
            self.end("completed")
        elif isinstance(is_unwinding(), CANCELLATIONS):
            self.end("cancelled")
        else:
            self.end("abandoned")

    # --- ends ---------------------------------------------------------------------------------

    @property
    def _status(self) -> int | None:
        return None if self._response is None else self._response.status_code

    def complete(self, result: Any) -> None:
        """End it with the answer: the SDK's model, the JSON object, or what came instead of one."""
        if not self.is_open:
            return
        bad = guarded("read an answer", self._read, result)
        if bad is None:
            self.end("completed")
        else:
            self.end("error", bad)

    def _read(self, result: Any) -> Failure | None:
        endpoint = self.call.endpoint
        if endpoint.answers_json and isinstance(result, (str, bytes)):
            text = result if isinstance(result, str) else result[:512].decode("utf-8", "replace")
            html = looks_like_html(text) or (self._response is not None and is_html(self._response))
            name = "html_error" if html else "invalid_response"
            return failure(name, "html_error" if html else "model_error", status=self._status)
        read(endpoint.response, result, self.found)
        if endpoint.output_size is not None and self.is_recording:
            self.found["output_size"] = endpoint.output_size(result)
        if endpoint.output is not None and self.wants_content:
            messages = endpoint.output(result)
            if messages:
                self.capture("output_messages", messages)
        if endpoint.parsed is not None and self.fields.get("output_type") == "json":
            self.found["output_parsed"] = endpoint.parsed(result)
        return None

    def complete_unread(self) -> None:
        """End it because its body went to the caller without our reading it."""
        self.end("completed")

    def fail(self, error: BaseException) -> None:
        """End it with the exception that the caller is about to see.

        An answer that arrived but could not be parsed keeps its id, usage and finish reasons.
        """
        if not self.is_open:
            return
        response = self._response
        if self._chunks or (response is not None and self.call.is_stream):
            if not isinstance(error, CANCELLATIONS) and is_connection_failure(error):
                self.end("cut", failure(type(error).__qualname__, "network", status=self._status))
                return
        elif response is not None and response.status_code < 300:
            body = guarded("read an answer that was not parsed", json_body, response)
            if body is not None:
                guarded("read an answer that was not parsed", self._read, body)
                if self.fields.get("output_type") == "json":
                    self.found["output_parsed"] = False
        super().fail(error)

    def _complete_fields(self) -> None:
        found, endpoint = self.found, self.call.endpoint
        if self.deltas is not None:
            self._read_deltas()
        if self._chunks:
            found["response_time_to_first_chunk"] = self._first_chunk - self.started
            found["stream_chunk_count"] = self._chunks
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
        if found["outcome"] == "cut":
            found.setdefault("response_finish_reasons", ("error",))

    def _read_deltas(self) -> None:
        deltas = self.deltas
        if deltas is None:
            return
        deltas.read(self.found)
        if self.wants_content:
            messages = deltas.output()
            if messages:
                self.capture("output_messages", messages)

    def _measure(self, seconds: float, fields: Fields) -> None:
        instruments = self.pipeline.instruments
        super()._measure(seconds, fields)
        if self.operation.name != "fetch_response":
            instruments.tokens(fields, self.context, is_inference=self.operation.is_inference)
        if self._chunks:
            instruments.first_chunk(self._first_chunk - self.started, fields, self.context)
            if self._gaps:
                instruments.later_chunks(self._gaps, fields, self.context)

    def _write_events(self, fields: Fields) -> None:
        if self.operation.is_inference and self.pipeline.content.wants_event:
            emit_details(self.pipeline, fields, self.content, self.context)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
