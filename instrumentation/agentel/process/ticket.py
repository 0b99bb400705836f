"""Knows in which process a run began: how a launcher and what it starts recognise each other.

`agentel run` makes an empty file, the *ticket*, in a folder of its own, and hands its process id
and the ticket's path down in `AGENTEL_LAUNCH`. The first process below it that loads agentel takes
the ticket away: the run began in that one. It speaks for the run if it is the launcher's own child,
or what that child became by `exec`; what a child of it prints may be captured by somebody. A ticket
that is still there at the end tells the launcher that nobody loaded agentel.

Without `agentel run`, the run begins in the process that does not find the variable, and which sets
it for its children.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import MutableMapping
from contextlib import suppress
from dataclasses import dataclass

__all__ = ["VARIABLE", "Place", "Ticket", "place"]

VARIABLE = "AGENTEL_LAUNCH"
"""`<process id of the launcher>:<path of the ticket>`, or the id of the process that the run began
in. Between our processes, not a setting."""

_TICKET = "ticket"


@dataclass(frozen=True, slots=True)
class Place:
    """A process's place in its run."""

    begins: bool
    """Whether the run began in it."""
    speaks: bool
    """Whether it may say something on standard error that no program asked for."""


_AMONG_OTHERS = Place(False, False)
_places: dict[int, Place] = {}
"""This process's place, by its id, or that of the process that it is a fork of."""


class Ticket:
    """What the launcher keeps while its program runs; `with` removes what is left of it.

    Raises OSError where no temporary folder can be made.
    """

    def __init__(self) -> None:
        self._folder = tempfile.mkdtemp(prefix="agentel-")
        self._path = os.path.join(self._folder, _TICKET)
        with open(self._path, "xb"):
            pass

    @property
    def value(self) -> str:
        """The value of `AGENTEL_LAUNCH`."""
        return f"{os.getpid()}:{self._path}"

    @property
    def is_taken(self) -> bool:
        """Whether a process has loaded agentel."""
        return not os.path.exists(self._path)

    def remove(self) -> None:
        """Remove the ticket and its folder. Never raises."""
        with suppress(OSError):
            os.unlink(self._path)
        with suppress(OSError):
            os.rmdir(self._folder)


def place(environ: MutableMapping[str, str]) -> Place:
    """Return this process's place in the run, as its environment gives it. Never raises.

    Asked for the first time, it takes the ticket or sets `AGENTEL_LAUNCH`. It is then remembered,
    also by forks, in none of which the run began.
    """
    if not _places:
        _places[os.getpid()] = _take_place(environ)
    return _places.get(os.getpid(), _AMONG_OTHERS)


def _take_place(environ: MutableMapping[str, str]) -> Place:
    launcher, _, path = environ.get(VARIABLE, "").partition(":")
    if not launcher:
        environ[VARIABLE] = str(os.getpid())
        return Place(True, True)
    if os.path.basename(path) != _TICKET:
        return _AMONG_OTHERS
    try:
        os.unlink(path)
    except OSError:
        return _AMONG_OTHERS
    return Place(True, launcher == str(os.getppid()))
