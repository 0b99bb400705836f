from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from unit.local.lines import span, spans_line

pty = pytest.importorskip("pty")

PROGRAM = "import sys; from agentel.cli import main; sys.exit(main())"
MIB = 1024 * 1024

pytestmark = pytest.mark.process


@pytest.fixture
def big_file(tmp_path) -> Path:
    """A file of 66 MiB that is quick to read, because most of it is metrics."""
    path = tmp_path / "big.jsonl"
    with path.open("wb") as file:
        for _ in range(66):
            file.write(b'{"resourceMetrics":"' + b"x" * MIB + b'"}\n')
        file.write(spans_line(span(1, "a")).encode())
    return path


def run(path: Path, stderr: int, **environ: str) -> str:
    """What `agentel traces` prints to a pipe."""
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, "traces", "--from", str(path)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "TERM": "xterm"} | environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=stderr,
        check=True,
        timeout=60,
        text=True,
    ).stdout


def on_a_terminal(path: Path, **environ: str) -> tuple[str, str]:
    """What is printed to a pipe, and what meanwhile to a terminal on standard error."""
    ours, theirs = pty.openpty()
    os.set_blocking(ours, False)
    try:
        out = run(path, theirs, **environ)
        try:
            return out, os.read(ours, MIB).decode()
        except BlockingIOError:
            return out, ""
    finally:
        os.close(ours)
        os.close(theirs)


def test_a_terminal_shows_how_far_a_big_file_was_read(big_file):
    out, shown = on_a_terminal(big_file)
    assert (out.splitlines()[1].endswith("completed  a"), "reading" in shown) == (True, True)


@pytest.mark.parametrize("reason", ["dumb", "small"])
def test_there_is_no_bar_where_it_helps_nobody(big_file, tmp_path, reason):
    (tmp_path / "small.jsonl").write_text(spans_line(span(1, "a")))
    path = big_file if reason == "dumb" else tmp_path / "small.jsonl"
    term = {"TERM": "dumb"} if reason == "dumb" else {}
    assert on_a_terminal(path, **term)[1] == ""


def test_a_log_gets_no_bar(big_file, tmp_path):
    with (tmp_path / "stderr").open("w") as file:
        run(big_file, file.fileno())
    assert (tmp_path / "stderr").read_text() == ""
