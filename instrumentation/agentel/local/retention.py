"""Knows which old runs and files are removed, and that a live writer's never are."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path

from agentel.local import locks

__all__ = ["sweep"]


def sweep(folders: Sequence[Path], *, keep: Path, age: float, runs: int) -> None:
    """Remove what is too old or too many of `folders` (run folders, oldest first).

    A run goes when its last write is more than `age` seconds ago, or when there are more than
    `runs` of them. Nothing that a living process writes to is touched: neither its run, nor its
    files in a run that others keep alive. `keep` stays, and counts: it may seem the oldest, after
    the clock was set back. Never raises.
    """
    oldest_time = time.time() - age
    others = [folder for folder in folders if folder != keep]
    surplus = len(others) + 1 - runs
    _remove_files(keep, oldest_time)
    for place, folder in enumerate(others):
        outdated = place < surplus or _last_write(folder) < oldest_time
        if outdated and locks.is_free(folder / "run.json"):
            _remove(folder)
        else:
            _remove_files(folder, oldest_time)


def _last_write(folder: Path) -> float:
    try:
        return max(entry.stat().st_mtime for entry in os.scandir(folder))
    except (OSError, ValueError):
        return time.time()


def _remove(folder: Path) -> None:
    # Renamed first: readers see a run whole or not at all, and where open files cannot be
    # removed the rename fails before anything is lost.
    gone = folder.with_name(f".removed-{folder.name}")
    try:
        os.rename(folder, gone)
    except OSError:
        return
    # Here, because it costs every program some ms, and few ever remove a run.
    import shutil

    shutil.rmtree(gone, ignore_errors=True)


def _remove_files(folder: Path, oldest_time: float) -> None:
    for path in folder.glob("*.jsonl"):
        try:
            if path.stat().st_mtime < oldest_time and locks.is_free(path):
                path.unlink()
        except OSError:
            continue
