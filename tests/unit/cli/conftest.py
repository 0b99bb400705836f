from __future__ import annotations

import io
import sys
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from agentel.cli import main


@dataclass
class Answer:
    """What a command printed, and its exit code."""

    out: str
    err: str
    code: int


@pytest.fixture
def agentel(capsys, monkeypatch) -> Callable[..., Answer]:
    """Run the command line in this process, with `stdin` as standard input."""

    def run(*arguments: str, stdin: str = "") -> Answer:
        given = io.TextIOWrapper(io.BytesIO(stdin.encode()), "utf-8")
        monkeypatch.setattr(sys, "stdin", given)
        try:
            code = main(arguments)
        except SystemExit as end:
            code = int(end.code or 0)
        out, err = capsys.readouterr()
        return Answer(out, err, code)

    return run


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    """No test reads the telemetry of the machine it runs on."""
    monkeypatch.setenv("AGENTEL_DIR", str(tmp_path / ".agentel"))
    monkeypatch.setenv("COLUMNS", "80")
    for name in ("LC_ALL", "LC_CTYPE", "LANG", "PYTHONIOENCODING", "PYTHONUTF8"):
        monkeypatch.delenv(name, raising=False)
