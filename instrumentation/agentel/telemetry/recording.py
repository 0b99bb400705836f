"""Knows how one piece of work is recorded: opened once, made current, and ended exactly once."""

from __future__ import annotations

import os
import time
from time import perf_counter
from typing import Any

from opentelemetry import context as otel
from opentelemetry.context import Context
from opentelemetry.trace import Span, Status, StatusCode, format_span_id, get_current_span

from agentel.core import gate
from agentel.core.errors import CANCELLATIONS, Failure, classify
from agentel.core.fields import Fields
from agentel.core.invocation import Operation
from agentel.core.safety import guarded
from agentel.telemetry import context as keys
from agentel.telemetry import pipeline as pipelines
from agentel.telemetry.context import Ambient, Tally
from agentel.telemetry.events import emit_fields
from agentel.telemetry.metrics import Labels, labels_for
from agentel.telemetry.pipeline import Pipeline
from agentel.telemetry.spans import KINDS, project, span_name

_FAILED = ("cut", "error")

fork_count: int = 0
"""How often this process was forked off another one; asking for its id costs a system call."""


class Recording:
    """One piece of work, from its first moment to its only end.

    Open it with `start`. Every other method guards itself: none raises into its caller.
    """

    __slots__ = (
        "_before",
        "_ended",
        "_ended_ns",
        "_entered",
        "_forks",
        "_open",
        "_room",
        "ambient",
        "content",
        "context",
        "fields",
        "found",
        "is_recording",
        "operation",
        "pipeline",
        "span",
        "started",
        "tally",
        "wants_content",
    )

    span: Span
    context: Context
    ambient: Ambient
    is_recording: bool
    wants_content: bool
    """Whether content of this work is to be captured at all."""

    def __init__(self, pipeline: Pipeline, operation: Operation, fields: Fields) -> None:
        self.pipeline = pipeline
        self.operation = operation
        self.fields = fields
        """What is known at the start."""
        self.found: Fields = {}
        """What the work itself said."""
        self.content: dict[str, str] = {}
        """Captured content by field, as JSON within the limits."""
        self.tally: Tally | None = None
        """What this agent did by itself; None for everything that is no agent."""
        self.started = 0.0
        self._room = pipeline.settings.span_limit
        self._open = [True]
        self._forks = fork_count
        self._ended = 0.0
        self._ended_ns: int | None = None
        self._before: Context | None = None
        self._entered: Context | None = None

    # --- begin -----------------------------------------------------------------------------

    def start(self, attributes: dict[str, Any], down: Fields | None = None) -> None:
        """Start the span, below what is current here. May raise; the caller guards.

        `attributes` are the projected fields; `down` are those that everything below inherits.
        """
        operation = self.operation
        parent = keys.parent_context()
        ambient = keys.ambient_of(parent)
        if operation.starts:
            ambient = keys.beside(ambient, operation.name, self.fields)
        self.ambient = ambient
        if ambient.attributes:
            attributes = {**ambient.attributes, **attributes}
        self.span = span = self._open_span(parent, attributes)
        is_complete = False
        try:
            is_recording = guarded("look at a span", span.is_recording, default=False)
            self.is_recording = is_recording
            pipeline = self.pipeline
            self.wants_content = pipeline.wants_event or (is_recording and pipeline.wants_span)
            self.context = self._context_below(parent, down)
            self._count(ambient)
            if operation.starts:
                guarded("announce a start", self._announce, parent)
            is_complete = True
        finally:
            if not is_complete:  # nobody will get this recording, so nobody would end it
                pipelines.closed(self)
                span.end()
        self.started = perf_counter()

    def _context_below(self, parent: Context, down: Fields | None) -> Context:
        below: dict[str, object] = {**parent, keys.SPAN_KEY: self.span, keys.CURRENT_KEY: self}
        if self.operation.is_leaf:
            below[keys.LEAF_KEY] = self
        elif keys.LEAF_KEY in below:
            del below[keys.LEAF_KEY]  # work inside a model call may call models itself
        if self.operation.name == "invoke_agent":
            self.tally = Tally()
        if down or self.tally is not None:
            below[keys.AMBIENT_KEY] = self._handed_down(self.ambient, down or {})
        return Context(below)

    def _open_span(self, parent: Context, attributes: dict[str, Any]) -> Span:
        operation, fields = self.operation, self.fields
        return self.pipeline.tracer.start_span(
            span_name(operation, fields.get("operation_name"), fields.get(operation.target)),
            parent,
            KINDS[operation.kind],
            attributes,
            record_exception=False,
            set_status_on_exception=False,
        )

    def _handed_down(self, ambient: Ambient, down: Fields) -> Ambient:
        return Ambient.of({**ambient.fields, **down}, self.tally or ambient.tally)

    def _count(self, ambient: Ambient) -> None:
        tally = ambient.tally
        if tally is not None:
            if self.operation.is_inference:
                tally.inference_calls += 1
            elif self.operation.name == "execute_tool":
                tally.tool_calls += 1
        if self.tally is not None:
            pipelines.opened(self, str(self.fields.get("agent_name", "")))

    def _announce(self, parent: Context) -> None:
        fields = {**self.ambient.fields, **self.fields}
        above = get_current_span(parent).get_span_context()
        if above.is_valid:
            fields["parent_span_id"] = format_span_id(above.span_id)
        emit_fields(self.pipeline, "agentel.started", fields, self.context, self.span)

    # --- scope -----------------------------------------------------------------------------

    def enter(self) -> None:
        """Make it current in this thread or task."""
        self._before = otel.get_current()
        self._entered = self.context
        otel.attach(self.context)

    def exit(self) -> None:
        """Make current what was before, unless somebody else's context is in place by now."""
        if self._before is not None and self._entered is not None:
            keys.restore(self._entered, self._before)

    def check(self) -> None:
        """Ask the gate. Raises what a check raises, and only that."""
        gate.pass_through(self.operation.name, {**self.ambient.fields, **self.fields})

    # --- end -------------------------------------------------------------------------------

    @property
    def is_open(self) -> bool:
        """Whether it has not ended yet."""
        return bool(self._open)

    def fail(self, error: BaseException) -> None:
        """End it with the exception that is on its way to the caller."""
        if not self._open:
            return
        if isinstance(error, CANCELLATIONS):
            self.end("cancelled")
            return
        failure = guarded("classify an error", classify, error)
        if failure is not None:
            guarded("keep an error's text", self._keep_text, error)
        self.end("error", failure)

    def _keep_text(self, error: BaseException) -> None:
        content = self.pipeline.content
        if self.pipeline.wants_span and self.is_recording:
            allowed = content.allowed("exception_message", str(error))
            if allowed is not None:
                self.found["exception_message"] = str(allowed)[
                    : self.pipeline.settings.attribute_limit
                ]

    def end(self, outcome: str, failure: Failure | None = None) -> None:
        """End it, exactly once, whichever thread or collector comes first."""
        if not self._claim():
            return
        seconds = (self._ended or perf_counter()) - self.started
        ended_ns = self._ended_ns or time.time_ns()
        found = self.found
        found["outcome"] = outcome
        if failure is not None:
            found.update(failure.fields())
        elif outcome in _FAILED:
            found["error_type"] = "_OTHER"  # the classification itself failed
        guarded("complete a recording", self._complete_fields)
        fields = {**self.ambient.fields, **self.fields, **found}
        if self.is_recording:
            guarded("write a span", self._write_span, outcome)
        # From here on only the span is needed. The context that was current knows this recording,
        # and the measurements that wait keep theirs: without the cycle both go at once.
        self.context = Context({keys.SPAN_KEY: self.context[keys.SPAN_KEY]})
        guarded("record metrics", self._measure, seconds, fields, labels_for(fields))
        if self.pipeline.wants_event:
            guarded("write events", self._write_events, fields)
        guarded("end a span", self.span.end, ended_ns)

    def _claim(self) -> bool:
        """Return whether the caller is the one to end it."""
        if self._forks != fork_count:
            return False  # opened before a fork: the parent ends it
        try:
            return self._open.pop()
        except IndexError:
            return False

    def _complete_fields(self) -> None:
        """Settle what can only be said at the end."""

    def _write_span(self, outcome: str) -> None:
        attributes = project(self.found, {})
        message = attributes.pop("exception.message", None)
        if self.content and self.pipeline.wants_span:
            attributes.update(project(self.content, {}))  # pyright: ignore[reportArgumentType]
        self.span.set_attributes(attributes)
        if outcome in _FAILED:
            self.span.set_status(Status(StatusCode.ERROR, message))

    def _measure(self, seconds: float, fields: Fields, labels: Labels) -> None:
        instruments, tally = self.pipeline.instruments, self.tally
        if tally is not None:
            pipelines.closed(self)
        instruments.duration(self.operation.name, seconds, labels, self.context)
        if tally is not None:
            instruments.counts(labels, tally.inference_calls, tally.tool_calls, self.context)

    def _write_events(self, fields: Fields) -> None:
        """Write the content that is told apart from the span."""

    def stamp(self) -> None:
        """Remember this moment as its end, for an ending that comes later."""
        self._ended = perf_counter()
        self._ended_ns = time.time_ns()

    # --- content ---------------------------------------------------------------------------

    def capture(self, field: str, value: object) -> None:
        """Keep one piece of content, redacted and within the limits."""
        content = self.pipeline.content
        allowed = content.allowed(field, value)
        if allowed is None:
            return
        text, length, cut = content.text(allowed, self._room)
        if text:
            self._room -= length
            self.content[field] = text
        if cut:
            dropped = self.found.get("content_dropped_size", 0)
            self.found["content_dropped_size"] = cut + (dropped if isinstance(dropped, int) else 0)


def _forked() -> None:
    global fork_count
    fork_count += 1


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)
