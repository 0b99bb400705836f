from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from agentel.local import writer
from agentel.process import complaints, delivery

LIBRARY = logging.getLogger("opentelemetry.exporter.of.a.test")
PLACE = "http://collector.test/v1/traces"


@pytest.fixture(autouse=True)
def nothing_was_delivered_or_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "_accounts", [])
    monkeypatch.setattr(complaints, "_last", None)
    monkeypatch.setattr(complaints, "_is_hushed", False)
    monkeypatch.setattr(complaints, "_spares_stderr", False)
    monkeypatch.setattr(writer, "_is_hushed", False)
    monkeypatch.setattr(writer, "_spares_stderr", False)


class Exporter(SpanExporter):
    """Answers what it is told to."""

    def __init__(self, answer: Callable[[], SpanExportResult]) -> None:
        self.answer = answer

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        return self.answer()


def taken() -> SpanExportResult:
    return SpanExportResult.SUCCESS


def refused() -> SpanExportResult:
    LIBRARY.warning("Transient error %s, retrying", "x")
    LIBRARY.error("Failed to export span batch code: %s, reason: %s", 401, "Unauthorized")
    return SpanExportResult.FAILURE


def broken() -> SpanExportResult:
    raise ConnectionError("Connection refused")


def send(answer: Callable[[], SpanExportResult], spans: int = 3) -> None:
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(delivery.SpanDelivery(Exporter(answer), PLACE))
    for number in range(spans):
        provider.get_tracer("t").start_span(f"s{number}").end()
    provider.shutdown()


def test_what_arrives_is_not_undelivered() -> None:
    send(taken)
    assert (delivery.undelivered(), delivery.summary()) == ({}, "")


@pytest.mark.parametrize(
    ("answer", "why"),
    [(refused, "the receiver refuses the token"), (broken, "nothing answers there")],
)
def test_what_does_not_arrive_is_counted_and_told_once_in_our_words(
    answer: Callable[[], SpanExportResult], why: str, caplog: pytest.LogCaptureFixture
) -> None:
    send(answer)
    send(answer, 1)
    assert delivery.undelivered() == {"traces": 4}
    assert delivery.summary().startswith(
        f"agentel: 4 spans could not be delivered to {PLACE}: {why}"
    )
    [record] = caplog.records
    assert record.getMessage().startswith(
        f"agentel: telemetry cannot be delivered to {PLACE}: {why}"
    )
    assert record.exc_info is None


def test_after_hush_nothing_is_told_but_all_is_counted(caplog: pytest.LogCaptureFixture) -> None:
    delivery.at_exit()
    send(broken)
    assert (caplog.records, delivery.undelivered()) == ([], {"traces": 3})


@pytest.mark.parametrize(("has_logging", "told"), [(True, 1), (False, 0)])
def test_a_process_that_spares_stderr_tells_only_the_logging_of_the_program(
    has_logging: bool, told: int, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    delivery.spare_stderr()
    logger = logging.getLogger("agentel.process.complaints")
    monkeypatch.setattr(logger, "hasHandlers", lambda: has_logging)
    send(broken)
    assert len(caplog.records) == told


def test_what_an_exporter_of_the_program_logs_passes(caplog: pytest.LogCaptureFixture) -> None:
    send(broken)
    caplog.clear()
    refused()
    assert [record.levelname for record in caplog.records] == ["WARNING", "ERROR"]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["code: 403, reason: Forbidden"], "the receiver refuses the token"),
        (["SSLError(SSLCertVerificationError(1, 'certificate verify failed'))"], "no TLS"),
        (["code: 404, reason: Not Found"], "nothing takes telemetry at this path"),
        (["code: 413, reason: Request Entity Too Large"], "a batch is too large"),
        (["code: 503, reason: Service Unavailable"], "the receiver does not take more now"),
        (["[Errno -2] Name or service not known"], "nothing answers there"),
        (["Read timed out. (read timeout=1)"], "no answer in time"),
        (["a \x1b[31mstrange\nword"], "a [31mstrange word"),
        (["y" * 500], "y" * 200),
        (["at https://user:secret@host/x"], "at https://host/x"),
        (["Invalid URL 'x/v1/traces': No scheme supplied."], "the endpoint is no address"),
        ([], "the exporter gives no reason"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_reason_says_what_it_means_to_the_user(words: list[str], expected: str) -> None:
    assert complaints.reason(None, words).startswith(expected)
