"""Knows model calls that a program marks by itself, and what a library's call inside of one adds.

The block is the call: it has the one span and is counted once. What the library's call was asked
and answered becomes part of it wherever the program said nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from opentelemetry.context import Context

from agentel.core.errors import Failure
from agentel.core.fields import Fields
from agentel.core.library import Call
from agentel.core.safety import guarded
from agentel.telemetry import context as keys
from agentel.telemetry.calls import CallRecording
from agentel.telemetry.events import emit_details
from agentel.telemetry.hand import HandRecording
from agentel.telemetry.pipeline import Pipeline
from agentel.telemetry.spans import span_name

_USAGE = "usage_"
_ADDED = ("cost_amount", "input_message_count", "input_size", "output_size")
_OWN = (
    "error_code",
    "operation_name",
    "outcome",
    "response_time_to_first_chunk",
    "stream_chunk_count",
)
"""What the block says of itself: how it went, and nothing of chunks, which have metrics."""


class MarkedCall(HandRecording):
    """One model call that the program marked, with what library calls inside of it said."""

    _told: Mapping[str, object] = MappingProxyType({})

    def includes(self, call: Call) -> bool:
        """Whether a library call inside of it is the same kind of work."""
        operation = call.endpoint.operation
        return operation.name == self.operation.name or (
            operation.name == "fetch_response" and self.operation.is_inference
        )

    def hear(self, fields: Fields, content: Mapping[str, str]) -> None:
        """Take over what one library call said: counts add up, the latest call says the rest."""
        if not self.is_open:
            return
        told = {**self._told}
        for field, value in fields.items():
            if field in _OWN:
                continue
            known = told.get(field)
            adds = field.startswith(_USAGE) or field in _ADDED
            told[field] = _sum(known, value) if adds else value
        self._told = told
        self.content = {**self.content, **content}

    def _complete_fields(self) -> None:
        found, told = self.found, self._told
        counts = any(field.startswith(_USAGE) for field in found)
        for field, value in told.items():
            if field not in self.fields and not (counts and field.startswith(_USAGE)):
                found.setdefault(field, value)
        known = "usage_input_tokens" in found or "usage_output_tokens" in found
        if counts or "usage_source" not in told:
            found["usage_source"] = "provider" if known else "absent"
        if "request_model" in found and self.is_recording:
            name = self.fields.get("operation_name")
            self.span.update_name(span_name(self.operation, name, found["request_model"]))

    def _measure(self, seconds: float) -> None:
        fields = {**self.known(), **self.found}
        measures = self.pipeline.instruments.measures(self.operation, fields)
        measures.record(seconds, fields, self.context)

    def _write_events(self) -> None:
        if self.content:
            fields = {**self.known(), **self.found}
            emit_details(self.pipeline, fields, self.content, self.context)


def _sum(known: object, value: object) -> object:
    """Return both counts together; what is no count is as it was told last."""
    for one in (known, value):
        if not isinstance(one, (int, float)) or isinstance(one, bool):
            return value
    return known + value  # type: ignore[operator]


class InnerCall(CallRecording):
    """One library call inside of a marked one, which is told of it and counts it."""

    def __init__(self, pipeline: Pipeline, call: Call, current: Context, outer: MarkedCall) -> None:
        self._outer = outer
        super().__init__(pipeline, call, current)

    def _start_span(self, parent: Context) -> None:
        self.ambient = self._outer.ambient
        self.span = self._outer.span

    def _context_below(self, parent: Context) -> Context:
        return Context({**parent, keys.LEAF_KEY: self})

    def check(self) -> None:
        """Ask nobody: the gate was asked about the call around it."""

    @property
    def has_native_span(self) -> bool:
        """Never: the block's span stands for it."""
        return False

    def end(self, outcome: str, failure: Failure | None = None) -> None:
        """Tell the call around it, once."""
        if not self._claim():
            return
        self.found["outcome"] = outcome
        guarded("read an answer", self._read_answer)
        guarded("complete a recording", self._complete_fields)
        self.context = Context()  # it knows this recording
        fields = {**self.template.fields, **self.fields, **self.found}
        guarded("tell of an inner call", self._outer.hear, fields, self.content)


def marked_around(current: Context) -> MarkedCall | None:
    """Return the marked call that a library call made now is part of, if there is one."""
    leaf = current.get(keys.LEAF_KEY)
    if isinstance(leaf, MarkedCall) and leaf.is_open and not keys.is_silenced(current):
        return leaf
    return None
