"""Knows how one line of a telemetry file is decoded: whole, glued to others, torn or foreign."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import cast

from agentel.local.decode import SIGNALS, decode_line
from agentel.local.records import Record
from agentel.local.skipped import Lines, Skipped
from agentel.local.values import Json

__all__ = ["LineDecoder", "Place"]

Place = tuple[str, int]
"""The name of a file and the number of a line in it, from 1."""

_STARTS = tuple(f'{{"{name}"' for name in SIGNALS)
_LONGEST_START = max(map(len, _STARTS))
_START = re.compile("|".join(map(re.escape, _STARTS)))
_WORD = re.compile(r"\S")
_METRICS_START = (b'{"resourceMetrics"',)
_NO_START: tuple[bytes, ...] = ()
_MOST_FAILURES = 1_000
"""Torn pieces on one line after which it is given up: each costs time by the length of the line."""

_DECODER = json.JSONDecoder()


class LineDecoder:
    """Decodes lines, and counts in `skipped` what cannot be decoded.

    Bytes that are no UTF-8 are replaced by U+FFFD. `without_metrics` passes over metrics.
    """

    def __init__(self, *, without_metrics: bool = False) -> None:
        self._without_metrics = without_metrics
        self._unwanted = _METRICS_START if without_metrics else _NO_START
        self.skipped = Skipped()

    def records(self, line: bytes, place: Place) -> Iterator[Record]:
        """Return the records of a line; a torn piece is skipped up to the next whole one."""
        if line.startswith(self._unwanted):
            return iter(())
        try:
            whole = json.loads(line)
        except (ValueError, RecursionError):
            return self._pieces(line.decode("utf-8", "replace").strip(), place)
        if _is_otlp(whole):
            return decode_line(whole, self._without_metrics)
        _note(self.skipped.foreign, place)
        return iter(())

    def skip_long(self, place: Place) -> None:
        """Count a line that was too long to be read."""
        _note(self.skipped.long, place)

    def _pieces(self, text: str, place: Place) -> Iterator[Record]:
        start = failures = 0
        while start < len(text) and failures < _MOST_FAILURES:
            try:
                piece, end = _DECODER.raw_decode(text, start)
            except (ValueError, RecursionError):
                # A piece that cannot be read is cut short if it begins as one of ours.
                torn = _START.match(text, start) or _is_begin(text[start : start + _LONGEST_START])
                _note(self.skipped.torn if torn else self.skipped.foreign, place)
                start = _next(_START, text, start + 1)
                failures += 1
            else:
                if _is_otlp(piece):
                    yield from decode_line(piece, self._without_metrics)
                else:
                    _note(self.skipped.foreign, place)
                start = _next(_WORD, text, end)


def _next(pattern: re.Pattern[str], text: str, start: int) -> int:
    """Return where the next match begins, or the end of the text."""
    found = pattern.search(text, start)
    return found.start() if found else len(text)


def _note(lines: dict[str, Lines], place: Place) -> None:
    name, number = place
    lines.setdefault(name, Lines()).add(number)


def _is_otlp(value: object) -> bool:
    return isinstance(value, dict) and any(name in cast("Json", value) for name in SIGNALS)


def _is_begin(text: str) -> bool:
    """Return whether `text` is so short that it may become the begin of an OTLP object."""
    return any(start.startswith(text) for start in _STARTS)
