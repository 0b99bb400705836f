from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry._logs import LogRecord
from opentelemetry.exporter.otlp.proto.common._log_encoder import encode_logs
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk._logs import ReadableLogRecord
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.trace import Link, SpanContext

from agentel.process.batches import split


def span(**fields: object) -> ReadableSpan:
    context = SpanContext(2**127, 2**63, False)
    return ReadableSpan("s", context, resource=Resource({}), start_time=1, end_time=2, **fields)


def log(**fields: object) -> ReadableLogRecord:
    return ReadableLogRecord(LogRecord(timestamp=1, observed_timestamp=2, **fields), Resource({}))


LONG = "x" * 10_000
HOLDERS = {
    "attribute": span(attributes={"text": LONG}),
    "two-bytes": span(attributes={"text": "ü" * 5_000}),
    "four-bytes": span(attributes={"text": "🐈" * 2_500}),
    "list": span(attributes={"texts": [LONG[:5_000], LONG[:5_000]]}),
    "event": span(events=[Event("e", {"text": LONG})]),
    "link": span(links=[Link(SpanContext(1, 1, False), {"text": LONG})]),
    "body": log(body=LONG),
    "nested": log(body={"a": [{"b": LONG.encode()}]}),
    "log-attribute": log(attributes={"text": LONG}),
}


@pytest.mark.parametrize("item", HOLDERS.values(), ids=HOLDERS)
def test_parts_are_below_the_limit_and_in_order(item: object) -> None:
    encode = encode_spans if isinstance(item, ReadableSpan) else encode_logs
    parts = split([item] * 100, 100_000)
    assert [one for part in parts for one in part] == [item] * 100
    assert [encode(part).ByteSize() < 100_000 for part in parts] == [True] * len(parts)
    assert len(parts) <= 13


def test_an_item_above_the_limit_is_a_part_by_itself() -> None:
    small, huge = span(), span(attributes={"text": LONG})
    assert split([small, small, huge, small], 1_000) == [[small, small], [huge], [small]]


VALUES = st.recursive(
    st.text() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats() | st.binary(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@settings(deadline=None)
@given(st.lists(st.dictionaries(st.text(), VALUES, max_size=8), min_size=1, max_size=8))
def test_no_part_is_far_above_the_limit(attributes: list[dict[str, object]]) -> None:
    logs = [log(attributes=one) for one in attributes]
    parts = split(logs, 2_000)
    several = [part for part in parts if len(part) > 1]
    assert [part for part in several if encode_logs(part).ByteSize() > 2_500] == []
