"""Knows how to read foreign data by a table: SDK models, dictionaries, and nothing by guess.

A *table* maps a key of the source to a rule, and a rule says where the value goes:

- a string: the field of that name takes the value as it is;
- another table: the value is read with it;
- a function `(value, fields) -> None`: it does what a table cannot say.

A table is walked by what the source holds, not by what the table knows, so that a call pays for
the fields it has. A field that is absent or None is never set.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Union, cast

Fields = dict[str, object]
"""Field name (an attribute's key without its prefix) to value."""

Rule = Union[str, "Table", Callable[[Any, Fields], None]]
Table = Mapping[str, Rule]

_EMPTY: dict[str, object] = {}
_is_mapping: dict[type, bool] = {}
"""Types met so far; asking an abstract class each time would cost more than the reading."""


def attributes_of(source: object) -> Mapping[str, object]:
    """Return what `source` holds by name: a dictionary itself, or the state of an SDK's model.

    Pydantic keeps declared fields in the instance's own dictionary; asking the object for a name
    that it lacks would raise and cost more than the whole reading. Never raises.
    """
    kind = source.__class__
    if kind is dict:
        return cast("dict[str, object]", source)
    is_mapping = _is_mapping.get(kind)
    if is_mapping is None:
        is_mapping = _is_mapping[kind] = issubclass(kind, Mapping)
    if is_mapping:
        return cast("Mapping[str, object]", source)
    return getattr(source, "__dict__", _EMPTY)


def extras_of(source: object) -> Mapping[str, object]:
    """Return the fields that a Pydantic model was sent but does not declare."""
    return getattr(source, "__pydantic_extra__", None) or _EMPTY


def get(source: object, name: str) -> Any:
    """Return one value of a dictionary or an SDK's model, or None where it has none."""
    value = attributes_of(source).get(name)
    return extras_of(source).get(name) if value is None else value


def read(table: Table, source: object, into: Fields) -> None:
    """Copy what `table` names from `source` to `into`."""
    for key, value in attributes_of(source).items():
        if value is None:
            continue
        rule = table.get(key)
        if rule is None:
            continue
        kind = rule.__class__
        if kind is str:
            into[cast("str", rule)] = value
        elif kind is dict:
            read(cast("Table", rule), value, into)
        else:
            cast("Callable[[Any, Fields], None]", rule)(value, into)
    extras = getattr(source, "__pydantic_extra__", None)
    if extras:
        read(table, extras, into)


def fallback(field: str) -> Callable[[object, Fields], None]:
    """Return a rule that sets `field` only if nothing better has."""

    def rule(value: object, into: Fields) -> None:
        into.setdefault(field, value)

    return rule


def constant(field: str, constant_value: object) -> Callable[[object, Fields], None]:
    """Return a rule that sets `field` to a value of ours where the source has any."""

    def rule(value: object, into: Fields) -> None:
        into[field] = constant_value

    return rule


def each(name: str, field: str) -> Callable[[object, Fields], None]:
    """Return a rule that collects `name` of every item of a list into `field`, as a tuple."""

    def rule(value: object, into: Fields) -> None:
        found = tuple(item for item in (get(entry, name) for entry in items(value)) if item)
        if found:
            into[field] = found

    return rule


def items(value: object) -> Iterator[object]:
    """Iterate over a list or tuple; anything else has no items.

    A caller's generator or cursor is never consumed: the SDK still has to read it.
    """
    if isinstance(value, (list, tuple)):
        yield from cast("list[object]", value)


def size(text: object) -> int:
    """Return the length of a text in bytes of UTF-8; what is no text has none."""
    if text.__class__ is not str:
        return 0
    string = cast("str", text)
    return len(string) if string.isascii() else len(string.encode("utf-8", "surrogatepass"))
