"""Knows how a decorator or a block becomes a recording: named, opened, and given its arguments."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

from agentel.byhand.block import Block, Opened, Opener
from agentel.byhand.current import Current
from agentel.byhand.parameters import binder_of
from agentel.telemetry import context as keys
from agentel.telemetry.hand import HandRecording, Plan, source
from agentel.telemetry.marked import MarkedCall
from agentel.telemetry.tools import Tool, ToolRecording

__all__ = ["Work", "checked_argument", "work_or_function"]


_KINDS: dict[type, str] = {str: "a text", int: "a whole number", Mapping: "a mapping"}


class Work(Block):
    """Work to be recorded whenever it is done: a decorator, a block and an async block."""

    __slots__ = (
        "_arguments",
        "_is_leaf",
        "_is_tool",
        "_make",
        "_plan",
        "_recording",
        "_takes_name",
    )

    def __init__(
        self,
        make: Callable[[str | None], Plan],
        name: str | None,
        *,
        arguments: Mapping[str, object] | None = None,
        names_itself: bool = True,
    ) -> None:
        super().__init__()
        self._make = make
        self._takes_name = name is None and names_itself
        self._plan = make(name)
        self._arguments = arguments
        self._is_leaf = self._plan.operation.is_leaf
        self._is_tool = self._plan.operation.name == "execute_tool"

    def open(self) -> Opened | None:
        """Open one entry, or return None where telemetry is off or silenced. May raise."""
        pipeline = source.pipeline()
        if pipeline is None or self._is_unwanted():
            return None
        if self._is_tool:
            return ToolRecording(
                Tool(self._plan, pipeline), keys.current_context(), self._arguments
            )
        kind = MarkedCall if self._is_leaf else HandRecording
        return kind.begin(self._plan, pipeline)

    def opener(self, function: Callable[..., Any]) -> Opener:
        """Return what opens one call of `function`, which this block decorates."""
        if not self._is_tool:
            return super().opener(function)
        plan, bind, ready = self._plan, binder_of(function), source.pipeline
        tool: Tool | None = None

        def open_tool(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Opened | None:
            nonlocal tool
            pipeline = ready()
            if pipeline is None:
                return None
            context = keys.current_context()
            if context and keys.is_silenced(context):
                return None
            known = tool
            if known is None or known.pipeline is not pipeline:
                known = tool = Tool(plan, pipeline)
            return ToolRecording(known, context, bind(args, kwargs))

        return open_tool

    def for_function(self, function: Callable[..., Any]) -> Block:
        """Return the block for `function`, which gives its name to what has none."""
        from agentel.byhand.functions import name_of

        return Work(self._make, name_of(function)) if self._takes_name else self

    def handle(self, opened: Opened | None) -> Current:
        """Return what `with ... as` binds."""
        return Current(opened if isinstance(opened, HandRecording) else None)

    def _is_unwanted(self) -> bool:
        context = keys.current_context()
        if not context:
            return False
        return (self._is_leaf and keys.LEAF_KEY in context) or keys.is_silenced(context)


def checked_argument(decorator: str, name: str, value: Any, kind: type) -> Any:
    """Return `value` if it is None or of that kind. Raises TypeError otherwise."""
    is_right = isinstance(value, kind) and not (kind is int and isinstance(value, bool))
    if value is None or is_right:
        return value
    raise TypeError(
        f"{decorator}({name}=...) takes {_KINDS[kind]}, not {value!r:.60} of type "
        f"{type(value).__name__}"
    )


def work_or_function(
    decorator: str,
    make: Callable[[str | None], Plan],
    name: Any,
    arguments: Mapping[str, object] | None = None,
    *,
    names_itself: bool = True,
) -> Any:
    """Return the block called `name`, or, where that is the function to watch, the function.

    `names_itself` says whether a function's name is what the block is called by default. Raises
    TypeError for what is neither a name nor a function.
    """
    if name is None or isinstance(name, str):
        return Work(make, name, arguments=arguments, names_itself=names_itself)
    if callable(name) or isinstance(name, (classmethod, staticmethod)):
        return Work(make, None, names_itself=names_itself)(cast("Any", name))
    raise TypeError(
        f"{decorator}() takes a name or the function to watch, not {name!r:.60} of type "
        f"{type(name).__name__}"
    )
