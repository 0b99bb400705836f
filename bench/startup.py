"""Knows what loading ours adds to the start of a program that uses no LLM SDK."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from bench.children import Unmeasured

ROOT = Path(__file__).resolve().parent.parent
_TIMEOUT_S = 120


@dataclass(frozen=True, slots=True)
class Start:
    """Medians over all starts."""

    added_ms: float
    sdk_ms: float
    """Importing the three signals of the OpenTelemetry SDK."""
    imported: list[str]
    """LLM SDKs that were imported by it."""


def start(times: int) -> Start:
    """Start that many interpreters, after one that may compile and proves that ours has effect."""
    _run("--check")
    runs = [_run() for _ in range(times)]
    return Start(
        median(run["added_ms"] for run in runs),
        median(run["sdk_ms"] for run in runs),
        sorted({sdk for run in runs for sdk in run["imported"]}),
    )


def _run(*arguments: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "bench.one_start", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=_TIMEOUT_S,
        check=False,
    )
    if done.returncode:
        raise Unmeasured(f"a start failed: {done.stderr[-2000:]}")
    return json.loads(done.stdout)
