"""Knows the command `agentel`: which subcommands there are, and what it takes to run one."""

from __future__ import annotations

import gc
import importlib.util
import sys
from collections.abc import Sequence

from agentel._version import __version__
from agentel.cli.failure import BAD_INPUT

__all__ = ["COMMANDS", "main"]

COMMANDS = ("run", "traces", "trace", "summary", "tail", "doctor")
"""The subcommands in the order in which help lists them; each is a module of this package."""

_ALLOCATIONS = 100_000
"""Objects more than before after which Python looks for circles; it does after 700 by default."""

_NEEDED = ("click", "rich")
"""What the extra `terminal` installs."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line `argv` (without the program's name) and return the exit code.

    0 is success, 1 means that what was asked for is not there, 2 that the question or the files
    are wrong or that the extra `terminal` is not installed, 130 that the user interrupted it.
    Messages about any of these go to standard error.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments == ["--version"]:
        print(f"agentel {__version__}")
        return 0
    missing = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        print(
            f"agentel: the command line needs {' and '.join(missing)}, which the extra 'terminal' "
            "brings. Install it: pip install 'agentel[terminal]'",
            file=sys.stderr,
        )
        return BAD_INPUT
    if argv is None:
        # What is read from files has no circles, and looking for some takes a fifth of the time.
        gc.set_threshold(_ALLOCATIONS)
    # Not before: it needs what was just looked for.
    from agentel.cli.command import run

    return run(COMMANDS, arguments)
