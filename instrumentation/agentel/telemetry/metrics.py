"""Knows the conventions' metrics, in both generations of their names, and what goes on them.

Every value is one that the span says too. No id is on any metric.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

from opentelemetry.metrics import Meter

from agentel.core.fields import Fields
from agentel.core.invocation import Operation
from agentel.telemetry._semconv import METRICS, ROWS, Metric
from agentel.telemetry.deferred import append, keep_short, put
from agentel.telemetry.spans import Template

Measure = Callable[..., Any]

_DURATIONS = {
    "inference": "gen_ai.client.operation.duration",
    "embeddings": "gen_ai.client.operation.duration",
    "model_call": "gen_ai.client.operation.duration",
    "retrieval": "gen_ai.client.operation.duration",
    "fetch_response": "gen_ai.client.operation.duration",
    "memory": "gen_ai.client.operation.duration",
    "execute_tool": "gen_ai.execute_tool.duration",
    "invoke_agent": "gen_ai.invoke_agent.duration",
    "invoke_workflow": "gen_ai.invoke_workflow.duration",
}
_TOKENS = "gen_ai.client.token.usage"
_LATEST_DURATIONS = {**_DURATIONS, "inference": "gen_ai.client.inference.duration"}
_TOKEN_TOTALS = {
    "usage_input_tokens": "gen_ai.client.inference.usage.input_tokens",
    "usage_output_tokens": "gen_ai.client.inference.usage.output_tokens",
    "usage_cache_read_input_tokens": "gen_ai.client.inference.usage.cache_read.input_tokens",
    "usage_cache_write_input_tokens": "gen_ai.client.inference.usage.cache_write.input_tokens",
    "usage_reasoning_output_tokens": "gen_ai.client.inference.usage.reasoning.output_tokens",
}
_TOKENS_PER_CALL = {
    "usage_input_tokens": "gen_ai.client.inference.operation.input_tokens",
    "usage_output_tokens": "gen_ai.client.inference.operation.output_tokens",
}


_FIELDS = tuple(
    dict.fromkeys(
        field
        for metric in METRICS.values()
        for field in metric.attributes
        if field not in ("token_type", "token_modality")
    )
)
"""Every field that is an attribute of some metric."""

_FOUND_FIELDS = (
    "response_model",
    "openai_response_service_tier",
    "openai_response_system_fingerprint",
    "error_type",
    "provider_name",
)
"""Those of them that a call may say more of than was known at its start."""
_MOST_COMBINATIONS = 2048


class Labels:
    """The attributes of all metrics for one combination of field values. Made once, then reused."""

    __slots__ = ("_made", "_values")

    def __init__(self, values: tuple[Any, ...]) -> None:
        self._values = {
            field: value
            for field, value in zip(_FIELDS, values, strict=True)
            if isinstance(value, (str, int)) and not isinstance(value, bool)
        }
        self._made: dict[tuple[str, str | None], dict[str, Any]] = {}

    def of(self, name: str, token_type: str | None = None) -> dict[str, Any]:
        """Return the attributes of one metric. Do not change them."""
        made = self._made.get((name, token_type))
        if made is None:
            special = {"token_type": token_type, "token_modality": "unknown"}
            made = self._made[name, token_type] = {
                ROWS[field].key: value
                for field in METRICS[name].attributes
                if (value := special.get(field) or self._values.get(field)) is not None
            }
        return made


_labels = lru_cache(maxsize=2048)(Labels)


def labels_for(fields: Fields) -> Labels:
    """Return the labels of one piece of work."""
    values = tuple(map(fields.get, _FIELDS))
    try:
        return _labels(values)
    except TypeError:  # a value of a wrong type, which no label can have
        return Labels(values)


class CallMeasures(NamedTuple):
    """What measures calls with one combination of labels: bound instruments, their attributes."""

    labels: Labels
    duration: tuple[Measure, dict[str, Any]]
    tokens: tuple[tuple[str, Measure, dict[str, Any]], ...]
    """Each with the field whose value it counts."""

    def record(self, seconds: float, fields: Fields, context: Any) -> None:
        """Record one call: how long it took, and the tokens that its provider counted.

        Nothing is recorded of tokens where it counted none. Fetching an answer again costs none.
        """
        measure, attributes = self.duration
        append((measure, seconds, attributes, context))
        for field, measure, attributes in self.tokens:
            value = fields.get(field)
            if value.__class__ is int:
                append((measure, value, attributes, context))
        keep_short()


class Instruments:
    """The instruments of one instrumentation scope, in one generation of names."""

    def __init__(self, meter: Meter, *, latest: bool) -> None:
        self._meter = meter
        self._latest = latest
        self._made: dict[str, Measure] = {}
        self._of_calls: dict[tuple[Any, ...], CallMeasures] = {}
        chunk = "gen_ai.client.inference" if latest else "gen_ai.client.operation"
        self._first_chunk = f"{chunk}.time_to_first_chunk"
        self._later_chunk = f"{chunk}.time_per_output_chunk"
        self._durations = _LATEST_DURATIONS if latest else _DURATIONS

    def measure(self, name: str) -> Measure:
        """Return the bound `record` or `add` of a metric, made on first use."""
        made = self._made.get(name)
        if made is None:
            made = self._made[name] = _make(self._meter, METRICS[name])
        return made

    def duration(self, operation: str, seconds: float, labels: Labels, context: Any) -> None:
        """Record how long one operation took, in s."""
        name = self._durations.get(operation)
        if name is not None:
            put(self.measure(name), seconds, labels.of(name), context)

    def counts(self, labels: Labels, inference: int, tools: int, context: Any) -> None:
        """Record how many calls one agent made by itself."""
        for name, value in (
            ("gen_ai.invoke_agent.inference_calls", inference),
            ("gen_ai.invoke_agent.tool_calls", tools),
        ):
            put(self.measure(name), value, labels.of(name), context)

    def of_call(self, operation: Operation, template: Template, found: Fields) -> CallMeasures:
        """Return what measures calls that have `template` in common, of which we `found` this.

        Made once for each combination of labels; `found` overrules what was known at the start.
        """
        try:
            made = self._of_calls.get(key := (template, *map(found.get, _FOUND_FIELDS)))
        except TypeError:  # a value of a wrong type, which no label can have
            return self.measures(operation, {**template.fields, **found})
        if made is None:
            if len(self._of_calls) >= _MOST_COMBINATIONS:
                self._of_calls.clear()
            made = self._of_calls[key] = self.measures(operation, {**template.fields, **found})
        return made

    def measures(self, operation: Operation, fields: Fields) -> CallMeasures:
        """Return what measures calls with these fields."""
        labels = labels_for(fields)

        def ready(name: str, token_type: str | None = None) -> tuple[Measure, dict[str, Any]]:
            return self.measure(name), labels.of(name, token_type)

        if not operation.counts_tokens:
            tokens = ()
        elif self._latest and operation.is_inference:
            tokens = tuple(
                (field, *ready(name))
                for names in (_TOKEN_TOTALS, _TOKENS_PER_CALL)
                for field, name in names.items()
            )
        else:
            tokens = (
                ("usage_input_tokens", *ready(_TOKENS, "input")),
                ("usage_output_tokens", *ready(_TOKENS, "output")),
            )
        return CallMeasures(labels, ready(self._durations[operation.name]), tokens)

    def first_chunk(self, seconds: float, labels: Labels, context: Any) -> None:
        """Record the time from sending a request to its stream's first chunk, in s."""
        name = self._first_chunk
        put(self.measure(name), seconds, labels.of(name), context)

    def later_chunks(self, gaps: list[float], labels: Labels, context: Any) -> None:
        """Record the time from each chunk to the next one, in s."""
        name = self._later_chunk
        put(self.measure(name), gaps, labels.of(name), context)


def _make(meter: Meter, metric: Metric) -> Measure:
    if metric.instrument == "counter":
        return meter.create_counter(metric.name, metric.unit, metric.brief).add
    return meter.create_histogram(
        metric.name,
        metric.unit,
        metric.brief,
        explicit_bucket_boundaries_advisory=list(metric.buckets) or None,
    ).record
