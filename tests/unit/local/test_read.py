from __future__ import annotations

import io
import json
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry._logs import LogRecord as SdkLogRecord
from opentelemetry.sdk._logs import ReadableLogRecord
from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
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
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode

from agentel.local.encode import log_lines, metric_lines, span_lines
from agentel.local.lines import LONGEST_LINE, read_lines
from agentel.local.read import Reader, SourceError, find_files
from agentel.local.records import EventRecord, LinkRecord, LogRecord, MetricPoint, Scope, SpanRecord
from agentel.local.seen import SeenSpans
from agentel.local.skipped import Skipped
from agentel.local.values import decode_attributes
from unit.local.lines import span, spans_line

RESOURCE = Resource({"service.name": "demo"})
SCOPE = InstrumentationScope("agentel.test", "1")
WHERE = {"resource": {"service.name": "demo"}, "scope": Scope("agentel.test", "1")}


def read(text: bytes | str) -> tuple[list, list[str]]:
    """Records and complaints of a text."""
    reader = Reader([], io.BytesIO(text if isinstance(text, bytes) else text.encode()))
    return list(reader.records()), reader.skipped.sentences()


def names(text: bytes | str) -> list[str]:
    return [record.name for record in read(text)[0]]


def test_a_span_comes_back_as_it_was():
    written = ReadableSpan(
        "chat ü",
        SpanContext(0xA, 0xB, False),
        parent=SpanContext(0xA, 0xC, False),
        resource=RESOURCE,
        attributes={"s": "x", "i": 2**62, "f": 0.5, "b": True, "l": ("a", "b")},
        events=[Event("e", {"k": 1}, 7)],
        links=[Link(SpanContext(0xD, 0xE, True), {"k": "v"})],
        kind=SpanKind.CLIENT,
        status=Status(StatusCode.ERROR, "why"),
        start_time=5,
        end_time=9,
        instrumentation_scope=SCOPE,
    )
    records, complaints = read(b"".join(span_lines([written])))
    assert complaints == []
    assert records == [
        SpanRecord(
            trace_id=f"{0xA:032x}",
            span_id=f"{0xB:016x}",
            parent_id=f"{0xC:016x}",
            parent_is_remote=False,
            name="chat ü",
            kind=3,
            start_ns=5,
            end_ns=9,
            attributes={"s": "x", "i": 2**62, "f": 0.5, "b": True, "l": ["a", "b"]},
            events=(EventRecord("e", 7, {"k": 1}),),
            links=(LinkRecord(f"{0xD:032x}", f"{0xE:016x}", {"k": "v"}),),
            status=2,
            status_message="why",
            **WHERE,
        )
    ]


def test_a_log_record_comes_back_as_it_was():
    record = SdkLogRecord(
        timestamp=5,
        observed_timestamp=6,
        event_name="agentel.started",
        body={"a": [1, b"\x00"]},
        attributes={"k": {"n": None}},
    )
    records, _ = read(b"".join(log_lines([ReadableLogRecord(record, RESOURCE, SCOPE)])))
    assert records == [
        LogRecord("", "", "agentel.started", 5, 0, {"a": [1, b"\x00"]}, {"k": {"n": None}}, **WHERE)
    ]


def test_metric_points_come_back_as_they_were():
    histogram = HistogramDataPoint({"a": "b"}, 1, 2, 3, 4.5, [1, 0, 2], [0.5, 10.0], 0.1, 9.0)
    cumulative = AggregationTemporality.CUMULATIVE
    data = [
        Metric("duration", "", "s", Histogram([histogram], cumulative)),
        Metric(
            "calls",
            "",
            "{call}",
            Sum([NumberDataPoint({}, 1, 2, 7)], AggregationTemporality.DELTA, True),
        ),
    ]
    found = MetricsData([ResourceMetrics(RESOURCE, [ScopeMetrics(SCOPE, data, "")], "")])
    records, _ = read(b"".join(metric_lines(found)))
    assert records == [
        MetricPoint(
            "duration", "s", "histogram", 1, 2, {"a": "b"}, 4.5, 3, (0.5, 10.0), (1, 0, 2), False,
            **WHERE,
        ),
        MetricPoint("calls", "{call}", "sum", 1, 2, {}, 7, None, (), (), True, **WHERE),
    ]  # fmt: skip


@settings(deadline=None)
@given(
    st.recursive(
        st.text() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False)
        | st.binary() | st.none(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
        max_leaves=8,
    )
)  # fmt: skip
def test_any_value_survives_the_file(value):
    written = ReadableSpan("a", SpanContext(1, 2, False), attributes={"k": value})
    (record,), _ = read(b"".join(span_lines([written])))
    assert record.attributes == {"k": value}


@pytest.mark.parametrize("word", ["Infinity", "+Inf", "inf"])
def test_the_collectors_and_the_specifications_infinity_are_one(word):
    line = spans_line(span(1, "a", k=0.5)).replace("0.5", f'"{word}"')
    (record,), _ = read(line)
    assert record.attributes == {"k": float("inf")}


def test_a_span_that_comes_twice_is_read_once():
    line = spans_line(span(1, "a"))
    assert names(line + spans_line(span(1, "again"), span(2, "b")) + line) == ["a", "b"]


def test_glued_lines_are_read_apart():
    glued = spans_line(span(1, "a")).strip() + spans_line(span(2, "b")).strip()
    assert read(glued)[1] == []
    assert names(glued) == ["a", "b"]


def test_a_last_line_that_was_cut_short_is_skipped_and_said():
    whole = spans_line(span(1, "a"))
    records, complaints = read(whole + whole[:100])
    assert [record.name for record in records] == ["a"]
    assert complaints == [
        "1 line was cut short and skipped, the first at standard input:2; the writer was killed or "
        "is still writing."
    ]


def test_what_follows_a_torn_object_on_the_same_line_is_read():
    torn = spans_line(span(1, "a"))[:80]
    records, complaints = read(torn + spans_line(span(2, "b")))
    assert ([record.name for record in records], len(complaints)) == (["b"], 1)


def test_foreign_lines_are_counted_and_the_first_is_named(tmp_path):
    path = tmp_path / "mixed.jsonl"
    path.write_text(spans_line(span(1, "a")) + '{"level": "info"}\n\nhello\n[1, 2]\n7\n')
    reader = Reader(find_files([str(path)]))
    assert [record.name for record in reader.records()] == ["a"]
    assert reader.skipped.sentences() == [
        f"4 lines were skipped as foreign, the first at {path}:2; expected one OTLP JSON object a "
        "line (resourceSpans, resourceMetrics or resourceLogs)."
    ]


ODD = {
    "nothing": b"",
    "binary": bytes(range(256)) * 3,
    "deep": b"[" * 100_000,
    "wrong_types": b'{"resourceSpans": {"a": 1}}\n{"resourceSpans": [7, null, {"scopeSpans": 3}]}',
    "null": b"null\n",
}


@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_odd_files_give_no_records_and_no_error(text):
    assert read(text)[0] == []


@pytest.mark.parametrize("given_id", ["\x1b[2J", "AbC=", "0000", ""], ids=repr)
def test_what_is_no_hex_is_no_id(given_id):
    fields = [{"traceId": given_id, "spanId": given_id, "name": name} for name in "ab"]
    records, _ = read(json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": fields}]}]}))
    assert [(one.trace_id, one.span_id, one.name) for one in records] == [
        ("", "", "a"),
        ("", "", "b"),
    ]


def test_metrics_may_be_passed_over():
    text = '{"resourceMetrics": [broken\n' + spans_line(span(1, "a"))
    reader = Reader([], io.BytesIO(text.encode()), without_metrics=True)
    assert ([one.name for one in reader.records()], bool(reader.skipped)) == (["a"], False)


def test_a_span_of_wrong_types_is_read_as_far_as_it_goes():
    fields = {"traceId": 7, "spanId": None, "name": ["x"], "kind": "?", "attributes": {"a": 1}}
    fields |= {"startTimeUnixNano": "soon", "endTimeUnixNano": 1e400, "status": "bad"}
    line = {"resourceSpans": [{"scopeSpans": [{"spans": [fields]}]}]}
    (record,), _ = read(json.dumps(line))
    assert (record.trace_id, record.name, record.kind, record.start_ns) == ("", "", 0, 0)
    assert (record.attributes, record.duration_ns, record.status) == ({}, 0, 0)


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_make_the_reader_fail(noise):
    names(noise + b"\n" + spans_line(span(1, "a")).encode())


def test_skipped_lines_of_several_files_and_passes_are_counted_once(tmp_path):
    for name in ("a.jsonl", "b.jsonl"):
        (tmp_path / name).write_text("1 2 3\nhello\n")
    skipped = Skipped()
    for _ in range(2):
        reader = Reader(find_files([str(tmp_path)]))
        assert list(reader.records()) == []
        skipped.merge(reader.skipped)
    assert skipped.sentences() == [
        f"4 lines were skipped as foreign in 2 files, the first at {tmp_path / 'a.jsonl'}:1; "
        "expected one OTLP JSON object a line (resourceSpans, resourceMetrics or resourceLogs)."
    ]


def test_lines_without_the_wanted_bytes_are_not_decoded():
    text = spans_line(span(1, "a")) + "foreign\n" + spans_line(span(2, "b"))
    reader = Reader([], io.BytesIO(text.encode()))
    assert [record.name for record in reader.records(containing=b'"b"')] == ["b"]
    assert not reader.skipped


def test_files_are_found_in_folders_globs_and_by_name(tmp_path):
    for name in ("runs/r/traces-1-0.jsonl", "runs/r/meta/telemetry.jsonl", "runs/.removed/x.jsonl"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    (tmp_path / "runs/r/run.json").write_text("{}")
    (tmp_path / "b.json").write_text("")
    trace = tmp_path / "runs/r/traces-1-0.jsonl"
    sources = [str(tmp_path), str(tmp_path / "*.json"), str(trace), "-"]
    assert find_files(sources) == [trace, tmp_path / "b.json"]


def test_a_source_that_is_not_there_is_said(tmp_path):
    with pytest.raises(SourceError, match=r"nothing\*here does not exist. Name a file, a folder"):
        find_files([str(tmp_path / "nothing*here")])


def test_a_folder_without_telemetry_is_said(tmp_path):
    with pytest.raises(SourceError, match=r"has no \*.jsonl file in it"):
        find_files([str(tmp_path)])


def test_a_line_that_is_too_long_costs_neither_memory_nor_what_is_beside_it(tmp_path):
    path = tmp_path / "long.jsonl"
    with path.open("wb") as file:
        file.write(spans_line(span(1, "before")).encode() + b'{"resourceSpans":"')
        for _ in range(100):
            file.write(b"x" * 1024 * 1024)
        file.write(b'"}\n' + spans_line(span(2, "after")).encode())
    tracemalloc.start()
    reader = Reader([path])
    found = [record.name for record in reader.records()]
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (found, most < 3 * LONGEST_LINE) == (["before", "after"], True)
    assert reader.skipped.sentences() == [
        f"1 line was too long and skipped, the first at {path}:2; expected at most 32 MiB a line. "
        "Let the writer send smaller batches."
    ]


@pytest.mark.parametrize("length", [9, 10, 11], ids=["below", "at", "above"])
@pytest.mark.parametrize("end", [b"\n", b""], ids=["newline", "end"])
def test_lines_are_cut_at_their_newlines_whatever_their_length(length, end):
    text = b"x" * length + end
    line = b"" if length > 10 and not (length == 10 and end) else text
    found = list(read_lines(io.BytesIO(b"ab\n" + text + (b"cd\n" if end else b"")), longest=10))
    assert found == [(b"ab\n", 3), (line, len(text)), *([(b"cd\n", 3)] if end else [])]


def test_invalid_utf_8_is_replaced_and_the_rest_is_kept():
    line = spans_line(span(1, "aXb", note="fine")).encode().replace(b"aXb", b"a\xff\xc3b")
    records, complaints = read(line + spans_line(span(2, "c")).encode())
    assert [(one.name, one.attributes.get("note")) for one in records] == [
        ("a\ufffd\ufffdb", "fine"),
        ("c", None),
    ]
    assert complaints == []


@pytest.mark.parametrize(("broken", "found"), [(999, ["a"]), (100_000, [])], ids=str)
def test_a_line_is_given_up_only_after_very_many_broken_pieces(broken, found):
    assert names('{"resourceSpans"' * broken + spans_line(span(1, "a"))) == found


def test_a_cut_inside_of_a_text_does_not_swallow_what_is_glued_to_it():
    whole = spans_line(span(1, "a"))
    cut = whole[: whole.index("0af76519") + 4]
    assert names(cut + whole) == ["a"]


def test_progress_is_told_in_bytes_and_adds_up_to_the_file(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text(spans_line(*(span(n, "a" * 1_000) for n in range(1, 1_001))) * 3)
    told: list[int] = []
    list(Reader([path], progress=told.append).records())
    assert (sum(told), len(told) > 2) == (path.stat().st_size, True)


def test_millions_of_spans_are_told_apart_in_little_memory():
    seen = SeenSpans()
    tracemalloc.start()
    first = sum(seen.add("a" * 32, str(number)) for number in range(50_000))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    again = sum(seen.add("a" * 32, str(number)) for number in range(50_000))
    assert (first, again, most < 50_000 * 40) == (50_000, 0, True)


@pytest.mark.parametrize(
    ("flags", "remote"), [({}, None), ({"flags": 256}, False), ({"flags": 768}, True)], ids=str
)
def test_a_parents_remoteness_is_known_where_the_writer_says_it(flags, remote):
    (record,), _ = read(spans_line(span(1, "a", parent=2) | flags))
    assert (record.parent_is_remote, record.is_entry) == (remote, remote is True)


def test_attributes_are_a_mapping_without_what_is_no_attribute():
    odd = [{"key": 7, "value": {}}, {"key": "a", "value": {"intValue": "1"}}, {"key": "b"}]
    found = decode_attributes([*odd, "c", {"value": {"boolValue": True}}])
    assert (dict(found), len(found), found.get("c", 5)) == ({"a": 1, "b": None, "": True}, 3, 5)
    assert dict(decode_attributes(odd[:2])) == {"a": 1}


def test_a_value_that_is_nested_very_deeply_is_cut():
    value = '{"stringValue":"x"}'
    for _ in range(200):
        value = f'{{"arrayValue":{{"values":[{value}]}}}}'
    line = spans_line(span(1, "a", k="deep")).replace('{"stringValue": "deep"}', value)
    (record,), _ = read(line)
    depth, found = 0, record.attributes["k"]
    while isinstance(found, list):
        depth, found = depth + 1, found[0]
    assert (depth, found) == (64, None)
