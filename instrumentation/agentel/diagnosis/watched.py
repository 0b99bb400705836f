"""Knows whether each library that agentel watches can be watched here: version, hooks, switches."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from agentel.diagnosis.child import Answer, ask
from agentel.diagnosis.finding import Finding, note, ok, problem
from agentel.diagnosis.surroundings import Surroundings
from agentel.diagnosis.versions import is_within
from agentel.process.packages import WATCHED, look

__all__ = ["check_libraries", "present"]

SWITCHES = ("AGENTEL_LIBRARIES", "AGENTEL_DISABLED_LIBRARIES")

AT_ONCE = 2
"""How many SDKs are imported side by side, each in its own process."""

_REQUIREMENT = re.compile(r"([\w.-]+)(.*)")
_TRUE = ("true", "1", "yes", "on")


def check_libraries(seen: Surroundings) -> Iterator[Finding]:
    """Tell of every known library whether it is here, in range, hooked, and switched on.

    Imports each SDK that would be watched, in a child process.
    """
    known: list[Mapping[str, Any]] = seen.told.get("libraries", [])
    yield from _unknown(seen, [library["name"] for library in known])
    yield from _unlisted({library["name"] for library in known})
    settled = {library["name"]: _unasked(seen, library) for library in known}
    asked = [library for library in known if settled[library["name"]] is None]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = [pool.submit(ask, seen.environ, library["name"]) for library in asked]
    for library, answer in zip(asked, answers, strict=True):
        yield from _asked(seen, library, answer.result())
    yield from filter(None, settled.values())
    yield from _unwatched()


def _unknown(seen: Surroundings, known: list[str]) -> Iterator[Finding]:
    """Tell of names in our switches that are no library's."""
    for variable in SWITCHES if known else ():
        unknown = sorted(set(seen.names(variable)) - set(known))
        if unknown:
            yield problem(
                variable,
                f"it names {', '.join(unknown)}, which agentel does not know",
                expected=f"names among {', '.join(known)}",
                advice=f"correct {variable}",
            )


def _unlisted(known: set[str]) -> Iterator[Finding]:
    """Tell of libraries that agentel can watch, and that its metadata does not name."""
    unlisted = sorted(set(WATCHED) - known)
    if known and unlisted:
        yield problem(
            "agentel",
            f"its metadata is of another version than its code: {', '.join(unlisted)} not in it",
            expected="an entry point for each library",
            advice="install agentel anew",
        )


def _unwatched() -> Iterator[Finding]:
    """Tell of well-known packages that call models or run agents, and that we do not watch."""
    names = look(WATCHED).unwatched
    if names:
        yield note(
            "other packages",
            f"installed, and not watched by agentel: {', '.join(names)}",
            "mark what they do by hand; calls that they make through a watched SDK are recorded",
            names=list(names),
        )


def present(seen: Surroundings) -> list[str]:
    """Return the names of the libraries that agentel knows and that are here."""
    known: list[Mapping[str, Any]] = seen.told.get("libraries", [])
    return [library["name"] for library in known if _version(seen, library) is not None]


def _version(seen: Surroundings, library: Mapping[str, Any]) -> str | None:
    """Return the installed version; 'unknown' for what can be imported and has no metadata."""
    found = seen.installed.version(_split(library)[0])
    return found or ("unknown" if library["is_importable"] else None)


def _split(library: Mapping[str, Any]) -> tuple[str, str]:
    match = _REQUIREMENT.fullmatch(library["requires"])
    return (match[1], match[2]) if match else (library["name"], "")


def _unasked(seen: Surroundings, library: Mapping[str, Any]) -> Finding | None:
    """Return what can be told without an import; None where it needs one."""
    name, version = library["name"], _version(seen, library)
    distribution, wanted = _split(library)
    details: dict[str, Any] = {"version": version, "range": wanted}
    if version is None:
        return ok(name, "not installed", **details)
    switch = _switched_off(seen, name)
    if switch:
        return note(name, f"switched off by {switch}", f"change {switch}", **details)
    if is_within(_lowest(wanted), version) is False:
        return problem(
            name,
            f"{version} is too old: its calls are not recorded",
            expected=wanted,
            advice=f"pip install '{distribution}{wanted}'",
            **details,
        )
    return None


def _asked(seen: Surroundings, library: Mapping[str, Any], answer: Answer) -> Iterator[Finding]:
    name, version = library["name"], _version(seen, library) or "unknown"
    wanted = _split(library)[1]
    details = {"version": version, "range": wanted, **answer.told}
    trouble = answer.trouble or answer.told.get("error", "")
    if trouble:
        yield problem(
            name,
            f"{version} cannot be imported: {trouble}",
            expected="an SDK that can be imported",
            advice=f"run `python -c 'import {library['package']}'` and repair what it says",
            **details,
        )
        return
    yield _hooked(seen, library, version, details)
    yield from _native(seen, library, answer.told)


def _lowest(specifiers: str) -> str:
    return ",".join(part for part in specifiers.split(",") if part.strip().startswith(">"))


def _hooked(
    seen: Surroundings, library: Mapping[str, Any], version: str, details: Mapping[str, Any]
) -> Finding:
    name, (distribution, wanted) = library["name"], _split(library)
    missing, foreign, applied = details["missing"], details["foreign"], details["applied"]
    if missing or not applied:
        return problem(
            name,
            f"{version} lacks {', '.join(missing) or 'every function to hook'}: "
            "calls may not be recorded",
            expected=wanted,
            advice=f"pip install '{distribution}{wanted}'",
            **details,
        )
    if foreign:
        return note(
            name,
            f"{version}, hooks in place over somebody else's: {', '.join(foreign)}",
            "calls may be recorded twice; find out who else wraps them in this environment",
            **details,
        )
    if is_within(wanted, version) is not False:
        return ok(name, f"{version}, {len(applied)} hooks in place", **details)
    found = f"{version} is newer than what agentel is tested with"
    if seen.value("AGENTEL_STRICT").lower() in _TRUE:
        return problem(
            name,
            f"{found}, and AGENTEL_STRICT ends the program",
            expected=wanted,
            advice=f"pip install '{distribution}{wanted}', or unset AGENTEL_STRICT",
            **details,
        )
    return note(
        name,
        f"{found}; all {len(applied)} hooks are in place",
        "look whether its calls are recorded",
        expected=wanted,
        **details,
    )


def _native(
    seen: Surroundings, library: Mapping[str, Any], told: Mapping[str, Any]
) -> Iterator[Finding]:
    """Tell of the telemetry that the SDK emits by itself, and of its switch."""
    switch = library["switch"]
    if switch is None or not told["has_native"]:
        return
    subject = f"{library['name']}'s own spans"
    value = seen.value(switch)
    details: dict[str, Any] = {
        "switch": switch,
        "value": value or None,
        "is_on": value.lower() in _TRUE,
    }
    if value.lower() in _TRUE:
        yield note(
            subject,
            f"{switch} is on: the SDK's span stands for each call, metrics and events are ours",
            f"unset {switch} for spans of agentel's",
            **details,
        )
    else:
        state = "is off" if value else "is not set"
        yield ok(subject, f"{switch} {state}: none inside of what agentel records", **details)


def _switched_off(seen: Surroundings, name: str) -> str:
    """Return the variable that keeps a library from being watched, or ''."""
    only = seen.names("AGENTEL_LIBRARIES")
    if name in seen.names("AGENTEL_DISABLED_LIBRARIES"):
        return "AGENTEL_DISABLED_LIBRARIES"
    if only and name not in only:
        return "AGENTEL_LIBRARIES"
    if {name, "*"} & set(seen.names("OTEL_PYTHON_DISABLED_INSTRUMENTATIONS")):
        return "OTEL_PYTHON_DISABLED_INSTRUMENTATIONS"
    return ""
