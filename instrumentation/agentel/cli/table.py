"""Knows how rows are laid out as a table: widths by content, numbers to the right."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from agentel.cli.screen import Line, Style

__all__ = ["Column", "table_lines"]


def _plain(cell: str) -> Style:
    return ""


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its title, whether its cells are numbers, and how a cell looks."""

    title: str
    is_number: bool = False
    style: Callable[[str], Style] = _plain


def table_lines(columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> Iterator[Line]:
    """Yield a heading and the rows; a terminal cuts each at its width. Cells are escaped."""
    titles = [column.title for column in columns]
    widths = [max(map(len, cells)) for cells in zip(titles, *rows, strict=True)]
    for number, row in enumerate((titles, *rows)):
        line = Line(is_cut=True)
        for column, cell, width in zip(columns, row, widths, strict=True):
            padded = cell.rjust(width) if column.is_number else cell.ljust(width)
            line.add(padded + "  ", column.style(cell) if number else "dim")
        yield line
