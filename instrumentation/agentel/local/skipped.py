"""Knows which lines of which files had to be left out in reading, and how a person is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from agentel.local.lines import LONGEST_LINE

__all__ = ["EXPECTED", "Lines", "Skipped", "SourceError"]

EXPECTED = "one OTLP JSON object a line (resourceSpans, resourceMetrics or resourceLogs)"
"""What a line should have been."""


class SourceError(Exception):
    """What was to be read is not there, or cannot be read. The message is for the user."""


@dataclass(slots=True)
class Lines:
    """Lines of one file: how many, and the numbers of the first and the last."""

    count: int = 0
    first: int = 0
    last: int = 0

    def add(self, number: int) -> None:
        """Count a line; the same line again is not counted again."""
        if number != self.last:
            self.count += 1
            self.first = self.first or number
            self.last = number


@dataclass(slots=True)
class Skipped:
    """Lines left out, by the name of their file: foreign, cut short, or longer than is read."""

    foreign: dict[str, Lines] = field(default_factory=dict[str, Lines])
    torn: dict[str, Lines] = field(default_factory=dict[str, Lines])
    long: dict[str, Lines] = field(default_factory=dict[str, Lines])

    def __bool__(self) -> bool:
        return bool(self.foreign or self.torn or self.long)

    def merge(self, other: Skipped) -> None:
        """Take in another pass over the same files; a line that both skipped is counted once."""
        for ours, theirs in (
            (self.foreign, other.foreign),
            (self.torn, other.torn),
            (self.long, other.long),
        ):
            for name, lines in theirs.items():
                if name not in ours or ours[name].count < lines.count:
                    ours[name] = lines

    def sentences(self) -> list[str]:
        """Return a sentence for each kind of trouble: how much, where first, what was expected."""
        said: list[str] = []
        if self.foreign:
            said.append(f"{_where('skipped as foreign', self.foreign)}; expected {EXPECTED}.")
        if self.torn:
            said.append(
                f"{_where('cut short and skipped', self.torn)}; the writer was killed or is still "
                "writing."
            )
        if self.long:
            said.append(
                f"{_where('too long and skipped', self.long)}; expected at most "
                f"{LONGEST_LINE >> 20} MiB a line. Let the writer send smaller batches."
            )
        return said


def _where(trouble: str, found: Mapping[str, Lines]) -> str:
    count = sum(lines.count for lines in found.values())
    many = "1 line was" if count == 1 else f"{count:,} lines were"
    files = f" in {len(found):,} files" if len(found) > 1 else ""
    name, lines = next(iter(found.items()))
    return f"{many} {trouble}{files}, the first at {name}:{lines.first}"
