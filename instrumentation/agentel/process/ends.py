"""Knows how a process ends: what has ended is delivered, all signals at once, within one limit.

OpenTelemetry's providers end one after the other, each for as long as its exporter tries. Here the
parts of all of them, one for each exporter, end together, so that none waits for another.
"""

from __future__ import annotations

import atexit
import logging
import os
import sys
import time
from contextlib import suppress
from functools import partial
from typing import Any

from opentelemetry import _logs, metrics, trace

from agentel.config import read_settings
from agentel.process import delivery
from agentel.process.deadline import at_once, keep_threads
from agentel.telemetry import deferred

__all__ = ["finish_at_exit", "flush_before_exit", "is_finishing"]

_PARTS = (
    ("_active_span_processor", "_span_processors"),
    ("_multi_log_record_processor", "_log_record_processors"),
    ("_metric_readers",),
    ("_sdk_config", "metric_readers"),
)
"""Where providers keep their processors and readers; the last one is for releases before 1.40."""

_FLUSH, _SHUTDOWN = ("force_flush", "flush telemetry"), ("shutdown", "shut telemetry down")
"""Method of a processor or reader, and what it does."""

_TO_TELL = 0.1
"""Seconds that a line on standard error may take."""

_logger = logging.getLogger(__name__)
_seconds = 0.0
_speaker = -1
_is_finishing = False


def flush_before_exit(seconds: float, tells: bool = False) -> bool:
    """Hand what has ended to the exporters, for at most `seconds`, and end what is open still.

    For a process that leaves without Python's own ending. With `tells`, what could not be delivered
    is said as at an ordinary end. Return whether all exporters were done in time; those that were
    not go on for as long as the process does. Never raises.
    """
    until = time.monotonic() + seconds
    if tells:
        delivery.at_exit()
    at_once("end what is open", [deferred.finish], seconds)
    in_time = _each(*_FLUSH, until)
    if tells:
        # On another thread as well: the caller may have been stopped while it was printing.
        at_once("tell what is lost", [partial(_tell, in_time)], _TO_TELL)
    return in_time


def finish_at_exit(*, speaks: bool) -> None:
    """Let the global providers end within `AGENTEL_EXIT_TIMEOUT` when the interpreter exits.

    To be called when they have just been set: what the program registers later to run at exit still
    finds them working. Where it `speaks`, the process says in one line on standard error what could
    not be delivered; its forks never do.
    """
    global _seconds, _speaker
    _seconds = read_settings().exit_timeout
    _speaker = os.getpid() if speaks else -1
    keep_threads(sum(len(_parts(provider)) for provider in _providers()))
    for step in (_keep_status, _finish):  # the last one runs first
        atexit.unregister(step)
        atexit.register(step)


def is_finishing() -> bool:
    """Tell whether the interpreter exits, and so delivers already."""
    return _is_finishing


def _tell(in_time: bool) -> None:
    """Say what could not be delivered, in the process that may speak. Never raises."""
    lost = delivery.summary()
    if not lost and not in_time:
        lost = (
            f"agentel: telemetry was still on its way after {_seconds:g} s (AGENTEL_EXIT_TIMEOUT); "
            "what has not arrived is lost."
        )
    if not lost:
        return
    if _speaker != os.getpid():
        _logger.info(lost)
        return
    with suppress(OSError, ValueError, AttributeError):  # no standard error, or a closed one
        sys.stderr.write(f"{lost}\n")
        sys.stderr.flush()


def _finish() -> None:
    global _is_finishing
    _is_finishing = True
    for provider in _providers():
        if hasattr(provider, "shutdown"):
            atexit.unregister(provider.shutdown)  # it would wait again, for each exporter anew
    delivery.at_exit()
    until = time.monotonic() + _seconds
    with suppress(KeyboardInterrupt):  # whoever waits wants to wait no longer
        at_once("end what is open", [deferred.finish], _seconds)
        in_time = _each(*_SHUTDOWN, until)
        _tell(in_time)


def _keep_status() -> None:
    """Let a program that Ctrl-C has ended still end by the signal.

    Python knows that it has to from a mark that any `exec` of a text wipes out, and importing what
    delivers telemetry runs some. An `exec` that Ctrl-C ends sets it again. Source: CPython 3.10 to
    3.13, `run_eval_code_obj` in `Python/pythonrun.c`, `Py_RunMain` in `Modules/main.c`.
    """
    interactive = hasattr(sys, "ps1") or sys.flags.interactive
    if getattr(sys, "last_type", None) is KeyboardInterrupt and not interactive:
        with suppress(KeyboardInterrupt):
            exec("raise KeyboardInterrupt")


def _each(method: str, step: str, until: float) -> bool:
    """Call a method of all parts, until that time of the monotonic clock."""
    parts = [part for provider in _providers() for part in _parts(provider)]
    # A reader that the program has shut down complains when it is asked again.
    open_parts = [part for part in parts if getattr(part, "_shutdown", False) is not True]
    wanted = [getattr(part, method) for part in open_parts if hasattr(part, method)]
    return at_once(step, wanted, until - time.monotonic())


def _providers() -> list[Any]:
    return [trace.get_tracer_provider(), _logs.get_logger_provider(), metrics.get_meter_provider()]


def _parts(provider: Any) -> list[Any]:
    """Return what can be flushed on its own; the whole provider if it is not built as known."""
    for path in _PARTS:
        value = provider
        for name in path:
            value = getattr(value, name, None)
        if value:
            return list(value)
    return [provider]
