"""Knows how metrics and their data points are written as OTLP JSON objects.

Source: opentelemetry-proto, `metrics/v1/metrics.proto`. Field order and omitted empties follow the
collector's own writer (pdata).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from agentel.local.values import Json, encode_attributes, encode_double

if TYPE_CHECKING:
    from agentel.local.shapes import (
        Buckets,
        Exemplar,
        ExplicitPoint,
        ExponentialPoint,
        HistogramPoint,
        Metric,
        MetricData,
        NumberPoint,
        Point,
    )

__all__ = ["encode_metric", "kept", "text"]


def kept(fields: Json) -> Json:
    """Return `fields` without those that protobuf leaves out: empty, zero, false and None."""
    return {key: value for key, value in fields.items() if value}


def text(number: int | None) -> str | None:
    """Return a 64-bit integer as OTLP JSON writes it; None for 0 and None, which are left out."""
    return str(number) if number else None


def encode_metric(metric: Metric) -> Json | None:
    """Return `metric` as an OTLP `Metric` object, or None if its kind of data is not OTLP's.

    `metric` is the SDK's `Metric`; the kind is the class name of its `data`.
    """
    encode = _KINDS.get(type(metric.data).__name__)
    if encode is None:
        return None
    head = kept({"name": metric.name, "description": metric.description, "unit": metric.unit})
    return head | encode(cast("MetricData", metric.data))


def _gauge(data: MetricData) -> Json:
    # A gauge has no interval, so its points have no start.
    points = [_number(cast("NumberPoint", point)) for point in data.data_points]
    for point in points:
        point.pop("startTimeUnixNano", None)
    return {"gauge": kept({"dataPoints": points})}


def _sum(data: MetricData) -> Json:
    fields: Json = {
        "dataPoints": [_number(cast("NumberPoint", point)) for point in data.data_points],
        "aggregationTemporality": data.aggregation_temporality.value,
        "isMonotonic": data.is_monotonic,
    }
    return {"sum": kept(fields)}


def _histogram(data: MetricData) -> Json:
    fields: Json = {
        "dataPoints": [_explicit(cast("ExplicitPoint", point)) for point in data.data_points],
        "aggregationTemporality": data.aggregation_temporality.value,
    }
    return {"histogram": kept(fields)}


def _exponential_histogram(data: MetricData) -> Json:
    fields: Json = {
        "dataPoints": [_exponential(cast("ExponentialPoint", point)) for point in data.data_points],
        "aggregationTemporality": data.aggregation_temporality.value,
    }
    return {"exponentialHistogram": kept(fields)}


_KINDS = {
    "Gauge": _gauge,
    "Sum": _sum,
    "Histogram": _histogram,
    "ExponentialHistogram": _exponential_histogram,
}


def _number(point: NumberPoint) -> Json:
    fields = _head(point) | _measured(point.value)
    return fields | kept({"exemplars": _exemplars(point.exemplars)})


def _explicit(point: ExplicitPoint) -> Json:
    fields = _head(point) | _totals(point)
    fields |= kept(
        {
            "bucketCounts": [str(count) for count in point.bucket_counts],
            "explicitBounds": [encode_double(bound) for bound in point.explicit_bounds],
            "exemplars": _exemplars(point.exemplars),
        }
    )
    return fields | _range(point)


def _exponential(point: ExponentialPoint) -> Json:
    fields = _head(point) | _totals(point)
    fields |= kept({"scale": point.scale, "zeroCount": text(point.zero_count)})
    fields |= {"positive": _buckets(point.positive), "negative": _buckets(point.negative)}
    fields |= kept({"flags": point.flags, "exemplars": _exemplars(point.exemplars)})
    return fields | _range(point)


def _head(point: Point) -> Json:
    return kept(
        {
            "attributes": encode_attributes(point.attributes),
            "startTimeUnixNano": text(point.start_time_unix_nano),
            "timeUnixNano": text(point.time_unix_nano),
        }
    )


def _totals(point: HistogramPoint) -> Json:
    fields = kept({"count": text(point.count)})
    # The sum is optional in the proto: 0 is said, only an unknown sum is left out.
    return fields if point.sum is None else fields | {"sum": encode_double(point.sum)}


def _range(point: HistogramPoint) -> Json:
    ends = {"min": point.min, "max": point.max}
    return {key: encode_double(value) for key, value in ends.items() if value is not None}


def _buckets(buckets: Buckets) -> Json:
    if not buckets.bucket_counts:
        return {}
    counts = [str(count) for count in buckets.bucket_counts]
    return kept({"offset": buckets.offset, "bucketCounts": counts})


def _measured(value: int | float) -> Json:
    if isinstance(value, int):
        return {"asInt": str(int(value))}
    return {"asDouble": encode_double(value)}


def _exemplars(exemplars: Sequence[Exemplar]) -> list[Json]:
    return [_exemplar(exemplar) for exemplar in exemplars]


def _exemplar(exemplar: Exemplar) -> Json:
    fields = kept(
        {
            "filteredAttributes": encode_attributes(exemplar.filtered_attributes),
            "timeUnixNano": text(exemplar.time_unix_nano),
        }
    )
    fields |= _measured(exemplar.value)
    if exemplar.span_id is not None and exemplar.trace_id is not None:
        fields |= {"traceId": f"{exemplar.trace_id:032x}", "spanId": f"{exemplar.span_id:016x}"}
    return fields
