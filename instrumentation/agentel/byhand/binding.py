"""Knows how a function takes the context of where it was bound to where it runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from agentel.byhand.block import Block, Opened
from agentel.byhand.functions import Proxy, decorate, wrapped_by
from agentel.core.safety import guarded
from agentel.telemetry import context as keys
from agentel.telemetry.propagation import carrier_of, context_of
from agentel.telemetry.scopes import Scope

__all__ = ["bind"]

F = TypeVar("F", bound=Callable[..., Any])


class _Captured(Block):
    """The context of where a function was bound."""

    __slots__ = ("context",)

    def __init__(self, context: Any) -> None:
        super().__init__()
        self.context = context

    def open(self) -> Opened:
        return Scope(self.context)


class Bound(Proxy):
    """A function that runs in the context of where it was bound; in a pickle, in its carrier's."""

    def __init__(self, function: Callable[..., Any], context: Any) -> None:
        super().__init__(function, decorate(_Captured(context), function))
        self._self_context = context

    def __reduce_ex__(self, protocol: Any) -> Any:
        carrier = guarded("carry a context", carrier_of, self._self_context, default={})
        return _rebound, (wrapped_by(self), carrier)


def bind(function: F) -> F:
    """Return `function` so that it runs in the context that is current now, wherever it runs.

    For threads, executors and process pools: `pool.submit(bind(work), item)`. A pickled one takes
    trace, session and inherited attributes with it. Raises TypeError for what cannot be called.
    """
    return Bound(function, keys.parent_context())  # pyright: ignore[reportReturnType]


def _rebound(function: Callable[..., Any], carrier: dict[str, str]) -> Any:
    context = guarded("read a carried context", context_of, carrier)
    return function if context is None else Bound(function, context)
