"""Knows the command `agentel summary`: what a run, a trace or everything adds up to."""

from __future__ import annotations

from collections.abc import Iterator

import click

from agentel.cli.choosing import LAST, choose_trace, pick_run
from agentel.cli.failure import NOT_FOUND, Failure
from agentel.cli.screen import Line, show
from agentel.cli.sources import Source, from_option, open_source
from agentel.cli.summary_json import summary_json
from agentel.cli.summary_lines import summary_lines
from agentel.cli.wording import escaped
from agentel.local.records import SpanRecord
from agentel.local.summary import Summary, summarise, summarise_runs

__all__ = ["command"]


@click.command("summary")
@click.argument("trace", metavar="[ID]", required=False)
@click.option("--run", "run_id", metavar="ID", help=f"A run, or '{LAST}'.  [default: {LAST}]")
@click.option("--all", "everything", is_flag=True, help="Everything there is.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
@from_option
def command(
    *,
    trace: str | None,
    run_id: str | None,
    everything: bool,
    as_json: bool,
    sources: tuple[str, ...],
) -> int:
    r"""Add up calls, tools, tokens, cost and errors.

    Of the last run, or of a trace if its ID, the first digits of it, or 'last' is given. Files
    that say nothing of runs are added up as a whole.

    \b
    Examples:
      agentel summary
      agentel summary 3b739f0e
      agentel summary --all --json
      agentel summary --from 'collector/*.jsonl'
    """
    if bool(trace) + bool(run_id) + everything > 1:
        raise click.UsageError("name a trace, or --run, or --all: one of them.")
    with open_source(sources) as source:
        if trace:
            title, summary = _of_trace(source, trace)
        elif everything:
            title, summary = source.name, summarise(_spans(source))
        else:
            title, summary = _of_run(source, run_id)
        source.refuse_foreign()
        show(
            [Line().add(summary_json(title, summary))] if as_json else summary_lines(title, summary)
        )
        source.complain()
    return 0


def _of_trace(source: Source, asked: str) -> tuple[str, Summary]:
    head = choose_trace(source, asked)
    spans = _spans(source, head.trace_id, since_ns=head.start_ns)
    return f"trace {head.trace_id}", summarise(
        span for span in spans if span.trace_id == head.trace_id
    )


def _of_run(source: Source, asked: str | None) -> tuple[str, Summary]:
    """Return one run's summary; of everything if nobody asked for a run and there is none."""
    runs = source.runs()
    if runs is not None:
        chosen = pick_run(source, runs, asked or LAST)
        found = summarise_runs(_spans(source, run_id=chosen))
        return f"run {escaped(chosen)}", found.get(chosen, Summary())
    found = summarise_runs(_spans(source))
    if not found:
        source.refuse_foreign()
        raise Failure(f"there is no span in {source.name} yet.", NOT_FOUND)
    if asked is None and found.keys() == {""}:
        return source.name, found[""]
    named = {run_id: (one.start_ns, 0) for run_id, one in found.items() if run_id}
    chosen = pick_run(source, named, asked or LAST)
    return f"run {escaped(chosen)}", found[chosen]


def _spans(
    source: Source, containing: str = "", *, run_id: str = "", since_ns: int = 0
) -> Iterator[SpanRecord]:
    for record in source.records(containing, run_id=run_id, since_ns=since_ns):
        if isinstance(record, SpanRecord):
            yield record
