"""Knows which argument of a call belongs to which parameter, without binding a signature."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from types import CodeType, FunctionType
from typing import Any

_OWNERS = ("self", "cls")
"""Names of the parameter that a method is called on; it is no argument of a tool."""


class Parameters:
    """The positional parameters of one function, read once, where it is decorated."""

    __slots__ = ("_is_method", "_keywords", "_names", "_rest")

    def __init__(self, code: CodeType | None, *, is_bound: bool = False) -> None:
        names: tuple[str, ...] = ()
        self._rest = "args"
        self._keywords: str | None = None
        if code is not None:
            names = code.co_varnames[: code.co_argcount]
            extra = code.co_argcount + code.co_kwonlyargcount
            if code.co_flags & inspect.CO_VARARGS:
                self._rest = code.co_varnames[extra]
                extra += 1
            if code.co_flags & inspect.CO_VARKEYWORDS and code.co_posonlyargcount:
                self._keywords = code.co_varnames[extra]  # may repeat a positional name
        self._is_method = not is_bound and bool(names) and names[0] in _OWNERS
        skips_first = self._is_method or (is_bound and bool(names) and names[0] in _OWNERS)
        self._names = names[1:] if skips_first else names

    @classmethod
    def of(cls, function: Callable[..., Any]) -> Parameters:
        """Return those of `function`, or of what it wraps where it takes whatever comes."""
        is_bound = inspect.ismethod(function)
        seen: Any = getattr(function, "__func__", function)
        for _ in range(16):
            code = getattr(seen, "__code__", None)
            if not isinstance(code, CodeType):
                break
            inner = getattr(seen, "__wrapped__", None)
            if code.co_argcount or code.co_kwonlyargcount or not isinstance(inner, FunctionType):
                return cls(code, is_bound=is_bound)
            seen = inner
        return cls(None)

    def bind(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the arguments by name. Defaults are not applied; `self` is left out."""
        if self._is_method:
            args = args[1:]
        if not args:
            return kwargs
        names = self._names
        bound: dict[str, Any] = dict(zip(names, args, strict=False))
        if len(args) > len(names):
            bound[self._rest] = args[len(names) :]
        if kwargs:
            if self._keywords is None:
                bound.update(kwargs)
            else:
                bound[self._keywords] = kwargs
        return bound
