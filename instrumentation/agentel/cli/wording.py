"""Knows how values are put into words: times, durations, counts, and text from anywhere."""

from __future__ import annotations

import unicodedata
from datetime import datetime, timezone

__all__ = [
    "clock",
    "count",
    "duration",
    "escaped",
    "milliseconds",
    "percent",
    "plural",
    "tokens",
]

_JOINERS = frozenset("\u200c\u200d")
"""Invisible characters that scripts and emoji need, and that reorder nothing."""


def escaped(text: str) -> str:
    r"""Return `text` on one line, harmless to a terminal.

    Control characters, escape sequences, line breaks, bidirectional overrides and lone surrogates
    are shown as `\n`, `\x1b`, `\u202e` and so on. Spaces of every width stay.
    """
    if text.isprintable():
        return text
    return "".join(char if _is_harmless(char) else _escape(char) for char in text)


def _is_harmless(char: str) -> bool:
    return char.isprintable() or char in _JOINERS or unicodedata.category(char) == "Zs"


def _escape(char: str) -> str:
    return char.encode("unicode_escape", "surrogatepass").decode("ascii")


def duration(nanoseconds: int) -> str:
    """Return a duration in the unit that a person would say it in."""
    seconds = nanoseconds / 1e9
    # Each bound is where rounding would reach the next unit.
    if seconds < 0.00995:
        return f"{seconds * 1e3:.1f}ms"
    if seconds < 0.9995:
        return f"{seconds * 1e3:.0f}ms"
    if seconds < 59.995:
        return f"{seconds:.2f}s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes}m{rest:02d}s"
    return f"{minutes // 60}h{minutes % 60:02d}m"


def clock(nanoseconds: int) -> str:
    """Return a time in UTC to the second, or `unknown` for 0 and what is no time."""
    try:
        when = datetime.fromtimestamp(nanoseconds // 10**9, timezone.utc)
    except (OverflowError, OSError, ValueError):
        return "unknown"
    return f"{when:%Y-%m-%d %H:%M:%S}Z" if nanoseconds else "unknown"


def count(number: int | None) -> str:
    """Return a number with separated thousands, or `n/a` if nobody knows it."""
    return "n/a" if number is None else f"{number:,}"


def tokens(given: int | None, returned: int | None) -> str:
    """Return the tokens that went in and came out, or `n/a` if nobody said any."""
    if given is None and returned is None:
        return "n/a"
    return f"{count(given)}→{count(returned)}"


def milliseconds(number: float | None) -> str:
    """Return a latency in whole milliseconds, or `n/a` if there is none."""
    return "n/a" if number is None else f"{number:,.0f}ms"


def percent(share: float | None) -> str:
    """Return a share of 1 as a percentage, or `n/a` if there is nothing to share."""
    return "n/a" if share is None else f"{share:.2%}"


def plural(number: int, one: str, many: str = "") -> str:
    """Return `number` with its word."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
