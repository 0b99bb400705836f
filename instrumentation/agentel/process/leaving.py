"""Knows how a process leaves without Python's own ending, and delivers what has ended before.

Workers of `multiprocessing` and most forks leave by `os._exit`; servers end themselves by the
signal that asked them to, once they have restored what it does by default.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from functools import wraps
from importlib import import_module
from typing import Any

from agentel.config import read_settings
from agentel.core.safety import guarded
from agentel.process import ends

__all__ = ["unwatch", "watch"]

_ENDING = frozenset(
    getattr(signal, name)
    for name in ("SIGABRT", "SIGHUP", "SIGINT", "SIGQUIT", "SIGTERM", "SIGUSR1", "SIGUSR2")
    if hasattr(signal, name)
)
"""Signals that end a process by default, of those that a program gives itself."""

_signal: Any = import_module("_signal")
_seconds = 0.0


def watch() -> None:
    """Let this process, and its forks, deliver before `os._exit` and `signal.raise_signal` end it.

    That takes at most `AGENTEL_EXIT_TIMEOUT`; the status is what it would have been. `unwatch`
    undoes it. Never raises.
    """
    global _seconds
    settings = read_settings()
    _seconds = settings.exit_timeout
    if settings.sdk_disabled or not _seconds:
        return
    for owner, name, before, ours in _WATCHED:
        if getattr(owner, name) is before:
            setattr(owner, name, ours)


def unwatch() -> None:
    """Restore what `watch` replaced, unless somebody else has replaced it since. Never raises."""
    for owner, name, before, ours in _WATCHED:
        if getattr(owner, name) is ours:
            setattr(owner, name, before)


def _delivering(owner: Any, name: str, is_end: Callable[..., bool]) -> Callable[..., Any]:
    function = getattr(owner, name)

    @wraps(function)
    def leave(*args: Any, **kwargs: Any) -> Any:
        if guarded("look at how the process leaves", is_end, *args, default=False):
            guarded("deliver before the process leaves", ends.flush_before_exit, _seconds)
        return function(*args, **kwargs)

    leave.__module__ = owner.__name__  # so that it is pickled as what it stands for
    return leave


def _always(*args: object) -> bool:
    return not ends.is_finishing()


def _by_default(number: object = None, *args: object) -> bool:
    # Not `signal.getsignal`: what `signals` installs, which delivers, looks like the default there.
    is_default = number in _ENDING and _signal.getsignal(number) is _signal.SIG_DFL
    return is_default and not ends.is_finishing()


_WATCHED = [
    (owner, name, getattr(owner, name), _delivering(owner, name, is_end))
    for owner, name, is_end in (
        (os, "_exit", _always),
        (signal, "raise_signal", _by_default),
    )
]
"""Module, name, what it has there by itself, and ours."""
