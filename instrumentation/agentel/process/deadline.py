"""Knows how several things are done at once, and waited for no longer than a given time."""

from __future__ import annotations

import _thread
import os
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from queue import Empty, SimpleQueue

from agentel.core.safety import guarded

__all__ = ["at_once", "keep_threads"]

_NEEDS_RESERVE = (3, 12) <= sys.version_info[:3] < (3, 12, 3)
"""These releases start no thread once the interpreter ends. Source: CPython's gh-113964."""

_reserve: SimpleQueue[Callable[[], None]] = SimpleQueue()
_kept = 0


def at_once(step: str, functions: Sequence[Callable[[], object]], seconds: float) -> bool:
    """Call every function on a thread of its own; return whether all were back within `seconds`.

    What is not back goes on by itself. An exception is reported as one of `step`. The caller's own
    locks can make it wait, never longer than that, so that a signal handler may ask too. Where the
    interpreter starts no thread any more, the functions are called one by one, without the limit.
    """
    until = time.monotonic() + seconds
    back: SimpleQueue[None] = SimpleQueue()
    for function in functions:
        _start(partial(_call, step, function, back))
    try:
        for _ in functions:
            back.get(timeout=max(until - time.monotonic(), 0))
    except Empty:
        return False
    return True


def keep_threads(number: int) -> None:
    """Have that many threads wait, where none can be started when they are needed. Never raises."""
    global _kept
    if _NEEDS_RESERVE:
        for _ in range(number - _kept):
            _thread.start_new_thread(_wait, ())
        _kept = max(number, _kept)


def _call(step: str, function: Callable[[], object], back: SimpleQueue[None]) -> None:
    try:
        guarded(step, function)
    finally:
        back.put(None)


def _start(run: Callable[[], None]) -> None:
    try:
        # Not `threading`: its locks may be held by the frame that a signal has interrupted.
        _thread.start_new_thread(run, ())
    except RuntimeError:
        if _kept:
            _reserve.put(run)
        else:
            run()


def _wait() -> None:
    while True:
        _reserve.get()()


def _start_again() -> None:
    """A fork's child has none of its parent's threads."""
    global _reserve, _kept
    number, _kept = _kept, 0
    _reserve = SimpleQueue()
    keep_threads(number)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_again)
