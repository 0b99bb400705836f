"""Knows what a program's telemetry was: collects all three signals, and prints them as text.

telemetry = Telemetry()
libraries.openai().instrument(**telemetry.providers)
...
assert spans_as_text(telemetry.spans(1)) == "..."
"""

from __future__ import annotations

import textwrap
import threading
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import opentelemetry.sdk._logs.export as log_export
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import SimpleLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import HistogramDataPoint, InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.sampling import Sampler
from opentelemetry.trace import StatusCode

LONGEST_WAIT = 10.0
"""Seconds in which a span that was abandoned must have ended."""

VARYING = {
    "server.port": "PORT",
    "gen_ai.response.time_to_first_chunk": "TIME",
    "agentel.attempt.delay": "TIME",
    "agentel.error.fingerprint": "PRINT",
    "agentel.parent.span_id": "SPAN",
}
"""Attributes whose values differ from run to run, and what is printed in their place."""

WIDTH = 84


class Telemetry:
    """Providers of one test, and what reached them."""

    def __init__(self, sampler: Sampler | None = None) -> None:
        self._ended = _Ended()
        self.tracer_provider = TracerProvider(sampler=sampler)
        self.tracer_provider.add_span_processor(self._ended)
        self._reader = InMemoryMetricReader()
        self.meter_provider = MeterProvider([self._reader])
        # Renamed within the supported range of the SDK.
        exporter = getattr(log_export, "InMemoryLogRecordExporter", None)
        self._records = (exporter or log_export.InMemoryLogExporter)()
        self.logger_provider = LoggerProvider()
        self.logger_provider.add_log_record_processor(SimpleLogRecordProcessor(self._records))

    @property
    def providers(self) -> dict[str, object]:
        """What `instrument` is to be given."""
        return {
            "tracer_provider": self.tracer_provider,
            "meter_provider": self.meter_provider,
            "logger_provider": self.logger_provider,
        }

    def spans(self, count: int) -> list[ReadableSpan]:
        """The spans in the order of their start, once `count` have ended."""
        return sorted(self._ended.wait_for(count), key=lambda span: span.start_time or 0)

    def points(self) -> dict[str, list[tuple[Mapping[str, object], int, float]]]:
        """Each histogram's points: attributes, count and sum."""
        found: dict[str, list[tuple[Mapping[str, object], int, float]]] = {}
        data = self._reader.get_metrics_data()
        for resource in data.resource_metrics if data else ():
            for scope in resource.scope_metrics:
                for metric in scope.metrics:
                    found[metric.name] = [
                        (point.attributes or {}, point.count, point.sum)
                        for point in metric.data.data_points
                        if isinstance(point, HistogramDataPoint)
                    ]
        return found

    def records(self) -> list[Any]:
        """The log records, in order."""
        return [record.log_record for record in self._records.get_finished_logs()]

    def clear(self) -> None:
        """Forget the spans so far."""
        self._ended.spans.clear()

    def everything(self) -> str:
        """All that was told in any signal, to look for what must not be there."""
        spans = [span.to_json() for span in self._ended.spans]
        records = [repr(vars(record)) for record in self.records()]
        return "\n".join([*spans, *records, repr(self.points())])

    def shut_down(self) -> None:
        """Stop the providers."""
        self.tracer_provider.shutdown()
        self.meter_provider.shutdown()
        self.logger_provider.shutdown()


class _Ended(SpanProcessor):
    def __init__(self) -> None:
        self.spans: list[ReadableSpan] = []
        self._changed = threading.Condition()

    def on_end(self, span: ReadableSpan) -> None:
        with self._changed:
            self.spans.append(span)
            self._changed.notify_all()

    def wait_for(self, count: int) -> list[ReadableSpan]:
        with self._changed:
            self._changed.wait_for(lambda: len(self.spans) >= count, LONGEST_WAIT)
            return list(self.spans)


def spans_as_text(spans: Iterable[ReadableSpan]) -> str:
    """One paragraph a span: name, kind and status, then attributes by namespace, then events."""
    return "\n".join(line for span in spans for line in _span_lines(span))


def _span_lines(span: ReadableSpan) -> list[str]:
    status = span.status
    failed = f" {status.status_code.name}" if status.status_code is not StatusCode.UNSET else ""
    told = f" ({status.description})" if status.description else ""
    lines = [f"{span.name} [{span.kind.name.lower()}]{failed}{told}"]
    lines += _attribute_lines(span.attributes or {}, "  ")
    for event in span.events:
        lines.append(f"  * {event.name}")
        lines += _attribute_lines(event.attributes or {}, "    ")
    return lines


def _attribute_lines(attributes: Mapping[str, object], indent: str) -> list[str]:
    groups: dict[str, list[str]] = {}
    for key, value in sorted(attributes.items()):
        space, _, name = key.partition(".")
        groups.setdefault(space, []).append(f"{name}={VARYING.get(key) or _value(value)}")
    lines: list[str] = []
    for space, told in groups.items():
        wrapped = textwrap.wrap(
            f"{space}: " + " ".join(told),
            WIDTH,
            initial_indent=indent,
            subsequent_indent=indent + "  ",
            break_on_hyphens=False,
        )
        lines += [line.rstrip() for line in wrapped]
    return lines


def _value(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ",".join(_value(item) for item in value) + "]"
    return str(value)
