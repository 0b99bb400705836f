"""Knows how a process that SIGTERM asks to end delivers first, and then ends as it would have.

The handler is Python's ordinary kind, the only one that no crash, no open file and no blocked
signal comes with. It is a number equal to `signal.SIG_DFL`, and so that is what `signal.getsignal`
and `signal.signal` tell the program: nobody takes it for a handler of the program's, or calls it.
"""

from __future__ import annotations

import atexit
import os
import signal
import threading
from importlib import import_module
from typing import Any

from agentel.config import read_settings
from agentel.core.safety import guarded
from agentel.process import ends

__all__ = ["deliver_on_sigterm"]

_signal: Any = import_module("_signal")
"""What `signal` is made of: it takes a handler as it is, where `signal` would take its number."""

_seconds = 0.0
_was_asked = False
_mask: set[Any] | None = None
_is_armed = False


class _Default(int):
    """What stands for SIGTERM's default disposition: it delivers, and then is it."""

    def __call__(self, number: int, frame: object) -> None:
        """Deliver what has ended, restore the default, and let the signal act."""
        global _was_asked
        was_asked, _was_asked = _was_asked, True
        if ends.is_finishing():
            return  # the interpreter delivers already; `_leave` comes after that
        try:
            if not was_asked:
                guarded("deliver before the process ends", ends.flush_before_exit, _seconds, True)
        finally:
            _act()
        # Still here: a container's first process, or a handler that the program set meanwhile.
        _was_asked = False
        if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
            _signal.signal(signal.SIGTERM, self)


_handler = _Default(signal.SIG_DFL)


def deliver_on_sigterm() -> None:
    """Let this process, and its forks, deliver for at most `AGENTEL_EXIT_TIMEOUT` on SIGTERM.

    The signal then does what it does by default, so that the exit status is the same. Nothing is
    done where the program, or who started it, has said what SIGTERM does, and a handler that the
    program installs later takes the place of ours. To be called from the main thread, before
    `ends.finish_at_exit`. Never raises.
    """
    global _seconds, _is_armed
    _seconds = read_settings().exit_timeout
    is_main = threading.current_thread() is threading.main_thread()
    is_default = signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    if not (_seconds and is_main and is_default and hasattr(os, "register_at_fork")):
        return
    _signal.signal(signal.SIGTERM, _handler)
    if not _is_armed:
        _is_armed = True
        atexit.register(_leave)
        os.register_at_fork(before=_hold, after_in_parent=_release, after_in_child=_release)


def _is_ours() -> bool:
    return _signal.getsignal(signal.SIGTERM) is _handler


def _act() -> None:
    """Let SIGTERM do what it does by default; or what the program has said meanwhile."""
    if _is_ours():
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
    os.kill(os.getpid(), signal.SIGTERM)


def _leave() -> None:
    """After all that runs at exit: Python calls no handlers any more."""
    if _was_asked:
        _act()
    elif _is_ours():
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _hold() -> None:
    """Let SIGTERM wait during a fork: a young child forgets what came before it was ready."""
    global _mask
    _mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM}) if _is_ours() else None


def _release() -> None:
    if _mask is not None:
        signal.pthread_sigmask(signal.SIG_SETMASK, _mask)
