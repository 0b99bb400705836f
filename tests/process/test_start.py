from __future__ import annotations

import pytest

from process.conftest import AGENT, Place

pytestmark = pytest.mark.process

STARTED = "import agentel\nagentel.start()\n"


def test_program_may_start_telemetry_by_itself(place: Place) -> None:
    without = place.plain(AGENT)
    assert place.plain(STARTED + AGENT) == without
    assert [span["name"] for span in place.spans()] == ["chat gpt-5"]
    assert len(place.files("metrics")) == 1


def test_starting_twice_and_under_the_launcher_is_starting_once(place: Place) -> None:
    ran = place.launch(STARTED + STARTED + AGENT)
    assert (ran.out, ran.err, ran.code) == ("Hello\n", "", 0)
    assert [span["name"] for span in place.spans()] == ["chat gpt-5"]


def test_what_ended_is_there_after_a_flush(place: Place) -> None:
    flushed = "\nagentel.flush()\nimport os\nos._exit(0)"
    ran = place.plain(STARTED + AGENT + flushed)
    assert ran.err == ""
    assert [span["name"] for span in place.spans()] == ["chat gpt-5"]


def test_nothing_is_recorded_after_shutdown(place: Place) -> None:
    ran = place.plain(STARTED + AGENT + "\nagentel.shutdown()\n" + AGENT)
    assert (ran.out, ran.err, ran.code) == ("Hello\nHello\n", "", 0)
    assert [span["name"] for span in place.spans()] == ["chat gpt-5"]


def test_providers_of_the_program_are_used_as_they_are(place: Place) -> None:
    own = """
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, ConsoleSpanExporter
provider = TracerProvider()
exporter = ConsoleSpanExporter(formatter=lambda span: span.name)
provider.add_span_processor(SimpleSpanProcessor(exporter))
trace.set_tracer_provider(provider)
"""
    ran = place.plain(own + STARTED + AGENT)
    assert sorted(ran.out.split("\n")) == ["", "Hello", "chat gpt-5"] or "chat gpt-5" in ran.out
    assert (ran.err, ran.code) == ("", 0)
    assert place.files("traces") == []
