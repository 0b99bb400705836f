"""Knows the recordings that a program opens by hand: what is said of them, and where they go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from opentelemetry import trace

from agentel.config import Settings, read_settings
from agentel.core.commands import command_fields
from agentel.core.fields import Fields
from agentel.core.invocation import Operation
from agentel.core.safety import guarded
from agentel.telemetry import deferred
from agentel.telemetry.arguments import canonical, decoded, run_key, size_of
from agentel.telemetry.metrics import Labels
from agentel.telemetry.pipeline import Pipeline
from agentel.telemetry.recording import Recording
from agentel.telemetry.spans import project

if TYPE_CHECKING:
    from opentelemetry._logs import LoggerProvider
    from opentelemetry.metrics import MeterProvider
    from opentelemetry.trace import TracerProvider

SCOPE = "agentel"

_METERED = ("inference", "embeddings")


@dataclass(frozen=True, slots=True)
class Plan:
    """What all recordings of one decorator or block have in common. Nothing in it ever changes."""

    operation: Operation
    fields: Fields
    attributes: dict[str, Any]
    """The projected fields."""
    down: Fields
    """Those fields that everything below inherits."""
    is_command: bool = False
    """Whether the work is a program that runs in a process of its own."""

    @classmethod
    def of(cls, operation: Operation, fields: Fields, inherited: tuple[str, ...] = ()) -> Plan:
        """Make the plan of `operation` from those fields that are not None."""
        known = {field: value for field, value in fields.items() if value is not None}
        return cls(
            operation,
            known,
            project(known, {}),
            {field: known[field] for field in inherited if field in known},
            known.get("tool_kind") == "command",
        )


class HandRecording(Recording):
    """One piece of work that the program itself marked."""

    __slots__ = ("__weakref__", "plan")

    plan: Plan

    @classmethod
    def begin(
        cls,
        plan: Plan,
        pipeline: Pipeline,
        owner: object,
        arguments: Mapping[str, object] | None = None,
    ) -> HandRecording:
        """Open the recording of one entry. May raise; the caller guards.

        `arguments` are a tool's, by parameter name; they are read here and not kept.
        """
        recording = cls(pipeline, plan.operation, plan.fields)
        recording.plan = plan
        recording.owner = owner
        recording.start(plan.attributes, plan.down)
        if arguments is not None and recording.is_recording:
            guarded("read a tool's arguments", recording.saw_arguments, arguments)
        return recording

    # --- what the work says -------------------------------------------------------------------

    def saw_arguments(self, arguments: Mapping[str, object]) -> None:
        """Remember the size and the keyed digest of a tool's arguments."""
        data = canonical(arguments)
        found = self.found
        if data is not None:
            found["tool_arguments_digest"] = run_key.digest(data)
            found["tool_arguments_size"] = len(data)
            if self.pipeline.content.wants_span:
                self.capture("tool_call_arguments", decoded(data))
        if self.plan.is_command:
            found.update(command_fields(arguments=arguments))

    def saw_result(self, result: object) -> None:
        """Remember the size of a tool's result, and the exit code of a command's."""
        if not self.is_recording:
            return
        size = size_of(result)
        if size is not None:
            self.found["tool_result_size"] = size
            if self.pipeline.content.wants_span:
                data = canonical(result)
                if data is not None:
                    self.capture("tool_call_result", decoded(data))
        if self.plan.is_command:
            self.found.update(command_fields(result=result))

    # --- ends ---------------------------------------------------------------------------------

    def returned(self, result: object) -> None:
        """End it because the work returned `result`."""
        if self.operation.name == "execute_tool":
            guarded("read a tool's result", self.saw_result, result)
        self.end("completed")

    def fail(self, error: BaseException) -> None:
        """End it with the exception that is on its way to the caller.

        A generator that is closed, or collected, half way is abandoned. Both look alike from
        within, and collection can happen where locks are held, so the ending waits.
        """
        if isinstance(error, GeneratorExit):
            self.abandon()
            return
        if self.plan.is_command:
            self.found.update(guarded("read a failed command", command_fields, error=error) or {})
        super().fail(error)

    def abandon(self) -> None:
        """End it soon, as of now, because nobody wants the rest."""
        if self.is_open:
            self.stamp()
            deferred.watch()
            deferred.end_later(partial(self.end, "abandoned"))

    def _complete_fields(self) -> None:
        if self.operation.name in _METERED:
            found = self.found
            known = "usage_input_tokens" in found or "usage_output_tokens" in found
            found["usage_source"] = "provider" if known else "absent"

    def _measure(self, seconds: float, fields: Fields, labels: Labels) -> None:
        super()._measure(seconds, fields, labels)
        if self.operation.name in _METERED:
            is_inference = self.operation.is_inference
            self.pipeline.instruments.tokens(
                fields, labels, self.context, is_inference=is_inference
            )


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
