"""Knows how JSON text of OTLP values is put together: what costs most when telemetry is written.

`values` says what is to be written; the commonest of it is written here without the objects.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from json.encoder import encode_basestring as quoted
from typing import cast

from agentel.local.values import encode_value

__all__ = ["attributes_text", "encoded", "json_text", "quoted"]

_MOST_KEYS = 4096
_INT64 = range(-(2**63), 2**63)
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False)

_openings: dict[str, str] = {}
"""The text up to an attribute's value, by its key: there are few keys."""


def json_text(value: object) -> str:
    """Return `value` as compact JSON."""
    return _ENCODER.encode(value)


def encoded(text: str) -> bytes:
    """Return `text` as UTF-8; half of a surrogate pair, which has none, becomes U+FFFD."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()


def attributes_text(attributes: Mapping[str, object]) -> str:
    """Return `attributes` as OTLP `KeyValue` objects, in their own order, without brackets."""
    # The SDK's own mapping takes a lock for each item; a copy takes it once.
    copy = getattr(attributes, "copy", None)
    held = cast("Mapping[str, object]", copy()) if copy is not None else attributes
    parts: list[str] = []
    for key, value in held.items():
        opening = _openings.get(key) or _opening(key)
        kind = value.__class__
        if kind is str:
            parts.append(f'{opening}{{"stringValue":{quoted(cast("str", value))}}}}}')
        elif kind is int and value in _INT64:
            parts.append(f'{opening}{{"intValue":"{value}"}}}}')
        elif kind is bool:
            parts.append(f'{opening}{{"boolValue":{"true" if value else "false"}}}}}')
        elif kind is tuple and value and _is_text(cast("Sequence[object]", value)):
            parts.append(f"{opening}{_texts(cast('Sequence[str]', value))}}}")
        else:
            parts.append(f"{opening}{json_text(encode_value(value))}}}")
    return ",".join(parts)


def _opening(key: str) -> str:
    # Like every empty field, an empty key is left out.
    opening = f'{{"key":{quoted(str(key))},"value":' if key else '{"value":'
    if len(_openings) >= _MOST_KEYS:
        _openings.clear()
    _openings[key] = opening
    return opening


def _is_text(values: Sequence[object]) -> bool:
    return all(value.__class__ is str for value in values)


def _texts(values: Sequence[str]) -> str:
    items = ",".join([f'{{"stringValue":{quoted(value)}}}' for value in values])
    return f'{{"arrayValue":{{"values":[{items}]}}}}'
