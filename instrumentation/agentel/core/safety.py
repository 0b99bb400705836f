"""Knows how telemetry code may fail: loudly for us, silently for the host."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from itertools import islice
from time import perf_counter
from typing import Any, TypeVar

T = TypeVar("T")

_logger = logging.getLogger(__name__)
_reported: set[tuple[str, type[BaseException]]] = set()
_reraise = False


def guarded(step: str, function: Callable[..., T], *args: Any, default: Any = None) -> Any:
    """Call telemetry code on the host's thread and return its result.

    Returns `default` if it raises an Exception. Never raises, outside our own test suite. Takes no
    keyword arguments for the function: they would cost every call a dictionary.
    """
    try:
        return function(*args)
    except Exception as error:
        report(step, error)
        return default


def succeeds(step: str, function: Callable[..., object], *args: Any) -> bool:
    """Call telemetry code on the host's thread and tell whether it went well. Never raises."""
    try:
        function(*args)
    except Exception as error:
        report(step, error)
        return False
    return True


def outcome_of(function: Callable[[], T]) -> tuple[T | None, Exception | None]:
    """Call code that is neither ours nor the host's; return its result, or what it raised.

    Such a failure is no fault of ours and is not reported as one: the caller says what it means.
    """
    try:
        return function(), None
    except Exception as error:
        return None, error


MOST_STEPS = 16


def resumed(step: str, function: Callable[[], object]) -> None:
    """Call telemetry code of several steps, and again after each failure. Never raises.

    The function remembers how far it came, and goes on behind the step that failed: nothing costs
    less where no step fails.
    """
    for _ in range(MOST_STEPS):
        try:
            function()
        except Exception as error:
            report(step, error)
        else:
            return


class Watch:
    """How a stream's chunks are looked at: when each came, and what it says.

    After its first failure `look` is not called again, and `is_blind` tells so. The times of the
    first `MOST` chunks are kept, so that memory stays bounded; later ones are counted.
    """

    __slots__ = ("hidden", "is_blind", "look", "missed", "times")

    MOST = 16384

    def __init__(
        self,
        look: Callable[[Any], None] | None,
        hidden: Callable[[Any], bool] | None = None,
    ) -> None:
        self.look = look or _ignore
        self.hidden = hidden
        """Whether a chunk is to be kept from the caller."""
        self.times: list[float] = []
        """Values of the performance counter, in s."""
        self.missed = 0
        self.is_blind = False

    @property
    def count(self) -> int:
        """How many chunks came."""
        return len(self.times) + self.missed

    def see(self, chunk: Any) -> bool:
        """Look at one chunk; return whether the caller is to get it. Never raises."""
        if len(self.times) < self.MOST:
            self.times.append(perf_counter())
        else:
            self.missed += 1
        try:
            self.look(chunk)
        except Exception as error:
            self.fail(error)
        return self.hidden is None or not guarded("hide a chunk", self.hidden, chunk)

    def fail(self, error: BaseException) -> None:
        """Look at no further chunk."""
        self.look = _ignore
        self.is_blind = True
        report("look at a chunk", error)

    def each(self, iterator: Iterator[T]) -> Iterator[T]:
        """Pass every chunk on: what `see` does, without a call for each."""
        look, hidden, note = self.look, self.hidden, self.times.append
        for chunk in islice(iterator, self.MOST):
            note(perf_counter())
            try:
                look(chunk)
            except Exception as error:
                look = _ignore
                self.fail(error)
            if hidden is None or not guarded("hide a chunk", hidden, chunk):
                yield chunk
        for chunk in iterator:
            if self.see(chunk):
                yield chunk


def _ignore(chunk: Any) -> None:
    pass


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
