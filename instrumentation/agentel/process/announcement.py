"""Knows the one line that a run says when it begins: what is watched, and where it goes.

It goes to standard error, from the process in which the run begins and from no other: who captures
a child's standard error must not receive it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, MutableMapping
from contextlib import suppress
from typing import TYPE_CHECKING

from agentel.config import Settings
from agentel.process.packages import Found, look, wanted
from agentel.process.ticket import place

if TYPE_CHECKING:
    from agentel.process.destinations import Destination

__all__ = ["announce", "line", "whereabouts"]

_has_spoken = False


def announce(
    where: str, settings: Settings, environ: MutableMapping[str, str] = os.environ
) -> None:
    """Say the line, in the process that may, once. `where` tells where telemetry goes.

    Nothing is said where the settings ask for quiet, or without a standard error. Looks at the
    names of folders, and imports nothing of what it finds.
    """
    global _has_spoken
    if settings.quiet or _has_spoken or not place(environ).speaks:
        return
    _has_spoken = True
    if settings.sdk_disabled:
        said = "watching nothing, because OTEL_SDK_DISABLED is true"
    else:
        said = line(look(wanted(settings, environ)), where)
    _say(f"agentel: {said}\n")


def _say(text: str) -> None:
    stream = sys.stderr
    with suppress(OSError, ValueError, AttributeError):
        if stream is sys.__stderr__:
            # What a stream keeps because its reader is gone would change the exit code.
            os.write(stream.fileno(), text.encode(stream.encoding, "backslashreplace"))
        else:
            stream.write(text)
            stream.flush()


def line(found: Found, where: str) -> str:
    """Return the line without its beginning and its end."""
    parts = [f"watching {', '.join(found.watched)}" if found.watched else "watching no library"]
    parts.append(where)
    unwatched = [*found.unsupported, *found.unwatched]
    if unwatched:
        parts.append(f"found but not watched: {', '.join(unwatched)}")
    elif not found.watched:
        parts.append("none that agentel knows is installed")
    return "; ".join(parts)


def whereabouts(destinations: Iterable[Destination], run_id: str) -> str:
    """Return in words where every signal goes."""
    signals: dict[str, list[str]] = {signal: [] for signal in ("traces", "metrics", "logs")}
    for one in destinations:
        place = f"files in {_shown(one.place)}" if one.is_local else f"to {one.place}"
        signals[one.signal].append(place)
    places: dict[str, list[str]] = {}
    for signal, found in signals.items():
        places.setdefault(" and ".join(found) or "nowhere", []).append(signal)
    if len(places) == 1:
        said = next(iter(places))
    else:
        said = ", ".join(f"{' and '.join(names)} {place}" for place, names in places.items())
    return f"{said}, run {run_id}"


def _shown(directory: str) -> str:
    """Return the folder as it is called from here, where it is below here."""
    with suppress(ValueError, OSError):
        shorter = os.path.relpath(directory)
        if not shorter.startswith(os.pardir):
            return shorter
    return directory
