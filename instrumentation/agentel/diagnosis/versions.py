"""Knows whether agentel has the Python and the packages that it needs, and the terminal's extra."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping

from agentel.diagnosis.finding import Finding, note, ok, problem
from agentel.diagnosis.surroundings import Surroundings

__all__ = ["OLDEST_PYTHON", "check_versions", "is_within", "parts"]

OLDEST_PYTHON = (3, 10)
"""What `requires-python` says."""

EXTRA = "terminal"

LONGEST_START = 10.0
"""Seconds that another Python may take to say where it is."""


def is_within(specifiers: str, version: str) -> bool | None:
    """Tell whether a version is in a PEP 440 range; None where either cannot be read."""
    try:
        from packaging.specifiers import InvalidSpecifier, SpecifierSet
        from packaging.version import InvalidVersion, Version
    except ImportError:
        return None
    try:
        return SpecifierSet(specifiers).contains(Version(version), prereleases=True)
    except (InvalidSpecifier, InvalidVersion):
        return None


def check_versions(seen: Surroundings) -> Iterator[Finding]:
    """Compare Python, what agentel requires, and what its extra requires, with what is here."""
    yield _python()
    yield from _interpreter(seen)
    yield from _broken(seen)
    ours = seen.installed.packages.get("agentel")
    if ours is None:
        yield problem(
            "agentel",
            "its metadata is not found, so no launcher can find its entry points",
            expected="an installed package",
            advice="install agentel with pip; a copy of it on the path is not enough",
        )
        return
    missing: list[str] = []
    for text in ours.requires:
        requirement, _, marker = text.partition(";")
        name, specifiers = parts(requirement)
        found = seen.installed.version(name)
        if "extra" not in marker:
            yield _requirement(name, specifiers, found)
        elif EXTRA in marker and (found is None or is_within(specifiers, found) is False):
            missing.append(name)
    yield _extra(missing)


def _python() -> Finding:
    found = platform.python_version()
    wanted = ".".join(map(str, OLDEST_PYTHON))
    if sys.version_info[:2] >= OLDEST_PYTHON:
        return ok("Python", found, executable=sys.executable)
    return problem(
        "Python",
        found,
        expected=f"{wanted} or newer",
        advice=f"use Python {wanted} or newer",
        executable=sys.executable,
    )


def _interpreter(seen: Surroundings) -> Iterator[Finding]:
    """Tell where `python` is another environment than ours, whose programs do not see us."""
    found = shutil.which("python", path=seen.environ.get("PATH", os.defpath))
    prefix = "" if found is None else _prefix(found, seen.environ)
    if prefix and os.path.realpath(prefix) != os.path.realpath(sys.prefix):
        yield note(
            "python",
            f"`python` is {found}, and agentel is installed for {sys.executable}",
            f"install agentel where your program runs, or start it with {sys.executable}",
        )


def _prefix(python: str, environ: Mapping[str, str]) -> str:
    """Return the environment of a Python, which what stands for it on the path may not show."""
    try:
        return subprocess.run(
            [python, "-I", "-c", "import sys; print(sys.prefix)"],
            env=dict(environ),
            capture_output=True,
            encoding="utf-8",
            errors="surrogateescape",
            timeout=LONGEST_START,
            check=False,
        ).stdout.strip()
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return ""


def _broken(seen: Surroundings) -> Iterator[Finding]:
    for broken in seen.installed.broken:
        found = f"its metadata cannot be read ({broken.reason})"
        if broken.hides_entry_points:
            yield problem(
                broken.place,
                f"{found}, so no entry point of any package can be found and nothing is watched",
                expected="metadata that can be read",
                advice="install that package anew, or remove the folder",
            )
        else:
            yield note(broken.place, found, "install that package anew, or remove the folder")


def _requirement(name: str, specifiers: str, found: str | None) -> Finding:
    wanted = specifiers or "any version"
    if found is None:
        return problem(
            name,
            "not installed",
            expected=wanted,
            advice=f"pip install '{name}{specifiers}'",
        )
    if is_within(specifiers, found) is False:
        return problem(
            name,
            found,
            expected=wanted,
            advice=f"pip install '{name}{specifiers}'",
            version=found,
        )
    return ok(name, found, version=found, range=specifiers)


def _extra(missing: list[str]) -> Finding:
    if missing:
        return note(
            f"extra '{EXTRA}'",
            f"{', '.join(missing)} missing or too old",
            f"pip install 'agentel[{EXTRA}]'",
            expected="what the commands need to show traces",
            missing=missing,
        )
    return ok(f"extra '{EXTRA}'", "installed")


def parts(requirement: str) -> tuple[str, str]:
    """Return name and specifiers of a PEP 508 requirement that has no marker."""
    text = requirement.strip().replace("(", "").replace(")", "")
    for place, char in enumerate(text):
        if char in "<>=!~ [":
            name, rest = text[:place], text[place:]
            return name, rest.rpartition("]")[2].strip()
    return text, ""
