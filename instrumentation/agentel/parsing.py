"""Knows how the text of a setting becomes its value. What cannot be read raises ValueError."""

from __future__ import annotations

import math

MODES = ("NO_CONTENT", "SPAN_ONLY", "EVENT_ONLY", "SPAN_AND_EVENT")
TRUE = ("true", "1", "yes", "on")
FALSE = ("false", "0", "no", "off")


def boolean(text: str) -> bool:
    """Return what a switch is set to; capitals do not matter."""
    lowered = text.strip().lower()
    if lowered in TRUE:
        return True
    if lowered in FALSE:
        return False
    raise ValueError(text)


def mode(text: str) -> str:
    """Return where content goes; capitals do not matter."""
    upper = text.strip().upper()
    if upper not in MODES:
        raise ValueError(text)
    return upper


def names(text: str) -> tuple[str, ...]:
    """Return the names that commas separate."""
    return tuple(name.strip() for name in text.split(",") if name.strip())


def size(text: str) -> int:
    """Return a number of at least 1."""
    value = int(text)
    if value < 1:
        raise ValueError(text)
    return value


def seconds(text: str) -> float:
    """Return a time of less than a day, in s."""
    value = float(text)
    if not 0 <= value < 86400:
        raise ValueError(text)
    return value


def days(text: str) -> float:
    """Return a number of days above 0."""
    value = float(text)
    if not 0 < value < math.inf:
        raise ValueError(text)
    return value


def conventions(text: str) -> bool:
    """Tell whether the conventions' redesigned metric names are asked for."""
    return "gen_ai_latest_experimental" in names(text)
