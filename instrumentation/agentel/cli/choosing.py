"""Knows how a trace or run is found by what a person types: an id, its beginning, or `last`."""

from __future__ import annotations

from pathlib import Path

from agentel.cli.failure import BAD_INPUT, NOT_FOUND, Failure
from agentel.cli.sources import Source
from agentel.cli.wording import clock, escaped, plural
from agentel.local.index import Head, heads
from agentel.local.records import LogRecord, SpanRecord
from agentel.local.tree import Trace, build

__all__ = ["LAST", "choose_run", "choose_trace", "load_trace"]

LAST = "last"
"""The word for the trace that began last."""

_HEX = frozenset("0123456789abcdef")
_FULL_LENGTH = 32
_SHOWN = 10
"""How many candidates an error message lists."""


def choose_trace(source: Source, asked: str) -> str:
    """Return the id of the one trace that `asked` means.

    Raises Failure: NOT_FOUND if there is none, BAD_INPUT if `asked` is no id or means several.
    """
    if asked == LAST:
        return _last(source).trace_id
    prefix = asked.lower()
    if not prefix or len(prefix) > _FULL_LENGTH or not _HEX.issuperset(prefix):
        raise Failure(
            f"'{escaped(asked)}' is no trace id; expected up to 32 hex digits, or '{LAST}'.",
            BAD_INPUT,
        )
    found = [
        head
        for head in heads(source.records(containing=prefix.encode())).values()
        if head.trace_id.startswith(prefix)
    ]
    if not found:
        raise _no_such_trace(source, prefix)
    if len(found) > 1:
        raise Failure(f"'{prefix}' means {_candidates(found)}\nType more of the id.", BAD_INPUT)
    return found[0].trace_id


def _no_such_trace(source: Source, prefix: str) -> Failure:
    there = len(heads(source.records()))
    source.refuse_foreign()
    return Failure(
        f"none of the {plural(there, 'trace')} in {source.name} has an id that begins with "
        f"'{prefix}'. 'agentel traces' lists them.",
        NOT_FOUND,
    )


def choose_run(source: Source, asked: str) -> str:
    """Return the id of the one run that `asked` means: its id, the beginning of it, or `last`.

    Raises Failure: NOT_FOUND if there is none, BAD_INPUT if `asked` means several.
    """
    starts: dict[str, int] = {}
    for head in heads(source.records()).values():
        if head.run_id:
            starts[head.run_id] = max(head.start_ns, starts.get(head.run_id, 0))
    if asked == LAST and starts:
        return max(starts, key=lambda run_id: (starts[run_id], run_id))
    found = [asked] if asked in starts else [key for key in starts if key.startswith(asked)]
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


def load_trace(source: Source, trace_id: str) -> Trace:
    """Return the trace with this full id as a tree."""
    return build(
        trace_id,
        (
            record
            for record in source.records(containing=trace_id.encode())
            if isinstance(record, (SpanRecord, LogRecord)) and record.trace_id == trace_id
        ),
    )


def _last(source: Source) -> Head:
    best: Head | None = None
    for files in _newest_first(source):
        # A file that was last written before a trace began cannot hold a later one.
        if best is not None and _written_ns(files) < best.start_ns:
            break
        for head in heads(source.records(files=files)).values():
            if best is None or (head.start_ns, head.trace_id) > (best.start_ns, best.trace_id):
                best = head
    if best is None:
        source.refuse_foreign()
        raise Failure(
            f"there is no trace in {source.name} yet. Run a program with agentel first.", NOT_FOUND
        )
    return best


def _newest_first(source: Source) -> list[list[Path]]:
    """Return the files to look at one by one; standard input counts as one with all of them."""
    if source.has_standard_input:
        return [source.files]
    return [[file] for file in sorted(source.files, key=lambda file: -_written_ns([file]))]


def _written_ns(files: list[Path]) -> int:
    times = [0]
    for file in files:
        try:
            times.append(file.stat().st_mtime_ns)
        except OSError:
            continue
    return max(times)


def _candidates(found: list[Head]) -> str:
    newest = sorted(found, key=lambda head: (-head.start_ns, head.trace_id))
    lines = [f"{plural(len(found), 'trace')}:"]
    lines += [
        f"  {head.trace_id}  {clock(head.start_ns)}  {escaped(head.name)}"
        for head in newest[:_SHOWN]
    ]
    if len(newest) > _SHOWN:
        lines.append(f"  and {len(newest) - _SHOWN:,} more")
    return "\n".join(lines)
