"""Knows the telemetry folder: where it is, who a run is, and how a process joins one.

Layout, below `.agentel/` (folders 0700, files 0600, everything ignored by git):

    runs/<UTC start>-<run id>/run.json                     which program, started when
    runs/<UTC start>-<run id>/<signal>-<pid>-<n>.jsonl     OTLP JSON lines
    runs/<UTC start>-<run id>/meta/                        what is derived from them

A process tree shares one run: the run id travels in `AGENTEL_RUN_ID`, the folder in `AGENTEL_DIR`.
"""

from __future__ import annotations

import json
import logging
import os
import platform
import re
import sys
import threading
from collections.abc import Generator, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path

from agentel._version import __version__
from agentel.local import locks, refusals, retention

__all__ = [
    "DIRECTORY",
    "DIRECTORY_VARIABLE",
    "RUN_ID_VARIABLE",
    "Run",
    "Storage",
    "begin",
    "join",
    "program_name",
    "run_folders",
    "storage_from_environment",
]

DIRECTORY = ".agentel"
"""The telemetry folder's name, below the working directory, when `AGENTEL_DIR` is not set."""

DIRECTORY_VARIABLE = "AGENTEL_DIR"
RUN_ID_VARIABLE = "AGENTEL_RUN_ID"

_RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_FOLDER = re.compile(r"(\d{8}T\d{6}Z)-(.+)")

_PROCESS = (os.getpid(), datetime.now(timezone.utc))
"""The process that telemetry began in, and when; a forked child inherits both."""

_begun: set[str] = set()
"""Ids of the runs that began with this process."""

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Storage:
    """Where telemetry is written and how much of it is kept.

    `directory` is absolute. Sizes are bytes, `max_age` is seconds; `max_runs` counts this run too,
    `max_files` the file that is written to.
    """

    directory: str
    run_id: str
    max_file_size: int = 64 * 1024 * 1024
    max_files: int = 16
    max_age: float = 7 * 86_400.0
    max_runs: int = 200


@dataclass(slots=True)
class Run:
    """A run's folder that this process writes into; it is locked against removal."""

    folder: Path
    lock: int | None = field(repr=False)

    def meta_folder(self) -> Path:
        """Return the folder for derived files, made if it is not there. Raises OSError."""
        folder = self.folder / "meta"
        _make_folder(folder, exist_ok=True)
        return folder


def storage_from_environment(environ: MutableMapping[str, str] = os.environ) -> Storage:
    """Return the storage that the environment names, and hand it to child processes.

    Without `AGENTEL_DIR` it is `.agentel` below the working directory; without `AGENTEL_RUN_ID` a
    new id of 16 hex digits is made. Both are written back to `environ`, the folder as an absolute
    path. A run id that cannot be part of a folder's name is replaced, with one warning.
    Nothing is created on the disk.
    """
    directory = os.path.abspath(os.path.expanduser(environ.get(DIRECTORY_VARIABLE) or DIRECTORY))
    run_id = environ.get(RUN_ID_VARIABLE, "")
    if not _RUN_ID.fullmatch(run_id):
        made = os.urandom(8).hex()
        if run_id:
            _logger.warning(
                "%s=%r is no run id (expected 1 to 64 letters, digits, '.', '_' or '-', the first "
                "a letter or digit); this run is called %s instead.",
                RUN_ID_VARIABLE,
                run_id,
                made,
            )
        run_id = made
        _begun.add(run_id)
    environ[DIRECTORY_VARIABLE] = directory
    environ[RUN_ID_VARIABLE] = run_id
    return Storage(directory=directory, run_id=run_id)


def begin(storage: Storage) -> None:
    """Say that the run began in this process, whoever made its id: it is described as its own."""
    _begun.add(storage.run_id)


def program_name() -> str:
    """Return the name of the running script, or of the module behind `-m`; never the command line.

    Without either (interactive, `-c`) it is `python`.
    """
    spec = getattr(sys.modules.get("__main__"), "__spec__", None)
    if spec is not None and spec.name:
        return str(spec.name).removesuffix(".__main__")
    # While `site` runs, `-m` is not resolved yet, and only the original arguments have the name.
    arguments = sys.argv or [""]
    if arguments[0] == "-m":
        given = sys.orig_argv
        place = given.index("-m") + 1 if "-m" in given else len(given)
        return given[place] if place < len(given) else "python"
    name = os.path.basename(arguments[0]).removesuffix(".py")
    return name if name and name != "-c" else "python"


def run_folders(directory: Path) -> list[Path]:
    """Return the run folders below a telemetry folder, oldest start first; [] without any."""
    try:
        found = [path for path in (directory / "runs").iterdir() if _FOLDER.fullmatch(path.name)]
    except OSError:
        return []
    return sorted(path for path in found if path.is_dir())


def _folder_run_id(folder: Path) -> str:
    """Return the run id that a run folder's name ends with, or '' if it is no run folder's name."""
    match = _FOLDER.fullmatch(folder.name)
    return match.group(2) if match else ""


_joined: dict[tuple[str, str], Run] = {}
_joining = threading.Lock()


def join(storage: Storage) -> Run:
    """Return this process's run, its folder found by run id or made, and locked against removal.

    On first use old runs are removed, as `storage` says. Raises OSError if the disk refuses.
    """
    with _joining:
        key = (storage.directory, storage.run_id)
        run = _joined.get(key)
        if run is not None and run.folder.is_dir():
            return run
        if run is not None:
            locks.release(run.lock)
        root = Path(storage.directory)
        _make_root(root)
        with _exclusive(root / "runs" / ".lock"):
            folder = _find(root, storage.run_id) or _new_folder(root, storage.run_id)
            _describe(folder, storage.run_id)
            run = Run(folder, locks.share(folder / "run.json"))
            retention.sweep(
                run_folders(root), keep=folder, age=storage.max_age, runs=storage.max_runs
            )
        _joined[key] = run
        return run


def _make_root(root: Path) -> None:
    root.parent.mkdir(parents=True, exist_ok=True)
    try:
        _make_folder(root)
    except FileExistsError:
        refusals.check_folder(root)
    _make_folder(root / "runs", exist_ok=True)
    _write_new(root / ".gitignore", "*\n")


def _make_folder(folder: Path, *, exist_ok: bool = False) -> None:
    """Make a folder for its owner alone, whatever the umask takes away."""
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        if not exist_ok or not folder.is_dir():
            raise
    else:
        folder.chmod(0o700)


def _find(root: Path, run_id: str) -> Path | None:
    for folder in reversed(run_folders(root)):
        if _folder_run_id(folder) == run_id:
            return folder
    return None


def _new_folder(root: Path, run_id: str) -> Path:
    _, started = _PROCESS
    folder = root / "runs" / f"{started:%Y%m%dT%H%M%SZ}-{run_id}"
    _make_folder(folder)
    return folder


def _describe(folder: Path, run_id: str) -> None:
    """Write the run's `run.json`, unless a process of the run did already.

    A child may be the first to write telemetry; the process that began the run describes it anew.
    """
    pid, started = _PROCESS
    about = {
        "run_id": run_id,
        "started_at": started.isoformat(timespec="microseconds").replace("+00:00", "Z"),
        "pid": pid,
        "program": program_name(),
        "python": platform.python_version(),
        "agentel": __version__,
    }
    content = json.dumps(about) + "\n"
    if run_id in _begun and os.getpid() == pid:
        _replace(folder / "run.json", content)
    else:
        _write_new(folder / "run.json", content)


def _replace(path: Path, content: str) -> None:
    """Put `content` in place at once; whoever locked the file keeps its lock on the same file."""
    descriptor = locks.open_own(path, os.O_WRONLY)
    with os.fdopen(descriptor, "r+", encoding="utf-8") as file:
        file.write(content)
        file.truncate()


def _write_new(path: Path, content: str) -> None:
    try:
        descriptor = locks.open_own(path, os.O_EXCL | os.O_WRONLY)
    except FileExistsError:
        return
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(content)


@contextmanager
def _exclusive(path: Path) -> Generator[None]:
    lock = locks.hold(path)
    try:
        yield
    finally:
        locks.release(lock)


def _after_fork() -> None:
    # The parent's thread that held the lock is not here, and the parent's run is not ours.
    global _joining
    _joining = threading.Lock()
    for run in _joined.values():
        locks.release(run.lock)
    _joined.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
