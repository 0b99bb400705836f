from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from agentel.local import locks, runs

DAY = 86_400.0


@pytest.fixture
def made(storage):
    """Make an older run, last written to some days ago; return its folder."""

    def make(name: str, days: float = 0.0) -> Path:
        folder = Path(storage().directory) / "runs" / name
        folder.mkdir(parents=True)
        for path in (folder / "run.json", folder / "traces-1-0.jsonl"):
            path.write_text("{}\n")
            age(path, days)
        return folder

    return make


def age(path: Path, days: float) -> None:
    then = time.time() - days * DAY
    os.utime(path, (then, then))


def kept(storage: runs.Storage) -> list[str]:
    """The names of all runs but ours."""
    ours = runs.join(storage).folder.name
    everything = (Path(storage.directory) / "runs").iterdir()
    return sorted(path.name for path in everything if path.name not in (ours, ".lock"))


def test_a_run_is_removed_when_its_last_write_is_too_long_ago(made, storage):
    made("20200101T000000Z-old", days=8)
    made("20200102T000000Z-young", days=6)
    assert kept(storage()) == ["20200102T000000Z-young"]


def test_the_oldest_runs_are_removed_when_there_are_too_many(made, storage):
    for name in ("1T000000Z-a", "2T000000Z-b", "3T000000Z-c"):
        made(f"2020010{name}")
    assert kept(storage(max_runs=3)) == ["20200102T000000Z-b", "20200103T000000Z-c"]


def test_our_own_run_counts_even_if_the_clock_was_set_back(made, storage):
    for name in ("20990101T000000Z-a", "20990102T000000Z-b"):
        made(name)
    assert kept(storage(max_runs=2)) == ["20990102T000000Z-b"]


def test_a_run_in_use_is_never_removed(made, storage):
    folder = made("20200101T000000Z-old", days=8)
    lock = locks.share(folder / "run.json")
    found = kept(storage(max_runs=1))
    locks.release(lock)
    assert found == ["20200101T000000Z-old"]


def test_our_own_run_is_kept_however_old(made, storage):
    folder = made("20200101T000000Z-00112233445566ff", days=8)
    assert runs.join(storage(max_runs=1)).folder == folder
    assert (folder / "run.json").exists()


def test_old_files_of_a_run_in_use_are_removed_but_not_a_writers(made, storage):
    folder = made("20200101T000000Z-long", days=8)
    busy = folder / "traces-2-0.jsonl"
    writer = locks.share(busy)
    age(busy, 8)
    run = locks.share(folder / "run.json")
    runs.join(storage())
    found = sorted(path.name for path in folder.iterdir())
    locks.release(writer)
    locks.release(run)
    assert found == ["run.json", "traces-2-0.jsonl"]


def test_what_is_no_run_is_left_alone(made, storage):
    made("notes", days=100)
    assert kept(storage(max_runs=1)) == ["notes"]
