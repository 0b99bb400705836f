from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from agentel.local.encode import log_lines, metric_lines, span_lines
from agentel.local.read import Reader, find_files
from unit.local import telemetry_of_all_kinds as sent

GOLDEN = Path(__file__).parent / "golden"
WRITTEN = {
    "traces": span_lines(sent.SPANS),
    "metrics": metric_lines(sent.METRICS),
    "logs": log_lines(sent.LOGS),
}


@pytest.mark.parametrize(("signal", "lines"), WRITTEN.items(), ids=WRITTEN)
def test_our_lines_are_those_of_the_collectors_file_exporter(
    signal: str, lines: Iterable[bytes]
) -> None:
    assert b"".join(lines) == (GOLDEN / f"{signal}.jsonl").read_bytes()


def read(signal: str) -> list:
    reader = Reader(find_files([str(GOLDEN / f"{signal}.jsonl")]))
    records = list(reader.records())
    assert reader.skipped.sentences() == []
    return records


def listed(values: dict) -> dict:
    return {key: list(value) if type(value) is tuple else value for key, value in values.items()}


def test_our_reader_understands_the_collectors_spans() -> None:
    chat, unended, root = read("traces")
    assert (chat.name, chat.parent_id, chat.kind, chat.status) == (
        "chat gpt-5.1",
        f"{1:016x}",
        3,
        2,
    )
    assert (chat.attributes, chat.events[0].attributes) == (listed(sent.VALUES),) * 2
    assert [link.span_id for link in chat.links] == [f"{2:016x}", f"{3:016x}"]
    assert (unended.end_ns, root.name, root.resource) == (0, "root", {})


def test_our_reader_understands_the_collectors_logs() -> None:
    plain, event, structured, _ = read("logs")
    assert (plain.body, event.event_name) == ("text", "agentel.started")
    assert event.attributes == structured.body == listed(sent.NESTED)


def test_our_reader_understands_the_collectors_metrics() -> None:
    points = read("metrics")
    assert [(point.name, point.value) for point in points if point.name in ("m1", "m2")] == [
        ("m1", 3),
        ("m1", -(2**63)),
        ("m2", -3),
    ]
