from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from opentelemetry.context import Context
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanLimits, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import (
    ALWAYS_OFF,
    ALWAYS_ON,
    DEFAULT_ON,
    ParentBased,
    Sampler,
    SamplingResult,
    TraceIdRatioBased,
)
from opentelemetry.trace import SpanKind

from agentel.telemetry import sdk_spans
from agentel.telemetry.sdk_spans import Spans, write

FIRST: dict[str, Any] = {"text": "a" * 40, "count": 3, "shared": "first"}
LATER: dict[str, Any] = {"share": 0.5, "flag": True, "words": ("a", "b"), "shared": "later"}
NO_LIMITS = SpanLimits()


class Looking(Sampler):
    """A sampler of somebody's own."""

    def __init__(self) -> None:
        self.saw: list[Mapping[str, Any]] = []

    def should_sample(
        self,
        parent_context: Context | None,
        trace_id: int,
        name: str,
        kind: SpanKind | None = None,
        attributes: Any = None,
        links: Sequence[Any] | None = None,
        trace_state: Any = None,
    ) -> SamplingResult:
        self.saw.append(dict(attributes or {}))
        return ALWAYS_ON.should_sample(parent_context, trace_id, name, kind, attributes, links)

    def get_description(self) -> str:
        return "Looking"


class Watching(SpanProcessor):
    """A processor of somebody's own."""

    def __init__(self) -> None:
        self.saw: list[dict[str, Any]] = []

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        self.saw.append(dict(span.attributes or {}))


def recorded(
    *, sampler: Sampler = DEFAULT_ON, limits: SpanLimits = NO_LIMITS, public: bool = False
) -> list[ReadableSpan]:
    """The span that both halves of the attributes are put on, in our way or in the public one."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider(sampler, span_limits=limits, shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracer = provider.get_tracer("test")
    if public:
        span = tracer.start_span("name", Context(), SpanKind.CLIENT, FIRST)
        span.set_attributes(LATER)
    else:
        span = Spans(tracer).start("name", Context(), SpanKind.CLIENT, FIRST)
        if span.is_recording():
            write(span, LATER)
    span.end()
    return list(exporter.get_finished_spans())


LIMITS = {
    "none": NO_LIMITS,
    "values": SpanLimits(max_attribute_length=7),
    "number": SpanLimits(max_span_attributes=4),
    "number-of-all": SpanLimits(max_span_attributes=6),
    "nothing": SpanLimits(max_span_attributes=0),
}


@pytest.mark.parametrize("limits", LIMITS.values(), ids=list(LIMITS))
@pytest.mark.parametrize(
    "sampler",
    [DEFAULT_ON, ALWAYS_ON, TraceIdRatioBased(1), ParentBased(TraceIdRatioBased(1)), Looking()],
    ids=lambda sampler: type(sampler).__name__,
)
def test_span_is_the_same_as_in_the_public_way(sampler: Sampler, limits: SpanLimits) -> None:
    ours = recorded(sampler=sampler, limits=limits)[0]
    theirs = recorded(sampler=sampler, limits=limits, public=True)[0]
    assert dict(ours.attributes or {}) == dict(theirs.attributes or {})
    assert ours.dropped_attributes == theirs.dropped_attributes


def test_span_that_is_sampled_out_stays_out() -> None:
    assert recorded(sampler=ALWAYS_OFF) == []


def test_somebody_elses_sampler_sees_what_a_span_starts_with() -> None:
    sampler = Looking()
    recorded(sampler=sampler)
    assert sampler.saw == [FIRST]


def test_processor_added_later_sees_what_a_span_starts_with() -> None:
    provider = TracerProvider(shutdown_on_exit=False)
    spans = Spans(provider.get_tracer("test"))
    spans.start("before", Context(), SpanKind.CLIENT, FIRST).end()
    watching = Watching()
    provider.add_span_processor(watching)
    spans.start("after", Context(), SpanKind.CLIENT, FIRST).end()
    assert watching.saw == [FIRST]


def test_ended_span_takes_no_more(caplog: pytest.LogCaptureFixture) -> None:
    span = TracerProvider(shutdown_on_exit=False).get_tracer("test").start_span("name")
    span.end()
    write(span, LATER)
    assert isinstance(span, ReadableSpan)
    assert dict(span.attributes or {}) == {}


def test_span_with_a_way_of_its_own_is_asked() -> None:
    asked: list[dict[str, Any]] = []

    class Own(Span):
        def set_attributes(self, attributes: Any) -> None:
            asked.append(attributes)

    span = TracerProvider(shutdown_on_exit=False).get_tracer("test").start_span("name")
    own = Own.__new__(Own)
    own.__dict__.update(span.__dict__)
    write(own, LATER)
    assert asked == [LATER]


def test_the_short_way_is_taken_on_this_version() -> None:
    span = TracerProvider(shutdown_on_exit=False).get_tracer("test").start_span("name")
    write(span, LATER)
    assert sdk_spans._plain[type(span)] is True
