from __future__ import annotations

import pytest

from process.conftest import AGENT, Place

pytestmark = pytest.mark.process

WRONG = {
    "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT": ("everything", "NO_CONTENT"),
    "AGENTEL_CONTENT_ATTRIBUTE_LIMIT": ("many", "number of bytes"),
    "AGENTEL_CONTENT_SPAN_LIMIT": ("-3", "number of bytes"),
    "AGENTEL_STREAM_USAGE": ("perhaps", "true or false"),
    "AGENTEL_SPAN_EVENTS": ("2", "true or false"),
    "AGENTEL_RUN_ID": ("../../etc", "run id"),
    "AGENTEL_CONTEXT": ("{", "JSON object"),
    "TRACEPARENT": ("00-12-34-56", "hex digits"),
    "AGENTEL_REDACT": ("nowhere:nothing", "module:function"),
}
"""Each variable, a value that it cannot have, and what its warning must tell of what it can."""


@pytest.mark.parametrize("variable", WRONG)
def test_wrong_value_is_told_once_and_nothing_is_lost(place: Place, variable: str) -> None:
    value, expected = WRONG[variable]
    ran = place.launch(AGENT, **{variable: value})
    assert (ran.out, ran.code) == ("Hello\n", 0)
    [line] = ran.err.splitlines()
    assert variable in line
    assert expected in line
    assert [span["name"] for span in place.spans()] == ["chat gpt-5"]


def test_several_wrong_values_are_each_told_once(place: Place) -> None:
    ran = place.launch(AGENT, **{name: value for name, (value, _) in WRONG.items()})
    assert (ran.out, ran.code) == ("Hello\n", 0)
    told = [name for line in ran.err.splitlines() for name in WRONG if name in line]
    assert sorted(told) == sorted(WRONG)
    assert [span["name"] for span in place.spans()] == ["chat gpt-5"]


def test_folder_that_cannot_be_made_is_told_and_the_program_goes_on(place: Place) -> None:
    place.write("in the way", "taken")
    ran = place.launch(AGENT, AGENTEL_DIR=str(place.folder / "taken" / "deeper"))
    assert (ran.out, ran.code) == ("Hello\n", 0)
    assert "taken is a file (expected: a folder). Move it away, or name another folder" in ran.err
    assert "Traceback" not in ran.err


def test_run_id_and_folder_are_taken_from_the_environment(place: Place) -> None:
    ran = place.launch(AGENT, AGENTEL_DIR="elsewhere", AGENTEL_RUN_ID="run-7")
    assert (ran.out, ran.err, ran.code) == ("Hello\n", "", 0)
    [run] = (place.folder / "elsewhere" / "runs").glob("*-run-7")
    assert (run / "run.json").exists()
    assert not (place.folder / ".agentel").exists()


def test_library_of_another_vendor_can_be_named_as_disabled(place: Place) -> None:
    ran = place.launch(AGENT, OTEL_PYTHON_DISABLED_INSTRUMENTATIONS="openai")
    assert (ran.out, ran.err, ran.code) == ("Hello\n", "", 0)
    assert place.spans() == []
