"""Knows how processes see that a file is in use, whatever their pids: by advisory locks.

A lock lives exactly as long as the process (or a descriptor inherited by fork), so a reused pid
cannot be mistaken for a writer. Where the system has no `flock`, nothing is ever locked; open files
cannot be removed there.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

try:
    import fcntl
except ImportError:  # pragma: no cover - Windows
    fcntl = None

__all__ = ["hold", "is_free", "release", "share"]


def share(path: Path) -> int | None:
    """Mark `path` as in use by this process; return what `release` takes. Raises OSError."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    lock_descriptor(descriptor)
    return descriptor


def lock_descriptor(descriptor: int) -> None:
    """Mark an open file as in use by this process. Never raises."""
    if fcntl is not None:
        with suppress(OSError):  # some network file systems have no locks
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)


def hold(path: Path) -> int | None:
    """Wait until nobody else holds `path`, and hold it; return what `release` takes.

    Raises OSError if the file cannot be made; where there are no locks, it returns at once.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    if fcntl is not None:
        with suppress(OSError):  # some network file systems have no locks
            fcntl.flock(descriptor, fcntl.LOCK_EX)
    return descriptor


def is_free(path: Path) -> bool:
    """Return whether no process uses `path`; a missing file is free. Never raises."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return True
    except OSError:
        return False
    try:
        if fcntl is not None:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    except OSError:
        return False
    finally:
        os.close(descriptor)


def release(descriptor: int | None) -> None:
    """Give up what `share` or `hold` returned. Never raises."""
    if descriptor is not None:
        with suppress(OSError):
            os.close(descriptor)
