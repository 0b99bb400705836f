"""Knows what a subcommand module gets to add itself to the command line."""

from __future__ import annotations

import argparse
from typing import Protocol

__all__ = ["Commands"]


class Commands(Protocol):
    """The public part of what `ArgumentParser.add_subparsers` returns."""

    def add_parser(self, name: str, *, help: str, description: str) -> argparse.ArgumentParser:
        """Return the parser of a new subcommand."""
        ...
