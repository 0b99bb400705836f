"""Knows how the context reaches another process: in environment variables, or beside a function.

Three values: `TRACEPARENT` and `TRACESTATE` as W3C Trace Context has them, and `AGENTEL_CONTEXT`, a
JSON object of what every recording inherits and of the key of the run's digests. It is at most
4 KiB of printable ASCII, and it is for child processes only: the key makes digests readable.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Mapping
from typing import Any, cast

from opentelemetry import context as otel
from opentelemetry.context import Context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from agentel.core.fields import Fields
from agentel.telemetry import context as keys
from agentel.telemetry._semconv import ROWS
from agentel.telemetry.arguments import run_key
from agentel.telemetry.context import Ambient, ambient_of, parent_context

__all__ = ["carrier_of", "child_environment", "context_of", "handed_down", "inherit"]

TRACE_PARENT = "TRACEPARENT"
TRACE_STATE = "TRACESTATE"
CONTEXT = "AGENTEL_CONTEXT"
INHERITED: tuple[str, ...] = (
    "conversation_id",
    "user_id",
    "task_id",
    "task_attempt",
    "task_type",
    "executor_name",
    "executor_variant",
    "agent_name",
    "agent_type",
    "phase",
    "task_title",
)
"""Fields that a child process inherits."""

VARIABLES = (TRACE_PARENT, TRACE_STATE, CONTEXT)

_LONGEST_VALUE = 256
"""Bytes of one value as JSON. A longer one stays behind: half an id is a wrong id."""
_LONGEST = 4096
_KEY = "key"

_logger = logging.getLogger(__name__)
_w3c = TraceContextTextMapPropagator()
_warned: set[str] = set()
_read: dict[str, str] = {}
"""What the environment said at the start. A child that is given the same was not told anything."""


def inherit(environ: Mapping[str, str]) -> None:
    """Make what the environment gives the parent of every recording that has no other.

    Holds in every thread; a span that is current where a recording begins wins. What cannot be
    read is ignored, with one warning.
    """
    found = context_of(environ)
    keys.inherited = found or None
    _read.clear()
    _read.update({name: environ[name] for name in VARIABLES if name in environ})


def child_environment(environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return a copy of the environment with which a child process joins this trace and run.

    `environ` is by default the process's own, which is never changed. Pass the copy as
    `subprocess.run(..., env=child_environment())`. Never raises.
    """
    copy = dict(os.environ if environ is None else environ)
    for name in VARIABLES:
        copy.pop(name, None)
    copy.update(carrier_of(parent_context()))
    return copy


def handed_down(environ: Mapping[Any, Any] | None) -> Any:
    """Return the environment of a child process that begins here: a copy, or `environ` itself.

    `environ` is what the caller gives the child, names as str or bytes; None stands for the
    process's own. The copy has the values of this moment where the caller's differ in nothing from
    what this process was started with. Outside of work that is being recorded nothing is copied.
    """
    current = otel.get_current()
    recording = keys.current_recording()
    if recording is None or not recording.is_open or keys.is_silenced(current):
        return environ
    if not (environ is None or hasattr(environ, "keys")):
        return environ  # whoever starts the process will say what is wrong with it
    copy = dict(os.environ if environ is None else environ)
    carrier = carrier_of(parent_context())
    for names in ((TRACE_PARENT, TRACE_STATE), (CONTEXT,)):
        if not any(_is_told(copy, name) for name in names):
            for name in names:
                copy.pop(name, None)
                copy.pop(os.fsencode(name), None)
            copy.update({name: carrier[name] for name in names if name in carrier})
    return copy


def _is_told(environ: Mapping[Any, Any], name: str) -> bool:
    """Tell whether the caller itself set a variable for the child."""
    value = environ.get(name, environ.get(os.fsencode(name)))
    told = os.fsdecode(value) if isinstance(value, bytes) else value
    return told is not None and told != _read.get(name)


def carrier_of(context: Context) -> dict[str, str]:
    """Return what of `context` another process needs, by variable name."""
    headers: dict[str, str] = {}
    _w3c.inject(headers, context)
    carrier = {name.upper(): value for name, value in headers.items()}
    known = ambient_of(context).fields
    told: dict[str, Any] = {_KEY: run_key.hand_over()}
    for field in INHERITED:
        value = known.get(field)
        if value is not None and len(json.dumps(value)) <= _LONGEST_VALUE:
            told[field] = value
    carrier[CONTEXT] = json.dumps(told, separators=(",", ":"))
    return carrier


def context_of(carrier: Mapping[str, str]) -> Context:
    """Return the context that `carrier` holds; empty if it holds none. Adopts the run's key."""
    lower = {
        name.lower(): carrier[name].strip()
        for name in (TRACE_PARENT, TRACE_STATE)
        if carrier.get(name, "").strip()
    }
    context = _w3c.extract(lower, Context())
    if "traceparent" in lower and keys.SPAN_KEY not in context:
        _warn(
            TRACE_PARENT,
            "expected 00-<32 hex digits>-<16 hex digits>-<2 hex digits>; a new trace begins here",
        )
    fields = _fields(carrier.get(CONTEXT, "").strip())
    if not fields:
        return context
    return Context({**context, keys.AMBIENT_KEY: Ambient.of(fields)})


def _fields(text: str) -> Fields:
    """Return the fields that `AGENTEL_CONTEXT` holds, each of the type that it has to be."""
    if not text:
        return {}
    told = _json_object(text)
    if told is None:
        _warn(CONTEXT, f"expected a JSON object of at most {_LONGEST} bytes; nothing is inherited")
        return {}
    run_key.adopt(told.get(_KEY))
    found: Fields = {}
    for field in INHERITED:
        value = told.get(field)
        kind = int if ROWS[field].type == "int" else str
        if value.__class__ is kind and len(json.dumps(value)) <= _LONGEST_VALUE:
            found[field] = value
    return found


def _json_object(text: str) -> dict[str, Any] | None:
    if len(text) > _LONGEST:
        return None
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return cast("dict[str, Any]", told) if isinstance(told, dict) else None


def _warn(variable: str, why: str) -> None:
    if variable not in _warned:
        _warned.add(variable)
        _logger.warning(
            "agentel: %s cannot be read: %s. The program is not affected.", variable, why
        )
