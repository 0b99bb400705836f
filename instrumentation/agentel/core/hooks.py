"""Knows who wants to be told when a session begins or ends, and when the run is over."""

from __future__ import annotations

import atexit
import os
from collections.abc import Callable, Mapping
from typing import Any

from agentel.core.safety import guarded

SessionHook = Callable[[Mapping[str, object]], None]
"""Called with the session's fields; at its end `outcome` is one of them."""

RunHook = Callable[[], None]

_session_start: list[SessionHook] = []
_session_end: list[SessionHook] = []
_run_end: list[RunHook] = []
_root: int | None = None


def on_session_start(hook: SessionHook) -> Callable[[], None]:
    """Call `hook` whenever a session begins; return the function that takes it away again."""
    return _add(_session_start, hook)


def on_session_end(hook: SessionHook) -> Callable[[], None]:
    """Call `hook` whenever a session ends; return the function that takes it away again."""
    return _add(_session_end, hook)


def on_run_end(hook: RunHook) -> Callable[[], None]:
    """Call `hook` once when the run is over, in its root process and nowhere else.

    Return the function that takes it away again.
    """
    return _add(_run_end, hook)


def session_started(fields: Mapping[str, object]) -> None:
    """Tell that a session began. Never raises."""
    for hook in tuple(_session_start):
        guarded("tell about a session's start", hook, fields)


def session_ended(fields: Mapping[str, object]) -> None:
    """Tell that a session ended. Never raises."""
    for hook in tuple(_session_end):
        guarded("tell about a session's end", hook, fields)


def begin_run(*, is_root: bool) -> None:
    """Say whether the run began in this process. A fork of it is not the root."""
    global _root
    if _root is None:
        atexit.register(end_run)
    _root = os.getpid() if is_root else -1


def end_run() -> None:
    """Tell that the run is over, once, and only in its root process. Never raises."""
    global _root
    if _root != os.getpid():
        return
    _root = -1
    for hook in tuple(_run_end):
        guarded("tell about the run's end", hook)


def _add(hooks: list[Any], hook: Any) -> Callable[[], None]:
    hooks.append(hook)

    def remove() -> None:
        if hook in hooks:
            hooks.remove(hook)

    return remove
