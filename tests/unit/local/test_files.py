from __future__ import annotations

import json
from pathlib import Path

import pytest
from opentelemetry._logs import LogRecord
from opentelemetry.sdk._logs import ReadableLogRecord
from opentelemetry.sdk._logs.export import LogRecordExportResult
from opentelemetry.sdk.metrics import Counter, MeterProvider
from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    Gauge,
    Metric,
    MetricExportResult,
    MetricsData,
    NumberDataPoint,
    PeriodicExportingMetricReader,
    ResourceMetrics,
    ScopeMetrics,
)
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExportResult
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext

from agentel.local.runs import Storage
from agentel.telemetry.files import FileLogExporter, FileMetricExporter, FileSpanExporter

RESOURCE = Resource({"service.name": "demo"})
SCOPE = InstrumentationScope("test")
SPAN = ReadableSpan("a", SpanContext(1, 2, False), resource=RESOURCE, instrumentation_scope=SCOPE)
LOG = ReadableLogRecord(LogRecord(observed_timestamp=1, body="b"), RESOURCE, SCOPE)
METRIC = Metric("m", "", "", Gauge([NumberDataPoint({}, 0, 1, 2)]))
METRICS = MetricsData([ResourceMetrics(RESOURCE, [ScopeMetrics(SCOPE, [METRIC], "")], "")])

EXPORTERS = {
    "traces": (FileSpanExporter, [SPAN, SPAN], SpanExportResult, "resourceSpans", 2),
    "metrics": (FileMetricExporter, METRICS, MetricExportResult, "resourceMetrics", 1),
    "logs": (FileLogExporter, [LOG, LOG], LogRecordExportResult, "resourceLogs", 2),
}
cases = pytest.mark.parametrize(
    ("signal", "kind", "batch", "result", "key", "size"),
    [(signal, *case) for signal, case in EXPORTERS.items()],
    ids=EXPORTERS,
)


@cases
def test_success_means_that_everything_is_in_the_file(
    signal, kind, batch, result, key, size, tmp_path, monkeypatch
):
    monkeypatch.setenv("AGENTEL_DIR", str(tmp_path))
    monkeypatch.setenv("AGENTEL_RUN_ID", "files")
    exporter = kind()
    assert exporter.export(batch) is result.SUCCESS
    assert exporter.force_flush() is True
    (path,) = tmp_path.rglob(f"{signal}-*-0.jsonl")
    assert [list(json.loads(line)) for line in path.read_text().splitlines()] == [[key]]
    assert exporter.lost == 0


@cases
def test_failure_is_said_and_counted(signal, kind, batch, result, key, size, tmp_path):
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    exporter = kind(Storage(str(in_the_way), "r"))
    assert exporter.export(batch) is result.FAILURE
    assert exporter.lost == size


@cases
def test_after_shutdown_nothing_is_written(signal, kind, batch, result, key, size, storage):
    exporter = kind(storage())
    exporter.shutdown()
    assert exporter.export(batch) is result.FAILURE
    assert not Path(storage().directory).exists()


def test_metric_preferences_reach_the_file(storage):
    exporter = FileMetricExporter(storage(), {Counter: AggregationTemporality.DELTA})
    provider = MeterProvider([PeriodicExportingMetricReader(exporter)])
    provider.get_meter("test").create_counter("c").add(1)
    provider.shutdown()
    (path,) = Path(storage().directory).rglob("metrics-*.jsonl")
    (metric,) = json.loads(path.read_text())["resourceMetrics"][0]["scopeMetrics"][0]["metrics"]
    assert metric["sum"]["aggregationTemporality"] == AggregationTemporality.DELTA.value
