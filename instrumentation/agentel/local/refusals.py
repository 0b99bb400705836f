"""Knows why telemetry cannot be written, and says what was found, what was expected, what to do."""

from __future__ import annotations

import errno
import os
from pathlib import Path

__all__ = ["FULL", "Refused", "check_folder", "explain", "foreign"]

_VARIABLE = "AGENTEL_DIR"
FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
"""Error numbers of a disk that takes no more, and will when there is room again."""

_OURS = frozenset({"runs", ".gitignore", "lost+found", ".DS_Store"})
"""What may be in a folder of ours: the last two are put into every disk and folder by systems."""
_FORBIDDEN = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
_IN_THE_WAY = frozenset({errno.ENOTDIR, errno.EEXIST, errno.ELOOP})


class Refused(OSError):
    """The folder is not one to write to; its text says why, and what to do."""


def check_folder(folder: Path) -> None:
    """Raise Refused if an existing telemetry folder is not ours to write to.

    It has to be a folder that belongs to this user, empty or made by agentel. The superuser writes
    to everybody's: in containers, folders of the host are. Raises OSError if it cannot be read.
    """
    if not folder.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(folder))
    owner, user = folder.stat().st_uid, _user()
    if user not in (0, owner):
        raise Refused(
            f"{folder} belongs to user {owner} (expected: to user {user}, who runs the program). "
            f"Name a folder of your own in {_VARIABLE}"
        )
    held = foreign(folder)
    if held:
        raise Refused(
            f"{folder} holds {held} (expected: nothing, or what agentel writes). Move it away, or "
            f"name another folder in {_VARIABLE}"
        )


def foreign(folder: Path) -> str:
    """Return some names in a folder that somebody else made, '' if it is empty or agentel's.

    Raises OSError if it cannot be read.
    """
    held = {entry.name for entry in os.scandir(folder)}
    return "" if "runs" in held or held <= _OURS else _some(held)


def explain(directory: str, error: OSError) -> str:
    """Return what is wrong with writing below `directory` and what to do, in one sentence or two.

    Without a full stop at its end.
    """
    if isinstance(error, Refused):
        return str(error)
    where = os.fsdecode(error.filename) if isinstance(error.filename, (str, bytes)) else directory
    if error.errno in FULL:
        return f"there is no room on the disk of {directory}. Free some; writing goes on by itself"
    if error.errno in _FORBIDDEN:
        return (
            f"user {_user()} may not write to {where} ({error.strerror}). Make it writable, or "
            f"name another folder in {_VARIABLE}"
        )
    if error.errno in _IN_THE_WAY:
        return (
            f"{_culprit(where)} is a file (expected: a folder). Move it away, or name another "
            f"folder in {_VARIABLE}"
        )
    reason = error.strerror or type(error).__name__
    return f"{where} cannot be written to ({reason}). Name another folder in {_VARIABLE}"


def _user() -> int:
    return os.geteuid() if hasattr(os, "geteuid") else 0


def _some(names: set[str]) -> str:
    shown = sorted(name.encode("unicode_escape").decode() for name in names)[:3]
    return ", ".join(shown) + (" and more" if len(names) > len(shown) else "")


def _culprit(path: str) -> str:
    """Return the part of a path that is there and no folder."""
    return next((str(one) for one in reversed(Path(path).parents) if one.is_file()), path)
