"""Knows what a subject emitted, from the exported bytes, and whether that is what it should.

A subject that says nothing would look fast. So nothing is timed before this has been asked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from bench import payloads
from bench.pipeline import Telemetry
from bench.subjects import FLOOR, PLAIN
from bench.workloads import Workload

_CHUNKS = "time_per_output_chunk"


@dataclass
class Evidence:
    """What came out of `calls` calls."""

    calls: int
    spans: int = 0
    numbers: set[int] = field(default_factory=set)
    """Every integer attribute of a span."""
    counts: Counter[str] = field(default_factory=Counter)
    """Recorded values by the last part of a histogram's name."""
    tokens: float = 0
    """Sum of all histograms of tokens."""
    text: bytes = b""
    """All spans and log records as bytes."""


def gather(telemetry: Telemetry, calls: int) -> Evidence:
    """Read what was exported since the telemetry was set up."""
    found = Evidence(calls)
    found.text = b"".join(telemetry.spans.payloads + telemetry.logs.payloads)
    for payload in telemetry.spans.payloads:
        for resource in ExportTraceServiceRequest.FromString(payload).resource_spans:
            for scope in resource.scope_spans:
                found.spans += len(scope.spans)
                for span in scope.spans:
                    found.numbers.update(one.value.int_value for one in span.attributes)
    for payload in telemetry.metrics.payloads[-1:]:  # they are cumulative
        for resource in ExportMetricsServiceRequest.FromString(payload).resource_metrics:
            for scope in resource.scope_metrics:
                for metric in scope.metrics:
                    points = metric.histogram.data_points
                    found.counts[metric.name.rpartition(".")[2]] += sum(p.count for p in points)
                    if metric.unit == "{token}":
                        found.tokens += sum(point.sum for point in points)
    return found


def problems(workload: Workload, subject: str, found: Evidence) -> list[str]:
    """Return what is missing from the evidence, and what should not be there."""
    if subject == PLAIN or workload.mode == "disabled":
        is_silent = not (found.spans or found.text or found.counts)
        return [] if is_silent else ["emits although it must not"]
    wrong = list(_of_spans(workload, found))
    if workload.sdk is not None:
        wrong += _of_metrics(workload, subject, found)
    return wrong


def _of_spans(workload: Workload, found: Evidence) -> Iterator[str]:
    is_sampled = workload.mode == "on"
    if found.spans != (found.calls if is_sampled else 0):
        yield f"{found.spans} spans for {found.calls} calls"
    if is_sampled and not _planted(workload) <= found.numbers:
        yield "a token count is missing on the span"
    for what, mark in (
        ("the request's text", payloads.ASKED),
        ("the answer's text", payloads.ANSWERED),
        ("the tool definitions", payloads.DEFINED),
    ):
        is_there = mark.encode() in found.text
        if is_there and not workload.has_content:
            yield f"{what} is recorded although content is off"
        elif not is_there and workload.has_content and is_sampled:
            yield f"{what} is missing"


def _planted(workload: Workload) -> set[int]:
    if workload.sdk is None:
        return set()
    if workload.name == "W5":
        return {payloads.INPUT_TOKENS}
    return {payloads.INPUT_TOKENS, payloads.OUTPUT_TOKENS}


def _of_metrics(workload: Workload, subject: str, found: Evidence) -> Iterator[str]:
    if found.counts["duration"] != found.calls:
        yield f"{found.counts['duration']} durations for {found.calls} calls"
    tokens = sum(_planted(workload)) * found.calls
    if found.tokens != tokens:
        yield f"{found.tokens:.0f} tokens measured, not {tokens}"
    chunks = 0 if subject == FLOOR else max(0, workload.chunks - 1) * found.calls
    # the chunks before the first text and after the last are the protocol's affair
    if not chunks <= found.counts[_CHUNKS] <= chunks * 1.3:
        yield f"{found.counts[_CHUNKS]} chunk times, not about {chunks}"
