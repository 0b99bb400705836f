"""Knows how a stream is watched in place, and each way in which it can end.

Nothing that the caller holds is ever replaced: a follower takes the place of the iterator *inside*
the SDK's stream, and of single methods on its HTTP response. The caller keeps the SDK's own
object, of its own type.
"""

from __future__ import annotations

import sys
import weakref
from collections.abc import AsyncIterator, Callable, Iterator
from types import MethodType
from typing import Any, cast

from agentel.core.bodies import Listener
from agentel.core.errors import CANCELLATIONS
from agentel.core.library import Watched
from agentel.core.safety import Watch, guarded, succeeds


class Sentinel:
    """Goes when the last reader of a stream goes, and then says so."""

    __slots__ = ("_recording",)

    def __init__(self, recording: Watched) -> None:
        self._recording = recording

    def __del__(self) -> None:
        # Collection can happen anywhere, inside a lock of the telemetry SDK too.
        self._recording.abandon(later=True)


def _passing(
    iterator: Iterator[Any], recording: Watched, watch: Watch, sentinel: Sentinel
) -> Iterator[Any]:
    """Pass every chunk of a synchronous stream on. Generators: nothing costs less per chunk.

    The frame holds the sentinel, so that a stream that was never read is noticed too.
    """
    try:
        yield from watch.each(iterator)
    except GeneratorExit:
        raise
    except BaseException as error:
        guarded("end a recording", recording.fail, error)
        raise
    guarded("end a recording", recording.end_stream)


class AsyncFollower:
    """The iterator inside an asynchronous stream: passes every chunk on and looks at it once.

    No asynchronous generator: dropping one makes the event loop run its clean-up as a task.
    """

    __slots__ = ("_advance", "_recording", "_see", "_sentinel", "iterator")

    def __init__(self, iterator: AsyncIterator[Any], recording: Watched, watch: Watch) -> None:
        self.iterator = iterator
        self._advance = iterator.__anext__
        self._recording = recording
        self._see = watch.see
        self._sentinel = Sentinel(recording)

    def __aiter__(self) -> AsyncIterator[Any]:
        return self

    async def __anext__(self) -> Any:
        try:
            chunk = await self._advance()
        except StopAsyncIteration:
            guarded("end a recording", self._recording.end_stream)
            raise
        except BaseException as error:
            guarded("end a recording", self._recording.fail, error)
            raise
        return chunk if self._see(chunk) else await self.__anext__()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.iterator, name)


def follow(iterator: Any, recording: Watched) -> Any:
    """Return what takes the place of a stream's iterator, synchronous or not."""
    watch = recording.follow()
    kind = cast("type[Any]", type(iterator))
    if hasattr(kind, "__anext__"):
        return AsyncFollower(iterator, recording, watch)
    return _passing(iterator, recording, watch, Sentinel(recording))


def is_running(iterator: Any) -> bool:
    """Tell whether a generator is being advanced right now, and so is not closed by its reader."""
    return bool(getattr(iterator, "gi_running", False) or getattr(iterator, "ag_running", False))


class _MethodHook:
    """Stands on an instance in place of one of its methods, and answers questions as that does.

    Holds its owner weakly: the owner holds it, and a cycle would keep a dropped stream from being
    noticed until the garbage collector runs.
    """

    _method: Any = None

    def __init__(self, owner: Any, name: str) -> None:
        self._owner = weakref.ref(owner)
        kind = cast("type[Any]", type(owner))
        self._method = getattr(kind, name)
        self._name = name
        setattr(owner, name, self)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._method, name)

    @property
    def __wrapped__(self) -> Any:
        return MethodType(self._method, self._target())

    def _target(self) -> Any:
        """Return what the method is called on."""
        return self._owner()

    def release(self) -> None:
        """Take the hook away again."""
        owner = self._owner()
        state: dict[str, Any] = {} if owner is None else cast("Any", vars(owner))
        if state.get(self._name) is self:
            delattr(owner, self._name)


class CloseHook(_MethodHook):
    """Notices that a reader closed the HTTP response behind a stream or an unread body.

    `closed` tells whether that was the end: a response also closes itself once its body is read.
    """

    def __init__(self, owner: Any, name: str, closed: Callable[[], bool]) -> None:
        super().__init__(owner, name)
        self._closed = closed
        # A dropped generator closes its response when the collector has cleared weak references.
        # httpx's responses are cycles of their own, so this one costs nothing.
        self._response = owner

    def _target(self) -> Any:
        return self._response

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Close the response, as the caller asked."""
        if guarded("notice a closed response", self._closed, default=True):
            self.release()
        return self._method(self._response, *args, **kwargs)


class ParseHook(_MethodHook):
    """Notices what a raw response was parsed into, and what became of it if it never was."""

    _is_open = False

    def __init__(
        self,
        owner: Any,
        name: str,
        recording: Watched,
        parsed: Callable[[Any], None],
        along: Listener | None,
    ) -> None:
        self._kind = cast("type[Any]", type(owner))
        self._state: dict[str, Any] = cast("dict[str, Any]", vars(owner)).copy()
        super().__init__(owner, name)
        self._recording = recording
        self._parsed = parsed
        self._along = along
        self._is_open = True

    def _target(self) -> Any:
        """Return the owner, or its like where the caller kept nothing of it but this method."""
        owner: Any = self._owner()
        if owner is None:
            owner = object.__new__(self._kind)
            owner.__dict__.update(self._state)
        return owner

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Parse the response, as the caller asked."""
        self._begin()
        try:
            result = self._method(self._target(), *args, **kwargs)
        except BaseException as error:
            self._is_open = False
            guarded("end a recording", self._recording.fail, error)
            raise
        self._see(result)
        return result

    def _begin(self) -> None:
        if self._along is not None:
            guarded("stop reading a body along", self._along.stop)

    def _see(self, result: Any) -> None:
        self._is_open = False
        if not succeeds("look at a parsed answer", self._parsed, result):
            guarded("end a recording", self._recording.complete_unread)  # nobody else will
        self.release()

    def __del__(self) -> None:
        if self._is_open:
            self._recording.abandon(later=True)


class AsyncParseHook(ParseHook):
    """The same where parsing is a coroutine."""

    async def _parse(self, *args: Any, **kwargs: Any) -> Any:
        self._begin()
        try:
            result = await self._method(self._target(), *args, **kwargs)
        except BaseException as error:
            self._is_open = False
            guarded("end a recording", self._recording.fail, error)
            raise
        self._see(result)
        return result

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Return the coroutine that parses the response, as the caller asked."""
        return self._parse(*args, **kwargs)


def is_cancelled() -> bool:
    """Tell whether a cancellation is on its way through the caller.

    The end of a generator is none: leaving a loop over a stream closes the SDK's generators, which
    is how a reader abandons it.
    """
    error = unwinding()
    return isinstance(error, CANCELLATIONS) and not isinstance(error, GeneratorExit)


def unwinding() -> BaseException | None:
    """Return the exception that is on its way through the caller, if any."""
    return sys.exc_info()[1]


def came_out_of(
    error: BaseException, methods: tuple[str, ...], package: str, owns: Callable[[Any], bool]
) -> bool:
    """Tell whether `error` came out of a method of that name whose object `owns` tells to be it.

    Only frames of `package` are asked for what they hold: asking a frame keeps that alive.
    """
    trace = error.__traceback__
    while trace is not None:
        frame = trace.tb_frame
        if frame.f_code.co_name in methods:
            module = str(frame.f_globals.get("__name__", ""))
            if module.partition(".")[0] == package and owns(frame.f_locals.get("self")):
                return True
        trace = trace.tb_next
    return False
