"""Knows how one object marks work in every way: as a block, as an async block, and as a decorator.

The same object may be entered by many threads and tasks at once, and again inside itself. What an
entry opened is therefore found again by the frame of its `with` statement: that frame is alive
until the block ends, so no other entry can have the same one meanwhile.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import CodeType, FrameType, TracebackType
from typing import Any, NamedTuple, Protocol, TypeVar

from agentel.core import gate
from agentel.core.safety import guarded
from agentel.telemetry import context as keys

_calling_frame = sys._getframe  # pyright: ignore[reportPrivateUsage]
"""The fast way to one frame; `inspect` reads source lines for it."""

F = TypeVar("F", bound=Callable[..., Any])


class Opened(Protocol):
    """What one entry opened. Every method but `check` guards itself."""

    @property
    def context(self) -> Any:
        """The OpenTelemetry context that is current inside."""
        ...

    @property
    def before(self) -> Any:
        """The one that was current when it was opened."""
        ...

    def check(self) -> None:
        """Ask the gate. Raises what a check raises, and only that."""

    def finish(self) -> None:
        """End it as completed."""

    def returned(self, result: object) -> None:
        """End it because its function returned `result`."""

    def fail(self, error: BaseException) -> None:
        """End it with the exception that is on its way to the caller."""

    def abandon(self) -> None:
        """End it because nobody wants the rest."""


Opener = Callable[[tuple[Any, ...], dict[str, Any]], "Opened | None"]
"""Opens one call of a decorated function, from its arguments. May raise; callers guard."""


class _Entry(NamedTuple):
    code: CodeType
    opened: Opened | None
    shadowed: _Entry | None


class Block:
    """Something that a program can be inside of."""

    __slots__ = ("_entries",)

    def __init__(self) -> None:
        self._entries: dict[int, _Entry] = {}

    # --- what each kind says -------------------------------------------------------------------

    def open(self) -> Opened | None:
        """Open one entry, or return None where none is wanted. May raise; callers guard."""
        raise NotImplementedError

    def opener(self, function: Callable[..., Any]) -> Opener:
        """Return what opens one call of `function`, which this block decorates."""
        open_one = self.open

        def open_call(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Opened | None:
            return open_one()

        return open_call

    def for_function(self, function: Callable[..., Any]) -> Block:
        """Return the block that decorates `function`: this one, or one named after it."""
        return self

    def handle(self, opened: Opened | None) -> Any:
        """Return what `with ... as` binds."""
        return self

    # --- as a decorator ------------------------------------------------------------------------

    def __call__(self, function: F) -> F:
        """Return `function`, watched. Raises TypeError for what is no function."""
        from agentel.byhand.functions import decorate

        return decorate(self, function)

    # --- as a block ----------------------------------------------------------------------------

    def __enter__(self) -> Any:
        return self._enter(_calling_frame(1))

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._exit(_calling_frame(1), error)

    async def __aenter__(self) -> Any:
        return self._enter(_calling_frame(1))

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._exit(_calling_frame(1), error)

    def _enter(self, frame: FrameType) -> Any:
        opened = guarded("begin a recording", self.open)
        if opened is not None:
            if gate.checks:
                try:
                    opened.check()
                except BaseException as error:
                    opened.fail(error)
                    raise
            keys.attach(opened.context)
        place = id(frame)
        self._entries[place] = _Entry(frame.f_code, opened, self._entries.get(place))
        return self.handle(opened)

    def _exit(self, frame: FrameType, error: BaseException | None) -> None:
        entry = guarded("find a recording", self._take, frame)
        if entry is None or entry.opened is None:
            return
        opened = entry.opened
        guarded("restore a context", keys.restore, opened.context, opened.before)
        if error is None:
            opened.finish()
        else:
            opened.fail(error)

    def _take(self, frame: FrameType) -> _Entry | None:
        place = id(frame)
        entry = self._entries.get(place)
        if entry is None or entry.code is not frame.f_code:
            # Entered and left by different frames: an exit stack, for one.
            place = self._place_by_context()
            if place is None:
                return None
            entry = self._entries[place]
        if entry.shadowed is None:
            del self._entries[place]
        else:
            self._entries[place] = entry.shadowed
        return entry

    def _place_by_context(self) -> int | None:
        """Return where the entry whose context is current is kept, else the newest."""
        current = keys.current_context()
        newest = None
        for place, entry in tuple(self._entries.items()):
            newest = place
            if entry.opened is not None and entry.opened.context is current:
                return place
        return newest
