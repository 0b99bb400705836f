"""Knows what the checks look at: environment, working directory, and what is installed."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from agentel.diagnosis.installed import Installed, read_installed

__all__ = ["Surroundings", "surroundings"]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a program would find that is started here and now."""

    environ: Mapping[str, str]
    directory: str
    """Absolute path of the working directory."""
    installed: Installed = field(default_factory=Installed)
    told: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """What `probe` said of agentel itself; empty where it could not be loaded."""
    trouble: str = ""
    """Why it could not be loaded."""

    def value(self, variable: str) -> str:
        """Return a variable of the environment without blanks around it; '' if it is not set."""
        return self.environ.get(variable, "").strip()

    def names(self, variable: str) -> list[str]:
        """Return the names that a variable lists, separated by commas."""
        return [name.strip() for name in self.value(variable).split(",") if name.strip()]


def surroundings(environ: Mapping[str, str] | None = None) -> Surroundings:
    """Look at this process's environment and at what its interpreter can import."""
    directory = _working_directory()
    return Surroundings(
        environ=dict(os.environ if environ is None else environ),
        directory=directory,
        # The launcher puts the working directory first.
        installed=read_installed([directory, *(entry or directory for entry in sys.path)]),
    )


def _working_directory() -> str:
    try:
        return os.getcwd()
    except OSError:
        return os.sep  # it was removed; nothing can be found below it
