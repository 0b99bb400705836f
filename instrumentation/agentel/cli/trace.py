"""Knows the command `agentel trace`: one trace as a tree."""

from __future__ import annotations

from collections.abc import Iterator

import click

from agentel import semconv
from agentel.cli.choosing import LAST, choose_trace, load_trace
from agentel.cli.content import content_lines
from agentel.cli.describing import add_event, add_span
from agentel.cli.screen import Line, outcome_style, show
from agentel.cli.sources import from_option, open_source
from agentel.cli.trace_json import trace_json
from agentel.cli.wording import clock, duration, escaped
from agentel.local.tree import ELSEWHERE, NOT_ENDED, UNSEEN, Node, Trace

__all__ = ["command", "trace_lines"]

_ABSENT = {
    ELSEWHERE: "in another process, not in these files",
    UNSEEN: "not ended, or not in these files",
}
"""What is said of a parent that was not read; any other did not end."""

_SILENT_EVENTS = frozenset(
    {semconv.EVENT_AGENTEL_STARTED, semconv.EVENT_GEN_AI_CLIENT_INFERENCE_OPERATION_DETAILS}
)
"""Events that the tree says in another way."""


@click.command("trace")
@click.argument("asked", metavar="[ID]", default=LAST)
@click.option("--json", "as_json", is_flag=True, help="Print the tree as JSON.")
@click.option("--full", is_flag=True, help="Do not cut long content.")
@from_option
def command(asked: str, as_json: bool, full: bool, sources: tuple[str, ...]) -> int:
    r"""Show one trace as a tree.

    ID is a trace id, its first digits, or 'last' (the default). The tree has durations, models,
    tokens, tools, retries, errors and outcomes, and content if it was captured.

    \b
    Examples:
      agentel trace
      agentel trace 3b739f0e --full
      agentel trace last --json --from collector/
    """
    with open_source(sources) as source:
        trace = load_trace(source, choose_trace(source, asked))
        if as_json:
            show([Line().add(trace_json(trace))])
        else:
            show(trace_lines(trace, full=full))
        source.complain()
    return 0


def trace_lines(trace: Trace, *, full: bool = False) -> Iterator[Line]:
    """Yield the trace as lines: a header, an empty line, the tree."""
    yield Line().add("trace ", "dim").add(trace.trace_id, "bold")
    yield _header(trace)
    yield Line()
    for root in trace.roots:
        yield from _tree(root, full)


def _header(trace: Trace) -> Line:
    line = Line().add(clock(trace.start_ns))
    if trace.end_ns:
        line.add(" · ", "dim").add(duration(max(0, trace.end_ns - trace.start_ns)))
    line.add(" · ", "dim").add(trace.outcome, outcome_style(trace.outcome))
    if trace.service:
        line.add(" · service ", "dim").add(escaped(trace.service))
    if trace.run_id:
        line.add(" · run ", "dim").add(escaped(trace.run_id))
    return line


def _tree(root: Node, full: bool) -> Iterator[Line]:
    """Yield the lines of a root; each node's own signs, then what it says, then its children."""
    waiting: list[tuple[Node, str, str]] = [(root, "", "")]
    while waiting:
        node, sign, lead = waiting.pop()
        below = lead + ("│ " if node.children else "  ")
        yield _node_line(node, Line(lead=lead).add(sign, "dim"))
        for event in node.events:
            if event.name not in _SILENT_EVENTS:
                said = Line(lead=below).add(below, "dim").add("• ", "dim")
                yield add_event(said, event.name, event.attributes)
        for who, text in content_lines(node, full):
            said = Line(lead=below).add(below, "dim")
            yield said.add(f"{who}: ", "bold").add(text, "dim")
        last = len(node.children) - 1
        for place in range(last, -1, -1):
            branch, rest = ("└─ ", "   ") if place == last else ("├─ ", "│  ")
            waiting.append((node.children[place], lead + branch, lead + rest))


def _node_line(node: Node, line: Line) -> Line:
    line.add(escaped(node.name) or f"span {node.span_id}", "bold")
    if node.span is None:
        word = _ABSENT.get(node.outcome, NOT_ENDED)
        return line.add("  ").add(word, "yellow" if node.outcome == NOT_ENDED else "dim")
    return add_span(line, node.span)
