"""Knows how fields become span attributes and span names: the one projection."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

from opentelemetry.context import Context
from opentelemetry.trace import NonRecordingSpan, Span, SpanKind, get_current_span

from agentel.core.fields import Fields
from agentel.core.invocation import Operation
from agentel.core.library import Endpoint
from agentel.telemetry._semconv import ROWS

KINDS = {"client": SpanKind.CLIENT, "internal": SpanKind.INTERNAL}

_PYTHON_TYPES: dict[str, type] = {
    "string": str,
    "int": int,
    "double": float,
    "boolean": bool,
    "string[]": tuple,
    "any": str,  # structured values travel on spans as JSON
}
_SPAN_ROWS: dict[str, tuple[str, type]] = {
    field: (row.key, _PYTHON_TYPES[row.type])
    for field, row in ROWS.items()
    if row.signals & {"span", "event"}
}


def project(fields: Fields) -> dict[str, Any]:
    """Return the attributes that `fields` name.

    A value of the wrong type is dropped: SDKs put sentinels where a caller gave nothing.
    """
    shape = (tuple(fields), tuple(map(type, fields.values())))
    keys = _shapes.get(shape)
    if keys is None:
        return _project_new(shape, fields)
    return dict(zip(keys, fields.values(), strict=True)) if keys else _project_each(fields)


_Shape = tuple[tuple[str, ...], tuple[type, ...]]

_shapes: dict[_Shape, tuple[str, ...]] = {}
"""The attributes of fields with these names and types; none where a value needs a closer look.

Calls that are alike find theirs here, so that nothing is asked of each field again.
"""
_MOST_SHAPES = 1024


def _project_new(shape: _Shape, fields: Fields) -> dict[str, Any]:
    rows = [_SPAN_ROWS.get(field) for field in fields]
    if len(_shapes) >= _MOST_SHAPES:
        _shapes.clear()
    fits = "error_type" not in fields and all(
        row is not None and row[1] is kind for row, kind in zip(rows, shape[1], strict=True)
    )
    _shapes[shape] = tuple(row[0] for row in rows if row is not None) if fits else ()
    return _project_each(fields)


def _project_each(fields: Fields) -> dict[str, Any]:
    into: dict[str, Any] = {}
    for field, value in fields.items():
        row = _SPAN_ROWS.get(field)
        if row is None:
            continue
        key, kind = row
        if value.__class__ is not kind:
            value = _coerce(value, kind)
        if value is not None:
            into[key] = value
    if "error_type" in fields:
        into.setdefault("error.type", "_OTHER")
    return into


def _coerce(value: object, kind: type) -> object:
    """Return `value` as `kind` where nothing is lost by it, or None."""
    if isinstance(value, bool):
        return None
    if kind is tuple:
        if not isinstance(value, (list, tuple)):
            return None
        texts = tuple(
            str.__str__(item) for item in cast("list[object]", value) if isinstance(item, str)
        )
        return texts or None
    if kind is float and isinstance(value, int):
        return float(value)
    if kind is str and isinstance(value, str):  # an enumeration's member
        return str.__str__(value)
    if kind is int and isinstance(value, int):
        return int(value)
    return None


@lru_cache(maxsize=1024)
def span_name(operation: Operation, name: object, target: object) -> str:
    """Return the conventional name of a span: the operation, and what it works on if known."""
    first = operation.prefix or (name if isinstance(name, str) else operation.name)
    return f"{first} {target}" if isinstance(target, str) and target else first


@dataclass(frozen=True, slots=True, eq=False)
class Template:
    """What all calls of one model at one server have in common. Nothing in it ever changes."""

    name: str
    """The span's."""
    fields: Fields
    attributes: dict[str, Any]
    """The projected fields."""


@lru_cache(maxsize=1024)
def call_template(
    endpoint: Endpoint, provider: str, model: object, address: str | None, port: int | None
) -> Template:
    """Return what calls of `endpoint` for `model` at one server have in common."""
    fields: Fields = {
        **endpoint.fixed,
        "operation_name": endpoint.name,
        "provider_name": provider,
    }
    target = None
    if isinstance(model, str):
        fields["request_model"] = target = model
    if address:
        fields["server_address"] = address
        fields["server_port"] = port
    if endpoint.operation.target != "request_model":
        target = None
    return Template(span_name(endpoint.operation, endpoint.name, target), fields, project(fields))


def no_span(parent: Context) -> Span:
    """Return what stands for a span that is not ours to have; what is below it joins `parent`."""
    return NonRecordingSpan(get_current_span(parent).get_span_context())
