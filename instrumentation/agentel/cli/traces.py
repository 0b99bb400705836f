"""Knows the command `agentel traces`: a list of traces, the last one first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import click

from agentel.cli.screen import Line, Style, show
from agentel.cli.sources import from_option, open_source
from agentel.cli.wording import clock, count, duration, escaped, plural
from agentel.local.index import Head, heads

__all__ = ["command", "traces_lines"]

_SHORT_ID = 8
_TITLES = ("trace", "started", "duration", "calls", "tokens", "outcome", "name")
_RIGHT = frozenset({"duration", "calls", "tokens"})


@click.command("traces")
@click.option(
    "-n",
    "--limit",
    type=click.IntRange(min=1),
    default=20,
    show_default=True,
    metavar="N",
    help="How many.",
)
@from_option
def command(limit: int, sources: tuple[str, ...]) -> int:
    """List traces, the last one first.

    Shows when they began, how long they took, how many model calls and tokens they used, and how
    they ended.
    """
    source = open_source(sources)
    found = list(heads(source.records()).values())
    source.refuse_foreign()
    show(traces_lines(found, limit))
    source.complain()
    return 0


def traces_lines(found: Sequence[Head], limit: int) -> Iterator[Line]:
    """Yield the last `limit` of the traces as a table."""
    newest = sorted(found, key=lambda head: (-head.start_ns, head.trace_id))
    shown = newest[:limit]
    if not shown:
        yield Line().add("no traces")
        return
    length = _distinct_length([head.trace_id for head in newest])
    rows = [_TITLES, *(_row(head, length) for head in shown)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(_TITLES))]
    for number, row in enumerate(rows):
        line = Line()
        for title, cell, width in zip(_TITLES, row, widths, strict=True):
            padded = cell.rjust(width) if title in _RIGHT else cell.ljust(width)
            line.add(padded + "  ", _style(title, cell, heading=number == 0))
        yield line
    if len(newest) > limit:
        yield Line().add(f"and {plural(len(newest) - limit, 'earlier trace')}", "dim")


def _row(head: Head, length: int) -> tuple[str, ...]:
    known = head.input_tokens is not None or head.output_tokens is not None
    return (
        head.trace_id[:length],
        clock(head.start_ns),
        duration(max(0, head.end_ns - head.start_ns)) if head.end_ns else "n/a",
        count(head.calls),
        f"{count(head.input_tokens)}→{count(head.output_tokens)}" if known else "n/a",
        escaped(head.outcome),
        escaped(head.name) or "n/a",
    )


def _distinct_length(trace_ids: list[str]) -> int:
    """Return how many digits tell all ids apart, so that each shown id can be typed back."""
    ordered = sorted(trace_ids)
    length = _SHORT_ID
    for one, next_one in pairwise(ordered):
        while one != next_one and one[:length] == next_one[:length]:
            length += 1
    return length


def _style(title: str, cell: str, *, heading: bool) -> Style:
    if heading:
        return "dim"
    if title != "outcome":
        return "bold" if title == "trace" else ""
    return "green" if cell == "completed" else "red" if cell in ("error", "cut") else "yellow"
