"""Knows how a generator is watched: current while it runs, and not while its reader does.

Its context is attached for one advance and restored in the same frame, never across a `yield`.
What the body itself made current is kept for its next advance.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import AsyncGenerator, Callable, Generator
from typing import Any

from agentel.byhand.block import Block, Opened
from agentel.core import gate
from agentel.core.safety import guarded
from agentel.telemetry.context import attach, current_context

Function = Callable[..., Any]


def watch_generator(block: Block, function: Function) -> Function:
    """Return the generator function `function`, watched from its first advance."""
    open_call = block.opener(function)

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        inner: Generator[Any, Any, Any] = function(*args, **kwargs)
        opened: Opened | None = guarded("begin a recording", open_call, args, kwargs)
        if opened is None:
            return (yield from inner)
        return (yield from _follow(opened, inner))

    return call


def watch_async_generator(block: Block, function: Function) -> Function:
    """Return the async generator function `function`, watched from its first advance."""
    open_call = block.opener(function)

    @functools.wraps(function)
    async def call(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        inner = function(*args, **kwargs)
        opened: Opened = guarded("begin a recording", open_call, args, kwargs) or NOTHING
        _check(opened)
        advance = _AsyncAdvance(opened.context, inner)
        while True:
            try:
                advance.value = yield await advance.step()
            except StopAsyncIteration as error:
                if advance.is_over:
                    _end(opened, advance, None)
                    return
                advance.throw_next(error)
            except BaseException as error:
                if advance.is_over:
                    opened.fail(error)
                    raise
                advance.throw_next(error)

    return call


def _follow(opened: Opened, inner: Generator[Any, Any, Any]) -> Generator[Any, Any, Any]:
    """Advance `inner` step by step. What its reader throws, closing included, is thrown into it."""
    _check(opened)
    advance = _Advance(opened.context, inner)
    while True:
        try:
            advance.value = yield advance.step()
        except StopIteration as error:
            if advance.is_over:
                _end(opened, advance, error.value)
                return error.value
            advance.throw_next(error)
        except BaseException as error:
            if advance.is_over:
                opened.fail(error)
                raise
            advance.throw_next(error)


def _check(opened: Opened) -> None:
    if gate.checks:
        try:
            opened.check()
        except BaseException as error:
            opened.fail(error)
            raise


def _end(opened: Opened, advance: _Advance, result: object) -> None:
    if advance.is_closing:
        opened.abandon()
    else:
        opened.returned(result)


class _Advance:
    """The state of one generator between two advances. Keeps no item that was yielded or sent."""

    __slots__ = ("_context", "_error", "_inner", "_is_begun", "is_closing", "is_over", "value")

    _context: Any

    def __init__(self, context: Any, inner: Any) -> None:
        self._context = context
        self._inner = inner
        self._error: BaseException | None = None
        self._is_begun = False
        self.value: Any = None
        """What the reader sent."""
        self.is_closing = False
        self.is_over = False
        """Whether the generator's body has ended, so that what was raised is its own."""

    def throw_next(self, error: BaseException) -> None:
        """Throw what the reader threw into the generator, at its next advance."""
        self._error = error
        self.is_closing = isinstance(error, GeneratorExit)

    def step(self) -> Any:
        """Advance the generator once, with its context attached, and return what it yields."""
        inner, value, error = self._inner, self.value, self._error
        self.value = self._error = None
        before = current_context()
        attach(self._context)
        try:
            return inner.send(value) if error is None else inner.throw(error)
        except BaseException:
            self.is_over = True
            raise
        finally:
            value = error = None  # what was thrown knows this frame
            self._context = current_context()
            attach(before)


class _AsyncAdvance(_Advance):
    """The same between two advances of an async generator."""

    __slots__ = ()

    async def step(self) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Advance the generator once, with its context attached, and return what it yields."""
        value, error = self.value, self._error
        self.value = self._error = None
        before, mine = current_context(), self._context
        if mine is not None:
            attach(mine)
        is_foreign = False
        try:
            return await self._advance(value, error)
        except BaseException as raised:
            self.is_over = True
            # Closed while it waited: by whoever drops its task, in whatever context that has.
            is_foreign = isinstance(raised, GeneratorExit) and current_context() is not mine
            raise
        finally:
            value = error = None
            if mine is not None and not is_foreign:
                self._context = current_context()
                attach(before)

    def _advance(self, value: Any, error: BaseException | None) -> Any:
        if error is not None:
            return self._inner.athrow(error)
        if self._is_begun:
            return self._inner.asend(value)
        self._is_begun = True
        # The event loop is to know, and to finalise, the generator that its reader has; not ours
        # and this one at once. It would learn of this one here.
        hooks = sys.get_asyncgen_hooks()
        sys.set_asyncgen_hooks(None, None)
        try:
            return self._inner.asend(value)
        finally:
            sys.set_asyncgen_hooks(*hooks)


class _Nothing:
    """Stands for what was not opened."""

    context = before = None

    def check(self) -> None: ...

    def finish(self) -> None: ...

    def returned(self, result: object) -> None: ...

    def fail(self, error: BaseException) -> None: ...

    def abandon(self) -> None: ...


NOTHING = _Nothing()
