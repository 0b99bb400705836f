"""Knows how lines of one signal reach files so that a crash tears at most the last of them."""

from __future__ import annotations

import errno
import logging
import os
import threading
import weakref
from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from agentel.local import locks, refusals, runs

__all__ = ["SignalWriter", "hush", "spare_stderr"]

_NEW = os.O_EXCL | os.O_APPEND | os.O_WRONLY | getattr(os, "O_BINARY", 0)

_logger = logging.getLogger(__name__)
_warned: set[str] = set()
_is_hushed = False
_spares_stderr = False
_writers: weakref.WeakSet[SignalWriter] = weakref.WeakSet()


class SignalWriter:
    """Appends lines of one signal (`traces`, `metrics` or `logs`) to this process's own files.

    Files are made at the first line. Each line is one write to a file opened for appending, so
    readers see whole lines. After a fork the child writes to files of its own. Threads may share
    a writer.
    """

    def __init__(self, storage: runs.Storage, signal: str) -> None:
        self._storage = storage
        self._signal = signal
        self._lock = threading.Lock()
        self._file: int | None = None
        self._size = 0
        self._closed = False
        self._paths: deque[Path] = deque()
        self._next = 0
        self.refusal = ""
        """Why the last write failed, and what to do; empty if it did not."""
        _writers.add(self)

    def write(self, lines: Iterable[bytes]) -> bool:
        """Append `lines`, each ending in a newline; return whether all of them were written.

        A refusing disk costs the remaining lines and one warning per cause; the next call tries
        again. Never raises OSError.
        """
        try:
            with self._lock:
                if self._closed:
                    return False
                for line in lines:
                    self._append(line)
        except OSError as error:
            self.refusal = refusals.explain(self._storage.directory, error)
            # Said without the lock: a logging handler may lead back to this writer.
            _warn(self.refusal)
            return False
        self.refusal = ""
        return True

    def close(self) -> None:
        """Close the file. Later writes are refused. Never raises."""
        with self._lock:
            self._closed = True
            self._forget()

    def _append(self, line: bytes) -> None:
        file = self._open_for(len(line))
        try:
            written = os.write(file, line)
            while written < len(line):
                written += os.write(file, line[written:])  # raises, and says why
        except OSError as error:
            self._take_back(file, error)
            raise
        self._size += written

    def _take_back(self, file: int, error: OSError) -> None:
        """See to it that the next line can be read, and that a file is not begun in vain."""
        try:
            os.ftruncate(file, self._size)
        except OSError:
            self._forget()
            return
        # What is too large is this file; what there is no room for, there may be room for later.
        has_reached_its_limit = error.errno == errno.EFBIG and self._size > 0
        if has_reached_its_limit or error.errno not in refusals.FULL:
            self._forget()

    def _open_for(self, size: int) -> int:
        file = self._file
        if file is not None:
            fits = not self._size or self._size + size <= self._storage.max_file_size
            # No name left means that somebody removed the file: writing on would lose data.
            if fits and os.fstat(file).st_nlink:
                return file
            self._forget()
        folder = runs.join(self._storage).folder
        stem = folder / f"{self._signal}-{os.getpid()}"
        self._file, self._next, path = _create(stem, self._next)
        self._size = 0
        self._paths.append(path)
        if len(self._paths) > self._storage.max_files:
            self._paths.popleft().unlink(missing_ok=True)
        return self._file

    def _forget(self) -> None:
        locks.release(self._file)
        if self._file is not None and not self._size and self._paths:
            with suppress(OSError):
                self._paths.pop().unlink()
        self._file = None

    def start_again(self) -> None:
        """Leave the parent's file and lock behind, in a forked child."""
        self._lock = threading.Lock()
        self._paths.clear()
        self._next = 0
        self._forget()


def _create(stem: Path, number: int) -> tuple[int, int, Path]:
    """Make and open the first file `<stem>-<n>.jsonl`, from `number`, that nobody has made yet.

    Return its descriptor, the number to go on with, and its path. A pid may come again, in another
    container or after a restart; the file is still ours alone.
    """
    while True:
        path = stem.with_name(f"{stem.name}-{number}.jsonl")
        number += 1
        try:
            file = locks.open_own(path, _NEW)
        except FileExistsError:
            continue
        locks.lock_descriptor(file)
        return file, number, path


def spare_stderr() -> None:
    """Warn of nothing, from now on, where the program has set no logging up.

    For a process whose standard error may be somebody's data.
    """
    global _spares_stderr
    _spares_stderr = True


def hush() -> None:
    """Warn of nothing from now on: what is lost will be told otherwise."""
    global _is_hushed
    _is_hushed = True


def _warn(refusal: str) -> None:
    is_quiet = _is_hushed or (_spares_stderr and not _logger.hasHandlers())
    level = logging.DEBUG if is_quiet or refusal in _warned else logging.WARNING
    _warned.add(refusal)
    _logger.log(
        level,
        "agentel: telemetry cannot be written: %s. The program is not affected; what is not "
        "written is lost.",
        refusal,
    )


def _after_fork() -> None:
    for writer in list(_writers):
        writer.start_again()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
