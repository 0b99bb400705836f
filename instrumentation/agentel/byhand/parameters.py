"""Knows which argument of a call belongs to which parameter, without binding a signature."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import CodeType, FunctionType
from typing import Any

_OWNERS = ("self", "cls")
"""Names of the parameter that a method is called on; it is no argument of a tool."""

_DEPTH = 16
"""Wrappers that are looked through for parameters with names."""

Binder = Callable[[tuple[Any, ...], dict[str, Any]], Mapping[str, Any]]
"""Gives a call's arguments by name. Defaults are not applied; `self` is left out."""


@dataclass(frozen=True, slots=True)
class _Parameters:
    names: tuple[str, ...] = ()
    """The positional ones."""
    rest: str = "args"
    """Where further positional arguments go."""
    keywords: str | None = None
    """Where keyword arguments go, if they may repeat a positional name."""


def binder_of(function: Callable[..., Any]) -> Binder:
    """Return the binder of `function`, or of what it wraps where it takes whatever comes."""
    is_bound = inspect.ismethod(function)
    code = _code_of(getattr(function, "__func__", function))
    known = _Parameters() if code is None else _read(code)
    names, rest, keywords = known.names, known.rest, known.keywords
    has_owner = bool(names) and names[0] in _OWNERS
    if has_owner:
        names = names[1:]
    skipped = 1 if has_owner and not is_bound else 0
    first = names[0] if names else rest

    def bind(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Mapping[str, Any]:
        if skipped:
            args = args[skipped:]
        if not args:
            return kwargs
        if names and len(args) == 1 and keywords is None:
            return {first: args[0], **kwargs}
        bound: dict[str, Any] = dict(zip(names, args, strict=False))
        if len(args) > len(names):
            bound[rest] = args[len(names) :]
        if keywords is None:
            bound.update(kwargs)
        elif kwargs:
            bound[keywords] = kwargs
        return bound

    return bind


def _code_of(function: Any) -> CodeType | None:
    for _ in range(_DEPTH):
        code = getattr(function, "__code__", None)
        if not isinstance(code, CodeType):
            return None
        inner = getattr(function, "__wrapped__", None)
        if code.co_argcount or code.co_kwonlyargcount or not isinstance(inner, FunctionType):
            return code
        function = inner
    return None


def _read(code: CodeType) -> _Parameters:
    names = code.co_varnames[: code.co_argcount]
    extra = code.co_argcount + code.co_kwonlyargcount
    rest = "args"
    if code.co_flags & inspect.CO_VARARGS:
        rest = code.co_varnames[extra]
        extra += 1
    repeats = code.co_flags & inspect.CO_VARKEYWORDS and code.co_posonlyargcount
    return _Parameters(names, rest, code.co_varnames[extra] if repeats else None)
