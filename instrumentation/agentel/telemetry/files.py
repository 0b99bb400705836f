"""Knows OpenTelemetry's exporter interfaces, and hands what they get to files of OTLP JSON lines.

Entry points `agentel_file` in the three exporter groups. Nothing is made on the disk before the
first telemetry comes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from opentelemetry.sdk._logs import ReadableLogRecord
from opentelemetry.sdk._logs.export import LogRecordExporter, LogRecordExportResult
from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    MetricExporter,
    MetricExportResult,
    MetricsData,
)
from opentelemetry.sdk.metrics.view import Aggregation
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from agentel.config import read_settings
from agentel.core.safety import guarded
from agentel.local.encode import log_lines, metric_lines, span_lines
from agentel.local.runs import Storage, storage_from_environment
from agentel.local.writer import SignalWriter

__all__ = ["FileLogExporter", "FileMetricExporter", "FileSpanExporter", "configured_storage"]

_DAY = 86_400


class FileSpanExporter(SpanExporter):
    """Writes ended spans to `traces-*.jsonl` of the current run.

    Without `storage`, the settings say where and how much. Threads may share an exporter. `lost`
    counts the spans of batches that could not be written whole.
    """

    def __init__(self, storage: Storage | None = None) -> None:
        self._writer = _writer(storage, "traces")
        self.lost = 0

    @property
    def refusal(self) -> str:
        """Why the last export failed, and what to do; empty if it did not."""
        return self._writer.refusal

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Write `spans`; SUCCESS means that all of them are in the file. Never raises."""
        if _written(self._writer, span_lines(spans)):
            return SpanExportResult.SUCCESS
        self.lost += len(spans)
        return SpanExportResult.FAILURE

    def force_flush(self, timeout_millis: int = 30000) -> bool:
        """Return True: what `export` took is with the operating system already."""
        return True

    def shutdown(self) -> None:
        """Close the file. Later exports fail. Never raises."""
        self._writer.close()


class FileMetricExporter(MetricExporter):
    """Writes collected metrics to `metrics-*.jsonl` of the current run.

    Temporality is cumulative unless `preferred_temporality` says otherwise. The rest is as for
    `FileSpanExporter`; `lost` counts collections.
    """

    def __init__(
        self,
        storage: Storage | None = None,
        preferred_temporality: dict[type, AggregationTemporality] | None = None,
        preferred_aggregation: dict[type, Aggregation] | None = None,
    ) -> None:
        super().__init__(preferred_temporality, preferred_aggregation)
        self._writer = _writer(storage, "metrics")
        self.lost = 0

    @property
    def refusal(self) -> str:
        """Why the last export failed, and what to do; empty if it did not."""
        return self._writer.refusal

    def export(
        self, metrics_data: MetricsData, timeout_millis: float = 10_000, **kwargs: object
    ) -> MetricExportResult:
        """Write `metrics_data`; SUCCESS means that all of it is in the file. Never raises."""
        if _written(self._writer, metric_lines(metrics_data)):
            return MetricExportResult.SUCCESS
        self.lost += 1
        return MetricExportResult.FAILURE

    def force_flush(self, timeout_millis: float = 10_000) -> bool:
        """Return True: what `export` took is with the operating system already."""
        return True

    def shutdown(self, timeout_millis: float = 30_000, **kwargs: object) -> None:
        """Close the file. Later exports fail. Never raises."""
        self._writer.close()


class FileLogExporter(LogRecordExporter):
    """Writes log records and events to `logs-*.jsonl` of the current run.

    The rest is as for `FileSpanExporter`; `lost` counts records.
    """

    def __init__(self, storage: Storage | None = None) -> None:
        self._writer = _writer(storage, "logs")
        self.lost = 0

    @property
    def refusal(self) -> str:
        """Why the last export failed, and what to do; empty if it did not."""
        return self._writer.refusal

    def export(self, batch: Sequence[ReadableLogRecord]) -> LogRecordExportResult:
        """Write `batch`; SUCCESS means that all of it is in the file. Never raises."""
        if _written(self._writer, log_lines(batch)):
            return LogRecordExportResult.SUCCESS
        self.lost += len(batch)
        return LogRecordExportResult.FAILURE

    def force_flush(self, timeout_millis: int = 30000) -> bool:
        """Return True: what `export` took is with the operating system already."""
        return True

    def shutdown(self) -> None:
        """Close the file. Later exports fail. Never raises."""
        self._writer.close()


def configured_storage() -> Storage:
    """Return the storage that the environment and the settings name. Makes nothing on the disk."""
    settings = read_settings()
    return replace(
        storage_from_environment(),
        max_file_size=settings.file_size,
        max_files=settings.max_files,
        max_age=settings.keep_days * _DAY,
        max_runs=settings.keep_runs,
    )


def _writer(storage: Storage | None, signal: str) -> SignalWriter:
    return SignalWriter(storage or configured_storage(), signal)


def _written(writer: SignalWriter, lines: Iterable[bytes]) -> bool:
    return guarded("write telemetry to files", writer.write, lines, default=False)
