"""Knows what may be told of a program that a tool runs: its base name and exit code, no more.

The command line is never told: it may hold secrets.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, cast

from agentel.core.fields import Fields

_PARAMETERS = ("program", "args", "argv", "cmd", "command")
"""Names under which functions take what to run."""

_PROGRAM = re.compile(r"[\w.+@-]{1,64}")


def command_fields(
    *,
    arguments: Mapping[str, object] | None = None,
    result: object = None,
    error: BaseException | None = None,
) -> Fields:
    """Return program and exit code, as far as the arguments, the result or the error tell them.

    `result` is a `subprocess.CompletedProcess`, or whatever has its `args` and `returncode`;
    `error` a `subprocess.CalledProcessError` or the like.
    """
    found: Fields = {}
    ran: Any = None
    if arguments is not None:
        ran = next((arguments[name] for name in _PARAMETERS if name in arguments), None)
    elif error is not None:
        ran = getattr(error, "cmd", None)
    elif result is not None:
        ran = getattr(result, "args", None)
    program = program_of(ran)
    if program is not None:
        found["process_executable_name"] = program
    code = getattr(result if error is None else error, "returncode", None)
    if isinstance(code, int) and not isinstance(code, bool):
        found["process_exit_code"] = int(code)
    return found


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
