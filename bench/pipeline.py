"""Knows where telemetry goes in the benchmark: the stock SDK, encoded as OTLP and dropped.

The batch processors are the stock ones, but export only when told to: an export in the middle of
a measured call would hit whichever call is running.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from opentelemetry import _logs, metrics, trace
from opentelemetry.exporter.otlp.proto.common._log_encoder import encode_logs
from opentelemetry.exporter.otlp.proto.common.metrics_encoder import encode_metrics
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs import export as log_export
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import (
    MetricExporter,
    MetricExportResult,
    PeriodicExportingMetricReader,
)
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ALWAYS_ON

_NEVER_MS = 3_600_000
_QUEUE = 8192
"""Spans that may wait for a flush before any is dropped."""


@dataclass
class Sink:
    """What one exporter was given."""

    is_keeping: bool = True
    items: int = 0
    payloads: list[bytes] = field(default_factory=list)

    def take(self, items: int, message: Any) -> None:
        """Serialise a message, as a real exporter must, and keep it only while asked to."""
        payload = message.SerializeToString()
        self.items += items
        if self.is_keeping:
            self.payloads.append(payload)


class DropSpans(SpanExporter):
    def __init__(self, sink: Sink) -> None:
        self._sink = sink

    def export(self, spans: Sequence[Any]) -> SpanExportResult:
        self._sink.take(len(spans), encode_spans(spans))
        return SpanExportResult.SUCCESS

    def shutdown(self) -> None:
        pass

    def force_flush(self, timeout_millis: int = 0) -> bool:
        return True


class DropMetrics(MetricExporter):
    def __init__(self, sink: Sink) -> None:
        super().__init__()
        self._sink = sink

    def export(
        self, metrics_data: Any, timeout_millis: float = 0, **kwargs: Any
    ) -> MetricExportResult:
        self._sink.take(1, encode_metrics(metrics_data))
        return MetricExportResult.SUCCESS

    def shutdown(self, timeout_millis: float = 0, **kwargs: Any) -> None:
        pass

    def force_flush(self, timeout_millis: float = 0) -> bool:
        return True


class DropLogs(log_export.LogRecordExporter):
    def __init__(self, sink: Sink) -> None:
        self._sink = sink

    def export(self, batch: Sequence[Any]) -> log_export.LogRecordExportResult:
        self._sink.take(len(batch), encode_logs(batch))
        return log_export.LogRecordExportResult.SUCCESS

    def shutdown(self) -> None:
        pass

    def force_flush(self, timeout_millis: int = 0) -> bool:
        return True


class Telemetry:
    """Three providers and what they exported. They are made the process's own."""

    def __init__(self, *, is_sampled: bool = True) -> None:
        self.spans, self.metrics, self.logs = Sink(), Sink(), Sink()
        resource = Resource.create({"service.name": "bench"})
        self.tracer_provider = TracerProvider(
            ALWAYS_ON if is_sampled else ALWAYS_OFF, resource, shutdown_on_exit=False
        )
        batches: dict[str, Any] = {
            "max_queue_size": _QUEUE,
            "max_export_batch_size": _QUEUE // 2,
            "schedule_delay_millis": _NEVER_MS,
        }
        self.tracer_provider.add_span_processor(
            BatchSpanProcessor(DropSpans(self.spans), **batches)
        )
        reader = PeriodicExportingMetricReader(
            DropMetrics(self.metrics), export_interval_millis=_NEVER_MS
        )
        self.meter_provider = MeterProvider([reader], resource, shutdown_on_exit=False)
        self.logger_provider = LoggerProvider(resource, shutdown_on_exit=False)
        self.logger_provider.add_log_record_processor(
            log_export.BatchLogRecordProcessor(DropLogs(self.logs), **batches)
        )
        trace.set_tracer_provider(self.tracer_provider)
        metrics.set_meter_provider(self.meter_provider)
        _logs.set_logger_provider(self.logger_provider)

    @property
    def providers(self) -> dict[str, Any]:
        """The providers as instrumentors take them."""
        return {
            "tracer_provider": self.tracer_provider,
            "meter_provider": self.meter_provider,
            "logger_provider": self.logger_provider,
        }

    def flush(self) -> None:
        """Export all that waits. The metrics come first: collecting them may end spans."""
        self.meter_provider.force_flush()
        self.tracer_provider.force_flush()
        self.logger_provider.force_flush()

    def forget(self) -> None:
        """Keep nothing of what is exported from now on."""
        for sink in (self.spans, self.metrics, self.logs):
            sink.is_keeping = False
            sink.payloads.clear()
