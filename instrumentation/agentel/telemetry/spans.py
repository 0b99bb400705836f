"""Knows how fields become span attributes and span names: the one projection."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple, cast

from opentelemetry.trace import SpanKind

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


def project(fields: Fields, into: dict[str, Any]) -> dict[str, Any]:
    """Put the attributes that `fields` name into `into`, and return it.

    A value of the wrong type is dropped: SDKs put sentinels where a caller gave nothing.
    """
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


class Template(NamedTuple):
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
    return Template(
        span_name(endpoint.operation, endpoint.name, target), fields, project(fields, {})
    )
