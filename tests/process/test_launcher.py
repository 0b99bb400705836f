from __future__ import annotations

import re
import stat

import pytest

from process.conftest import AGENT, Place
from support.model_server import error

pytestmark = pytest.mark.process

PROGRAMS = {
    "prints": AGENT,
    "says-nothing": "pass",
    "exits": AGENT + "\nraise SystemExit(3)",
    "exits-with-a-text": "import sys\nsys.exit('goodbye')",
    "raises": AGENT + "\n\ndef deep():\n    raise LookupError('of the program')\n\ndeep()\n",
    "is-terminated": AGENT + "\nimport os, signal\nos.kill(os.getpid(), signal.SIGTERM)",
    "leaves-at-once": AGENT + "\nimport os\nprint('out', flush=True)\nos._exit(7)",
    "has-bytes": "import sys\nsys.stdout.buffer.write(bytes(range(14, 256)))",
    "warns": "import warnings\nwarnings.warn('of the program')",
    "logs": "import logging\nlogging.basicConfig(level=20)\nlogging.info('of the program')",
    "looks-at-itself": "import sys\nprint(sys.argv, __name__, __file__, sys.flags)",
}


@pytest.mark.parametrize("source", PROGRAMS.values(), ids=list(PROGRAMS))
def test_program_prints_and_returns_what_it_does_without_us(place: Place, source: str) -> None:
    without = place.plain(source)
    assert place.launch(source) == without


def test_traceback_of_a_failed_call_differs_by_our_frames_only(place: Place) -> None:
    place.server.route("*/chat/completions", always=error(400, "no such thing"))
    without, given = place.plain(AGENT), place.launch(AGENT)
    ours = r'  File "[^"]*/(?:agentel|wrapt)/[^"]*", line \d+, in .*\n(?:    .*\n)+'
    assert re.sub(ours, "", given.err) == without.err
    assert (given.out, given.code) == (without.out, without.code)


def test_files_are_private_and_ignored_by_git(place: Place) -> None:
    place.launch(AGENT)
    root = place.folder / ".agentel"
    modes = {path.is_dir(): stat.S_IMODE(path.stat().st_mode) for path in [root, *root.rglob("*")]}
    assert modes == {True: 0o700, False: 0o600}
    assert (root / ".gitignore").read_text() == "*\n"
    assert [len(place.files(signal)) for signal in ("traces", "metrics")] == [1, 1]


def test_trace_is_shown_by_the_command_line(place: Place) -> None:
    place.launch(AGENT)
    shown = place.agentel("trace", "last")
    assert (shown.code, shown.err) == (0, "")
    assert "chat gpt-5" in shown.out


def test_program_that_calls_nothing_leaves_nothing(place: Place) -> None:
    place.launch("import openai")
    assert not (place.folder / ".agentel").exists()


KILLED = """
import os, pathlib, signal, time
while not list(pathlib.Path(".agentel").rglob("traces*")):
    time.sleep(0.02)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_ended_work_of_a_killed_process_is_there(place: Place) -> None:
    assert place.launch(AGENT + KILLED).code == -9
    assert [span["name"] for span in place.spans()] == ["chat gpt-5"]
