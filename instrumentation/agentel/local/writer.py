"""Knows how lines of one signal reach files so that a crash tears at most the last of them."""

from __future__ import annotations

import errno
import logging
import os
import threading
import weakref
from collections.abc import Iterable
from pathlib import Path

from agentel.local import locks, runs

__all__ = ["SignalWriter"]

_NEW = os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_WRONLY | getattr(os, "O_BINARY", 0)

_logger = logging.getLogger(__name__)
_warned: set[int] = set()
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
            # Said without the lock: a logging handler may lead back to this writer.
            _warn(self._storage.directory, error)
            return False
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
            if written < len(line):
                # A full disk took a part: without it, the next line stays readable.
                os.ftruncate(file, self._size)
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError:
            self._forget()
            raise
        self._size += written

    def _open_for(self, size: int) -> int:
        file = self._file
        if file is not None:
            fits = not self._size or self._size + size <= self._storage.max_file_size
            # No name left means that somebody removed the file: writing on would lose data.
            if fits and os.fstat(file).st_nlink:
                return file
            self._forget()
        folder = runs.join(self._storage).folder
        self._file, self._size = _create(folder, f"{self._signal}-{os.getpid()}"), 0
        return self._file

    def _forget(self) -> None:
        locks.release(self._file)
        self._file = None

    def start_again(self) -> None:
        """Leave the parent's file and lock behind, in a forked child."""
        self._lock = threading.Lock()
        self._forget()


def _create(folder: Path, stem: str) -> int:
    """Make the first file `<stem>-<n>.jsonl` that nobody has made yet, and open it.

    A pid may come again, in another container or after a restart; the file is still ours alone.
    """
    number = 0
    while True:
        path = folder / f"{stem}-{number}.jsonl"
        try:
            file = os.open(path, _NEW, 0o600)
        except FileExistsError:
            number += 1
            continue
        locks.lock_descriptor(file)
        return file


def _warn(directory: str, error: OSError) -> None:
    code = error.errno or 0
    level = logging.DEBUG if code in _warned else logging.WARNING
    _warned.add(code)
    _logger.log(
        level,
        "agentel cannot write telemetry below %s (%s). The program is not affected; what could not "
        "be written is lost. Make the folder writable, free some space, or name another folder in "
        "%s.",
        directory,
        error.strerror or type(error).__name__,
        runs.DIRECTORY_VARIABLE,
    )


def _after_fork() -> None:
    for writer in list(_writers):
        writer.start_again()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
