"""Knows how to write down all that a program sees of the SDK that it uses."""

from __future__ import annotations

import inspect
from asyncio import CancelledError
from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any

from support.callers import Caller
from support.model_server import ModelServer

VOLATILE = ("host", "idempotency-key", "x-stainless-idempotency-key")
"""Request headers that differ from run to run."""


class Witness:
    """One run of a program, and everything that it noticed."""

    def __init__(self, caller: Caller, server: ModelServer, client: Any) -> None:
        self.caller = caller
        self.server = server
        self.client = client
        self.seen: list[object] = []

    @property
    def is_async(self) -> bool:
        """Whether the program runs in an event loop."""
        return hasattr(self.caller, "loop")

    def method(self, path: str, client: Any = None) -> Any:
        """A method of the client, by its path."""
        return reduce(getattr, path.split("."), self.client if client is None else client)

    def has(self, path: str) -> bool:
        """Whether the client has a method."""
        try:
            return callable(self.method(path))
        except AttributeError:
            return False

    def call(self, function: Callable[..., Any], *args: object, **kwargs: object) -> Any:
        """Call, note what comes of it, and what became of the arguments; return it."""
        try:
            result = self.caller.call(function, *args, **kwargs)
        except BaseException as error:
            self.see(error)
            raise
        finally:
            self.see({"args": args, "kwargs": kwargs})
        self.see(result)
        return result

    def drain(self, stream: Any) -> list[Any]:
        """Read a stream to its end and note the chunks."""
        found = self.caller.drain(stream)
        self.see(found)
        return found

    def take(self, stream: Any, count: int) -> list[Any]:
        """Read a part of a stream and note the chunks."""
        found = self.caller.take(stream, count)
        self.see(found)
        return found

    def inside(self, manager: Any, body: Callable[[Any], object]) -> None:
        """Use a context manager, and note it and what it yields."""
        self.see(manager)

        def seen(entered: Any) -> None:
            self.see(entered)
            self.see(body(entered))

        self.caller.inside(manager, seen)

    def fails(self, action: Callable[[], object]) -> None:
        """Do what may raise and note the exception; that nothing was raised, too."""
        try:
            self.see(action())
        except (Exception, CancelledError) as error:
            self.see(error)

    def see(self, value: object) -> None:
        """Note a value: its type, and all that can be seen of it."""
        self.seen.append(self._described(value))

    def see_method(self, method: Any) -> None:
        """Note what can be asked of a method without calling it."""
        told = (
            callable(method),
            inspect.iscoroutinefunction(method),
            str(inspect.signature(method)),
        )
        self.seen.append((told, method.__name__))

    def requests(self) -> list[object]:
        """What the server got, but for what differs from run to run."""
        return [
            (
                request.method,
                request.target,
                [(k, v) for k, v in request.headers.items() if k not in VOLATILE],
                request.body,
            )
            for request in self.server.requests
        ]

    def _described(self, value: object) -> object:
        if isinstance(value, BaseException):
            return self._error(value)
        if isinstance(value, Mapping):
            return type(value), {key: self._described(item) for key, item in value.items()}
        if isinstance(value, (list, tuple, set)):
            return type(value), [self._described(item) for item in value]
        if isinstance(value, (str, bytes, int, float, type(None))):
            return type(value), self._steady(value)
        if hasattr(value, "model_dump"):
            fields = {name: self._described(item) for name, item in value}  # type: ignore[attr-defined]
            return type(value), fields, getattr(value, "_request_id", None)
        if hasattr(value, "status_code") and hasattr(value, "headers"):
            return type(value), value.status_code, dict(value.headers)
        return type(value), sorted(name for name in dir(value) if not name.startswith("_"))

    def _error(self, error: BaseException) -> object:
        told = {
            name: self._described(item)
            for name, item in vars(error).items()
            if name not in ("request", "response", "completion")
        }
        causes = (type(error.__cause__), type(error.__context__), error.__suppress_context__)
        notes = getattr(error, "__notes__", ())
        return type(error), self._steady(str(error)), told, causes, list(notes)

    def _steady(self, value: object) -> object:
        return value.replace(str(self.server.port), "PORT") if isinstance(value, str) else value
