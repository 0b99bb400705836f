"""Knows what is put off so that the caller does not wait for it: measurements, and late endings.

A measurement costs the telemetry SDK about ten times what a call path should pay. It waits here,
with its context for the exemplar, until the metric reader collects, until many wait, or until a
flush, a shutdown or a fork. An abandoned stream is noticed inside the garbage collector, where
locks may be held; it ends here too, with the time at which it was noticed.
"""

from __future__ import annotations

import atexit
import os
import threading
from collections import deque
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, Protocol
from weakref import WeakSet

from opentelemetry.context import Context
from opentelemetry.trace import NonRecordingSpan, SpanContext, set_span_in_context

from agentel.core.safety import guarded

BACKLOG = 1024
"""Waiting measurements at which the background thread is woken."""
MOST = 16384
"""Waiting measurements at which the caller helps, so that memory stays bounded."""


class Abandonable(Protocol):
    """A recording that waits for its stream to be read."""

    def abandon(self) -> None:
        """End it because nobody will read the rest."""


Entry = tuple[Callable[..., Any], Any, dict[str, Any], Any]
"""Bound `record` or `add`, value or list of values, attributes, context.

The context may be a span's alone: that is all an exemplar needs, and the span itself need not wait.
"""

_waiting: deque[Entry] = deque()
_endings: deque[Callable[[], None]] = deque()
_streams: WeakSet[Abandonable] = WeakSet()
_wake: SimpleQueue[None] = SimpleQueue()
_thread: threading.Thread | None = None


append = _waiting.append
"""Let one measurement wait. Whoever appends calls `keep_short` after it."""


def put(measure: Callable[..., Any], value: Any, attributes: dict[str, Any], context: Any) -> None:
    """Record a value, or each value of a list, soon."""
    append((measure, value, attributes, context))
    keep_short()


def keep_short() -> None:
    """See to it that not too much waits."""
    waiting = len(_waiting)
    if waiting < BACKLOG:
        return
    if waiting >= MOST:
        drain()
    else:
        watch()
        if _wake.empty():
            _wake.put(None)


def end_later(ending: Callable[[], None]) -> None:
    """Run an ending soon, on a thread that holds no lock. Safe inside the garbage collector."""
    _endings.append(ending)
    _wake.put(None)  # reentrant, unlike every lock


def drain() -> None:
    """Record and end what is waiting. Never raises."""
    while _endings:
        try:
            ending = _endings.popleft()
        except IndexError:
            break
        guarded("end an abandoned recording", ending)
    while _waiting:
        try:
            measure, value, attributes, context = _waiting.popleft()
        except IndexError:
            break
        guarded("record a measurement", _measure, measure, value, attributes, context)


def _measure(
    measure: Callable[..., Any], value: Any, attributes: dict[str, Any], context: Any
) -> None:
    if context.__class__ is SpanContext:
        context = set_span_in_context(NonRecordingSpan(context), Context())
    if value.__class__ is list:
        for one in value:
            measure(one, attributes, context)
    else:
        measure(value, attributes, context)


def open_stream(stream: Abandonable) -> None:
    """Remember a stream until it is collected, and see to it that late endings are noticed."""
    _streams.add(stream)
    watch()


def watch() -> None:
    """Start the background thread, unless it runs."""
    global _thread
    if _thread is None or not _thread.is_alive():
        _thread = threading.Thread(target=_work, name="agentel-deferred", daemon=True)
        _thread.start()


def _work() -> None:
    while True:
        _wake.get()
        drain()


def _forget_in_child() -> None:
    """A fork's child starts with nothing waiting: all of it is the parent's to tell."""
    global _thread, _wake
    _waiting.clear()
    _endings.clear()
    _streams.clear()
    _wake = SimpleQueue()
    _thread = None


def finish() -> None:
    """End what is open and drain what waits, because the process ends."""
    for stream in list(_streams):
        guarded("end an open stream", stream.abandon)
    drain()


def finish_before_exit() -> None:
    """Let `finish` run at exit before what was registered so far, the providers' own included."""
    atexit.unregister(finish)
    atexit.register(finish)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_in_child)
