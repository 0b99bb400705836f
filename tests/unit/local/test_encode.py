from __future__ import annotations

import base64
import json
from itertools import chain

import pytest
from google.protobuf.json_format import MessageToDict
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.exporter.otlp.proto.common._log_encoder import encode_logs
from opentelemetry.exporter.otlp.proto.common.metrics_encoder import encode_metrics
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk._logs import ReadableLogRecord
from opentelemetry.sdk.metrics import Exemplar
from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    Buckets,
    ExponentialHistogram,
    ExponentialHistogramDataPoint,
    Gauge,
    Histogram,
    HistogramDataPoint,
    Metric,
    MetricsData,
    NumberDataPoint,
    ResourceMetrics,
    ScopeMetrics,
    Sum,
)
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, TraceState

from agentel.local.encode import log_lines, metric_lines, span_lines

RESOURCE = Resource({"service.name": "demo", "n": 1}, "https://example.org/schemas/1")
OTHER_RESOURCE = Resource({"service.name": "100%"})
SCOPE = InstrumentationScope("agentel.openai", "0.1", "https://example.org/s", {"a": True})
OTHER_SCOPE = InstrumentationScope("x%s")
TRACE_ID = 0x0AF7651916CD43DD8448EB211C80319C


def context(span_id: int = 0xB7AD6B7169203331, *, remote: bool = False) -> SpanContext:
    return SpanContext(TRACE_ID, span_id, remote, trace_state=TraceState([("k", "v"), ("l", "w")]))


def span(**fields) -> ReadableSpan:
    about = {
        "name": "chat gpt-5.1",
        "context": context(),
        "resource": RESOURCE,
        "instrumentation_scope": SCOPE,
        "start_time": 1_700_000_000_000_000_001,
        "end_time": 1_700_000_000_500_000_002,
    }
    return ReadableSpan(**(about | fields))


def log(**fields) -> ReadableLogRecord:
    return ReadableLogRecord(LogRecord(**fields), RESOURCE, SCOPE)


def point(value: float, exemplars=()) -> NumberDataPoint:
    return NumberDataPoint({"a": "b"}, 1_000, 2_000, value, list(exemplars))


def metrics(*data: object) -> MetricsData:
    found = [Metric(f"m{n}", f"about {n}", "s", one) for n, one in enumerate(data)]
    return MetricsData([ResourceMetrics(RESOURCE, [ScopeMetrics(SCOPE, found, "")], "")])


def written(lines) -> dict:
    """Our lines as one request, without the empty messages that only the collector writes."""
    requests = [json.loads(line) for line in lines]
    merged = {key: list(chain(*(one[key] for one in requests))) for one in requests for key in one}
    return pruned(merged)


def official(request) -> dict:
    """The same telemetry by the official encoder, with ids in hex."""
    return pruned(hexed(MessageToDict(request, use_integers_for_enums=True)))


def pruned(value):
    if isinstance(value, dict):
        kept = {key: pruned(item) for key, item in value.items()}
        return {key: item for key, item in kept.items() if item != {}}
    return [pruned(item) for item in value] if isinstance(value, list) else value


def hexed(value):
    if isinstance(value, dict):
        return {
            key: base64.b64decode(item).hex() if key.endswith("Id") else hexed(item)
            for key, item in value.items()
        }
    return [hexed(item) for item in value] if isinstance(value, list) else value


SPANS = {
    "bare": [span()],
    "no_scope": [span(instrumentation_scope=None)],
    "child_of_local": [span(parent=context(1))],
    "child_of_remote": [span(parent=context(1, remote=True))],
    "kinds": [span(kind=kind) for kind in SpanKind],
    "error": [span(status=Status(StatusCode.ERROR, "quota, über"))],
    "ok": [span(status=Status(StatusCode.OK))],
    "not_ended": [span(end_time=None)],
    "events": [span(events=[Event("e", {"x": 1.5}, 5), Event("f", timestamp=0)])],
    "links": [span(links=[Link(context(2, remote=True), {"x": "y"}), Link(context(3))])],
    "two_scopes": [span(), span(instrumentation_scope=OTHER_SCOPE), span()],
    "two_resources": [span(), span(resource=OTHER_RESOURCE), span()],
    "attributes": [
        span(attributes={"s": "", "b": False, "i": 0, "f": 0.0, "l": [], "t": ("a", "b")})
    ],
}


@pytest.mark.parametrize("spans", SPANS.values(), ids=SPANS)
def test_spans_say_what_the_official_encoding_says(spans):
    assert written(span_lines(spans)) == official(encode_spans(spans))


LOGS = {
    "bare": log(timestamp=1, observed_timestamp=2, body="text"),
    "event": log(
        timestamp=1,
        observed_timestamp=2,
        context=None,
        event_name="agentel.started",
        attributes={"nested": {"list": [1, "two", 3.0], "bytes": b"\x00\xff"}},
        severity_text="INFO",
        severity_number=SeverityNumber.INFO,
    ),
    "structured_body": log(timestamp=1, observed_timestamp=2, body={"a": [True, {"b": 1}]}),
    "empty": log(timestamp=None, observed_timestamp=2),
}


@pytest.mark.parametrize("record", LOGS.values(), ids=LOGS)
def test_logs_say_what_the_official_encoding_says(record):
    assert written(log_lines([record])) == official(encode_logs([record]))


EXEMPLARS = [Exemplar({"x": 1}, 7, 3_000, 0xA, 0xB), Exemplar({}, 0.5, 3_000)]
CUMULATIVE, DELTA = AggregationTemporality.CUMULATIVE, AggregationTemporality.DELTA
EXPONENTIAL = ExponentialHistogramDataPoint(
    attributes={"a": "b"},
    start_time_unix_nano=1_000,
    time_unix_nano=2_000,
    count=6,
    sum=0,
    scale=-2,
    zero_count=1,
    positive=Buckets(-3, [1, 0, 2]),
    negative=Buckets(0, []),
    flags=1,
    min=-1.0,
    max=9.5,
    exemplars=EXEMPLARS,
)
METRICS = {
    "gauge": metrics(Gauge([point(3), point(0), point(1.5), point(float("nan"))])),
    "sum": metrics(Sum([point(3, EXEMPLARS)], CUMULATIVE, True)),
    "updown_sum": metrics(Sum([point(-3)], DELTA, False)),
    "histogram": metrics(
        Histogram(
            [
                HistogramDataPoint(
                    {"a": "b"}, 1_000, 2_000, 3, 0.0, [1, 0, 2], [0.5, 10.0], 0.0, 5.5, EXEMPLARS
                )
            ],
            CUMULATIVE,
        )
    ),
    "exponential_histogram": metrics(ExponentialHistogram([EXPONENTIAL], DELTA)),
    "several": metrics(Gauge([point(1)]), Sum([point(2)], DELTA, True)),
    "nothing": MetricsData([]),
}


@pytest.mark.parametrize("data", METRICS.values(), ids=METRICS)
def test_metrics_say_what_the_official_encoding_says(data):
    assert written(metric_lines(data)) == official(encode_metrics(data))


VALUES = st.recursive(
    st.text() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats() | st.binary(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)


@settings(deadline=None)
@given(st.dictionaries(st.text(), VALUES, max_size=5))
def test_any_attributes_say_what_the_official_encoding_says(attributes):
    spans = [span(attributes=attributes)]
    assert written(span_lines(spans)) == official(encode_spans(spans))


@settings(deadline=None)
@given(st.dictionaries(st.text(st.characters()), st.text(st.characters()), max_size=5))
def test_half_surrogates_become_replacement_characters(attributes):
    (line,) = span_lines([span(attributes={"half": "a\ud800b", **attributes})])
    assert "a\ufffdb" in line.decode()


ODD_VALUES = {
    "beyond_64_bits": (2**63, {"stringValue": "9223372036854775808"}),
    "below_64_bits": (-(2**63) - 1, {"stringValue": "-9223372036854775809"}),
    "infinity": (float("inf"), {"doubleValue": "Infinity"}),
    "minus_infinity": (float("-inf"), {"doubleValue": "-Infinity"}),
    "nan": (float("nan"), {"doubleValue": "NaN"}),
    "none": (None, {}),
    "foreign_type": ({1}, {"stringValue": "<set>"}),
}


@pytest.mark.parametrize(("value", "expected"), ODD_VALUES.values(), ids=ODD_VALUES)
def test_odd_values_are_said_as_the_specification_says(value, expected):
    (line,) = span_lines([span(attributes={"k": value})])
    found = json.loads(line)["resourceSpans"][0]["scopeSpans"][0]["spans"][0]["attributes"]
    assert found == [{"key": "k", "value": expected}]


def test_a_value_that_contains_itself_is_cut():
    endless: list[object] = []
    endless.append(endless)
    (line,) = span_lines([span(attributes={"k": endless})])
    assert b"<nested deeper than 64 levels>" in line


@pytest.mark.parametrize("value", [-0.0, 1e20, 2.0**53, -3.0, 1e21, 1e-5, 0.1 + 0.2])
def test_a_float_is_written_so_that_it_comes_back(value):
    (line,) = span_lines([span(attributes={"k": value})])
    found = json.loads(line)["resourceSpans"][0]["scopeSpans"][0]["spans"][0]["attributes"]
    assert repr(float(found[0]["value"]["doubleValue"])) == repr(value)


def test_a_whole_line_looks_like_the_collectors():
    (line,) = span_lines([span(attributes={"k": ["ü", 1]}, parent=context(1))])
    assert line.decode() == (
        '{"resourceSpans":[{"resource":{"attributes":['
        '{"key":"service.name","value":{"stringValue":"demo"}},'
        '{"key":"n","value":{"intValue":"1"}}]},'
        '"scopeSpans":[{"scope":'
        '{"name":"agentel.openai","version":"0.1",'
        '"attributes":[{"key":"a","value":{"boolValue":true}}]},"spans":[{'
        '"traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"b7ad6b7169203331",'
        '"traceState":"k=v,l=w","parentSpanId":"0000000000000001","flags":256,'
        '"name":"chat gpt-5.1","kind":1,"startTimeUnixNano":"1700000000000000001",'
        '"endTimeUnixNano":"1700000000500000002","attributes":[{"key":"k","value":'
        '{"arrayValue":{"values":[{"stringValue":"ü"},{"intValue":"1"}]}}}],"status":{}}],'
        '"schemaUrl":"https://example.org/s"}],"schemaUrl":"https://example.org/schemas/1"}]}\n'
    )


def test_what_the_specification_calls_empty_messages_is_written_as_the_collector_does():
    bare = span(resource=Resource({}), instrumentation_scope=None, context=context())
    (line,) = span_lines([bare])
    group = json.loads(line)["resourceSpans"][0]
    assert (group["resource"], group["scopeSpans"][0]["scope"]) == ({}, {})


def test_long_batches_become_several_lines_below_the_limit():
    spans = [span(attributes={"text": "ü" * 300}) for _ in range(50)]
    lines = list(span_lines(spans, longest=4_000))
    counts = [line.count(b'"spanId"') for line in lines]
    assert (max(map(len, lines)) < 4_000, sum(counts), min(counts) > 1) == (True, 50, True)


def test_a_span_above_the_limit_gets_a_line_of_its_own():
    spans = [span(), span(attributes={"text": "x" * 5_000}), span()]
    counts = [line.count(b'"spanId"') for line in span_lines(spans, longest=4_000)]
    assert counts == [1, 1, 1]
