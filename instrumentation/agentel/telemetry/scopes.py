"""Knows contexts that stand for no work of their own: sessions, silence, and a captured context."""

from __future__ import annotations

from typing import Any

from opentelemetry import context as otel
from opentelemetry.context import Context

from agentel.core import hooks
from agentel.core.errors import CANCELLATIONS
from agentel.core.fields import Fields
from agentel.core.safety import guarded
from agentel.telemetry import context as keys
from agentel.telemetry.context import Ambient
from agentel.telemetry.events import emit_fields
from agentel.telemetry.hand import source


class Scope:
    """A context to be current for a while. Its end is told to nobody."""

    __slots__ = ("before", "context")

    def __init__(self, context: Context) -> None:
        self.before = otel.get_current()
        """What was current when it was opened."""
        self.context = context

    def check(self) -> None:
        """Ask nobody: only work can be stopped."""

    def finish(self) -> None:
        """End it."""

    def returned(self, result: object) -> None:
        """End it because its function returned."""
        self.finish()

    def fail(self, error: BaseException) -> None:
        """End it with the exception that is on its way to the caller."""
        self.finish()

    def abandon(self) -> None:
        """End it because nobody wants the rest."""
        self.finish()


def silence() -> Scope:
    """Return a scope in which nothing of ours is recorded."""
    return Scope(Context({**otel.get_current(), keys.SUPPRESS_KEY: True}))


class SessionScope(Scope):
    """One session: what everything below inherits, and the events of its begin and end."""

    __slots__ = ("_fields", "_is_over")

    def __init__(self, fields: Fields) -> None:
        parent = keys.parent_context()
        ambient = keys.ambient_of(parent)
        self._fields: Fields = {**ambient.fields, **fields}
        self._is_over = False
        below = Ambient.of(self._fields, ambient.tally)
        super().__init__(Context({**parent, keys.AMBIENT_KEY: below}))
        self._tell("agentel.session.started", self._fields)
        hooks.session_started(self._fields)

    def finish(self) -> None:
        """End it as completed."""
        self._end("completed")

    def fail(self, error: BaseException) -> None:
        """End it with the exception that is on its way to the caller."""
        if isinstance(error, GeneratorExit):
            self._end("abandoned")
        else:
            self._end("cancelled" if isinstance(error, CANCELLATIONS) else "error")

    def abandon(self) -> None:
        """End it because nobody wants the rest."""
        self._end("abandoned")

    def _end(self, outcome: str) -> None:
        if self._is_over:
            return
        self._is_over = True
        fields = {**self._fields, "outcome": outcome}
        self._tell("agentel.session.ended", fields)
        hooks.session_ended(fields)

    def _tell(self, name: str, fields: Fields) -> None:
        guarded("tell about a session", self._emit, name, fields)

    def _emit(self, name: str, fields: Fields) -> None:
        pipeline = source.pipeline()
        if pipeline is not None:
            span: Any = self.context.get(keys.SPAN_KEY)
            emit_fields(pipeline, name, fields, self.context, span)
