"""Knows how a trace or run is found by what a person types: an id, its beginning, or `last`."""

from __future__ import annotations

import heapq
import sys
from collections.abc import Callable, Mapping
from itertools import islice

from agentel.cli.failure import BAD_INPUT, NOT_FOUND, Failure
from agentel.cli.sources import Source
from agentel.cli.wording import clock, escaped, plural
from agentel.local.index import Head, Index, heads
from agentel.local.records import LogRecord, SpanRecord
from agentel.local.tree import Trace, build

__all__ = ["LAST", "choose_run", "choose_trace", "load_trace", "newest", "pick_run"]

LAST = "last"
"""The word for the trace that began last."""

_HEX = frozenset("0123456789abcdef")
_FULL_LENGTH = 32
_MOST_RECORDS = 20_000
"""Spans and events of one trace that are held at once: about 100 MB without content."""

_SHOWN = 10
"""How many candidates an error message lists."""


def newest(
    source: Source,
    limit: int,
    wants: Callable[[Head], bool],
    *,
    run_id: str = "",
    since_ns: int = 0,
) -> tuple[list[Head], bool]:
    """Return the traces that `wants` takes, the one that began last first.

    They are `limit` at least, if there are as many. Files that hold none of these are not read;
    the second value tells whether all were.
    """
    index = Index()
    left_out: list[int] = []

    def go_on(latest_ns: int) -> bool:
        # The file's traces began at `latest_ns` at the latest, and so did those of all after it.
        starts = (head.start_ns for head in index.heads() if wants(head))
        best = heapq.nlargest(limit, starts)
        if len(best) < limit or latest_ns >= best[-1]:
            return True
        left_out.append(latest_ns)
        return False

    for record in source.records(run_id=run_id, since_ns=since_ns, go_on=go_on):
        index.add(record)
    return sorted(filter(wants, index.heads()), key=_last_first), not left_out


def _last_first(head: Head) -> tuple[int, str]:
    return -head.start_ns, head.trace_id


def choose_trace(source: Source, asked: str) -> Head:
    """Return the head of the one trace that `asked` means.

    Raises Failure: NOT_FOUND if there is none, BAD_INPUT if `asked` is no id or means several.
    """
    if asked == LAST:
        return _last(source)
    prefix = asked.lower()
    if not prefix or len(prefix) > _FULL_LENGTH or not _HEX.issuperset(prefix):
        raise Failure(
            f"'{escaped(asked)}' is no trace id; expected up to 32 hex digits, or '{LAST}'.",
            BAD_INPUT,
        )
    found = [head for head in heads(source.records(prefix)) if head.trace_id.startswith(prefix)]
    if not found:
        raise _no_such_trace(source, prefix)
    if len(found) > 1:
        raise Failure(f"'{prefix}' means {_candidates(found)}\nType more of the id.", BAD_INPUT)
    return found[0]


def _last(source: Source) -> Head:
    found, _ = newest(source, 1, lambda head: True)
    if not found:
        source.refuse_foreign()
        raise Failure(
            f"there is no trace in {source.name} yet. Run a program with agentel first.", NOT_FOUND
        )
    return found[0]


def _no_such_trace(source: Source, prefix: str) -> Failure:
    # One record shows that the files can be read; without any, all is foreign.
    next(source.records(), None)
    source.refuse_foreign()
    return Failure(
        f"no trace in {source.name} has an id that begins with '{prefix}'. 'agentel traces' lists "
        "them.",
        NOT_FOUND,
    )


def choose_run(source: Source, asked: str) -> str:
    """Return the id of the one run that `asked` means: its id, the beginning of it, or `last`.

    Raises Failure: NOT_FOUND if there is none, BAD_INPUT if `asked` means several.
    """
    runs = source.runs()
    if runs is not None:
        return pick_run(source, runs, asked)
    starts: dict[str, tuple[int, int]] = {}
    for head in heads(source.records()):
        if head.run_id:
            starts[head.run_id] = max((head.start_ns, 0), starts.get(head.run_id, (0, 0)))
    return pick_run(source, starts, asked)


def pick_run(source: Source, runs: Mapping[str, tuple[int, int]], asked: str) -> str:
    """Return the one of `runs` that `asked` means; their values order them. Raises Failure."""
    if asked == LAST and runs:
        return max(runs, key=lambda run_id: (runs[run_id], run_id))
    found = [asked] if asked in runs else [key for key in runs if key.startswith(asked)]
    if not found:
        source.refuse_foreign()
        what = "no run" if asked == LAST else f"no run whose id begins with '{escaped(asked)}'"
        raise Failure(f"there is {what} in {source.name}; --all adds up everything.", NOT_FOUND)
    if len(found) > 1:
        raise Failure(
            f"'{escaped(asked)}' means {plural(len(found), 'run')}: "
            f"{', '.join(map(escaped, sorted(found)[:_SHOWN]))}. Type more of the id.",
            BAD_INPUT,
        )
    return found[0]


def load_trace(source: Source, head: Head) -> Trace:
    """Return the trace of this head as a tree.

    Of one that is too big for the memory the first part is returned, and standard error is told.
    """
    records = (
        record
        for record in source.records(head.trace_id, since_ns=head.start_ns)
        if isinstance(record, (SpanRecord, LogRecord)) and record.trace_id == head.trace_id
    )
    found = list(islice(records, _MOST_RECORDS))
    if next(records, None) is not None:
        print(
            f"agentel: trace {head.trace_id} has more than {_MOST_RECORDS:,} spans and events; "
            "those that were read first are shown.",
            file=sys.stderr,
        )
    return build(head.trace_id, found)


def _candidates(found: list[Head]) -> str:
    shown = sorted(found, key=_last_first)
    lines = [f"{plural(len(found), 'trace')}:"]
    lines += [
        f"  {head.trace_id}  {clock(head.start_ns)}  {escaped(head.name)}"
        for head in shown[:_SHOWN]
    ]
    if len(shown) > _SHOWN:
        lines.append(f"  and {len(shown) - _SHOWN:,} more")
    return "\n".join(lines)
