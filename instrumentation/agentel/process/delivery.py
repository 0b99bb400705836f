"""Knows what became of what was handed to exporters: how much came, how much arrived, why not.

The exporters that a process is given at its start are watched where they are: what one raises or
logs stays with us, and its reason is told at most once a minute.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, cast

from opentelemetry.sdk._logs import ReadWriteLogRecord
from opentelemetry.sdk._logs.export import (
    BatchLogRecordProcessor,
    LogRecordExporter,
    LogRecordExportResult,
)
from opentelemetry.sdk.metrics.export import MetricExportResult
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

from agentel.core.safety import outcome_of
from agentel.local import writer
from agentel.process import complaints
from agentel.process.batches import split

__all__ = [
    "LogDelivery",
    "SpanDelivery",
    "at_exit",
    "spare_stderr",
    "summary",
    "undelivered",
    "watch_metrics",
]

_FAILURES = {
    "traces": SpanExportResult.FAILURE,
    "metrics": MetricExportResult.FAILURE,
    "logs": LogRecordExportResult.FAILURE,
}
_WORDS = {
    "traces": ("span", "spans"),
    "metrics": ("collection of metrics", "collections of metrics"),
    "logs": ("log record", "log records"),
}


@dataclass(slots=True)
class Account:
    """What one exporter was given, in spans, log records or collections of metrics."""

    signal: str
    place: str
    is_local: bool = False
    """Whether the exporter tells about its failures by itself, as ours for files do."""
    largest: int = 0
    """Bytes that the receiver takes at once, about; 0 if it does not matter."""
    given: int = 0
    delivered: int = 0
    reason: str = field(default="", repr=False)
    words: list[str] = field(default_factory=list[str], repr=False)
    """What the exporter has said of the batch that is under way."""

    @property
    def missing(self) -> int:
        """How much waits or is lost."""
        return max(self.given - self.delivered, 0)


_accounts: list[Account] = []


class SpanDelivery(BatchSpanProcessor):
    """Hands ended spans to an exporter, on a thread of its own, and keeps account of them.

    `place` is where they go, in words for the user; a batch is split into requests of about
    `largest` bytes. The rest is as for `BatchSpanProcessor`.
    """

    def __init__(
        self,
        exporter: SpanExporter,
        place: str,
        *,
        is_local: bool = False,
        largest: int = 0,
        **limits: Any,
    ) -> None:
        self._account = _open(exporter, Account("traces", place, is_local, largest))
        super().__init__(exporter, **limits)

    def on_end(self, span: ReadableSpan) -> None:
        """Let an ended span wait for the exporter. Never blocks."""
        if span.context is not None and span.context.trace_flags.sampled:
            self._account.given += 1
            super().on_end(span)


class LogDelivery(BatchLogRecordProcessor):
    """Hands log records to an exporter; the rest is as for `SpanDelivery`."""

    def __init__(
        self,
        exporter: LogRecordExporter,
        place: str,
        *,
        is_local: bool = False,
        largest: int = 0,
        **limits: Any,
    ) -> None:
        self._account = _open(exporter, Account("logs", place, is_local, largest))
        super().__init__(exporter, **limits)

    def on_emit(self, log_record: ReadWriteLogRecord) -> None:
        """Let a record wait for the exporter. Never blocks."""
        self._account.given += 1
        super().on_emit(log_record)


def watch_metrics(exporter: Any, place: str, *, is_local: bool = False) -> None:
    """Keep account of a metric exporter's collections, each of which counts as one.

    A collection that arrives says what earlier ones did, so that none of them is missing.
    """
    _open(exporter, Account("metrics", place, is_local))


def undelivered() -> dict[str, int]:
    """Return how much waits or is lost in this process, by signal; signals without any are absent.

    Signals are `traces` (in spans), `logs` (in records) and `metrics` (in collections). What goes
    to several places is counted for each. Never raises.
    """
    found: dict[str, int] = {}
    for account in _accounts:
        if account.missing:
            found[account.signal] = found.get(account.signal, 0) + account.missing
    return found


def summary() -> str:
    """Return one sentence about what was not delivered, where to, and what to do; '' without any.

    It is for the end of the process, after the last flush: until then, things may be under way.
    Never raises.
    """
    told: list[str] = []
    for place in dict.fromkeys(account.place for account in _accounts if account.missing):
        here = [one for one in _accounts if one.place == place and one.missing]
        missing = {one.signal: 0 for one in here}
        for one in here:
            missing[one.signal] += one.missing
        amounts = " and ".join(_amount(number, signal) for signal, number in missing.items())
        why = next((one.reason for one in here if one.reason), "") or _unfinished(here)
        told.append(f"{amounts} could not be delivered to {place}: {why}")
    return f"agentel: {'; '.join(told)}." if told else ""


def _unfinished(accounts: list[Account]) -> str:
    """Return why no batch has failed for good yet, and none has arrived."""
    words = [word for account in accounts for word in account.words]
    if words:
        return complaints.reason(None, words)
    if complaints.has_overflowed:
        return "more ended than was taken (look at the receiver, or raise OTEL_BSP_MAX_QUEUE_SIZE)"
    return "the process ended first"


def at_exit() -> None:
    """Tell no more about single failures, because `summary` will. Never raises."""
    complaints.hush()
    writer.hush()


def spare_stderr() -> None:
    """Warn of no failure, from now on, where the program has set no logging up.

    For a process whose standard error may be somebody's data.
    """
    complaints.spare_stderr()
    writer.spare_stderr()


def _amount(number: int, signal: str) -> str:
    one, many = _WORDS[signal]
    return f"{number} {one if number == 1 else many}"


def _open(exporter: Any, account: Account) -> Account:
    complaints.listen_to(cast("object", exporter).__class__)
    # On the object itself: whatever else the SDK asks an exporter, it is asked.
    exporter.export = partial(_deliver, account, exporter.export)
    client: Any = getattr(exporter, "_client", None)
    if hasattr(client, "export"):
        client.export = partial(_send, client.export)
    _accounts.append(account)
    return account


def _deliver(
    account: Account, export: Callable[..., Any], batch: Any, *args: Any, **kwargs: Any
) -> Any:
    """Export a batch, in parts that the receiver takes; never raises."""
    is_metrics = account.signal == "metrics"
    if is_metrics:
        account.given += 1
    parts = split(batch, account.largest) if account.largest and batch else [batch]
    answer = None
    for part in parts:
        with complaints.heard() as words:
            account.words = words
            result, error = outcome_of(partial(export, part, *args, **kwargs))
        if error is not None or result is _FAILURES[account.signal]:
            _fail(account, export, error, words)
            answer = _FAILURES[account.signal]
            continue
        # A collection that arrives says what earlier ones did.
        account.delivered = account.given if is_metrics else account.delivered + len(part)
        answer = answer or result
    return answer


def _fail(
    account: Account, export: Callable[..., Any], error: Exception | None, words: list[str]
) -> None:
    if account.is_local:
        account.reason = cast("Any", export).__self__.refusal
    else:
        account.reason = complaints.reason(error, words)
        complaints.tell(account.place, account.reason)


def _send(export: Callable[[bytes], Any], data: bytes) -> Any:
    """Send what an exporter of OTLP over HTTP encoded; note the cause, which it does not log.

    Where the timeout leaves no time to try again, the newest releases log no more than that.
    """
    result = export(data)
    if not getattr(result, "success", True):
        error = getattr(result, "error", None)
        complaints.note(f"{type(error).__name__}: {error}" if error else f"{result}")
    return result


def _forget_in_child() -> None:
    """A fork's child answers for its own alone."""
    for account in _accounts:
        account.given = account.delivered = 0
        account.reason = ""


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_in_child)
