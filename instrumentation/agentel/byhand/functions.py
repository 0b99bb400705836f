"""Knows how functions of every kind are watched while they stay what they are."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Coroutine
from types import CoroutineType, FunctionType
from typing import Any, cast

import wrapt

from agentel.byhand.block import Block, Opened
from agentel.byhand.generators import watch_async_generator, watch_generator
from agentel.core import gate
from agentel.core.safety import guarded
from agentel.telemetry.context import attach, current_context, restore

Function = Callable[..., Any]


class Proxy(wrapt.CallableObjectProxy):  # pyright: ignore[reportMissingTypeArgument]
    """A watched callable that is no plain function: a bound method, a partial, an object.

    It answers as the callable does. A pickled one comes back unwatched.
    """

    def __init__(self, function: Function, watched: Function) -> None:
        cast("Any", super()).__init__(function)
        self._self_watched = watched

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call it, watched."""
        return self._self_watched(*args, **kwargs)

    def __reduce_ex__(self, protocol: Any) -> Any:
        return wrapped_by(self).__reduce_ex__(protocol)


def wrapped_by(proxy: Proxy) -> Any:
    """Return the callable that `proxy` stands for."""
    return cast("Any", proxy).__wrapped__


def decorate(block: Block, function: Any) -> Any:
    """Return `function`, watched by `block`: of the same kind, name, signature and documentation.

    Raises TypeError for a class, and for what cannot be called.
    """
    if isinstance(function, (classmethod, staticmethod)):
        method = cast("classmethod[Any, Any, Any]", function)
        return type(method)(decorate(block, method.__func__))
    if isinstance(function, type) or not callable(function):
        raise TypeError(
            f"agentel can watch functions and methods, not {_described(function)}; decorate the "
            "function that does the work, or use a with block."
        )
    block = block.for_function(function)
    if type(function) is FunctionType:
        return _watched(block, function)
    return Proxy(function, _watched(block, function))


def name_of(function: Any) -> str:
    """Return the name that work is called after its function, a partial's after what it calls."""
    while isinstance(function, functools.partial):
        function = cast("functools.partial[Any]", function).func
    return getattr(function, "__name__", None) or type(function).__name__


def _described(value: object) -> str:
    if isinstance(value, type):
        return f"the class {value.__qualname__}"
    return f"a value of type {type(value).__qualname__}"


def _watched(block: Block, function: Function) -> Function:
    if inspect.isasyncgenfunction(function):
        return watch_async_generator(block, function)
    if inspect.isgeneratorfunction(function):
        return watch_generator(block, function)
    if inspect.iscoroutinefunction(function):
        return _watch_coroutine(block, function)
    return _watch_plain(block, function)


def _watch_plain(block: Block, function: Function) -> Function:
    open_call = block.opener(function)

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        opened: Opened | None = guarded("begin a recording", open_call, args, kwargs)
        if opened is None:
            return function(*args, **kwargs)
        try:
            if gate.checks:
                opened.check()
            attach(opened.context)
            try:
                result = function(*args, **kwargs)
            finally:
                attach(opened.before)
        except BaseException as error:
            opened.fail(error)
            raise
        if result.__class__ is CoroutineType:
            return _resume(opened, result)
        opened.returned(result)
        return result

    return call


def _watch_coroutine(block: Block, function: Function) -> Function:
    open_call = block.opener(function)

    @functools.wraps(function)
    async def call(*args: Any, **kwargs: Any) -> Any:
        opened: Opened | None = guarded("begin a recording", open_call, args, kwargs)
        if opened is None:
            return await function(*args, **kwargs)
        try:
            if gate.checks:
                opened.check()
            attach(mine := opened.context)
            try:
                result = await function(*args, **kwargs)
            finally:
                if current_context() is mine:  # a task that dies pending is closed elsewhere
                    attach(opened.before)
        except BaseException as error:
            opened.fail(error)
            raise
        opened.returned(result)
        return result

    return call


async def _resume(opened: Opened, pending: Coroutine[Any, Any, Any]) -> Any:
    """Go on with the coroutine that a plain function returned."""
    try:
        before, mine = current_context(), opened.context
        attach(mine)
        try:
            result = await pending
        finally:
            restore(mine, before)
    except BaseException as error:
        opened.fail(error)
        raise
    opened.returned(result)
    return result
