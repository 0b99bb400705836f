"""Knows how to read foreign data by a table: SDK models, dictionaries, and nothing by guess.

A *table* maps a key of the source to a rule, and a rule says where the value goes:

- a string: the field of that name takes the value as it is;
- another table: the value is read with it;
- a function `(value, fields) -> None`: it does what a table cannot say.

A field that is absent or None is never set.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Union, cast

Fields = dict[str, object]
"""Field name (an attribute's key without its prefix) to value."""

Rule = Union[str, "Table", Callable[[Any, Fields], None]]
Table = Mapping[str, Rule]

_EMPTY: dict[str, object] = {}
_models: set[type] = set()
"""Types met so far that keep their fields in their own dictionary and are no mapping.

Asking an abstract class each time would cost more than the reading.
"""


def attributes_of(source: object) -> Mapping[str, object]:
    """Return what `source` holds by name: a dictionary itself, or the state of an SDK's model.

    Pydantic keeps declared fields in the instance's own dictionary; asking the object for a name
    that it lacks would raise and cost more than the whole reading. Never raises.
    """
    kind = source.__class__
    if kind is dict:
        return cast("dict[str, object]", source)
    if kind in _models:
        return source.__dict__
    if isinstance(source, Mapping):
        return cast("Mapping[str, object]", source)
    if not hasattr(source, "__dict__"):
        return _EMPTY
    _models.add(kind)
    return source.__dict__


def extras_of(source: object) -> Mapping[str, object]:
    """Return the fields that a Pydantic model was sent but does not declare."""
    return getattr(source, "__pydantic_extra__", None) or _EMPTY


def get(source: object, name: str) -> Any:
    """Return one value of a dictionary or an SDK's model, or None where it has none."""
    value = attributes_of(source).get(name)
    return extras_of(source).get(name) if value is None else value


def read(table: Table, source: object, into: Fields) -> None:
    """Copy what `table` names from `source` to `into`.

    A small dictionary, such as a request, is walked by what it holds; a model, which holds every
    field that it declares, is read by straight code made from the table on first use.
    """
    if source.__class__ is dict and len(cast("dict[str, object]", source)) < len(table):
        _walk(table, cast("dict[str, object]", source), into)
        return
    known = _readers.get(id(table))
    if known is None:
        known = _readers[id(table)] = (_compile(table), table)
    known[0](source, into)


Reader = Callable[[object, Fields], None]

_readers: dict[int, tuple[Reader, Table]] = {}
"""Compiled readers by their table's identity; the table is kept, so that the identity stays its."""


def _walk(table: Table, data: Mapping[str, object], into: Fields) -> None:
    for key, value in data.items():
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


def _compile(table: Table) -> Reader:
    """Return a function that does for one table what `_walk` does for any."""
    names: dict[str, object] = {"attributes_of": attributes_of, "models": _models, "walk": _walk}
    lines = ["def reader(source, into):", *_lines(table, "source", 1, names)]
    # Made from our own tables alone. Compiled first: a text run by `exec` wipes the mark by which
    # the interpreter knows that Ctrl-C ends it.
    exec(compile("\n".join(lines), "<agentel table>", "exec"), names)
    return cast("Reader", names["reader"])


def _lines(table: Table, source: str, depth: int, names: dict[str, object]) -> list[str]:
    pad = "    " * depth
    name = f"t{len(names)}"
    names[name] = table
    lines = [
        f"{pad}d{depth} = {source}.__dict__ if {source}.__class__ in models"
        f" else attributes_of({source})"
    ]
    for key, rule in table.items():
        value = f"v{depth}"
        lines += [f"{pad}{value} = d{depth}.get({key!r})", f"{pad}if {value} is not None:"]
        if isinstance(rule, str):
            lines.append(f"{pad}    into[{rule!r}] = {value}")
        elif isinstance(rule, Mapping):
            lines += _lines(cast("Table", rule), value, depth + 1, names)
        else:
            function = f"f{len(names)}"
            names[function] = rule
            lines.append(f"{pad}    {function}({value}, into)")
    return [
        *lines,
        f"{pad}extras = getattr({source}, '__pydantic_extra__', None)",
        f"{pad}if extras:",
        f"{pad}    walk({name}, extras, into)",
    ]


def fallback(field: str) -> Callable[[object, Fields], None]:
    """Return a rule that sets `field` only if nothing better has."""

    def rule(value: object, into: Fields) -> None:
        into.setdefault(field, value)

    return rule


def spent(field: str) -> Callable[[object, Fields], None]:
    """Return a rule for tokens of one modality: none of them means that it was not in use."""

    def rule(value: object, into: Fields) -> None:
        if value:
            into[field] = value

    return rule


def each(name: str, field: str) -> Callable[[object, Fields], None]:
    """Return a rule that collects `name` of every item of a list into `field`, as a tuple."""

    def rule(value: object, into: Fields) -> None:
        found = tuple(item for item in (get(entry, name) for entry in items(value)) if item)
        if found:
            into[field] = found

    return rule


def items(value: object) -> Sequence[object]:
    """Return a list or tuple as it is; anything else has no items.

    A caller's generator or cursor is never consumed: the SDK still has to read it.
    """
    return cast("list[object]", value) if isinstance(value, (list, tuple)) else ()


def size(text: object) -> int:
    """Return the length of a text in bytes of UTF-8; what is no text has none."""
    if text.__class__ is not str:
        return 0
    string = cast("str", text)
    return len(string) if string.isascii() else len(string.encode("utf-8", "surrogatepass"))


def structured(text: object) -> object:
    """Return what a JSON text stands for; the text itself if it is none, and what is no text."""
    if not isinstance(text, str):
        return text
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
