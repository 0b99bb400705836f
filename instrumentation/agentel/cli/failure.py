"""Knows how a command says that it cannot do what was asked."""

from __future__ import annotations

__all__ = ["BAD_INPUT", "NOT_FOUND", "Failure"]

NOT_FOUND = 1
"""Exit code: the question was fine, the thing is not there."""

BAD_INPUT = 2
"""Exit code: the question or the files are wrong."""


class Failure(Exception):
    """A message for the user, escaped, and the exit code that goes with it."""

    def __init__(self, message: str, code: int = BAD_INPUT) -> None:
        super().__init__(message)
        self.code = code
