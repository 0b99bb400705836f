"""Knows how telemetry code may fail: loudly for us, silently for the host."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")

_logger = logging.getLogger(__name__)
_reported: set[tuple[str, type[BaseException]]] = set()
_reraise = False


def guarded(
    step: str, function: Callable[..., T], *args: Any, default: Any = None, **kwargs: Any
) -> Any:
    """Call telemetry code on the host's thread and return its result.

    Returns `default` if it raises an Exception. Never raises, outside our own test suite.
    """
    try:
        return function(*args, **kwargs)
    except Exception as error:
        report(step, error)
        return default


def report(step: str, error: BaseException) -> None:
    """Tell about a failure of ours: once per step and type as a warning, then at DEBUG.

    The message names no content: an exception's text may quote what the host was doing.
    """
    if _reraise:
        raise error
    cause = (step, type(error))
    level = logging.DEBUG if cause in _reported else logging.WARNING
    _reported.add(cause)
    _logger.log(
        level,
        "agentel could not %s (%s at %s). The program is not affected; this call's telemetry may "
        "be incomplete. Please report it.",
        step,
        type(error).__qualname__,
        _place(error),
    )


def reraise_in_tests(on: bool) -> None:
    """Let `report` raise what it would have swallowed, so that our own tests fail on it."""
    global _reraise
    _reraise = on


def _place(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return "an unknown place"
    code = trace.tb_frame.f_code
    return f"{code.co_filename.rpartition('agentel/')[2]}:{trace.tb_lineno}"
