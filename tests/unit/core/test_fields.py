from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict

from agentel.core.fields import Fields, each, fallback, items, read, size, structured

NAMES = st.sampled_from("abcdef")
FIELDS = st.sampled_from(["one", "two", "three", "four"])
SCALARS = (
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.floats(allow_nan=False)
)
TABLES = st.recursive(
    st.dictionaries(NAMES, FIELDS, max_size=4),
    lambda inner: st.dictionaries(NAMES, FIELDS | inner, max_size=4),
    max_leaves=8,
)
DATA = st.recursive(
    st.dictionaries(NAMES, SCALARS, max_size=6),
    lambda inner: st.dictionaries(NAMES, SCALARS | st.lists(SCALARS, max_size=2) | inner),
    max_leaves=12,
)
DEEP = "[" * 99_999 + "]" * 99_999


class Anything(BaseModel):
    """A model that keeps what it does not declare, as SDKs' models do."""

    model_config = ConfigDict(extra="allow")
    a: Any = None
    b: Any = None


class Plain:
    """An object that is no model and no dictionary."""

    def __init__(self, data: Mapping[str, object]) -> None:
        vars(self).update({name: _in(Plain, value) for name, value in data.items()})


def _in(kind: Any, value: object) -> object:
    return kind(value) if isinstance(value, dict) else value


def _model(data: Mapping[str, object]) -> Anything:
    return Anything(**{name: _in(_model, value) for name, value in data.items()})


def _expected(table: Mapping[str, Any], data: Mapping[str, Any]) -> set[str]:
    """The fields that may be set, whatever the order of two that have the same name."""
    found: set[str] = set()
    for name, rule in table.items():
        value = data.get(name)
        if value is None:
            continue
        if isinstance(rule, str):
            found.add(rule)
        elif isinstance(value, dict):
            found |= _expected(rule, value)
    return found


def _read(table: Any, source: object) -> Fields:
    into: Fields = {}
    read(table, source, into)
    return into


@given(TABLES, DATA)
def test_every_kind_of_source_is_read_alike(table: Any, data: dict[str, Any]) -> None:
    wide = {**data, **{f"unknown {n}": n for n in range(9)}}
    expected = _expected(table, data)
    for source in (data, wide, MappingProxyType(data), _model(data), Plain(data)):
        assert set(_read(table, source)) == expected


@given(TABLES, SCALARS | st.lists(SCALARS))
def test_what_holds_nothing_by_name_gives_nothing(table: Any, source: object) -> None:
    assert _read(table, source) == {}


@given(DATA)
def test_source_is_never_changed(data: dict[str, Any]) -> None:
    before = repr(data)
    read({"a": {"b": "one"}, "c": "two"}, data, {})
    assert repr(data) == before


def test_value_is_kept_as_it_is() -> None:
    value = object()
    assert _read({"a": "one"}, {"a": value})["one"] is value


def test_fallback_leaves_what_is_better() -> None:
    table = {"new": "limit", "old": fallback("limit")}
    assert _read(table, {"old": 1}) == {"limit": 1}
    assert _read(table, {"old": 1, "new": 2}) == {"limit": 2}
    assert _read(table, {"new": 2, "old": 1}) == {"limit": 2}


def test_each_collects_what_items_have() -> None:
    table = {"choices": each("finish", "reasons")}
    choices = [{"finish": "stop"}, {"finish": None}, {}, {"finish": "length"}]
    assert _read(table, {"choices": choices}) == {"reasons": ("stop", "length")}
    assert _read(table, {"choices": [{}]}) == {}


def test_generator_is_not_consumed() -> None:
    source = (n for n in range(3))
    assert items(source) == ()
    assert list(source) == [0, 1, 2]


@given(st.text())
def test_size_is_in_bytes(text: str) -> None:
    assert size(text) == len(text.encode("utf-8", "surrogatepass"))


@pytest.mark.parametrize("value", [None, 3, b"abc", ["abc"]], ids=repr)
def test_what_is_no_text_has_no_size(value: object) -> None:
    assert size(value) == 0


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{"a": 1}', {"a": 1}),
        ("3", 3),
        ("{", "{"),
        ("", ""),
        (None, None),
        ("[" * 99_999, "[" * 99_999),
    ],
    ids=["object", "number", "torn", "empty", "none", "deep"],
)
def test_structured_text_is_read_and_any_other_kept(text: object, found: object) -> None:
    assert structured(text) == found
