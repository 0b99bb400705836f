"""Knows the environment in which `agentel run` starts a program, and how that program is found.

Every Python below it begins with our `site/sitecustomize.py`, which loads agentel as
`opentelemetry-instrument` would. Nothing else is changed: in particular, the working directory is
not put on the path.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Mapping

from agentel.local.runs import storage_from_environment
from agentel.process.ticket import VARIABLE

__all__ = ["REFUSED", "Unusable", "environment", "find", "is_nested", "why_not"]

NOT_FOUND = 127
NOT_EXECUTABLE = 126
"""Exit codes of shells. Source: POSIX, Shell Command Language, "Exit Status for Commands"."""
REFUSED = 78
"""Exit code of a program that `AGENTEL_STRICT` ended: `EX_CONFIG` of `sysexits.h`."""

_SITE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "site")
_REASONS = {
    errno.ENOENT: "the interpreter that its first line names does not exist",
    errno.ENOEXEC: "it is neither a binary of this system nor begins with a line of '#!'",
    errno.EACCES: "the system refuses to execute it",
    errno.E2BIG: "its arguments and its environment are too long",
}


class Unusable(Exception):
    """A program that cannot be run; the message says why and what to do."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code


def is_nested(environ: Mapping[str, str]) -> bool:
    """Tell whether a watched program, or another `agentel run`, started this process."""
    return bool(environ.get(VARIABLE))


def environment(environ: Mapping[str, str], launch: str) -> dict[str, str]:
    """Return a copy of `environ` for the program: watched, and with files for the summary.

    `launch` is the value of `AGENTEL_LAUNCH`, '' to leave it as it is. What the user chose stays.
    """
    copy = dict(environ)
    storage_from_environment(copy)
    given = copy.get("PYTHONPATH", "")
    path = [entry for entry in given.split(os.pathsep) if entry != _SITE] if given else []
    copy["PYTHONPATH"] = os.pathsep.join([_SITE, *path])
    copy.setdefault("OTEL_PYTHON_DISTRO", "agentel")
    copy.setdefault("OTEL_PYTHON_CONFIGURATOR", "agentel")
    copy.setdefault("AGENTEL_FILES", "true")
    if launch:
        copy[VARIABLE] = launch
    return copy


def find(program: str, environ: Mapping[str, str]) -> str:
    """Return the path of a program, found as a shell would. Raises Unusable."""
    search = environ.get("PATH", os.defpath)
    found = shutil.which(program, path=search)
    if found is not None:
        return found
    for folder in [""] if os.path.dirname(program) else search.split(os.pathsep):
        path = os.path.join(folder, program)
        if os.path.isdir(path) and os.path.dirname(program):
            raise Unusable(
                f"'{program}' is a folder, no program.{_advice(program)}", NOT_EXECUTABLE
            )
        if os.path.isfile(path):
            raise Unusable(
                f"'{path}' is no program that may be executed.{_advice(program)}", NOT_EXECUTABLE
            )
    place = "" if os.path.dirname(program) else " on the PATH"
    raise Unusable(f"there is no program '{program}'{place}.{_advice(program)}", NOT_FOUND)


def why_not(program: str, error: OSError) -> Unusable:
    """Return what to say of a program that was found and did not start."""
    reason = _REASONS.get(error.errno or 0, error.strerror or "the system refuses")
    return Unusable(f"'{program}' cannot be run: {reason}.", NOT_EXECUTABLE)


def _advice(program: str) -> str:
    if program.endswith(".py") and os.path.isfile(program):
        return f" For a Python file, name Python too: agentel run python {program}"
    if os.path.isfile(os.path.join(program, "__main__.py")):
        return f" For a Python package, name Python too: agentel run python {program}"
    if not os.path.dirname(program) and os.path.isfile(program):
        return f" There is one here: agentel run {os.path.join(os.curdir, program)}"
    return " Expected what you would type without agentel, such as: agentel run python agent.py"
