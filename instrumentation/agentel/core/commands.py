"""Knows what may be told of a program that a tool runs: its base name and exit code, no more.

The command line is never told: it may hold secrets.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import cast

from agentel.core.fields import Fields

_PARAMETERS = ("program", "args", "argv", "cmd", "command")
"""Names under which functions take what to run."""

_PROGRAM = re.compile(r"[\w.+@-]{1,64}")


def arguments_fields(arguments: Mapping[str, object]) -> Fields:
    """Return the program that a tool's arguments, by parameter name, say is to run."""
    return _fields(next((arguments[name] for name in _PARAMETERS if name in arguments), None))


def command_fields(outcome: object) -> Fields:
    """Return program and exit code, as far as a result or an exception tells them.

    `outcome` is a `subprocess.CompletedProcess`, a `subprocess.CalledProcessError`, or whatever has
    `args` or `cmd`, and `returncode`.
    """
    ran = getattr(outcome, "cmd" if isinstance(outcome, BaseException) else "args", None)
    found = _fields(ran)
    code = getattr(outcome, "returncode", None)
    if isinstance(code, int) and not isinstance(code, bool):
        found["process_exit_code"] = int(code)
    return found


def _fields(command: object) -> Fields:
    program = program_of(command)
    return {} if program is None else {"process_executable_name": program}


def program_of(command: object) -> str | None:
    """Return the base name of the program that `command` (a text or a sequence) begins with.

    None where that is not plainly a name: an assignment before a shell command, for one.
    """
    if isinstance(command, (list, tuple)):
        parts = cast("list[object]", command)
        first = str(parts[0]) if parts else ""
    elif isinstance(command, str):
        first = command.split(maxsplit=1)[0] if command.strip() else ""
    else:
        return None
    name = re.split(r"[/\\]", first)[-1]
    return name if "=" not in first and _PROGRAM.fullmatch(name) else None
