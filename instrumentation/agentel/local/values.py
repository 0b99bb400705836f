"""Knows how attribute values travel as OTLP JSON `AnyValue` objects, in both directions.

Source: opentelemetry-proto, `common/v1/common.proto`; OTLP specification, "JSON Protobuf Encoding"
(64-bit integers are strings, bytes are base64); OpenTelemetry specification,
`common/attribute-type-mapping.md` (integers beyond 64 bits become decimal strings).
"""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import cast

__all__ = [
    "Attributes",
    "Json",
    "as_items",
    "as_object",
    "decode_attributes",
    "decode_value",
    "encode_attributes",
    "encode_double",
    "encode_value",
]

Json = dict[str, object]
"""A JSON object, as `json` builds and takes it."""

_DEEPEST = 64
"""Nesting beyond this many levels is cut; protobuf's own readers refuse more than 100."""

_WITH_EXPONENT = 1e21
"""The smallest whole float that the collector writes with an exponent."""

_INT64 = range(-(2**63), 2**63)


def encode_attributes(attributes: Mapping[str, object] | None, depth: int = 0) -> list[Json]:
    """Return `attributes` as a list of OTLP `KeyValue` objects, in their own order."""
    if not attributes:
        return []
    return [_pair(str(key), encode_value(value, depth)) for key, value in attributes.items()]


def _pair(key: str, value: Json) -> Json:
    # Like every empty field, an empty key is left out; the value is a message and stays.
    return {"key": key, "value": value} if key else {"value": value}


def encode_value(value: object, depth: int = 0) -> Json:
    """Return `value` as an OTLP `AnyValue` object.

    None is the empty object. A type that OTLP cannot say becomes its type's name in angle brackets.
    Never raises.
    """
    if isinstance(value, str):
        return {"stringValue": value}
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue" if value in _INT64 else "stringValue": str(int(value))}
    if isinstance(value, float):
        return {"doubleValue": encode_double(value)}
    if value is None:
        return {}
    if isinstance(value, (bytes, bytearray)):
        return {"bytesValue": base64.b64encode(value).decode()}
    return _encode_nested(value, depth)


def _encode_nested(value: object, depth: int) -> Json:
    if depth >= _DEEPEST:
        return {"stringValue": f"<nested deeper than {_DEEPEST} levels>"}
    if isinstance(value, Mapping):
        pairs = encode_attributes(cast("Mapping[str, object]", value), depth + 1)
        return {"kvlistValue": {"values": pairs} if pairs else {}}
    if isinstance(value, Sequence):
        items = [encode_value(item, depth + 1) for item in cast("Sequence[object]", value)]
        return {"arrayValue": {"values": items} if items else {}}
    return {"stringValue": f"<{type(value).__qualname__}>"}


def encode_double(value: float) -> float | str:
    """Return `value`, or the word that OTLP JSON has for a float that JSON cannot say.

    A whole number is written without a fraction, as the collector does.
    """
    if math.isfinite(value):
        is_whole = value == int(value) and abs(value) < _WITH_EXPONENT
        is_minus_zero = value == 0 and math.copysign(1, value) < 0
        return int(value) if is_whole and not is_minus_zero else float(value)
    if math.isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"


class Attributes(Mapping[str, object]):
    """Attributes as they were read, each decoded when it is asked for: few of them ever are."""

    __slots__ = ("_encoded",)

    def __init__(self, encoded: Mapping[object, object]) -> None:
        self._encoded = cast("Mapping[object, Json]", encoded)

    def __getitem__(self, key: str) -> object:
        return decode_value(self._encoded[key])

    def __iter__(self) -> Iterator[str]:
        return (key for key in self._encoded if isinstance(key, str))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def get(self, key: str, default: object = None) -> object:  # pyright: ignore[reportIncompatibleMethodOverride] - one case of the overloads is enough, and it is the hot path
        """Return one value, or `default` where it is not there."""
        encoded = self._encoded.get(key)
        if encoded is None:
            return default
        # It may be anything: nobody has looked at it yet. Most are texts, asked for a dozen a span.
        if type(encoded) is dict:
            text = encoded.get("stringValue")
            if isinstance(text, str):
                return text
        return decode_value(encoded)

    def __repr__(self) -> str:
        return repr(dict(self))


def decode_attributes(pairs: object) -> Attributes:
    """Return a list of OTLP `KeyValue` objects as a mapping; what is no such pair is left out."""
    if not pairs:
        return _NO_ATTRIBUTES
    try:
        return Attributes({pair["key"]: pair["value"] for pair in cast("list[Json]", pairs)})
    except (KeyError, TypeError):
        return Attributes(cast("Mapping[object, object]", _odd_pairs(pairs)))


_NO_ATTRIBUTES = Attributes({})


def _odd_pairs(pairs: object) -> Json:
    """Return the pairs of what may not quite be a list of pairs."""
    found: Json = {}
    for pair in map(as_object, as_items(pairs)):
        key = pair.get("key", "")
        if isinstance(key, str):
            found[key] = pair.get("value")
    return found


def decode_value(value: object, depth: int = 0) -> object:
    """Return an OTLP `AnyValue` object as a Python value; None if it says nothing readable.

    Never raises. The collector writes infinities as `+Inf` and `-Inf`, others as `Infinity`: both
    are read. What is nested deeper than is written is None.
    """
    for kind, content in as_object(value).items():
        if kind == "stringValue" and isinstance(content, str):
            return content
        if kind in _NESTED:
            return _NESTED[kind](content, depth + 1) if depth < _DEEPEST else None
        decode = _DECODERS.get(kind)
        if decode is not None:
            try:
                return decode(content)
            except (TypeError, ValueError, binascii.Error):
                return None
    return None


def as_object(value: object) -> Json:
    """Return `value` if it is a JSON object, else an empty one."""
    return cast("Json", value) if isinstance(value, dict) else {}


def as_items(value: object) -> list[object]:
    """Return `value` if it is a JSON array, else an empty one."""
    return cast("list[object]", value) if isinstance(value, list) else []


def _decode_array(content: object, depth: int) -> list[object]:
    return [decode_value(item, depth) for item in as_items(as_object(content).get("values"))]


def _decode_pairs(content: object, depth: int) -> dict[str, object]:
    pairs = _odd_pairs(as_object(content).get("values"))
    return {key: decode_value(value, depth) for key, value in pairs.items()}


_NESTED = {"arrayValue": _decode_array, "kvlistValue": _decode_pairs}


def _decode_int(content: object) -> int:
    return int(cast("str | int", content))


def _decode_double(content: object) -> float:
    return float(cast("str | float", content))


def _decode_bytes(content: object) -> bytes:
    return base64.b64decode(str(content), validate=True)


_DECODERS = {
    "stringValue": str,
    "boolValue": bool,
    "intValue": _decode_int,
    "doubleValue": _decode_double,
    "bytesValue": _decode_bytes,
}
