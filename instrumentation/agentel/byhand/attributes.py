"""Knows which attributes a program may set, and tells once about those that are none."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any, cast

_SIMPLE = (str, bool, int, float)

_logger = logging.getLogger(__name__)
_warned: set[str] = set()


def checked(attributes: object) -> dict[str, Any]:
    """Return those of `attributes` that telemetry can carry.

    These are texts, numbers, booleans, and lists of one of them. None means absent. What else there
    is, is left out with one warning a key. Never raises.
    """
    if attributes is None:
        return {}
    if not isinstance(attributes, Mapping):
        warn_once(
            "attributes",
            "attributes are a mapping, not %s; none is set.",
            type(attributes).__name__,
        )
        return {}
    found: dict[str, Any] = {}
    for key, value in cast("Mapping[object, object]", attributes).items():
        if value is None:
            continue
        plain = _plain(value) if isinstance(key, str) and key else None
        if plain is None:
            warn_once(
                f"attribute {key!s:.100}",
                "attribute %r is of type %s, expected a text, a number, a boolean or a list of "
                "one of them; it is left out.",
                f"{key!s:.100}",
                type(value).__name__,
            )
        else:
            found[cast("str", key)] = plain
    return found


def warn_once(cause: str, message: str, *args: object) -> None:
    """Warn about a mistake in the program's use of agentel, once per cause."""
    if cause not in _warned:
        _warned.add(cause)
        _logger.warning(f"agentel: {message} The program is not affected.", *args)


def _plain(value: object) -> Any:
    if isinstance(value, _SIMPLE):
        return str.__str__(value) if isinstance(value, str) else value
    if not isinstance(value, (list, tuple)):
        return None
    items = tuple(cast("list[object]", value))
    for kind in _SIMPLE:
        if all(isinstance(item, kind) for item in items):
            return items
    return None
