"""Knows the recordings that a program opens by hand: what is said of them, and where they go."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING, Any

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind, format_span_id, get_current_span

from agentel.config import Settings, read_settings
from agentel.core.fields import Fields
from agentel.core.invocation import Operation
from agentel.core.safety import guarded
from agentel.telemetry import context as keys
from agentel.telemetry import deferred
from agentel.telemetry import pipeline as pipelines
from agentel.telemetry import recording as recordings
from agentel.telemetry.context import Ambient, Tally, current_context
from agentel.telemetry.events import emit_fields
from agentel.telemetry.pipeline import Pipeline
from agentel.telemetry.recording import Recording
from agentel.telemetry.spans import KINDS, no_span, project, span_name

if TYPE_CHECKING:
    from opentelemetry._logs import LoggerProvider
    from opentelemetry.metrics import MeterProvider
    from opentelemetry.trace import TracerProvider

SCOPE = "agentel"


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """What all recordings of one decorator or block have in common. Nothing in it ever changes."""

    operation: Operation
    fields: Fields
    attributes: dict[str, Any]
    """The projected fields."""
    down: Fields
    """Those fields that everything below inherits."""
    span_name: str
    kind: SpanKind
    is_command: bool = False
    """Whether the work is a program that runs in a process of its own."""

    @classmethod
    def of(cls, operation: Operation, fields: Fields, inherited: tuple[str, ...] = ()) -> Plan:
        """Make the plan of `operation` from those fields that are not None."""
        known = {field: value for field, value in fields.items() if value is not None}
        return cls(
            operation,
            known,
            project(known),
            {field: known[field] for field in inherited if field in known},
            span_name(operation, known.get("operation_name"), known.get(operation.target)),
            KINDS[operation.kind],
            known.get("tool_kind") == "command",
        )


class HandRecording(Recording):
    """One piece of work that the program itself marked."""

    plan: Plan
    before: Context
    """What was current when it was opened."""

    @classmethod
    def begin(cls, plan: Plan, pipeline: Pipeline) -> HandRecording:
        """Open the recording of one entry. May raise; the caller guards."""
        recording = cls()
        recording.plan = plan
        recording.pipeline = pipeline
        recording.operation = plan.operation
        recording.fields = plan.fields
        recording.found = {}
        recording._open = [True]
        recording._forks = recordings.fork_count
        recording.before = current_context()
        recording._start()
        return recording

    def _start(self) -> None:
        plan, operation = self.plan, self.operation
        parent = keys.parent_context()
        ambient = keys.ambient_of(parent)
        if operation.starts:
            ambient = keys.beside(ambient, operation.name, self.fields)
        self.ambient = ambient
        attributes = {**ambient.attributes, **plan.attributes}
        self.span = span = self._open_span(parent, attributes)
        is_complete = False
        try:
            is_recording = guarded("look at a span", span.is_recording, default=False)
            self.is_recording = is_recording
            pipeline = self.pipeline
            self.wants_content = pipeline.wants_event or (is_recording and pipeline.wants_span)
            self.context = self._context_below(parent, plan.down)
            self._count(ambient)
            if operation.starts:
                guarded("announce a start", self._announce, parent)
            is_complete = True
        finally:
            if not is_complete:  # nobody will get this recording, so nobody would end it
                pipelines.closed(self)
                span.end()
        self.started = perf_counter()

    def _open_span(self, parent: Context, attributes: dict[str, Any]) -> Span:
        plan, start = self.plan, self.pipeline.spans.start
        span = guarded("start a span", start, plan.span_name, parent, plan.kind, attributes)
        return span or no_span(parent)

    def _context_below(self, parent: Context, down: Fields) -> Context:
        below: dict[str, object] = {**parent, keys.SPAN_KEY: self.span, keys.CURRENT_KEY: self}
        if self.operation.is_leaf:
            below[keys.LEAF_KEY] = self
        elif keys.LEAF_KEY in below:
            del below[keys.LEAF_KEY]  # work inside a model call may call models itself
        if self.operation.name == "invoke_agent":
            self.tally = Tally()
        if down or self.tally is not None:
            below[keys.AMBIENT_KEY] = self._handed_down(self.ambient, down)
        return Context(below)

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
        fields = self.known()
        above = get_current_span(parent).get_span_context()
        if above.is_valid:
            fields["parent_span_id"] = format_span_id(above.span_id)
        emit_fields(self.pipeline, "agentel.started", fields, self.context, self.span)

    def finish(self) -> None:
        """End it as completed."""
        self.end("completed")

    def returned(self, result: object) -> None:
        """End it because its function returned `result`."""
        self.end("completed")

    def fail(self, error: BaseException) -> None:
        """End it with the exception that is on its way to the caller.

        A generator that is closed, or collected, half way is abandoned. Both look alike from
        within, and collection can happen where locks are held, so the ending waits.
        """
        if isinstance(error, GeneratorExit):
            self.abandon()
            return
        super().fail(error)

    def abandon(self) -> None:
        """End it soon, as of now, because nobody wants the rest."""
        if self.is_open:
            self.stamp()
            deferred.watch()
            deferred.end_later(partial(self.end, "abandoned"))


class Source:
    """Where recordings by hand go. The pipeline is made on first use, from the global providers."""

    __slots__ = ("_given", "_is_settled", "_pipeline")

    def __init__(self) -> None:
        self._given: dict[str, Any] = {}
        self._is_settled = False
        self._pipeline: Pipeline | None = None

    def use(
        self,
        *,
        settings: Settings | None = None,
        tracer_provider: TracerProvider | None = None,
        meter_provider: MeterProvider | None = None,
        logger_provider: LoggerProvider | None = None,
    ) -> None:
        """Use these from now on, and the process's own for those that are None."""
        self._given = {
            "settings": settings,
            "tracer_provider": tracer_provider,
            "meter_provider": meter_provider,
            "logger_provider": logger_provider,
        }
        self._is_settled = False
        self._pipeline = None

    def pipeline(self) -> Pipeline | None:
        """Return the pipeline, or None while telemetry is switched off or not set up. May raise."""
        return self._pipeline if self._is_settled else self._settle()

    def _settle(self) -> Pipeline | None:
        given = {name: value for name, value in self._given.items() if value is not None}
        if not given and isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider):
            return None  # nobody has set telemetry up so far; it may still come
        settings = given.pop("settings", None) or read_settings()
        if not settings.sdk_disabled:
            self._pipeline = Pipeline(SCOPE, settings, **given)
        self._is_settled = True
        return self._pipeline


source = Source()
