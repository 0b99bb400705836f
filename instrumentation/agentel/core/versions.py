"""Knows how an installed version stands to the versions that a library is tested with."""

from __future__ import annotations

import re
from typing import Literal

__all__ = ["Standing", "distribution_of", "normalized", "standing"]

Standing = Literal["tested", "newer", "older"]
"""Only an upper bound keeps a `newer` one out of the range; `older` is all else outside of it."""


def standing(requires: str, found: str) -> Standing:
    """Return how the version `found` stands to `requires`, a PEP 508 requirement.

    Pre-releases count. Raises ValueError if one of them cannot be read.
    """
    from packaging.requirements import Requirement
    from packaging.specifiers import SpecifierSet

    specifier = Requirement(requires).specifier
    if specifier.contains(found, prereleases=True):
        return "tested"
    lower = SpecifierSet(",".join(str(s) for s in specifier if s.operator in (">=", ">")))
    return "newer" if lower.contains(found, prereleases=True) else "older"


def normalized(name: str) -> str:
    """Return a distribution's name as it is compared: lower case, with single dashes."""
    return _SEPARATORS.sub("-", name).lower()


_SEPARATORS = re.compile(r"[-_.]+")


def distribution_of(requires: str) -> str:
    """Return the name of the distribution that a PEP 508 requirement is about.

    Raises ValueError if it cannot be read.
    """
    from packaging.requirements import Requirement

    return Requirement(requires).name
