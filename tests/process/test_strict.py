from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from agentel.process.launch import REFUSED
from process.conftest import AGENT, BIN, LAUNCHER, Place

pytestmark = pytest.mark.process

RUN = (str(BIN / "agentel"), "run", sys.executable)
LAUNCHERS = [pytest.param(LAUNCHER, id="launcher"), pytest.param(RUN, id="run")]
STRICT = {"AGENTEL_STRICT": "1"}
OPENAI = """
import openai._base_client
def chat(): print("chat")
"""
CLIENT = """
class AsyncAPIClient:
    async def request(self): ...
"""


def imitated(place: Place, version: str) -> dict[str, str]:
    """Put another openai, with next to nothing in it, on the path; return the environment."""
    folder = place.folder / "installed"
    about = folder / f"openai-{version}.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: openai\nVersion: {version}\n")
    (folder / "openai").mkdir()
    (folder / "openai" / "__init__.py").write_text(OPENAI)
    (folder / "openai" / "_base_client.py").write_text(CLIENT)
    path = os.pathsep.join([str(folder), place.environ["PYTHONPATH"]])
    return {**STRICT, "PYTHONPATH": path}


PROGRAM = """
import atexit, pathlib, sys, threading
print("begun", flush=True)
def work():
    try:
        import openai
    except BaseException as error:
        print("caught", error)
    print("went on", flush=True)
if "thread" in sys.argv:
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
else:
    work()
openai = sys.modules.get("openai")
openai.chat()
"""


@pytest.mark.parametrize("command", LAUNCHERS)
@pytest.mark.parametrize("version", ["0.28.0", "99.1"])
def test_unsupported_version_ends_the_program_before_it_begins(
    place: Place, command: tuple[str, ...], version: str
) -> None:
    environ = {**imitated(place, version), "AGENTEL_QUIET": ""}
    ran = place.run((*command, place.write(PROGRAM)), environ)
    [message] = ran.err.splitlines()
    assert (ran.out, ran.code) == ("", REFUSED)
    for told in ("openai", version, "openai>=", "AGENTEL_STRICT", "AGENTEL_DISABLED_LIBRARIES"):
        assert told in message


def test_unsupported_version_ends_a_program_that_starts_by_itself(place: Place) -> None:
    started = "import agentel\ntry:\n    agentel.start()\nfinally:\n    print('cleaned up')\n"
    ran = place.run((sys.executable, place.write(started + PROGRAM)), imitated(place, "0.28.0"))
    assert (ran.out, ran.code, ran.err.count("\n")) == ("cleaned up\n", REFUSED, 1)
    assert "openai 0.28.0" in ran.err


def test_every_unsupported_version_is_in_the_one_message(place: Place) -> None:
    environ = imitated(place, "0.28.0")
    about = place.folder / "installed" / "groq-0.1.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: groq\nVersion: 0.1\n")
    ran = place.run((*LAUNCHER, place.write(PROGRAM)), environ)
    [message] = ran.err.splitlines()
    assert ("openai 0.28.0" in message, "groq 0.1" in message) == (True, True)


OFF = {
    "disabled": {"AGENTEL_DISABLED_LIBRARIES": "openai"},
    "not-chosen": {"AGENTEL_LIBRARIES": "groq"},
    "not-launched": {"OTEL_PYTHON_DISABLED_INSTRUMENTATIONS": "openai"},
    "all-off": {"OTEL_SDK_DISABLED": "true"},
    "not-strict": {"AGENTEL_STRICT": "false"},
}


@pytest.mark.parametrize("environ", OFF.values(), ids=list(OFF))
def test_version_of_a_library_that_is_not_watched_does_not_matter(
    place: Place, environ: dict[str, str]
) -> None:
    ran = place.run((*LAUNCHER, place.write(PROGRAM)), {**imitated(place, "0.28.0"), **environ})
    assert (ran.out, ran.code) == ("begun\nwent on\nchat\n", 0)


@pytest.mark.parametrize("command", LAUNCHERS)
@pytest.mark.parametrize("thread", [(), ("thread",)], ids=["main-thread", "other-thread"])
def test_missing_target_ends_the_program_when_it_imports_the_library(
    place: Place, command: tuple[str, ...], thread: tuple[str, ...]
) -> None:
    ran = place.run((*command, place.write(PROGRAM), *thread), imitated(place, "3.0.0"))
    [message] = ran.err.splitlines()
    assert (ran.out, ran.code) == ("begun\n", REFUSED)
    for told in ("openai", "SyncAPIClient.request", "AGENTEL_STRICT"):
        assert told in message


def test_missing_target_is_a_warning_otherwise(place: Place) -> None:
    environ = {**imitated(place, "3.0.0"), "AGENTEL_STRICT": ""}
    ran = place.run((*LAUNCHER, place.write(PROGRAM)), environ)
    assert (ran.out, ran.code) == ("begun\nwent on\nchat\n", 0)
    assert "SyncAPIClient.request" in ran.err


def test_strict_program_with_what_is_supported_runs_as_ever(place: Place) -> None:
    ran = place.launch(AGENT, **STRICT)
    assert (ran.out, ran.err, ran.code) == ("Hello\n", "", 0)
    assert [span["name"] for span in place.spans()] == ["chat gpt-5"]


def test_work_that_was_recorded_before_is_kept(place: Place) -> None:
    environ = imitated(place, "3.0.0")
    marked = "import agentel\nwith agentel.agent('early'):\n    pass\n"
    ran = place.run((*LAUNCHER, place.write(marked + PROGRAM)), environ)
    assert ran.code == REFUSED
    assert [span["name"] for span in place.spans()] == ["invoke_agent early"]


def test_nothing_is_imported_to_read_a_version(place: Place) -> None:
    environ = imitated(place, "0.28.0")
    package = Path(place.folder, "installed", "openai", "__init__.py")
    package.write_text("raise SystemExit('imported')")
    assert place.run((*LAUNCHER, place.write("pass")), environ).code == REFUSED
