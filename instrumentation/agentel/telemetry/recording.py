"""Knows how one piece of work is recorded: opened once, made current, and ended exactly once."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from time import perf_counter
from types import MappingProxyType

from opentelemetry.context import Context
from opentelemetry.trace import INVALID_SPAN, Span, Status, StatusCode

from agentel.core import gate
from agentel.core.errors import CANCELLATIONS, Failure, classify
from agentel.core.fields import Fields
from agentel.core.invocation import Operation
from agentel.core.safety import guarded, resumed
from agentel.telemetry import context as keys
from agentel.telemetry import pipeline as pipelines
from agentel.telemetry.context import Ambient, Tally
from agentel.telemetry.metrics import labels_for
from agentel.telemetry.pipeline import Pipeline
from agentel.telemetry.sdk_spans import write
from agentel.telemetry.spans import project

_FAILED = ("cut", "error")

fork_count: int = 0
"""How often this process was forked off another one; asking for its id costs a system call."""


class Recording:
    """One piece of work, from its first moment to its only end.

    Its kinds know how it is opened. Every other method guards itself: none raises into its caller.
    """

    # No slots: what most work leaves as it is stands here, and costs no entry anything.
    pipeline: Pipeline
    operation: Operation
    fields: Fields
    """What is known at the start."""
    found: Fields
    """What the work itself said."""
    ambient: Ambient = keys.NOTHING
    context: Context
    started: float
    span: Span = INVALID_SPAN
    is_recording = False
    wants_content = False
    """Whether content of this work is to be captured at all."""
    content: Mapping[str, str] = MappingProxyType({})
    """Captured content by field, as JSON within the limits."""
    tally: Tally | None = None
    """What this agent did by itself; None for everything that is no agent."""
    _open: list[bool]
    """Empty once somebody has ended it."""
    _forks: int
    _done = 0
    """Steps of the beginning, or of the ending, that are over."""
    _room = 0
    """Bytes of content that the span may still take."""
    _ended = 0.0
    _ended_ns: int | None = None

    def check(self) -> None:
        """Ask the gate. Raises what a check raises, and only that."""
        gate.pass_through(self.operation.name, self.known())

    def known(self) -> Fields:
        """Return what is known from the start."""
        return {**self.ambient.fields, **self.fields}

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
        if not self._ended_ns:
            self.stamp()
        self._done = 0
        found = self.found
        found["outcome"] = outcome
        if failure is not None:
            found.update(failure.fields())
        elif outcome in _FAILED:
            found["error_type"] = "_OTHER"  # the classification itself failed
        resumed("end a recording", self._finish)

    def _claim(self) -> bool:
        """Return whether the caller is the one to end it."""
        if self._forks != fork_count:
            return False  # opened before a fork: the parent ends it
        try:
            return self._open.pop()
        except IndexError:
            return False

    def _finish(self) -> None:
        """Do what is left of ending it. A step that raises is not tried again."""
        done = self._done
        if done < 1:
            self._done = 1
            self._read_answer()
        if done < 2:
            self._done = 2
            self._complete_fields()
        if done < 3:
            self._done = 3
            if self.is_recording:
                self._write_span()
        if done < 4:
            self._done = 4
            # From here on only the span is needed. The context that was current knows this
            # recording, and the measurements that wait keep theirs: without the cycle both go.
            self.context = Context({keys.SPAN_KEY: self.context[keys.SPAN_KEY]})
            if self.tally is not None:
                pipelines.closed(self)
            self._measure(self._ended - self.started)
        if done < 5:
            self._done = 5
            if self.pipeline.wants_event:
                self._write_events()
        if done < 6:
            self._done = 6
            self.span.end(self._ended_ns)

    def _read_answer(self) -> None:
        """Take what came back, if that has not been read."""

    def _complete_fields(self) -> None:
        """Settle what can only be said at the end."""

    def _write_span(self) -> None:
        found = self.found
        attributes = project(found)
        if self.content and self.pipeline.wants_span:
            attributes.update(project({**self.content}))
        if found["outcome"] not in _FAILED:
            write(self.span, attributes)
            return
        message = attributes.pop("exception.message", None)
        try:
            write(self.span, attributes)
        finally:
            self.span.set_status(Status(StatusCode.ERROR, message))

    def _measure(self, seconds: float) -> None:
        instruments, tally = self.pipeline.instruments, self.tally
        labels = labels_for({**self.known(), **self.found})
        instruments.duration(self.operation.name, seconds, labels, self.context)
        if tally is not None:
            instruments.counts(labels, tally.inference_calls, tally.tool_calls, self.context)

    def _write_events(self) -> None:
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
        if not self.content:
            self._room = self.pipeline.settings.span_limit
        text, length, cut = content.text(allowed, self._room)
        if text:
            self._room -= length
            self.content = {**self.content, field: text}
        if cut:
            dropped = self.found.get("content_dropped_size", 0)
            self.found["content_dropped_size"] = cut + (dropped if isinstance(dropped, int) else 0)


def _forked() -> None:
    global fork_count
    fork_count += 1


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)
