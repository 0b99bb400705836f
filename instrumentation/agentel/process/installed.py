"""Knows the entry points of everything that is installed, read from the disk once in a process."""

from __future__ import annotations

from importlib.metadata import EntryPoint
from typing import Any, cast

from opentelemetry.util import _importlib_metadata

__all__ = ["entry_points"]

# Looking through all that is installed takes milliseconds; OpenTelemetry has done it already.
_cached = cast("Any", _importlib_metadata.entry_points)  # pyright: ignore[reportUnknownMemberType]


def entry_points(group: str) -> list[EntryPoint]:
    """Return the entry points of a group, in the order of the path."""
    return list(_cached(group=group))
