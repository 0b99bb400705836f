"""The benchmark of the start as a program, with so few rounds that its figures mean little."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.process
def test_every_way_to_start_is_measured() -> None:
    ran = subprocess.run(
        [sys.executable, "bench/launcher.py", "--rounds", "1"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    ways = ["python", *["opentelemetry-instrument( with agentel)?"] * 2, "agentel run"]
    took = [rf"{way} +\d+\.\d ms, fastest +\d+\.\d; CPU +\d+\.\d ms\n" for way in ways]
    added = [rf"{way} +[+-]\d+\.\d ms, \d\.\d\d times; CPU +[+-]\d+\.\d ms\n" for way in ways[2:]]
    assert re.fullmatch("".join([*took, r"\nadded to .*:\n", *added]), ran.stdout), ran
