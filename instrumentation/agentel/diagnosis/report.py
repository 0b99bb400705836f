"""Knows a diagnosis as one JSON object, for programs, and as an exit code."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict

from agentel._version import __version__
from agentel.diagnosis.finding import Finding, State

__all__ = ["PROBLEM", "count", "exit_code", "report_json"]

PROBLEM = 1
"""Exit code: something has to be put right."""


def count(findings: Sequence[Finding], state: State) -> int:
    """Return how many findings are in that state."""
    return sum(finding.state == state for finding in findings)


def exit_code(findings: Sequence[Finding]) -> int:
    """Return `PROBLEM` if there is one, else 0."""
    return PROBLEM if count(findings, "problem") else 0


def report_json(findings: Sequence[Finding]) -> str:
    """Return the findings as indented JSON in ASCII.

    Shape: `{agentel, problems, notes, findings}`; each finding has `check`, `subject`, `state`
    (`ok`, `note` or `problem`), `found`, `expected`, `advice` and `details`.
    """
    told = {
        "agentel": __version__,
        "problems": count(findings, "problem"),
        "notes": count(findings, "note"),
        "findings": [asdict(finding) for finding in findings],
    }
    return json.dumps(told, indent=2)
