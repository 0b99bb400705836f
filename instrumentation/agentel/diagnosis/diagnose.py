"""Knows every check, in which order their findings are told, and that none ends the others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from agentel.core.safety import guarded
from agentel.diagnosis.child import ask
from agentel.diagnosis.disk import check_disk
from agentel.diagnosis.environment import check_environment, check_settings
from agentel.diagnosis.exporters import check_exporters
from agentel.diagnosis.finding import Finding, problem
from agentel.diagnosis.launch import check_launch
from agentel.diagnosis.surroundings import Surroundings, surroundings
from agentel.diagnosis.vendors import check_vendors
from agentel.diagnosis.versions import check_versions
from agentel.diagnosis.watched import check_libraries, present

__all__ = ["CHECKS", "diagnose"]

Check = Callable[[Surroundings], Iterable[Finding]]


def diagnose(environ: Mapping[str, str] | None = None) -> list[Finding]:
    """Look at everything that decides whether a program started here and now is watched.

    `environ` is judged in place of the process's own environment. Imports no SDK here, changes
    nothing, and takes as long as the slowest import or the slowest endpoint. Never raises.
    """
    seen = surroundings(environ)
    answer = ask(seen.environ)
    seen = replace(seen, told=answer.told, trouble=answer.trouble)
    return [finding for name, check in CHECKS for finding in _findings(name, check, seen)]


def _vendors(seen: Surroundings) -> Iterable[Finding]:
    return check_vendors(seen, present(seen))


CHECKS: tuple[tuple[str, Check], ...] = (
    ("environment", check_environment),
    ("launch", check_launch),
    ("versions", check_versions),
    ("libraries", check_libraries),
    ("vendors", _vendors),
    ("exporters", check_exporters),
    ("disk", check_disk),
    ("settings", check_settings),
)
"""Each check by its name, in the order in which they are told."""


def _findings(name: str, check: Check, seen: Surroundings) -> list[Finding]:
    found: list[Finding] | None = guarded(f"check {name}", lambda: list(check(seen)))
    if found is None:
        found = [
            problem(
                name,
                "this check failed; the log says where",
                expected="an answer",
                advice="report it, with what the log says",
            )
        ]
    return [replace(finding, check=name) for finding in found]
