"""Knows how `probe` is asked: in a child process, for a bounded time, with telemetry off."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

__all__ = ["LONGEST", "Answer", "ask"]

LONGEST = 60.0
"""Seconds that an import may take; the largest SDKs take several on a cold disk."""

QUIET = {
    "OTEL_SDK_DISABLED": "true",
    "OTEL_TRACES_EXPORTER": "none",
    "OTEL_METRICS_EXPORTER": "none",
    "OTEL_LOGS_EXPORTER": "none",
    "AGENTEL_QUIET": "true",
    "AGENTEL_STRICT": "",
    "PYTHONIOENCODING": "utf-8:backslashreplace",
}
"""So that the child sends nothing and says nothing, even where a launcher hands itself to it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the probe told, or why it told nothing."""

    told: Mapping[str, Any] = field(default_factory=dict[str, Any])
    trouble: str = ""


def ask(environ: Mapping[str, str], *arguments: str, longest: float = LONGEST) -> Answer:
    """Run the probe under this interpreter and return its answer. Never raises.

    `environ` is what it judges, and, silenced, what it runs in. After `longest` seconds it is
    ended.
    """
    command = [sys.executable, "-m", "agentel.diagnosis.probe", *arguments]
    try:
        done = subprocess.run(
            command,
            input=json.dumps(dict(environ)),
            env={**environ, **QUIET},
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=longest,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Answer(trouble=f"it was not done after {longest:.0f} s")
    except (OSError, ValueError) as error:
        return Answer(trouble=f"{type(error).__name__}: {error}")
    try:
        told = json.loads(done.stdout)
    except ValueError:
        told = None
    if done.returncode == 0 and isinstance(told, dict):
        return Answer(cast("dict[str, Any]", told))
    return Answer(trouble=_last_words(done.stderr) or _ending(done.returncode))


def _last_words(text: str) -> str:
    """Return the last line that says something: of a traceback, the exception."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:300] if lines else ""


def _ending(code: int) -> str:
    return f"it was ended by signal {-code}" if code < 0 else f"it ended with code {code}"
