"""Knows the command `agentel traces`: a list of traces, the last one first."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Sequence
from itertools import pairwise

import click

from agentel.cli.choosing import choose_run, newest
from agentel.cli.filters import filter_options, filters_from
from agentel.cli.screen import Line, Style, outcome_style, show
from agentel.cli.sources import from_option, open_source
from agentel.cli.table import Column, table_lines
from agentel.cli.wording import clock, count, duration, escaped, plural, tokens
from agentel.local.index import Head

__all__ = ["command", "traces_json", "traces_lines"]

_SHORT_ID = 8


def _bold(cell: str) -> Style:
    return "bold"


_COLUMNS = (
    Column("trace", style=_bold),
    Column("started"),
    Column("duration", is_number=True),
    Column("calls", is_number=True),
    Column("tokens", is_number=True),
    Column("outcome", style=outcome_style),
    Column("name"),
)


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
@filter_options
@click.option("--json", "as_json", is_flag=True, help="Print the list as JSON.")
@from_option
def command(
    *, limit: int, as_json: bool, sources: tuple[str, ...], **chosen: int | str | None
) -> int:
    r"""List traces, the last one first.

    Shows when they began, how long they took, how many model calls and tokens they used, and how
    they ended. Names of services, agents and models may have '*' for any text.

    \b
    Examples:
      agentel traces --since 2h --outcome error
      agentel traces --agent planner --model 'gpt-*' -n 5
      agentel traces --run last --json
      agentel traces --from collector/traces.jsonl
    """
    with open_source(sources) as source:
        filters = filters_from(chosen)
        if filters.run_id:
            filters = dataclasses.replace(filters, run_id=choose_run(source, filters.run_id))
        found, is_all = newest(
            source, limit, filters.take, run_id=filters.run_id, since_ns=filters.since_ns
        )
        source.refuse_foreign()
        if as_json:
            show([Line().add(traces_json(found[:limit]))])
        else:
            show(traces_lines(found, limit, is_all=is_all))
        source.complain()
    return 0


def traces_json(found: Sequence[Head]) -> str:
    """Return the traces as indented JSON in ASCII: an array of objects, in the order given.

    Tokens are null where nobody said any, the end and the duration where nothing ended.
    """
    return json.dumps([_fields(head) for head in found], indent=2)


def _fields(head: Head) -> dict[str, object]:
    return {
        "trace_id": head.trace_id,
        "name": head.name,
        "outcome": head.outcome,
        "start_time_unix_nano": head.start_ns,
        "end_time_unix_nano": head.end_ns or None,
        "duration_ms": _duration_ns(head) / 1e6 if head.end_ns else None,
        "calls": head.calls,
        "input_tokens": head.input_tokens,
        "output_tokens": head.output_tokens,
        "run_id": head.run_id,
        "services": head.services,
        "agents": head.agents,
        "models": head.models,
    }


def _duration_ns(head: Head) -> int:
    return max(0, head.end_ns - head.start_ns)


def traces_lines(found: Sequence[Head], limit: int, *, is_all: bool = True) -> Iterator[Line]:
    """Yield the first `limit` of the traces as a table; `is_all` says that there are no others."""
    if not found:
        yield Line().add("no traces")
        return
    length = _distinct_length([head.trace_id for head in found])
    yield from table_lines(_COLUMNS, [_row(head, length) for head in found[:limit]])
    if not is_all:
        yield Line().add("and earlier traces; -n shows more", "dim")
    elif len(found) > limit:
        yield Line().add(f"and {plural(len(found) - limit, 'earlier trace')}", "dim")


def _row(head: Head, length: int) -> tuple[str, ...]:
    return (
        head.trace_id[:length],
        clock(head.start_ns),
        duration(_duration_ns(head)) if head.end_ns else "n/a",
        count(head.calls),
        tokens(head.input_tokens, head.output_tokens),
        escaped(head.outcome),
        escaped(head.name) or "n/a",
    )


def _distinct_length(trace_ids: list[str]) -> int:
    """Return how many digits tell all ids apart, so that each shown id can be typed back."""
    length = _SHORT_ID
    for one, next_one in pairwise(sorted(trace_ids)):
        while one != next_one and one[:length] == next_one[:length]:
            length += 1
    return length
