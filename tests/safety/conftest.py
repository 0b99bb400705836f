"""Lets agentel swallow what it swallows at its users'."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def nothing_is_swallowed() -> None:
    """Stand in for the fixture of the same name, which would raise it."""
