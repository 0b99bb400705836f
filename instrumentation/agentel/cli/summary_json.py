"""Knows a summary as one JSON object, for programs."""

from __future__ import annotations

import json

from agentel.local.summary import AgentTally, ModelTally, Summary, Tally, Usage
from agentel.local.values import Json

__all__ = ["summary_json"]


def summary_json(title: str, summary: Summary) -> str:
    """Return the summary as indented JSON in ASCII.

    Shape: `{of, traces, calls, tools, memory_operations, usage, errors, models, tools_used,
    agents}`; the last four are objects by name. Latencies are milliseconds, rates are shares of 1;
    what nobody said is null.
    """
    fields: Json = {
        "of": title,
        "traces": len(summary.traces),
        "calls": _tally(summary.calls),
        "tools": _tally(summary.tools),
        "memory_operations": summary.memory_operations,
        "usage": _usage(summary.usage),
        "errors": dict(summary.errors.most_common()),
        "models": {name: _model(model) for name, model in summary.models.items()},
        "tools_used": {name: _tally(tool) for name, tool in summary.tools_used.items()},
        "agents": {name: _agent(agent) for name, agent in summary.agents.items()},
    }
    return json.dumps(fields, indent=2)


def _tally(tally: Tally) -> Json:
    return {
        "count": tally.count,
        "success_rate": tally.success_rate,
        "avg_latency_ms": tally.average_ms,
        "p95_latency_ms": tally.p95_ms,
        "retries": tally.retries,
    }


def _usage(usage: Usage) -> Json:
    return {
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "cached_tokens": usage.cached_tokens,
        "calls_with_tokens": usage.metered,
        "costs": usage.costs,
        "calls_with_cost": usage.priced,
    }


def _model(model: ModelTally) -> Json:
    return _tally(model.calls) | {"usage": _usage(model.usage)}


def _agent(agent: AgentTally) -> Json:
    return _tally(agent.runs) | {"calls": agent.calls, "usage": _usage(agent.usage)}
