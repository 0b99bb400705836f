"""Knows which distributions are installed and what they offer, however broken their metadata is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import Distribution, EntryPoint, distributions

from agentel.core.safety import outcome_of
from agentel.core.versions import normalized

__all__ = ["Broken", "Entry", "Installed", "Package", "read_installed"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry point and who offers it."""

    group: str
    name: str
    value: str
    package: str

    @property
    def is_ours(self) -> bool:
        """Whether it is one of agentel's."""
        return self.package == "agentel" and self.value.startswith("agentel.")


@dataclass(frozen=True, slots=True)
class Package:
    """One installed distribution; `requires` are its PEP 508 requirements."""

    name: str
    version: str
    requires: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Broken:
    """A distribution whose metadata cannot be read."""

    place: str
    reason: str
    hides_entry_points: bool
    """Whether its entry points cannot be read either: nobody then gets any entry point."""


@dataclass(frozen=True, slots=True)
class Installed:
    """What is installed, in the order in which entry points are found."""

    packages: dict[str, Package] = field(default_factory=dict[str, Package])
    """Normalized name to package."""
    entries: tuple[Entry, ...] = ()
    broken: tuple[Broken, ...] = ()

    def version(self, name: str) -> str | None:
        """Return the installed version of a distribution, or None."""
        package = self.packages.get(normalized(name))
        return None if package is None else package.version

    def offered(self, group: str) -> list[Entry]:
        """Return the entry points of a group, the first found first."""
        return [entry for entry in self.entries if entry.group == group]


def read_installed(path: Sequence[str]) -> Installed:
    """Read the metadata of every distribution on `path` (as `sys.path`). Imports none of them.

    Of several versions of one name the first counts, as for `importlib.metadata`. Never raises for
    what one distribution's files hold: it is listed as broken.
    """
    packages: dict[str, Package] = {}
    entries: list[Entry] = []
    broken: list[Broken] = []
    for distribution in distributions(path=list(dict.fromkeys(path))):
        place = _place(distribution)
        package, error = outcome_of(partial(_package, distribution))
        if error is not None:
            broken.append(Broken(place, _reason(error), hides_entry_points=False))
        if package is None:
            package = Package(re.split(r"-\d", place)[0] or place, "unknown")
        key = normalized(package.name)
        if key in packages:
            continue
        packages[key] = package
        offered, error = outcome_of(partial(_entries, distribution, key))
        entries += offered or ()
        if error is not None:
            broken.append(Broken(place, _reason(error), hides_entry_points=True))
    return Installed(packages, tuple(entries), tuple(broken))


def _package(distribution: Distribution) -> Package:
    name, version = distribution.metadata["Name"], distribution.metadata["Version"]
    if not isinstance(name, str) or not isinstance(version, str):  # pyright: ignore[reportUnnecessaryIsInstance]  (a field that is not there is None)
        raise ValueError("it has no name or no version")
    return Package(name, version, tuple(distribution.requires or ()))


def _entries(distribution: Distribution, package: str) -> list[Entry]:
    found: list[EntryPoint] = list(distribution.entry_points)
    return [Entry(entry.group, entry.name, entry.value, package) for entry in found]


def _place(distribution: Distribution) -> str:
    """Return the name of the folder or file that holds the metadata."""
    path = getattr(distribution, "_path", None)
    return str(getattr(path, "name", path) or "unknown")


def _reason(error: BaseException) -> str:
    told = str(error).partition("\n")[0]
    return f"{type(error).__name__}: {told}" if told else type(error).__name__
