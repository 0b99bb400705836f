"""Knows how a summary is laid out for reading: numbers first, then a table of each kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeVar

from agentel.cli.screen import Line
from agentel.cli.table import Column, table_lines
from agentel.cli.wording import count, escaped, milliseconds, percent, plural, tokens
from agentel.local.summary import AgentTally, ModelTally, Summary, Tally, Usage

__all__ = ["summary_lines"]

_Value = TypeVar("_Value")

_WIDTH = 16
_MOST_ROWS = 20
_LONGEST_NAME = 40
_LATENCY = (
    Column("success", is_number=True),
    Column("avg", is_number=True),
    Column("p95", is_number=True),
)
_USAGE = (Column("tokens", is_number=True), Column("cost", is_number=True))
_CALLS = Column("calls", is_number=True)
_MODELS = (Column("model"), _CALLS, *_LATENCY, *_USAGE)
_TOOLS = (Column("tool"), _CALLS, *_LATENCY)
_AGENTS = (Column("agent"), Column("runs", is_number=True), *_LATENCY, _CALLS, *_USAGE)


def summary_lines(title: str, summary: Summary) -> Iterator[Line]:
    """Yield the summary: a heading, one line a number, a table each for models, tools, agents.

    `title` is escaped.
    """
    yield Line().add(title, "bold").add(f" · {plural(len(summary.traces), 'trace')}", "dim")
    yield _line("LLM calls", count(summary.calls.count))
    yield from _quality(summary.calls)
    yield _line("  retries", count(summary.calls.retries))
    yield _line("Tool calls", count(summary.tools.count))
    yield from _quality(summary.tools)
    yield _line("Memory ops", count(summary.memory_operations))
    yield _line("Tokens", _tokens(summary))
    yield _line("Cost", _cost(summary.usage, summary.calls.count))
    yield _line("Errors", count(summary.errors.total()))
    for category, number in sorted(summary.errors.items(), key=lambda item: (-item[1], item[0])):
        yield _line(f"  {escaped(category)}", count(number))
    yield from _table(_MODELS, list(_models(summary.models)))
    yield from _table(_TOOLS, list(_tools(summary.tools_used)))
    yield from _table(_AGENTS, list(_agents(summary.agents)))


def _line(name: str, value: str) -> Line:
    return Line().add(f"{name:<{_WIDTH}} ", "dim").add(value)


def _quality(tally: Tally) -> Iterator[Line]:
    yield _line("  success rate", percent(tally.success_rate))
    if tally.count:
        yield _line("  avg latency", milliseconds(tally.average_ms))
        yield _line("  p95 latency", milliseconds(tally.p95_ms))


def _tokens(summary: Summary) -> str:
    used = summary.usage
    if used.input_tokens is None and used.output_tokens is None:
        return "n/a"
    said = f"{count(used.input_tokens)} in, {count(used.output_tokens)} out"
    if used.cached_tokens:
        said += f" ({count(used.cached_tokens)} cached)"
    return said + _from(used.metered, summary.calls.count)


def _cost(used: Usage, calls: int) -> str:
    return _costs(used) + (_from(used.priced, calls) if used.costs else "")


def _from(known: int, of_all: int) -> str:
    """Say how many calls a total is made of, unless it is all of them."""
    return "" if known == of_all else f", from {count(known)} of {plural(of_all, 'call')}"


def _table(columns: Sequence[Column], rows: Sequence[tuple[str, ...]]) -> Iterator[Line]:
    if rows:
        yield Line()
        yield from table_lines(columns, rows[:_MOST_ROWS])
    if len(rows) > _MOST_ROWS:
        yield Line().add(f"and {count(len(rows) - _MOST_ROWS)} more", "dim")


def _sorted(
    found: Mapping[str, _Value], number: Callable[[_Value], int]
) -> list[tuple[str, _Value]]:
    """Return what was used most first."""
    return sorted(found.items(), key=lambda item: (-number(item[1]), item[0]))


def _models(models: Mapping[str, ModelTally]) -> Iterator[tuple[str, ...]]:
    for name, model in _sorted(models, lambda model: model.calls.count):
        yield (_name(name), *_latency(model.calls), *_used(model.usage))


def _tools(tools: Mapping[str, Tally]) -> Iterator[tuple[str, ...]]:
    for name, tool in _sorted(tools, lambda tool: tool.count):
        yield (_name(name), *_latency(tool))


def _agents(agents: Mapping[str, AgentTally]) -> Iterator[tuple[str, ...]]:
    for name, agent in _sorted(agents, lambda agent: agent.runs.count):
        yield (_name(name), *_latency(agent.runs), count(agent.calls), *_used(agent.usage))


def _name(name: str) -> str:
    shown = escaped(name)
    return shown if len(shown) <= _LONGEST_NAME else f"{shown[: _LONGEST_NAME - 1]}…"


def _latency(tally: Tally) -> tuple[str, ...]:
    return (
        count(tally.count),
        percent(tally.success_rate),
        milliseconds(tally.average_ms),
        milliseconds(tally.p95_ms),
    )


def _used(usage: Usage) -> tuple[str, str]:
    return tokens(usage.input_tokens, usage.output_tokens), _costs(usage)


def _costs(usage: Usage) -> str:
    amounts = (f"{amount:.4f} {escaped(unit)}" for unit, amount in sorted(usage.costs.items()))
    return ", ".join(amounts) or "n/a"
