"""What the disk refuses to show is said, in one message."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from unit.local.lines import span, spans_line

PROGRAM = """
import contextlib, io, os, sys
from agentel.cli import main
arguments = sys.argv[1:]
with contextlib.redirect_stdout(io.StringIO()):
    main([arguments[0], "--help"])  # imports what may be out of reach in a moment
# Root may look at everything; everybody else is refused as they are.
os.geteuid() or os.setuid(65_534)
sys.exit(main(arguments))
"""

pytestmark = pytest.mark.process


def run(folder, *arguments: str) -> tuple[str, str, int]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments],
        env=os.environ
        | {"PYTHONPATH": os.pathsep.join(sys.path), "AGENTEL_DIR": str(folder / ".agentel")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.stdout, done.stderr, done.returncode


@pytest.fixture
def closed(tmp_path):
    """A folder with telemetry that not even its owner may look into."""
    runs = tmp_path / ".agentel" / "runs" / "20260101T000000Z-aa"
    runs.mkdir(parents=True)
    (runs / "traces-1-0.jsonl").write_text(spans_line(span(1, "a")))
    (tmp_path / ".agentel").chmod(0)
    yield tmp_path / ".agentel"
    (tmp_path / ".agentel").chmod(0o700)


@pytest.mark.parametrize("command", ["traces", "trace", "summary", "tail"])
@pytest.mark.parametrize("which", ["own", "named"])
def test_a_folder_of_somebody_else_is_said(closed, tmp_path, command, which):
    named = ("--from", str(closed / "runs")) if which == "named" else ()
    out, complaint, code = run(tmp_path, command, *named)
    folder = closed if which == "own" else closed / "runs"
    assert (out, complaint, code) == (
        "",
        f"agentel: {folder} cannot be read (Permission denied).\n",
        2,
    )
