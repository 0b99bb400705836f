"""Knows what `AGENTEL_STRICT` asks for: to end the program rather than to watch it incompletely."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from importlib import metadata
from typing import NoReturn

from agentel.config import Settings
from agentel.core.versions import distribution_of, standing
from agentel.process.launch import REFUSED
from agentel.process.packages import WATCHED, wanted

__all__ = ["check", "complain", "leave", "leave_politely"]

_ADVICE = (
    "AGENTEL_STRICT is set, so the program ends {when}. Install a version that agentel knows, name "
    "the library in AGENTEL_DISABLED_LIBRARIES, or unset AGENTEL_STRICT"
)


def check(
    settings: Settings,
    leave: Callable[[str], NoReturn],
    environ: Mapping[str, str] = os.environ,
) -> None:
    """Call `leave` with one message if a library that is left on is of no tested version.

    Does nothing unless the settings are strict. Versions are read from metadata; nothing is
    imported, and what is not installed is fine.
    """
    if not settings.strict or settings.sdk_disabled:
        return
    refused = [text for name in wanted(settings, environ) if (text := _refusal(WATCHED[name]))]
    if refused:
        leave(f"{'; '.join(refused)}. {_ADVICE.format(when='before it begins')}")


def complain(found: str, meaning: str) -> NoReturn:
    """End the process because of a library that the program is importing."""
    leave(f"{found}. {_ADVICE.format(when='here')}")


def leave(message: str) -> NoReturn:
    """Say why and end the process at once, from whichever thread.

    An exception would end one thread only, could be caught by whoever imports, and while the
    interpreter starts would be reported as a fatal error of its own.
    """
    _say(message)
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError, AttributeError):
            stream.flush()
    os._exit(REFUSED)


def leave_politely(message: str) -> NoReturn:
    """Say why and raise SystemExit, for a program that called us on a line of its own."""
    _say(message)
    raise SystemExit(REFUSED)


def _say(message: str) -> None:
    with suppress(OSError, ValueError, AttributeError):
        sys.stderr.write(f"agentel: {message} (exit code {REFUSED}).\n")


def _refusal(requires: str) -> str:
    """Say which version is installed and is none of those that are required, or nothing."""
    name = distribution_of(requires)
    try:
        found = metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""
    if standing(requires, found) == "tested":
        return ""
    return f"found {name} {found}, but agentel knows {requires}"
