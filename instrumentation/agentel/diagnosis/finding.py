"""Knows in which words a check tells what it saw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

__all__ = ["Finding", "State", "note", "ok", "problem"]

State = Literal["ok", "note", "problem"]
"""`problem`: telemetry is lost, wrong, or not ours. `note`: worth to know, and may be wanted."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check saw of one subject. Never holds a secret."""

    subject: str
    state: State
    found: str
    expected: str = ""
    advice: str = ""
    """What to do, as an imperative; empty where nothing is to be done."""
    check: str = ""
    """Which part of the diagnosis it belongs to; set by `diagnose`."""
    details: Mapping[str, object] = field(default_factory=dict[str, object])
    """The same for programs: JSON values."""


def ok(subject: str, found: str, **more: object) -> Finding:
    """Return a finding that asks for nothing; `more` are its details."""
    return Finding(subject, "ok", found, details=more)


def note(
    subject: str, found: str, advice: str = "", *, expected: str = "", **more: object
) -> Finding:
    """Return a finding that its reader may want to know of; `more` are its details."""
    return Finding(subject, "note", found, expected, advice, details=more)


def problem(subject: str, found: str, *, expected: str, advice: str, **more: object) -> Finding:
    """Return a finding that has to be put right; `more` are its details."""
    return Finding(subject, "problem", found, expected, advice, details=more)
