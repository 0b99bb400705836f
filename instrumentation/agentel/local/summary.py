"""Knows how records add up: calls, success, latency, retries, tools, memory, tokens and cost."""

from __future__ import annotations

import math
from array import array
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from agentel.local import facts
from agentel.local.records import SpanRecord

__all__ = [
    "OTHERS",
    "AgentTally",
    "ModelTally",
    "Summary",
    "Tally",
    "Usage",
    "summarise",
    "summarise_runs",
]

OTHERS = "(others)"
"""The name under which everything is counted once there are `_MOST_NAMES` names of a kind."""

_MOST_NAMES = 1_000
_P95 = 0.95
_DIGITS = 3
"""Of a millisecond; below are those that four bytes do not hold."""


@dataclass(slots=True)
class Tally:
    """Calls of one kind. Durations are nanoseconds."""

    count: int = 0
    succeeded: int = 0
    retries: int = 0
    duration_ns: int = 0
    # Four bytes a call: a percentile needs them all, and seven digits of each are enough.
    _durations_ms: array[float] = field(default_factory=lambda: array("f"))

    def add(self, duration_ns: int, *, succeeded: bool, retries: int = 0) -> None:
        """Count one call."""
        self.count += 1
        self.succeeded += succeeded
        self.retries += retries
        self.duration_ns += duration_ns
        self._durations_ms.append(duration_ns / 1e6)

    @property
    def success_rate(self) -> float | None:
        """Succeeded calls by all calls, 0 to 1; None without any call."""
        return self.succeeded / self.count if self.count else None

    @property
    def average_ms(self) -> float | None:
        """Milliseconds a call took on average; None without any call."""
        return self.duration_ns / self.count / 1e6 if self.count else None

    @property
    def p95_ms(self) -> float | None:
        """Milliseconds that 95 of 100 calls did not exceed (nearest rank); None without any."""
        if not self.count:
            return None
        return round(sorted(self._durations_ms)[math.ceil(_P95 * self.count) - 1], _DIGITS)


@dataclass(slots=True)
class Usage:
    """Tokens and cost of some calls.

    Tokens are None as long as no call said any, and `metered` says how many calls did; `costs` has
    an amount per currency, and `priced` says how many calls they are for.
    """

    input_tokens: int | None = None
    output_tokens: int | None = None
    cached_tokens: int | None = None
    metered: int = 0
    costs: dict[str, float] = field(default_factory=dict[str, float])
    priced: int = 0

    def add(self, used: facts.Tokens, cost: facts.Cost | None) -> None:
        """Add what one call used."""
        self.metered += used.input is not None or used.output is not None
        self.input_tokens = facts.plus(self.input_tokens, used.input)
        self.output_tokens = facts.plus(self.output_tokens, used.output)
        self.cached_tokens = facts.plus(self.cached_tokens, used.cached)
        if cost is not None:
            self.priced += 1
            self.costs[cost.currency] = self.costs.get(cost.currency, 0.0) + cost.amount


@dataclass(slots=True)
class ModelTally:
    """The calls of one model, and what they used."""

    calls: Tally = field(default_factory=Tally)
    usage: Usage = field(default_factory=Usage)


@dataclass(slots=True)
class AgentTally:
    """The runs of one agent, and the model calls that were made for it."""

    runs: Tally = field(default_factory=Tally)
    calls: int = 0
    usage: Usage = field(default_factory=Usage)


@dataclass(slots=True)
class Summary:
    """What a set of spans adds up to.

    `errors` counts failed calls, tools and memory operations by category. `models`, `tools_used`
    and `agents` have the same by name, `unknown` where a span has none. `start_ns` is when the
    latest span began.
    """

    traces: set[str] = field(default_factory=set[str])
    start_ns: int = 0
    calls: Tally = field(default_factory=Tally)
    tools: Tally = field(default_factory=Tally)
    memory_operations: int = 0
    usage: Usage = field(default_factory=Usage)
    errors: Counter[str] = field(default_factory=Counter[str])
    models: dict[str, ModelTally] = field(default_factory=dict[str, ModelTally])
    tools_used: dict[str, Tally] = field(default_factory=dict[str, Tally])
    agents: dict[str, AgentTally] = field(default_factory=dict[str, AgentTally])

    def add(self, span: SpanRecord) -> None:
        """Count one span, if it is of a kind that is counted."""
        self.traces.add(span.trace_id)
        self.start_ns = max(self.start_ns, span.start_ns)
        kind = facts.kind(span)
        if not kind:
            return
        took, succeeded = span.duration_ns, facts.succeeded(span)
        if kind == "agent":
            self._agent(facts.agent(span)).runs.add(took, succeeded=succeeded)
            return
        if kind == "call":
            self._add_call(span, took, succeeded)
        elif kind == "tool":
            name, retries = _named(self.tools_used, facts.tool(span)), facts.retries(span)
            tool = self.tools_used.get(name) or self.tools_used.setdefault(name, Tally())
            for tally in (self.tools, tool):
                tally.add(took, succeeded=succeeded, retries=retries)
        else:
            self.memory_operations += 1
        category = facts.error_category(span)
        if category:
            self.errors[_named(self.errors, category)] += 1

    def _add_call(self, span: SpanRecord, took: int, succeeded: bool) -> None:
        used, cost, retries = facts.tokens(span), facts.cost(span), facts.retries(span)
        name = _named(self.models, facts.model(span))
        model = self.models.get(name) or self.models.setdefault(name, ModelTally())
        for tally in (self.calls, model.calls):
            tally.add(took, succeeded=succeeded, retries=retries)
        usages = [self.usage, model.usage]
        asking = facts.agent(span)
        if asking:
            agent = self._agent(asking)
            agent.calls += 1
            usages.append(agent.usage)
        for usage in usages:
            usage.add(used, cost)

    def _agent(self, name: str) -> AgentTally:
        known = _named(self.agents, name)
        return self.agents.get(known) or self.agents.setdefault(known, AgentTally())


def _named(known: Mapping[str, object], name: str) -> str:
    """Return the name to count under: a file could hold any number of them."""
    name = name or "unknown"
    return name if name in known or len(known) < _MOST_NAMES else OTHERS


def summarise(spans: Iterable[SpanRecord]) -> Summary:
    """Return what `spans` add up to."""
    summary = Summary()
    for span in spans:
        summary.add(span)
    return summary


def summarise_runs(spans: Iterable[SpanRecord]) -> dict[str, Summary]:
    """Return what the spans of each run add up to, by run id; '' has those of no run."""
    found: dict[str, Summary] = {}
    summary, resource = Summary(), None
    for span in spans:
        # All spans of a batch have the same one: looking it up costs more than adding up.
        if span.resource is not resource:
            resource = span.resource
            summary = found.setdefault(facts.run_id(resource), Summary())
        summary.add(span)
    return found
