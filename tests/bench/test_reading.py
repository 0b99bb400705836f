from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.process


def test_reading_is_measured_and_takes_little_memory():
    pytest.importorskip("orjson")
    done = subprocess.run(
        [sys.executable, str(ROOT / "bench" / "reading.py"), "--size", "16", "--rounds", "1"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    memory = {
        name: int(number)
        for name, number in re.findall(r"^(\w+) .* (\d+) MiB at most", done.stdout, re.MULTILINE)
    }
    assert (sorted(memory), done.stderr, done.returncode) == (
        ["orjson", "summary", "trace", "traces"],
        "",
        0,
    )
    assert max(memory.values()) < 100
