"""Knows how a call becomes a recording without the caller noticing: the one wrapper."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Coroutine
from types import CoroutineType
from typing import Any, Protocol

from agentel.core import gate
from agentel.core.library import CallSeam, Route, Target, Watch, Watched
from agentel.core.safety import guarded, succeeds


class Scoped(Watched, Protocol):
    """A recording that is current for as long as the library's own code runs."""

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

    def begin(
        self, route: Route, instance: Any, args: Arguments, kwargs: Keywords
    ) -> Scoped | None:
        """Open a recording and make it current, or return None where none is wanted.

        May raise, having changed nothing then; callers guard.
        """
        ...

    def current(self) -> Watched | None:
        """Return the recording of the library call that is running now."""
        ...


Arguments = tuple[Any, ...]
Keywords = dict[str, Any]
Function = Callable[..., Any]
Hook = Callable[[Function, Any, Arguments, Keywords], Any]
"""Wrapt's wrapper: `(wrapped, instance, args, kwargs)`."""


def hook_for(target: Target, recorder: Recorder, wrapped: Function) -> Hook:
    """Return what runs in place of `wrapped`, which is asked once what kind of function it is."""
    if isinstance(target, CallSeam):
        if inspect.iscoroutinefunction(wrapped):
            return _awaited_call(target.route, recorder)
        return _call(target.route, recorder)
    if isinstance(target, Watch):
        return _watch(target, recorder)
    return _silence(recorder)


def _call(route: Route, recorder: Recorder) -> Hook:
    def call(wrapped: Function, instance: Any, args: Arguments, kwargs: Keywords) -> Any:
        if not recorder.is_active:
            return wrapped(*args, **kwargs)
        recording = guarded("begin a recording", recorder.begin, route, instance, args, kwargs)
        if recording is None:
            return wrapped(*args, **kwargs)
        try:
            try:
                if gate.checks:
                    recording.check()
                result = wrapped(*args, **kwargs)
            finally:
                guarded("restore a context", recording.exit)
        except BaseException as error:
            guarded("end a recording", recording.fail, error)
            raise
        if result.__class__ is CoroutineType:  # an async method behind a plain function
            return _resume(recording, result)
        _settle(recording, result)
        return result

    return call


def _awaited_call(route: Route, recorder: Recorder) -> Hook:
    async def call(wrapped: Function, instance: Any, args: Arguments, kwargs: Keywords) -> Any:
        if not recorder.is_active:
            return await wrapped(*args, **kwargs)
        recording = guarded("begin a recording", recorder.begin, route, instance, args, kwargs)
        if recording is None:
            return await wrapped(*args, **kwargs)
        try:
            try:
                if gate.checks:
                    recording.check()
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

    def look(args: Arguments, kwargs: Keywords) -> Watched | None:
        recording = recorder.current()
        if recording is not None and before is not None:
            before(recording, args, kwargs)
        return recording

    def watch(wrapped: Function, instance: Any, args: Arguments, kwargs: Keywords) -> Any:
        if not recorder.is_active:
            return wrapped(*args, **kwargs)
        recording = guarded("look at a call", look, args, kwargs)
        result = wrapped(*args, **kwargs)
        if after is not None and recording is not None:
            guarded("look at a result", after, recording, result)
        return result

    return watch


def _silence(recorder: Recorder) -> Hook:
    def silence(wrapped: Function, instance: Any, args: Arguments, kwargs: Keywords) -> Any:
        recording = guarded("find a recording", recorder.current) if recorder.is_active else None
        if recording is None:
            return wrapped(*args, **kwargs)
        if not recording.has_native_span:
            return None
        result = wrapped(*args, **kwargs)
        guarded("adopt a span", recording.adopt, result)
        return result

    return silence
