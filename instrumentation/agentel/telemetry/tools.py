"""Knows how one execution of a tool is recorded, and how cheaply where nothing went wrong.

Tools may be tiny and are called often. Beginning one, and ending one that returned and of which
nobody said more, is written out flat here: it does what `Recording` does, in one step each. Every
other end is the one that all work has.
"""

from __future__ import annotations

from collections.abc import Mapping
from time import perf_counter
from typing import Any

from opentelemetry.context import Context

from agentel.core.commands import arguments_fields, command_fields
from agentel.core.safety import guarded
from agentel.telemetry import context as keys
from agentel.telemetry import recording as recordings
from agentel.telemetry._semconv import ROWS
from agentel.telemetry.arguments import canonical, decoded, run_key, size_of
from agentel.telemetry.context import (
    CURRENT_KEY,
    LEAF_KEY,
    NOTHING,
    SPAN_KEY,
    ambient_of,
)
from agentel.telemetry.deferred import append, keep_short
from agentel.telemetry.hand import HandRecording, Plan
from agentel.telemetry.metrics import Measure, labels_for
from agentel.telemetry.pipeline import Pipeline
from agentel.telemetry.sdk_spans import write
from agentel.telemetry.spans import no_span

_DIGEST = ROWS["tool_arguments_digest"].key
_ARGUMENTS_SIZE = ROWS["tool_arguments_size"].key
_RESULT_SIZE = ROWS["tool_result_size"].key
_COMPLETED = {ROWS["outcome"].key: "completed"}
_ARGUMENTS = "tool_call_arguments"
_RESULT = "tool_call_result"
_DURATION = "gen_ai.execute_tool.duration"
_AGENT = "agent_name"
_MOST_AGENTS = 256
"""Agents whose labels one tool keeps."""


def _measure_nothing(value: float, attributes: dict[str, Any], context: Any) -> None:
    """Stand for an instrument that could not be made."""


_OVER = Context()


class Tool:
    """What all recordings of one tool in one pipeline have in common."""

    __slots__ = ("known_labels", "measure", "pipeline", "plan", "start_span")

    def __init__(self, plan: Plan, pipeline: Pipeline) -> None:
        self.plan = plan
        self.pipeline = pipeline
        self.start_span = pipeline.spans.start
        made = guarded("make an instrument", pipeline.instruments.measure, _DURATION)
        self.measure: Measure = made or _measure_nothing
        self.known_labels: dict[object, dict[str, Any]] = {}

    def labels(self, agent: object) -> dict[str, Any]:
        """Return the attributes of the duration of a call by `agent` that returned."""
        if len(self.known_labels) >= _MOST_AGENTS:
            self.known_labels.clear()
        fields = self.plan.fields if agent is None else {**self.plan.fields, _AGENT: agent}
        made = self.known_labels[agent] = labels_for(fields).of(_DURATION)
        return made


class ToolRecording(HandRecording):
    """One execution of a tool."""

    tool: Tool

    def __init__(
        self, tool: Tool, before: Context, arguments: Mapping[str, object] | None = None
    ) -> None:
        """Open it below `before`, which is current here. May raise; the caller guards.

        `arguments` are read here, by parameter name, and not kept: the tool may change them.
        """
        self.before = parent = before
        if keys.inherited is not None:
            parent = keys.parent_context()
        self.tool = tool
        self.plan = plan = tool.plan
        self.pipeline = pipeline = tool.pipeline
        self.operation = plan.operation
        self.fields = plan.fields
        self.found = {}
        self._open = [True]
        self._forks = recordings.fork_count
        self.ambient = ambient = ambient_of(parent) if parent else NOTHING
        if ambient.tally is not None:
            ambient.tally.tool_calls += 1
        attributes, data = self._told_at_start(arguments, parent)
        self.span = span = guarded(
            "start a span", tool.start_span, plan.span_name, parent, plan.kind, attributes
        ) or no_span(parent)
        below = {**parent, SPAN_KEY: span, CURRENT_KEY: self}
        below.pop(LEAF_KEY, None)
        self.context = Context(below)
        is_recording = guarded("look at a span", span.is_recording, default=False)
        self.is_recording = is_recording
        self.wants_content = is_recording and pipeline.wants_span
        if is_recording and (plan.is_command or pipeline.wants_span):
            guarded("read a tool's arguments", self._saw_arguments, arguments, data)
        self.started = perf_counter()

    def _told_at_start(
        self, arguments: Mapping[str, object] | None, parent: Context
    ) -> tuple[dict[str, Any], bytes | None]:
        """Return the span's first attributes, and the arguments as JSON if it may tell of them."""
        attributes = self.plan.attributes
        inherited = self.ambient.attributes
        if inherited:
            attributes = {**inherited, **attributes}
        if arguments is None or (SPAN_KEY in parent and not _may_record_below(parent)):
            return attributes, None
        data = canonical(arguments)
        if data is None:
            return attributes, None
        digest = run_key.digest(data)
        return {**attributes, _DIGEST: digest, _ARGUMENTS_SIZE: len(data)}, data

    def _saw_arguments(self, arguments: Mapping[str, object] | None, data: bytes | None) -> None:
        if self.wants_content and data is not None:
            self.capture(_ARGUMENTS, decoded(data))
        if self.plan.is_command and arguments is not None:
            self.found.update(arguments_fields(arguments))

    # --- ends ---------------------------------------------------------------------------------

    def returned(self, result: object) -> None:
        """End it because the tool returned `result`."""
        if self.found or self.wants_content or self.plan.is_command:
            guarded("read a tool's result", self.saw_result, result)
            self.end("completed")
        else:
            guarded("end a tool's recording", self._complete, result)

    def _complete(self, result: object) -> None:
        """Do what `end` does for a call that returned, if nobody said anything of it."""
        seconds = perf_counter() - self.started
        if not self._claim():
            return
        span = self.span
        try:
            tool = self.tool
            agent = self.ambient.fields.get(_AGENT)
            labels = tool.known_labels.get(agent) or tool.labels(agent)
            append((tool.measure, seconds, labels, span.get_span_context()))
            keep_short()
            if self.is_recording:
                size = size_of(result)
                write(span, _COMPLETED if size is None else {**_COMPLETED, _RESULT_SIZE: size})
        finally:
            span.end()
            self.context = _OVER  # it knows this recording

    def saw_result(self, result: object) -> None:
        """Remember the size of the result, and the exit code of a command's."""
        if not self.is_recording:
            return
        size = size_of(result)
        if size is not None:
            self.found["tool_result_size"] = size
            if self.wants_content:
                data = canonical(result)
                if data is not None:
                    self.capture(_RESULT, decoded(data))
        if self.plan.is_command:
            self.found.update(command_fields(result))

    def fail(self, error: BaseException) -> None:
        """End it with the exception that is on its way to the caller."""
        if self.plan.is_command:
            self.found.update(guarded("read a failed command", command_fields, error) or {})
        super().fail(error)


def _may_record_below(parent: Context) -> bool:
    """Tell whether a span could record whose parent is current: not if that was sampled out."""
    above: Any = parent[SPAN_KEY]
    if guarded("look at a span", above.is_recording, default=True):
        return True
    known = above.get_span_context()
    return known.trace_flags.sampled or not known.is_valid
