"""Knows how a call becomes a recording without the caller noticing: the one wrapper."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Coroutine
from typing import Any, Protocol

from agentel.core import gate
from agentel.core.library import Call, CallSeam, Silence, Target, Watch, Watched
from agentel.core.safety import guarded, succeeds


class Scoped(Watched, Protocol):
    """A recording that can be made current, for as long as the library's own code runs."""

    def enter(self) -> None:
        """Make it current."""

    def exit(self) -> None:
        """Make what was current before it current again."""

    def check(self) -> None:
        """Ask the gate. Raises what a check raises, and only that."""


class Recorder(Protocol):
    """What the wrapper needs of the telemetry behind it."""

    is_active: bool
    """False after removal: every hook then only calls through."""

    def begin(self, call: Call) -> Scoped | None:
        """Open a recording, or return None where none is wanted. May raise; callers guard."""
        ...

    def is_wanted(self) -> bool:
        """Whether a call made now is to be recorded at all."""
        ...

    def current(self) -> Watched | None:
        """The recording of the library call that is running now."""
        ...


Hook = Callable[[Callable[..., Any], Any, tuple[Any, ...], dict[str, Any]], Any]
"""Wrapt's wrapper: `(wrapped, instance, args, kwargs)`."""


def hook_for(target: Target, recorder: Recorder, wrapped: Callable[..., Any]) -> Hook:
    """Return what runs in place of `wrapped`, which is asked once what kind of function it is."""
    if isinstance(target, CallSeam):
        if inspect.iscoroutinefunction(wrapped):
            return _awaited_call(target, recorder)
        return _call(target, recorder)
    if isinstance(target, Watch):
        return _watch(target, recorder)
    return _silence(target, recorder)


def _open(
    seam: CallSeam, recorder: Recorder, instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Scoped | None:
    if not recorder.is_wanted():
        return None
    call = seam.route(instance, args, kwargs)
    return None if call is None else recorder.begin(call)


def _call(seam: CallSeam, recorder: Recorder) -> Hook:
    def call(
        wrapped: Callable[..., Any], instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        if not recorder.is_active:
            return wrapped(*args, **kwargs)
        recording = guarded("begin a recording", _open, seam, recorder, instance, args, kwargs)
        if recording is None:
            return wrapped(*args, **kwargs)
        try:
            if gate.checks:
                recording.check()
            guarded("make a recording current", recording.enter)
            try:
                result = wrapped(*args, **kwargs)
            finally:
                guarded("restore a context", recording.exit)
        except BaseException as error:
            guarded("end a recording", recording.fail, error)
            raise
        if inspect.iscoroutine(result):  # an async method behind a plain function
            return _resume(recording, result)
        _settle(recording, result)
        return result

    return call


def _awaited_call(seam: CallSeam, recorder: Recorder) -> Hook:
    async def call(
        wrapped: Callable[..., Any], instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        if not recorder.is_active:
            return await wrapped(*args, **kwargs)
        recording = guarded("begin a recording", _open, seam, recorder, instance, args, kwargs)
        if recording is None:
            return await wrapped(*args, **kwargs)
        try:
            if gate.checks:
                recording.check()
            guarded("make a recording current", recording.enter)
            try:
                result = await wrapped(*args, **kwargs)
            finally:
                guarded("restore a context", recording.exit)
        except BaseException as error:
            guarded("end a recording", recording.fail, error)
            raise
        _settle(recording, result)
        return result

    return call


async def _resume(recording: Scoped, pending: Coroutine[Any, Any, Any]) -> Any:
    try:
        guarded("make a recording current", recording.enter)
        try:
            result = await pending
        finally:
            guarded("restore a context", recording.exit)
    except BaseException as error:
        guarded("end a recording", recording.fail, error)
        raise
    _settle(recording, result)
    return result


def _settle(recording: Watched, result: Any) -> None:
    settle = recording.call.settle
    if settle is None:
        guarded("end a recording", recording.complete, result)
    elif not succeeds("look at an answer", settle, recording, result):
        guarded("end a recording", recording.complete_unread)  # nobody else will


def _watch(target: Watch, recorder: Recorder) -> Hook:
    before, after = target.before, target.after

    def watch(
        wrapped: Callable[..., Any], instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        recording = guarded("find a recording", recorder.current) if recorder.is_active else None
        if recording is None:
            return wrapped(*args, **kwargs)
        if before is not None:
            guarded("look at a call", before, recording, args, kwargs)
        result = wrapped(*args, **kwargs)
        if after is not None:
            guarded("look at a result", after, recording, result)
        return result

    return watch


def _silence(target: Silence, recorder: Recorder) -> Hook:
    def silence(
        wrapped: Callable[..., Any], instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        recording = guarded("find a recording", recorder.current) if recorder.is_active else None
        if recording is None:
            return wrapped(*args, **kwargs)
        if not recording.has_native_span:
            return None
        result = wrapped(*args, **kwargs)
        guarded("adopt a span", recording.adopt, result)
        return result

    return silence
