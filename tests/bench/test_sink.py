"""The benchmark of local files as a program, with so few rounds that its figures mean little."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.process
def test_both_kinds_of_spans_are_measured() -> None:
    ran = subprocess.run(
        [sys.executable, "bench/sink.py", "--rounds", "1"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    line = r"{}: files \d+\.\d us, http \d+\.\d us a span, ratio \d\.\d\d \(.*\), target 1.0: "
    for kind in ("14 attributes", "with 26 KB of content"):
        assert re.search(line.format(kind), ran.stdout), ran.stdout + ran.stderr
