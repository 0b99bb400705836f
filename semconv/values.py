"""Knows what single values of the model look like: names, briefs, types, levels, buckets.

A checker takes a value and returns what it should have been, or None if it is right.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

Check = Callable[[object], "str | None"]
"""Returns what a value should have been, or None if it is right."""

_PRIMITIVES = ("string", "int", "double", "boolean")
_TYPES = (*_PRIMITIVES, *(f"{item}[]" for item in _PRIMITIVES), "any")
_PYTHON = {"string": str, "int": int, "double": (int, float), "boolean": bool}
_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*(\.[a-z0-9]+(_[a-z0-9]+)*)+")
_BRIEF = re.compile(r'(?=\S)[^\n"\\]{1,90}')


def one_of(*values: str) -> Check:
    """Return the checker that wants one of `values`."""
    wanted = f"one of {', '.join(values)}"
    return lambda value: None if value in values else wanted


def text(value: object) -> str | None:
    """Want text that is not blank."""
    return None if isinstance(value, str) and value.strip() else "text"


def flag(value: object) -> str | None:
    """Want a boolean."""
    return None if isinstance(value, bool) else "true or false"


def name(value: object) -> str | None:
    """Want a name; Weaver takes any text here and leaves the form of names to policies."""
    fits = isinstance(value, str) and _NAME.fullmatch(value)
    return None if fits else "a dotted lower-case name"


def line(value: object) -> str | None:
    """Want a short line, which Weaver does not: it becomes a docstring of a constant."""
    fits = isinstance(value, str) and _BRIEF.fullmatch(value)
    return None if fits else "a line of 1 to 90 characters, no double quotes or backslashes"


def identifier(value: object) -> str | None:
    """Want an id that can be a Python name; Weaver takes any text."""
    fits = isinstance(value, str) and re.fullmatch(r"[a-z][a-z0-9_]*", value)
    return None if fits else "a lower-case identifier"


def examples(value: object) -> str | None:
    """Want a list; Weaver also takes a single bare example."""
    return None if isinstance(value, list) and value else "a list with an example"


def buckets(value: object) -> str | None:
    """Want the boundaries of a histogram."""
    if isinstance(value, list) and value and all(type(item) in (int, float) for item in value):
        return None if value == sorted(set(value)) else "a list of rising numbers"
    return "a list of numbers"


def signals(value: object) -> str | None:
    """Want signals in the order in which generated code names them."""
    order = ["span", "metric", "event", "resource"]
    fits = isinstance(value, list) and value and value == [item for item in order if item in value]
    return None if fits else f"a list of some of {', '.join(order)}, in this order"


def names(value: object) -> str | None:
    """Want a list of names."""
    fits = isinstance(value, list) and all(name(item) is None for item in value)
    return None if fits else "a list of names"


def attribute_type(value: object) -> str | None:
    """Want an attribute type that is no enumeration."""
    templates = tuple(f"template[{item}]" for item in _TYPES)
    return None if value in _TYPES or value in templates else f"one of {', '.join(_TYPES)}"


def level(value: object) -> str | None:
    """Want a requirement level."""
    if value in ("required", "recommended", "opt_in"):
        return None
    if isinstance(value, Mapping) and len(value) == 1:
        ((kind, condition),) = value.items()
        if kind in ("conditionally_required", "recommended", "opt_in") and not text(condition):
            return None
    return "required, recommended, opt_in, or a level with its condition"


def is_example(value: object, kind: str) -> bool:
    """Return whether `value` may be an example of an attribute of type `kind`."""
    kind = kind.removeprefix("template[").removesuffix("]") if "template" in kind else kind
    if kind.endswith("[]"):
        return isinstance(value, list) and all(is_example(item, kind[:-2]) for item in value)
    if kind == "any":
        return True
    return isinstance(value, _PYTHON[kind]) and isinstance(value, bool) == (kind == "boolean")
