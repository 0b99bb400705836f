"""Knows how processes see that a file is in use, whatever their pids: by advisory locks.

A lock lives exactly as long as the process (or a descriptor inherited by fork), so a reused pid
cannot be mistaken for a writer. Where the system has no `flock`, nothing is ever locked; open files
cannot be removed there.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path

try:
    import fcntl
except ImportError:  # pragma: no cover - Windows
    fcntl = None

__all__ = ["hold", "is_free", "open_own", "release", "share"]


_FLAGS: int = os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
"""A link that somebody put in a file's place is not followed."""

_PATIENCE = 2.0
"""Seconds to wait for a lock that others hold only while they make or remove folders."""


def open_own(path: Path, flags: int) -> int:
    """Open a file, made for its owner alone whatever the umask takes away. Raises OSError."""
    descriptor = os.open(path, flags | _FLAGS, 0o600)
    if hasattr(os, "fchmod"):
        with suppress(OSError):  # another user's, or a file system without modes
            os.fchmod(descriptor, 0o600)
    return descriptor


def share(path: Path) -> int | None:
    """Mark `path` as in use by this process; return what `release` takes. Raises OSError."""
    descriptor = open_own(path, os.O_RDWR)
    lock_descriptor(descriptor)
    return descriptor


def lock_descriptor(descriptor: int) -> None:
    """Mark an open file as in use by this process. Never raises."""
    if fcntl is not None:
        with suppress(OSError):  # some network file systems have no locks
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)


def hold(path: Path) -> int:
    """Wait until nobody else holds `path`, and hold it; return what `release` takes.

    Waits for two seconds at most, so that a stopped process cannot stop others, and goes on without
    the lock then. Raises OSError if the file cannot be made.
    """
    descriptor = open_own(path, os.O_RDWR)
    patience = time.monotonic() + _PATIENCE
    while not _try_exclusive(descriptor) and time.monotonic() < patience:
        time.sleep(0.01)
    return descriptor


def is_free(path: Path) -> bool:
    """Return whether no process uses `path`; a missing file is free. Never raises."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return True
    except OSError:
        return False
    free = _try_exclusive(descriptor)
    os.close(descriptor)
    return free


def _try_exclusive(descriptor: int) -> bool:
    if fcntl is None:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def release(descriptor: int | None) -> None:
    """Give up what `share` or `hold` returned. Never raises."""
    if descriptor is not None:
        with suppress(OSError):
            os.close(descriptor)
