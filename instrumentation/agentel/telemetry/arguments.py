"""Knows how arguments become one canonical text, its size, and a digest that tells nothing.

Loops show as equal digests of the same tool. The key lives with the run: it is random, in memory,
handed to child processes with the context, and part of no signal. Without it nobody can try out
which arguments a digest stands for, and digests of different runs cannot be compared.
"""

from __future__ import annotations

import datetime
import decimal
import json
import os
import pathlib
import re
import uuid
from collections.abc import Callable
from dataclasses import is_dataclass
from enum import Enum
from hashlib import blake2b
from typing import Any, cast

_KEY_SIZE = 16
_DIGEST_SIZE = 16
_MOST_ITEMS = 10_000
"""Items beyond which a container is not written out only to be measured."""

_CONTAINERS = frozenset((dict, list, tuple))
_UNTELLABLE = (TypeError, ValueError, RecursionError, RuntimeError)
"""Keys of several types, cycles, a dictionary that another thread is changing."""

_HEX_KEY = re.compile(rf"[0-9a-f]{{{2 * _KEY_SIZE}}}")
_TEXTUAL = (datetime.date, datetime.time, datetime.timedelta, decimal.Decimal, uuid.UUID)


def _plain(value: object) -> Any:
    """Return a JSON shape for what JSON has none for: the fields of plain data, else its type."""
    if isinstance(value, (set, frozenset)):
        return sorted(_encode(item) for item in cast("set[object]", value))
    if isinstance(value, (bytes, bytearray)):
        return value.decode("latin-1")
    if isinstance(value, (*_TEXTUAL, pathlib.PurePath)):
        return str(value)
    if isinstance(value, Enum):
        return value.name
    kind = type(value)
    if is_dataclass(kind) or hasattr(kind, "__pydantic_fields__"):
        return getattr(value, "__dict__", f"<{kind.__qualname__}>")
    return f"<{kind.__qualname__}>"


def _encoder() -> Callable[[object], str]:
    """Return the canonical encoder: CPython's own in C, made once rather than for each text."""
    plain = json.JSONEncoder(
        sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_plain
    )
    make = getattr(json.encoder, "c_make_encoder", None)
    if make is None:
        return plain.encode
    quote = json.encoder.encode_basestring
    in_c = make(None, _plain, quote, None, ":", ",", True, False, True)
    join = "".join

    def encode(value: object) -> str:
        return join(in_c(value, 0))

    return encode


_encode = _encoder()


class RunKey:
    """The secret that all digests of one run are made with."""

    def __init__(self) -> None:
        self._use(os.urandom(_KEY_SIZE))

    def _use(self, key: bytes) -> None:
        self._key = key
        self._begun = blake2b(key=key, digest_size=_DIGEST_SIZE)

    def hand_over(self) -> str:
        """Return it as hex digits, for a child process and nobody else."""
        return self._key.hex()

    def adopt(self, text: object) -> bool:
        """Use the key of the run that this process belongs to. False if `text` is no such key."""
        if not isinstance(text, str) or _HEX_KEY.fullmatch(text) is None:
            return False
        if text != self._key.hex():
            self._use(bytes.fromhex(text))
        return True

    def digest(self, data: bytes) -> str:
        """Return the keyed digest of `data`, as 32 hex digits."""
        started = self._begun.copy()
        started.update(data)
        return started.hexdigest()


run_key = RunKey()


def canonical(value: object) -> bytes | None:
    """Return `value` as JSON with sorted keys, in UTF-8, or None if it cannot be told.

    What JSON has no shape for is named by its type. No iterator is consumed.
    """
    if value.__class__ in _CONTAINERS and _is_huge(value):
        return None
    try:
        text = _encode(value)
    except _UNTELLABLE:
        return None
    return text.encode() if text.isascii() else text.encode("utf-8", "surrogatepass")


def decoded(data: bytes) -> Any:
    """Return what `canonical` wrote, as plain JSON data."""
    return json.loads(data.decode("utf-8", "surrogatepass"))


def size_of(value: object) -> int | None:
    """Return the length of a result in bytes: of a text as it is, of anything else as JSON.

    None where there is no result, or none that can be told.
    """
    kind = value.__class__
    if kind is str:
        text = cast("str", value)
    elif value is None or (kind in _CONTAINERS and _is_huge(value)):
        return None
    elif kind is bytes:
        return len(cast("bytes", value))
    else:
        try:
            text = _encode(value)
        except _UNTELLABLE:
            return None
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def _is_huge(value: Any) -> bool:
    """Tell whether a container, or one right inside it, holds too much to be written out."""
    if value.__class__ is dict:
        for inner in value.values():
            if inner.__class__ in _CONTAINERS and len(inner) > _MOST_ITEMS:
                return True
    return len(value) > _MOST_ITEMS
