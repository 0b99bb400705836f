"""Knows what travels in the OpenTelemetry context: ownership, suppression, and who is at work.

The context attributes live here and never in baggage: an HTTP instrumentation would send baggage
to the model's provider.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from opentelemetry import context as otel
from opentelemetry.context import Context
from opentelemetry.trace import (
    INVALID_SPAN,
    Span,
    format_span_id,
    format_trace_id,
    get_current_span,
    set_span_in_context,
)

from agentel.core.fields import Fields
from agentel.telemetry.spans import project

if TYPE_CHECKING:
    from agentel.telemetry.recording import Recording

SPAN_KEY = next(iter(set_span_in_context(INVALID_SPAN, Context())))
LEAF_KEY = otel.create_key("agentel-leaf")
CURRENT_KEY = otel.create_key("agentel-current")
AMBIENT_KEY = otel.create_key("agentel-ambient")
SUPPRESS_KEY = otel.create_key("agentel-suppress")

_SUPPRESS_KEYS: tuple[str, ...] = (
    SUPPRESS_KEY,
    "suppress_instrumentation",
    # The API offers no public reader of its own key; this is how its instrumentations ask.
    getattr(otel, "_SUPPRESS_INSTRUMENTATION_KEY", "suppress_instrumentation"),
)


@dataclass(slots=True)
class Tally:
    """What one agent has done by itself so far; its sub-agents have their own."""

    inference_calls: int = 0
    tool_calls: int = 0


@dataclass(frozen=True, slots=True)
class Ambient:
    """What every recording below inherits: field values, their attributes, the agent's tally."""

    fields: Fields = field(default_factory=dict[str, object])
    attributes: dict[str, Any] = field(default_factory=dict[str, Any])
    tally: Tally | None = None

    @classmethod
    def of(cls, fields: Fields, tally: Tally | None = None) -> Ambient:
        """Return what hands down `fields`. A task's title is told by events, not by every span."""
        told = {field: value for field, value in fields.items() if field != "task_title"}
        return cls(fields, project(told), tally)


NOTHING = Ambient()

attach = otel.attach
current_context = otel.get_current

_OWN: dict[str, tuple[str, ...]] = {
    "invoke_agent": ("agent_name", "agent_type"),
    "task": ("task_id", "task_type", "task_title", "task_attempt"),
}
"""Fields that describe one agent or one task, and are wrong for another one below it."""

inherited: Context | None = None
"""Context that the environment gave this process: the parent of what has no other."""


def is_suppressed(context: Context) -> bool:
    """Tell whether a model call is not to be recorded: silence, or the call around it has it."""
    return LEAF_KEY in context or is_silenced(context)


def is_silenced(context: Context) -> bool:
    """Tell whether the caller, or another instrumentation, asked for silence."""
    return any(context.get(key) for key in _SUPPRESS_KEYS) if context else False


def parent_context() -> Context:
    """Return the context that a recording starting now belongs to.

    A span that is current here wins, a remote one included; without any, what the environment gave.
    """
    current = otel.get_current()
    if inherited is None or SPAN_KEY in current:
        return current
    return Context({**inherited, **current})


def ambient_of(context: Context) -> Ambient:
    """Return what `context` hands down."""
    found = context.get(AMBIENT_KEY)
    return found if isinstance(found, Ambient) else NOTHING


def beside(ambient: Ambient, operation: str, own: Fields) -> Ambient:
    """Return what a new agent or task inherits: nothing that describes the one around it.

    A task without an id of its own refines the one around it, and so keeps its fields.
    """
    fields = ambient.fields
    if operation == "task" and ("task_id" not in own or "task_id" not in fields):
        return ambient
    dropped = _OWN.get(operation, ())
    if not any(field in fields for field in dropped):
        return ambient
    kept = {field: value for field, value in fields.items() if field not in dropped}
    return Ambient.of(kept, ambient.tally)


def current_recording() -> Recording | None:
    """Return the innermost agent, workflow, tool, task or call that is running now."""
    return otel.get_current().get(CURRENT_KEY)  # pyright: ignore[reportReturnType]


def ids_of(span: Span | None) -> tuple[str, str]:
    """Return the trace id and span id of `span`, or of the current span, in hex; '' without any."""
    known = (get_current_span() if span is None else span).get_span_context()
    if not known.is_valid:
        return "", ""
    return format_trace_id(known.trace_id), format_span_id(known.span_id)


def restore(mine: Context, before: Context) -> None:
    """Make `before` current again, if `mine` is what is current.

    A block that a generator carried into another task or thread finds a context there that is not
    its own; that one is left alone. No token is kept, so none can be used in the wrong place.
    """
    if otel.get_current() is mine:
        otel.attach(before)
