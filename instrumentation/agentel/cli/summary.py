"""Knows the command `agentel summary`: what a run, a trace or everything adds up to."""

from __future__ import annotations

from collections.abc import Iterator

import click

from agentel.cli.choosing import LAST, choose_run, choose_trace
from agentel.cli.screen import Line, show
from agentel.cli.sources import Source, from_option, open_source
from agentel.cli.wording import count, escaped, percent, plural
from agentel.local import facts
from agentel.local.records import SpanRecord
from agentel.local.summary import Summary, Tally, summarise

__all__ = ["command", "summary_lines"]

_WIDTH = 16


@click.command("summary")
@click.argument("trace", metavar="[ID]", required=False)
@click.option("--run", "run_id", metavar="ID", help=f"A run, or '{LAST}'.  [default: {LAST}]")
@click.option("--all", "everything", is_flag=True, help="Everything there is.")
@from_option
def command(
    trace: str | None, run_id: str | None, everything: bool, sources: tuple[str, ...]
) -> int:
    """Add up calls, tools, tokens, cost and errors.

    Of the last run, or of a trace if its ID, the first digits of it, or 'last' is given.
    """
    if bool(trace) + bool(run_id) + everything > 1:
        raise click.UsageError("name a trace, or --run, or --all: one of them.")
    source = open_source(sources)
    if trace:
        title, spans = _of_trace(source, trace)
    elif everything:
        title, spans = source.name, _spans(source)
    else:
        title, spans = _of_run(source, run_id or LAST)
    summary = summarise(spans)
    source.refuse_foreign()
    show(summary_lines(title, summary))
    source.complain()
    return 0


def _of_trace(source: Source, asked: str) -> tuple[str, Iterator[SpanRecord]]:
    trace_id = choose_trace(source, asked)
    spans = _spans(source, trace_id)
    return f"trace {trace_id}", (span for span in spans if span.trace_id == trace_id)


def _of_run(source: Source, asked: str) -> tuple[str, Iterator[SpanRecord]]:
    run_id = choose_run(source, asked)
    spans = _spans(source, run_id)
    return f"run {run_id}", (span for span in spans if facts.run_id(span.resource) == run_id)


def _spans(source: Source, containing: str = "") -> Iterator[SpanRecord]:
    for record in source.records(containing=containing.encode()):
        if isinstance(record, SpanRecord):
            yield record


def summary_lines(title: str, summary: Summary) -> Iterator[Line]:
    """Yield the summary as a heading and one line a number."""
    yield (
        Line().add(escaped(title), "bold").add(f" · {plural(len(summary.traces), 'trace')}", "dim")
    )
    yield _line("LLM calls", count(summary.calls.count))
    yield _line("  success rate", _rate(summary.calls))
    yield _line("  avg latency", _latency(summary.calls))
    yield _line("  retries", count(summary.calls.retries))
    yield _line("Tool calls", count(summary.tools.count))
    yield _line("  success rate", _rate(summary.tools))
    yield _line("Memory ops", count(summary.memory_operations))
    yield _line("Tokens", _tokens(summary))
    yield _line("Cost", _cost(summary))
    yield _line("Errors", count(summary.errors.total()) if summary.errors else "0")
    for category, number in sorted(summary.errors.items(), key=lambda item: (-item[1], item[0])):
        yield _line(f"  {escaped(category)}", count(number))


def _line(name: str, value: str) -> Line:
    return Line().add(f"{name:<{_WIDTH}} ", "dim").add(value)


def _rate(tally: Tally) -> str:
    return percent(tally.success_rate)


def _latency(tally: Tally) -> str:
    average = tally.average_ms
    return "n/a" if average is None else f"{average:,.0f}ms"


def _tokens(summary: Summary) -> str:
    if summary.input_tokens is None and summary.output_tokens is None:
        return "n/a"
    said = f"{count(summary.input_tokens)} in, {count(summary.output_tokens)} out"
    if summary.cached_tokens:
        said += f" ({count(summary.cached_tokens)} cached)"
    return said + _from(summary.metered, summary.calls.count)


def _cost(summary: Summary) -> str:
    if not summary.costs:
        return "n/a"
    amounts = ", ".join(
        f"{amount:.4f} {escaped(currency)}" for currency, amount in sorted(summary.costs.items())
    )
    return amounts + _from(summary.priced, summary.calls.count)


def _from(known: int, of_all: int) -> str:
    """Say how many calls a total is made of, unless it is all of them."""
    return "" if known == of_all else f", from {count(known)} of {plural(of_all, 'call')}"
