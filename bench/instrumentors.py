"""Knows how our instrumentors are found: by their entry points, as any launcher finds them."""

from __future__ import annotations

from importlib import metadata


def entry_points() -> list[metadata.EntryPoint]:
    """Return one entry point for each library that ours can watch."""
    found = metadata.distribution("agentel").entry_points
    return list(found.select(group="opentelemetry_instrumentor"))
