"""Knows how one test calls a library in both of its ways: with `await` and without.

A shape is written once, in terms of a caller; the caller also notes the types that it was handed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Protocol, TypeVar

T = TypeVar("T")


class Caller(Protocol):
    """Either way of calling."""

    types: list[type]
    """The types of everything that calls returned, in order."""

    def call(self, function: Callable[..., Any], *args: object, **kwargs: object) -> Any:
        """Call a method of a client, and wait for its answer."""
        ...

    def drain(self, stream: Any) -> list[Any]:
        """Read a stream to its end."""
        ...

    def take(self, stream: Any, count: int) -> list[Any]:
        """Read `count` items of a stream in a loop, and break out of it."""
        ...

    def inside(self, manager: Any, body: Callable[[Any], T]) -> T:
        """Run `body` with what a context manager yields, inside of it."""
        ...

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine of the test's own, on the loop that the client lives on."""
        ...

    def shut_down(self) -> None:
        """Clean up."""


class SyncCaller:
    """Without `await`."""

    def __init__(self) -> None:
        self.types: list[type] = []

    def call(self, function: Callable[..., Any], *args: object, **kwargs: object) -> Any:
        result = function(*args, **kwargs)
        self.types.append(type(result))
        return result

    def drain(self, stream: Any) -> list[Any]:
        found = list(stream)
        self.types += [type(item) for item in found]
        return found

    def take(self, stream: Any, count: int) -> list[Any]:
        found: list[Any] = []
        for item in stream:
            found.append(item)
            if len(found) == count:
                break
        return found

    def inside(self, manager: Any, body: Callable[[Any], T]) -> T:
        with manager as entered:
            self.types.append(type(entered))
            return body(entered)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        raise NotImplementedError("only shapes with await run coroutines")

    def shut_down(self) -> None:
        """Nothing is left to clean up."""


class AsyncCaller:
    """With `await`, on a loop of its own."""

    def __init__(self) -> None:
        self.types: list[type] = []
        self.loop = asyncio.new_event_loop()

    def call(self, function: Callable[..., Any], *args: object, **kwargs: object) -> Any:
        async def call() -> Any:
            result = function(*args, **kwargs)
            return await result if hasattr(result, "__await__") else result

        result = self.loop.run_until_complete(call())
        self.types.append(type(result))
        return result

    def drain(self, stream: Any) -> list[Any]:
        async def drain() -> list[Any]:
            return [item async for item in stream]

        found = self.loop.run_until_complete(drain())
        self.types += [type(item) for item in found]
        return found

    def take(self, stream: Any, count: int) -> list[Any]:
        async def take() -> list[Any]:
            found: list[Any] = []
            async for item in stream:
                found.append(item)
                if len(found) == count:
                    break
            return found

        return self.loop.run_until_complete(take())

    def inside(self, manager: Any, body: Callable[[Any], T]) -> T:
        entered = self.loop.run_until_complete(manager.__aenter__())
        self.types.append(type(entered))
        try:
            result = body(entered)
        except BaseException as error:
            self.loop.run_until_complete(manager.__aexit__(type(error), error, error.__traceback__))
            raise
        self.loop.run_until_complete(manager.__aexit__(None, None, None))
        return result

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)

    def shut_down(self) -> None:
        # A loop that is left early is closed by tasks, which are not to be overtaken.
        while pending := asyncio.all_tasks(self.loop):
            self.loop.run_until_complete(asyncio.gather(*pending, return_exceptions=True))
        self.loop.run_until_complete(self.loop.shutdown_asyncgens())
        self.loop.close()
