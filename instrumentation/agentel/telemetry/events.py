"""Knows events: log records that survive sampling, mirrored without content on recording spans."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

from opentelemetry._logs import SeverityNumber
from opentelemetry.context import Context
from opentelemetry.trace import Span

from agentel.core.fields import Fields
from agentel.telemetry._semconv import EVENTS, ROWS
from agentel.telemetry.pipeline import Pipeline
from agentel.telemetry.spans import project

_SEVERITIES = {
    "DEBUG": SeverityNumber.DEBUG,
    "INFO": SeverityNumber.INFO,
    "WARN": SeverityNumber.WARN,
    "ERROR": SeverityNumber.ERROR,
}
DETAILS = "gen_ai.client.inference.operation.details"
_CONTENT = ("system_instructions", "input_messages", "output_messages", "tool_definitions")


def emit(
    pipeline: Pipeline,
    name: str,
    attributes: Mapping[str, Any],
    context: Context,
    span: Span | None = None,
) -> None:
    """Write one event, and mirror it on `span` if that records. `attributes` carry no content."""
    now = time.time_ns()
    known = EVENTS.get(name)
    pipeline.logger.emit(
        timestamp=now,
        observed_timestamp=now,
        context=context,
        severity_number=_SEVERITIES[known.severity if known is not None else "INFO"],
        event_name=name,
        attributes=dict(attributes),
    )
    if span is not None and pipeline.settings.span_events and span.is_recording():
        span.add_event(name, dict(attributes), now)


def emit_fields(
    pipeline: Pipeline, name: str, fields: Fields, context: Context, span: Span | None = None
) -> None:
    """Write one of the model's own events from the fields that it lists."""
    listed = EVENTS[name].attributes
    known = {field: fields[field] for field in listed if field in fields}
    emit(pipeline, name, project(known), context, span)


def emit_details(
    pipeline: Pipeline, fields: Fields, content: Mapping[str, str], context: Context
) -> None:
    """Write the details event of one model call: its fields, and its content as structures."""
    listed = EVENTS[DETAILS].attributes
    known = {f: fields[f] for f in listed if f in fields and f not in _CONTENT}
    attributes: dict[str, Any] = project(known)
    for field, text in content.items():
        attributes[ROWS[field].key] = json.loads(text)
    emit(pipeline, DETAILS, attributes, context)
