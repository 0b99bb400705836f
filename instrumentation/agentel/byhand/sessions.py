"""Knows sessions: the ids of whom and what everything below works for; and stretches of silence."""

from __future__ import annotations

from agentel.byhand.block import Block, Opened
from agentel.byhand.work import checked_argument
from agentel.core.fields import Fields
from agentel.telemetry.scopes import SessionScope, silence

__all__ = ["session", "suppress"]


class session(Block):
    """Give ids to every span below: in a `with` block, an `async with` block, or as a decorator.

    They reach threads and processes as the context does: tasks by themselves, threads and pools
    through `bind`, child processes through `child_environment`. A session inside another one adds
    to it. No id is ever invented. Raises TypeError for an id that is no text, or an attempt that is
    no number.
    """

    __slots__ = ("_fields",)

    def __init__(
        self,
        *,
        conversation: str | None = None,
        user: str | None = None,
        task: str | None = None,
        task_title: str | None = None,
        attempt: int | None = None,
        executor: str | None = None,
        executor_variant: str | None = None,
    ) -> None:
        super().__init__()
        texts = {
            "conversation": ("conversation_id", conversation),
            "user": ("user_id", user),
            "task": ("task_id", task),
            "task_title": ("task_title", task_title),
            "executor": ("executor_name", executor),
            "executor_variant": ("executor_variant", executor_variant),
        }
        fields: Fields = {
            field: checked_argument("session", name, value, str)
            for name, (field, value) in texts.items()
        }
        fields["task_attempt"] = checked_argument("session", "attempt", attempt, int)
        self._fields: Fields = {
            field: value for field, value in fields.items() if value is not None
        }

    def open(self) -> Opened:
        """Begin one session. May raise; callers guard."""
        return SessionScope(self._fields)


class suppress(Block):
    """Record nothing: in a `with` block, an `async with` block, or as a decorator.

    It silences agentel only; other instrumentations have their own switch.
    """

    __slots__ = ()

    def open(self) -> Opened:
        """Begin the silence. May raise; callers guard."""
        return silence()
