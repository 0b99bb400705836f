"""Knows whose other instrumentation records the same calls, and how to choose between it and us.

Source: entry points and names of opentelemetry-instrumentation-openai-v2 2.4b0,
opentelemetry-instrumentation-genai-openai 1.3b0, opentelemetry-instrumentation-openai 0.62
(OpenLLMetry), openinference-instrumentation-openai 0.1.66; packages that instrument when their own
function is called: openlit 1.45, logfire 6.0, traceloop-sdk 0.62.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from agentel.diagnosis.finding import Finding, note, ok
from agentel.diagnosis.installed import Entry
from agentel.diagnosis.surroundings import Surroundings
from agentel.diagnosis.versions import is_within, parts

__all__ = ["check_vendors", "covers"]

GROUP = "opentelemetry_instrumentor"
"""What the launcher loads."""

OTHER_GROUPS = ("openinference_instrumentor",)
"""What other vendors' own start functions load."""

KITS = {
    "openlit": "openlit.init()",
    "logfire": "logfire.instrument_*()",
    "traceloop-sdk": "Traceloop.init()",
}
"""Distribution to what a program calls so that it records model calls; they have no entry point."""

_PREFIX = re.compile(r"^(?:opentelemetry|openinference)-instrumentation-(?:genai-)?")
_INSTRUMENTS = re.compile(r"""extra\s*==\s*(["'])instruments\1""")
"""Marker of what an instrumentor instruments."""
_GENERATION = re.compile(r"[-_]v\d+$")


def covers(entry: Entry, library: str) -> bool:
    """Tell whether an entry point is an instrumentor of the SDK that we call `library`.

    It is where its name, or what its distribution is called for, is the SDK's: `openai` and
    `openai_v2` are, `openai_agents` is not.
    """
    called = {entry.name, _PREFIX.sub("", entry.package)}
    return library.replace("_", "-") in {_GENERATION.sub("", n).replace("_", "-") for n in called}


def check_vendors(seen: Surroundings, libraries: Sequence[str]) -> Iterator[Finding]:
    """Tell of other instrumentation of the same `libraries`. Loads none of it."""
    entries = seen.installed.entries
    for library in libraries:
        others = {
            entry.package: entry
            for entry in sorted(entries, key=lambda entry: entry.group == GROUP)
            if entry.group in (GROUP, *OTHER_GROUPS)
            and not entry.is_ours
            and covers(entry, library)
        }
        for entry in others.values():
            yield _instrumentor(library, entry, _unmet(seen, entry.package))
    for name, call in KITS.items():
        version = seen.installed.version(name)
        if version is not None:
            yield note(
                name,
                f"{version} is installed; a program that calls {call} has its calls recorded twice",
                "call it only where agentel does not watch the same library",
                version=version,
            )


def _unmet(seen: Surroundings, package: str) -> str:
    """Return what an instrumentor wants to find installed, and does not; '' if it is content.

    Source: `get_dist_dependency_conflicts` in opentelemetry-instrumentation 0.60 to 0.66.
    """
    offerer = seen.installed.packages.get(package)
    for text in () if offerer is None else offerer.requires:
        requirement, _, marker = text.partition(";")
        if not _INSTRUMENTS.fullmatch(marker.strip()):
            continue
        name, specifiers = parts(requirement)
        found = seen.installed.version(name)
        if found is None or is_within(specifiers, found) is False:
            return f"{name}{specifiers}"
    return ""


def _instrumentor(library: str, entry: Entry, unmet: str) -> Finding:
    is_launched = entry.group == GROUP
    if is_launched and unmet:
        found = f"{entry.package} is installed, and not loaded by the launcher: it wants {unmet}"
        return ok(library, found, package=entry.package, unmet=unmet)
    is_namesake = is_launched and entry.name == library
    when = "the launcher loads it" if is_launched else "its vendor's start function loads it"
    namesake = (
        f"; OTEL_PYTHON_DISABLED_INSTRUMENTATIONS={library} would switch off both"
        if is_namesake
        else ""
    )
    return note(
        library,
        f"{entry.package} records the same calls when {when}{namesake}",
        f"uninstall {entry.package}, or set AGENTEL_DISABLED_LIBRARIES={library} to keep only it",
        expected="one instrumentation for each library",
        package=entry.package,
        entry_point=entry.name,
        group=entry.group,
        same_name=is_namesake,
    )
