"""Knows which distro and which configurator the launcher of OpenTelemetry would choose.

Source: `_load_distro` and `_load_configurators` in opentelemetry-instrumentation 0.60 to 0.66: the
first entry point that the disk gives, or the first that the environment names.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from agentel.diagnosis.finding import Finding, note, ok, problem
from agentel.diagnosis.installed import Entry
from agentel.diagnosis.surroundings import Surroundings

__all__ = ["check_launch"]

DISTRO_VARIABLE = "OTEL_PYTHON_DISTRO"
CONFIGURATOR_VARIABLE = "OTEL_PYTHON_CONFIGURATOR"
OURS = "agentel"
"""Name of our own distro and configurator."""


def check_launch(seen: Surroundings) -> Iterator[Finding]:
    """Tell which distro and which configurator win in this environment."""
    distros = seen.installed.offered("opentelemetry_distro")
    environ = {**seen.environ, **seen.told.get("chosen", {})}
    asked = environ.get(DISTRO_VARIABLE)
    distro = _winner(distros, asked)
    yield _finding("distro", DISTRO_VARIABLE, distros, distro, asked)
    configurators = seen.installed.offered("opentelemetry_configurator")
    asked = environ.get(CONFIGURATOR_VARIABLE)
    if asked is None and distro is not None and distro.is_ours:
        asked = OURS  # our distro chooses it
    yield _finding(
        "configurator", CONFIGURATOR_VARIABLE, configurators, _winner(configurators, asked), asked
    )


def _winner(entries: Sequence[Entry], asked: str | None) -> Entry | None:
    """Return the entry point that is loaded. A name that is set and empty fits none."""
    return next((entry for entry in entries if asked is None or entry.name == asked), None)


def _finding(
    kind: str, variable: str, entries: Sequence[Entry], winner: Entry | None, asked: str | None
) -> Finding:
    installed = [f"{entry.name} ({entry.package})" for entry in entries]
    details: dict[str, Any] = {
        "installed": [{"name": e.name, "package": e.package} for e in entries],
        "winner": None if winner is None else {"name": winner.name, "package": winner.package},
    }
    advice = f"set {variable}={OURS}"
    if asked is None:
        advice += ", or start the program with `agentel run`"
    if winner is None:
        chosen = f"{variable}={asked!r} names none" if asked is not None else "none is installed"
        return problem(
            kind,
            f"{chosen}; installed: {', '.join(installed) or 'none'}",
            expected=f"agentel's {kind}",
            advice=advice,
            **details,
        )
    if not winner.is_ours:
        reason = f"{variable} names it" if asked is not None else "it is found first on the disk"
        return problem(
            kind,
            f"'{winner.name}' of {winner.package} wins: {reason}",
            expected=f"agentel's {kind}",
            advice=advice,
            **details,
        )
    others = [text for text, entry in zip(installed, entries, strict=True) if entry is not winner]
    if others and asked is None:
        return note(
            kind,
            f"agentel's wins, only because it is found first on the disk; "
            f"also installed: {', '.join(others)}",
            advice,
            **details,
        )
    also = f"; also installed: {', '.join(others)}" if others else ""
    return ok(kind, f"agentel's wins{also}", **details)
