"""Causes that the troubleshooting page names for a program that leaves nothing: they do."""

from __future__ import annotations

import sys

import pytest

from process.conftest import BIN, Place

pytestmark = pytest.mark.process

WORK = "import agentel\nwith agentel.agent('planner'):\n    pass\n"
STARTED = "import agentel\nagentel.start()\nwith agentel.agent('planner'):\n    pass\n"
LAUNCHERS = {
    "opentelemetry-instrument": (str(BIN / "opentelemetry-instrument"),),
    "agentel-run": (str(BIN / "agentel"), "run"),
}
IN_REACH = "import sys; sys.path[:0] = {path!r}\n"
"""An interpreter that reads no `PYTHONPATH` does not find a package that is only there."""


def names(place: Place) -> list[str]:
    return [span["name"] for span in place.spans()]


def program(place: Place, source: str) -> str:
    path = place.environ["PYTHONPATH"].split(":")
    return place.write(IN_REACH.format(path=path) + source)


@pytest.mark.parametrize("option", ["-I", "-E", "-S"])
@pytest.mark.parametrize("launcher", LAUNCHERS)
def test_isolated_interpreter_is_not_reached_by_a_launcher(
    place: Place, launcher: str, option: str
) -> None:
    site = [path for path in sys.path if path.endswith("site-packages")]
    source = IN_REACH.format(path=site) + WORK
    ran = place.run((*LAUNCHERS[launcher], sys.executable, option, program(place, source)))
    assert ran.code == 0
    assert names(place) == []


@pytest.mark.parametrize("option", ["-I", "-E"])
def test_isolated_interpreter_is_watched_where_the_program_starts_it(
    place: Place, option: str
) -> None:
    ran = place.run((sys.executable, option, program(place, STARTED)))
    assert (ran.code, names(place)) == (0, ["invoke_agent planner"])


def test_program_that_nobody_launches_leaves_nothing(place: Place) -> None:
    assert place.run((sys.executable, place.write(WORK))).code == 0
    assert names(place) == []


@pytest.mark.parametrize("launcher", LAUNCHERS)
def test_the_same_program_is_watched_by_a_launcher(place: Place, launcher: str) -> None:
    ran = place.run((*LAUNCHERS[launcher], sys.executable, place.write(WORK)))
    assert (ran.code, names(place)) == (0, ["invoke_agent planner"])
