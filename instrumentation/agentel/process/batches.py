"""Knows how much telemetry a receiver takes at once, and splits batches below it.

A receiver refuses a request that is too large as a whole, so that one long prompt would cost
everything that ended beside it. Batch processors count items, not bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

__all__ = ["LARGEST", "split"]

LARGEST: Mapping[str, int] = {
    "otlp_proto_http": 16 * 1024 * 1024,
    "otlp_proto_grpc": 3 * 1024 * 1024,
}
"""Bytes of a request, by the exporter's name: below what the collector takes by default, which is
20 MiB over HTTP (after decompression) and 4 MiB over gRPC. Source: collector, `confighttp` and
`configgrpc`."""

_FRAME = 192
"""Bytes, about, of ids, times and lengths around one span or log record."""
_NUMBER = 12
"""Bytes, at most, of a number, or of the frame around another value."""
_DEEPEST = 16


def split(batch: Sequence[Any], largest: int) -> list[Sequence[Any]]:
    """Return spans, or log records, in parts of about `largest` bytes at most, in their order.

    One that is larger is a part by itself. Sizes are estimates, never far below the truth.
    """
    parts: list[list[Any]] = []
    room = 0
    for item in batch:
        size = _size(item)
        if not parts or size > room:
            parts.append([])
            room = largest
        parts[-1].append(item)
        room -= size
    return list(parts)


def _size(item: Any) -> int:
    record = getattr(item, "log_record", item)
    size = _FRAME + _attributes(record.attributes) + _value(getattr(record, "body", None))
    for one in (*getattr(item, "events", ()), *getattr(item, "links", ())):
        size += _FRAME + _attributes(one.attributes)
    return size


def _attributes(attributes: Mapping[str, object] | None, depth: int = 0) -> int:
    if not attributes:
        return 0
    return sum(_text(key) + _value(value, depth) for key, value in attributes.items())


def _value(value: object, depth: int = 0) -> int:
    if isinstance(value, str):
        return _NUMBER + _text(value)
    if isinstance(value, (bytes, bytearray)):
        return _NUMBER + len(value)
    if depth < _DEEPEST and isinstance(value, Mapping):
        return _NUMBER + _attributes(cast("Mapping[str, object]", value), depth + 1)
    if depth < _DEEPEST and isinstance(value, Iterable):
        items = cast("Iterable[object]", value)
        return _NUMBER + sum(_value(item, depth + 1) for item in items)
    return _NUMBER


def _text(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode(errors="replace"))
