"""Knows what a recorded span says about the call behind it, in the conventions' words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from agentel import semconv
from agentel.local.records import CLIENT, ERROR, SpanRecord

__all__ = [
    "INFERENCE_OPERATIONS",
    "MEMORY_OPERATIONS",
    "Cost",
    "Kind",
    "Tokens",
    "agent",
    "announces_itself",
    "cost",
    "error_category",
    "is_inference",
    "kind",
    "model",
    "operation",
    "outcome",
    "plus",
    "retries",
    "run_id",
    "service",
    "succeeded",
    "text",
    "tokens",
    "tool",
    "whole",
]

Kind = Literal["call", "tool", "memory", "agent", ""]
"""What a span is counted as."""

INFERENCE_OPERATIONS = frozenset({"chat", "generate_content", "text_completion"})
"""Operation names of a model call."""

MEMORY_OPERATIONS = frozenset(
    {
        "create_memory_store",
        "delete_memory_store",
        "create_memory",
        "update_memory",
        "upsert_memory",
        "search_memory",
        "delete_memory",
    }
)
"""Operation names of the conventions' memory spans."""

_LEAVES = INFERENCE_OPERATIONS | MEMORY_OPERATIONS | {"execute_tool", "embeddings", "retrieval"}
_KINDS: dict[str, Kind] = {"execute_tool": "tool", "invoke_agent": "agent"}


@dataclass(frozen=True, slots=True)
class Tokens:
    """Tokens of a call, None where the provider said nothing.

    `input` includes `cached` (read from a cache), `output` includes `reasoning`.
    """

    input: int | None = None
    output: int | None = None
    cached: int | None = None
    reasoning: int | None = None


@dataclass(frozen=True, slots=True)
class Cost:
    """What a call cost, in `currency` (ISO 4217)."""

    amount: float
    currency: str


def operation(span: SpanRecord) -> str:
    """Return the operation name, or ''."""
    return text(span.attributes, semconv.GEN_AI_OPERATION_NAME)


def kind(span: SpanRecord) -> Kind:
    """Return what the span is, whoever recorded it: '' is none of what is counted."""
    done = operation(span)
    if done in INFERENCE_OPERATIONS:
        return "call" if span.kind == CLIENT else ""
    if done in MEMORY_OPERATIONS:
        return "memory"
    return _KINDS.get(done, "")


def is_inference(span: SpanRecord) -> bool:
    """Return whether the span is a model call, whoever recorded it."""
    return kind(span) == "call"


def announces_itself(span: SpanRecord) -> bool:
    """Return whether the span is of a kind whose begin is an event: agent, workflow or task."""
    done = operation(span)
    return done not in _LEAVES if done else semconv.AGENTEL_TASK_TYPE in span.attributes


def outcome(span: SpanRecord) -> str:
    """Return the span's outcome; a span without one is `error` or `completed` by its status."""
    said = text(span.attributes, semconv.AGENTEL_OUTCOME)
    return said or ("error" if span.status == ERROR else "completed")


def succeeded(span: SpanRecord) -> bool:
    """Return whether the call did what it was for; the program's own word on it comes first."""
    said = span.attributes.get(semconv.AGENTEL_RESULT_SUCCESS)
    return outcome(span) == "completed" and said is not False


def retries(span: SpanRecord) -> int:
    """Return how often the call was sent again before it ended."""
    return max(0, (whole(span.attributes, semconv.AGENTEL_ATTEMPT_COUNT) or 1) - 1)


def tokens(span: SpanRecord) -> Tokens:
    """Return the usage that the span carries."""
    attributes = span.attributes
    return Tokens(
        input=whole(attributes, semconv.GEN_AI_USAGE_INPUT_TOKENS),
        output=whole(attributes, semconv.GEN_AI_USAGE_OUTPUT_TOKENS),
        cached=whole(attributes, semconv.GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS),
        reasoning=whole(attributes, semconv.GEN_AI_USAGE_REASONING_OUTPUT_TOKENS),
    )


def cost(span: SpanRecord) -> Cost | None:
    """Return the cost that the span carries, or None where it is not known."""
    amount = span.attributes.get(semconv.AGENTEL_COST_AMOUNT)
    if isinstance(amount, bool) or not isinstance(amount, (int, float)):
        return None
    return Cost(float(amount), text(span.attributes, semconv.AGENTEL_COST_CURRENCY) or "USD")


def error_category(span: SpanRecord) -> str:
    """Return the category of the error that ended the span, `unknown` without one, '' if none."""
    said = text(span.attributes, semconv.AGENTEL_ERROR_CATEGORY)
    return said or ("unknown" if span.status == ERROR else "")


def model(span: SpanRecord) -> str:
    """Return the model that answered, else the one that was asked for, else ''."""
    attributes = span.attributes
    return text(attributes, semconv.GEN_AI_RESPONSE_MODEL) or text(
        attributes, semconv.GEN_AI_REQUEST_MODEL
    )


def agent(span: SpanRecord) -> str:
    """Return the name of the agent that the span is or works for, or ''."""
    return text(span.attributes, semconv.GEN_AI_AGENT_NAME)


def tool(span: SpanRecord) -> str:
    """Return the name of the tool that was executed, or ''."""
    return text(span.attributes, semconv.GEN_AI_TOOL_NAME)


def service(resource: Mapping[str, object]) -> str:
    """Return the service name of a resource, or ''."""
    return text(resource, semconv.SERVICE_NAME)


def run_id(resource: Mapping[str, object]) -> str:
    """Return the run id of a resource, or ''."""
    return text(resource, semconv.AGENTEL_RUN_ID)


def text(attributes: Mapping[str, object], key: str) -> str:
    """Return the attribute if it is a string, else ''."""
    value = attributes.get(key)
    return value if isinstance(value, str) else ""


def whole(attributes: Mapping[str, object], key: str) -> int | None:
    """Return the attribute if it is an integer, else None."""
    value = attributes.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def plus(total: int | None, more: int | None) -> int | None:
    """Add a count that may not be known: what nobody said stays None and never becomes 0."""
    return total if more is None else (total or 0) + more
