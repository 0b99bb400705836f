"""Knows which spans were seen, in 24 bytes a span or less: files hold millions of them."""

from __future__ import annotations

from array import array

__all__ = ["SeenSpans"]

_SMALLEST = 1 << 10
_WORD = (1 << 64) - 1


def _key(trace_id: str, span_id: str) -> int:
    # 0 marks a free place.
    return hash((trace_id, span_id)) & _WORD or 1


class SeenSpans:
    """A set of spans, kept as hashes of 64 bits in one table with open addressing.

    Two of a million different spans are taken for one with a probability of 3 in 100 million. A
    set of texts would take ten times the memory, which is what limits the size of a file.
    """

    def __init__(self) -> None:
        self._table = array("Q", [0]) * _SMALLEST
        self._used = 0

    def add(self, trace_id: str, span_id: str) -> bool:
        """Remember a span; return whether it is a new one."""
        key = _key(trace_id, span_id)
        table = self._table
        mask = len(table) - 1
        place = key & mask
        while (found := table[place]) != key:
            if not found:
                table[place] = key
                self._used += 1
                if self._used * 3 > mask * 2:
                    self._grow()
                return True
            place = (place + 1) & mask
        return False

    def has(self, trace_id: str, span_id: str) -> bool:
        """Return whether a span was added."""
        key = _key(trace_id, span_id)
        mask = len(self._table) - 1
        place = key & mask
        while (found := self._table[place]) and found != key:
            place = (place + 1) & mask
        return bool(found)

    def _grow(self) -> None:
        table = array("Q", [0]) * (2 * len(self._table))
        mask = len(table) - 1
        for key in self._table:
            if key:
                place = key & mask
                while table[place]:
                    place = (place + 1) & mask
                table[place] = key
        self._table = table
