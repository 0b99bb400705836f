"""Knows the events that a program writes by itself, and the fields of those that are ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from agentel.byhand.attributes import checked, warn_once
from agentel.core.safety import guarded
from agentel.telemetry import context as keys
from agentel.telemetry._semconv import EVENTS, ROWS
from agentel.telemetry.events import emit
from agentel.telemetry.hand import source

if TYPE_CHECKING:
    from agentel.telemetry.recording import Recording

__all__ = ["decision", "event"]

RESERVED = (
    "agentel.circuit_skip",
    "agentel.decision",
    "agentel.fallback",
    "agentel.stream_override",
    "agentel.tool_override",
)
"""Events of ours that programs write; their fields are fixed, and the model has them."""


def event(name: str, attributes: Mapping[str, object] | None = None) -> None:
    """Write an event that belongs to what is running here, with attributes of the program's own.

    Reserved names have fixed fields, all of them texts: `agentel.fallback` has `from`, `to` and
    `reason`; `agentel.circuit_skip`, `agentel.stream_override` and `agentel.tool_override` have
    `route` and `reason`. A missing or wrong one is warned about once, and the rest is written.
    Never raises.
    """
    guarded("write an event", emit_here, name, attributes)


def decision(choices: Sequence[str], selected: str) -> None:
    """Write down a decision: what there was to choose from, and what was chosen. Never raises."""
    guarded(
        "write an event",
        emit_here,
        "agentel.decision",
        {"choices": _texts(choices), "selected": _text(selected)},
    )


def emit_here(name: object, attributes: object, recording: Recording | None = None) -> None:
    """Write an event for `recording`, or for what is current. May raise; callers guard."""
    if not isinstance(name, str) or not name:
        warn_once("event name", "an event's name is a text, not %s.", type(name).__name__)
        return
    pipeline = source.pipeline()
    if pipeline is None:
        return
    context = keys.parent_context() if recording is None else recording.context
    if keys.is_silenced(context):
        return
    fields = _fixed(name, attributes) if name in RESERVED else checked(attributes)
    span: Any = context.get(keys.SPAN_KEY)
    emit(pipeline, name, fields, context, span)


def _fixed(name: str, attributes: object) -> dict[str, Any]:
    """Return the fields that a reserved event has, under their keys."""
    given = (
        dict(cast("Mapping[str, object]", attributes)) if isinstance(attributes, Mapping) else {}
    )
    found: dict[str, Any] = {}
    wrong: list[str] = []
    expected = [ROWS[field] for field in EVENTS[name].attributes]
    for row in expected:
        short = row.key.removeprefix(f"{name}.")
        value = given.pop(short, None)
        value = given.pop(row.key, value)
        wanted = tuple if row.type == "string[]" else str
        is_right = isinstance(value, wanted)
        plain = checked({row.key: value}).get(row.key) if is_right else None
        if plain is None:
            wrong.append(short)
        else:
            found[row.key] = plain
    if wrong or given:
        warn_once(
            f"event {name}",
            "event %r has the fields %s; missing or wrong: %s; unknown: %s. The rest is written.",
            name,
            ", ".join(row.key.removeprefix(f"{name}.") for row in expected),
            ", ".join(wrong) or "none",
            ", ".join(map(str, given)) or "none",
        )
    return found


def _texts(choices: object) -> object:
    if isinstance(choices, str) or not isinstance(choices, Sequence):
        return choices
    return tuple(str(_text(choice)) for choice in cast("Sequence[object]", choices))


def _text(choice: object) -> object:
    if isinstance(choice, (bool, int, float)):
        return str(choice)
    return choice if isinstance(choice, str) else f"<{type(choice).__qualname__}>"
