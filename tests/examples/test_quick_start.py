"""A newcomer who does what the quick start says sees what it shows."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from examples.test_examples import masked

pytestmark = pytest.mark.process

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "quick-start.md").read_text("utf-8")
FIRST_STEPS = PAGE.partition("## Your own program")[0]
BIN = Path(sys.executable).parent
INSTALL = "pip install '.[terminal]'"


def program() -> str:
    [source] = re.findall(r"```python\n(.*?)```", FIRST_STEPS, re.DOTALL)
    return source


def steps() -> list[tuple[str, str]]:
    """Every command that the page lets one type, and what it shows then."""
    blocks = re.findall(r"```console\n\$ (.+)\n((?:.*\n)*?)```", FIRST_STEPS)
    return [(command, shown) for command, shown in blocks if command != INSTALL]


def same_anywhere(text: str) -> str:
    """Leave out what differs from one machine or run to the next."""
    text = re.sub(r"watching [^;]+;", "watching <libraries>;", masked(text))
    text = re.sub(r"; found but not watched: .*", "", text)
    return re.sub(r"[ \t]+", " ", text).strip()


def test_quick_start_shows_what_it_says(tmp_path: Path) -> None:
    (tmp_path / "hello.py").write_text(program())
    environ = {"PATH": f"{BIN}{os.pathsep}{os.defpath}", "HOME": str(tmp_path), "PYTHONUTF8": "1"}
    shown: list[tuple[str, str]] = []
    for command, _ in steps():
        done = subprocess.run(
            ["sh", "-c", f"exec {command} 2>&1"],
            cwd=tmp_path,
            env=environ,
            capture_output=True,
            encoding="utf-8",
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stdout
        shown.append((command, same_anywhere(done.stdout)))
    assert shown == [(command, same_anywhere(text)) for command, text in steps()]


def test_every_step_is_there() -> None:
    assert INSTALL in PAGE
    assert [command for command, _ in steps()] == [
        "agentel run python hello.py",
        "agentel trace last",
    ]
