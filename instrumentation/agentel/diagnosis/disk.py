"""Knows whether local files can be written, by whom they can be read, and for how long yet."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

from agentel.diagnosis.finding import Finding, note, ok, problem
from agentel.diagnosis.surroundings import Surroundings
from agentel.local.refusals import foreign
from agentel.local.runs import DIRECTORY, DIRECTORY_VARIABLE, Storage, run_folders

__all__ = ["check_disk", "folder_of"]

ENOUGH = Storage("", "").max_file_size
"""Bytes that have to be free: those of one file before the next is begun."""

OTHERS = stat.S_IRWXG | stat.S_IRWXO


def folder_of(seen: Surroundings) -> Path:
    """Return the telemetry folder that a program started here writes to, as an absolute path."""
    given = os.path.expanduser(seen.environ.get(DIRECTORY_VARIABLE) or DIRECTORY)
    return Path(os.path.abspath(os.path.join(seen.directory, given)))


def check_disk(seen: Surroundings) -> Iterator[Finding]:
    """Look at the telemetry folder, or where it would be made. Leaves nothing there."""
    folder = folder_of(seen)
    place = folder
    while not os.path.lexists(place) and place != place.parent:
        place = place.parent
    subject = str(folder)
    if not place.is_dir():
        yield problem(
            subject,
            f"{place} is not a folder",
            expected="a folder, or nothing",
            advice=f"move {place} away, or set {DIRECTORY_VARIABLE} to another folder",
        )
        return
    reason = _refusal(place, is_made=place == folder)
    if reason:
        yield problem(
            subject,
            f"it cannot be written ({reason})",
            expected="a folder of yours that can be written",
            advice=f"make {place} writable, or set {DIRECTORY_VARIABLE} to another folder",
        )
    elif place == folder:
        yield from _access(folder)
    else:
        yield ok(subject, "is made when the first telemetry comes", exists=False)
    yield _space(subject, place)


def _refusal(place: Path, *, is_made: bool) -> str:
    """Return why nothing can be written there, or ''."""
    if not is_made:
        return "" if os.access(place, os.W_OK | os.X_OK) else f"no right to write in {place}"
    try:
        with tempfile.TemporaryFile(prefix=".doctor-", dir=place) as file:
            file.write(b"\n")
    except OSError as error:
        return error.strerror or type(error).__name__
    return ""


def _access(folder: Path) -> Iterator[Finding]:
    about = folder.stat()
    mode = stat.S_IMODE(about.st_mode)
    runs = len(run_folders(folder))
    details = {"exists": True, "runs": runs, "mode": f"{mode:04o}"}
    if hasattr(os, "geteuid") and about.st_uid != os.geteuid():
        yield problem(
            str(folder),
            f"it belongs to somebody else (user {about.st_uid})",
            expected=f"a folder of yours (user {os.geteuid()})",
            advice=f"set {DIRECTORY_VARIABLE} to a folder of your own",
            **details,
        )
    elif foreign(folder):
        yield problem(
            str(folder),
            f"it holds {foreign(folder)}",
            expected="nothing, or what agentel writes",
            advice=f"move it away, or set {DIRECTORY_VARIABLE} to another folder",
            **details,
        )
    elif os.name == "posix" and mode & OTHERS:
        yield note(
            str(folder),
            f"others may look into it (mode {mode:04o})",
            f"chmod 700 {folder}",
            expected="mode 0700",
            **details,
        )
    else:
        yield ok(str(folder), f"can be written; runs in it: {runs}", **details)


def _space(subject: str, place: Path) -> Finding:
    free = shutil.disk_usage(place).free
    told = f"{free / 1e9:,.1f} GB free"
    if free < ENOUGH:
        return problem(
            subject,
            f"{free / 1e6:,.0f} MB free",
            expected=f"{ENOUGH / 1e6:,.0f} MB or more",
            advice=f"free some space, or set {DIRECTORY_VARIABLE} to a folder on another disk",
            free=free,
        )
    return ok("free space", told, free=free)
