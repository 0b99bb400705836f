"""Knows how records add up: calls, success, latency, retries, tools, memory, tokens and cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from agentel.local import facts
from agentel.local.records import SpanRecord

__all__ = ["Summary", "Tally", "summarise"]


@dataclass(slots=True)
class Tally:
    """Calls of one kind. Durations are nanoseconds."""

    count: int = 0
    succeeded: int = 0
    retries: int = 0
    duration_ns: int = 0

    def add(self, span: SpanRecord) -> None:
        """Count one call."""
        self.count += 1
        self.succeeded += facts.succeeded(span)
        self.retries += facts.retries(span)
        self.duration_ns += span.duration_ns

    @property
    def success_rate(self) -> float | None:
        """Succeeded calls by all calls, 0 to 1; None without any call."""
        return self.succeeded / self.count if self.count else None

    @property
    def average_ms(self) -> float | None:
        """Milliseconds a call took on average; None without any call."""
        return self.duration_ns / self.count / 1e6 if self.count else None


@dataclass(slots=True)
class Summary:
    """What a set of spans adds up to.

    Tokens are None as long as no call said any, and `metered` says how many calls did; `costs` has
    an amount per currency, and `priced` says how many calls they are for. `errors` counts failed
    calls, tools and memory operations by category.
    """

    traces: set[str] = field(default_factory=set[str])
    calls: Tally = field(default_factory=Tally)
    tools: Tally = field(default_factory=Tally)
    memory_operations: int = 0
    input_tokens: int | None = None
    output_tokens: int | None = None
    cached_tokens: int | None = None
    metered: int = 0
    costs: dict[str, float] = field(default_factory=dict[str, float])
    priced: int = 0
    errors: Counter[str] = field(default_factory=Counter[str])

    def add(self, span: SpanRecord) -> None:
        """Count one span, if it is of a kind that is counted."""
        self.traces.add(span.trace_id)
        if facts.is_inference(span):
            self.calls.add(span)
            self._add_usage(span)
        elif facts.is_tool(span):
            self.tools.add(span)
        elif facts.is_memory(span):
            self.memory_operations += 1
        else:
            return
        category = facts.error_category(span)
        if category:
            self.errors[category] += 1

    def _add_usage(self, span: SpanRecord) -> None:
        used = facts.tokens(span)
        self.metered += used.input is not None or used.output is not None
        self.input_tokens = facts.plus(self.input_tokens, used.input)
        self.output_tokens = facts.plus(self.output_tokens, used.output)
        self.cached_tokens = facts.plus(self.cached_tokens, used.cached)
        cost = facts.cost(span)
        if cost is not None:
            self.priced += 1
            self.costs[cost.currency] = self.costs.get(cost.currency, 0.0) + cost.amount


def summarise(spans: Iterable[SpanRecord]) -> Summary:
    """Return what `spans` add up to."""
    summary = Summary()
    for span in spans:
        summary.add(span)
    return summary
