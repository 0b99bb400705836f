"""Knows how a span or an event is put into one line: model, tokens, cost, retries, outcome."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import cast

from agentel import semconv
from agentel.cli.screen import Line, outcome_style
from agentel.cli.wording import count, duration, escaped, plural
from agentel.local import facts
from agentel.local.records import SpanRecord

__all__ = ["add_event", "add_span"]


def add_span(line: Line, span: SpanRecord) -> Line:
    """Add what an ended span says, after its name; an outcome only where it tells something."""
    outcome = facts.outcome(span)
    line.add("  ").add(duration(span.duration_ns))
    for part in _facts(span):
        line.add("  ").add(part)
    if (
        facts.operation(span)
        or outcome != "completed"
        or semconv.AGENTEL_OUTCOME in span.attributes
    ):
        line.add("  ").add(_outcome(span), outcome_style(outcome))
    if span.attributes.get(semconv.AGENTEL_RESULT_SUCCESS) is False:
        line.add("  ").add("unsuccessful", "yellow")
    return line


def _facts(span: SpanRecord) -> Iterator[str]:
    model = facts.model(span)
    if model and facts.text(span.attributes, semconv.GEN_AI_REQUEST_MODEL) not in span.name:
        yield escaped(model)
    used = facts.tokens(span)
    if used.input is not None or used.output is not None:
        yield _tokens(used) + _of_which(used)
    cost = facts.cost(span)
    if cost is not None:
        yield f"{cost.amount:.6g} {escaped(cost.currency)}"
    retries = facts.retries(span)
    if retries:
        yield plural(retries, "retry", "retries")


def _tokens(used: facts.Tokens) -> str:
    if used.output is None:
        return f"{count(used.input)} tok in"
    if used.input is None:
        return f"{count(used.output)} tok out"
    return f"{count(used.input)}→{count(used.output)} tok"


def _of_which(used: facts.Tokens) -> str:
    parts = [
        f"{word} {count(number)}"
        for word, number in (("cached", used.cached), ("reasoning", used.reasoning))
        if number
    ]
    return f" ({', '.join(parts)})" if parts else ""


def _outcome(span: SpanRecord) -> str:
    outcome = facts.outcome(span)
    if outcome not in ("error", "cut"):
        return escaped(outcome)
    category = facts.error_category(span)
    kind = facts.text(span.attributes, semconv.ERROR_TYPE)
    words = (outcome.upper(), category, kind if kind != category else "", span.status_message)
    return " ".join(escaped(word) for word in words if word)


def add_event(line: Line, name: str, attributes: Mapping[str, object]) -> Line:
    """Add an event's name and attributes; those below its name are shown without it."""
    line.add(escaped(name))
    own = f"{name}."
    for key, value in attributes.items():
        line.add(f"  {escaped(key.removeprefix(own))}=", "dim").add(escaped(_shown(value)))
    return line


def _shown(value: object) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_shown, cast('list[object]', value)))}]"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
