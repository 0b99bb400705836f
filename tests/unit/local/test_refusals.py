from __future__ import annotations

import errno
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from agentel.local import refusals, runs
from agentel.local.writer import SignalWriter

NOBODY = 65534
needs_superuser = pytest.mark.skipif(
    os.geteuid() != 0, reason="makes a folder that belongs to another user"
)


@pytest.fixture
def root(storage: Callable[[], runs.Storage]) -> Path:
    """Make the telemetry folder, empty."""
    folder = Path(storage().directory)
    folder.mkdir()
    return folder


def refusal(storage: Callable[[], runs.Storage]) -> str:
    writer = SignalWriter(storage(), "traces")
    writer.write([b"{}\n"])
    return writer.refusal


def test_an_empty_folder_is_taken(root: Path, storage: Callable[[], runs.Storage]) -> None:
    assert refusal(storage) == ""


def test_a_folder_half_made_is_taken(root: Path, storage: Callable[[], runs.Storage]) -> None:
    (root / ".gitignore").write_text("*\n")
    assert refusal(storage) == ""


def test_an_empty_disk_is_taken(root: Path, storage: Callable[[], runs.Storage]) -> None:
    (root / "lost+found").mkdir()
    assert refusal(storage) == ""


def test_a_folder_of_another_program_is_left_as_it_is(
    root: Path, storage: Callable[[], runs.Storage]
) -> None:
    for name in ("config.toml", "b\x1b[2J", "c", "d"):
        (root / name).write_text("")
    assert refusal(storage) == (
        f"{root} holds b\\x1b[2J, c, config.toml and more (expected: nothing, or what agentel "
        "writes). Move it away, or name another folder in AGENTEL_DIR"
    )
    assert not (root / "runs").exists()
    assert not (root / ".gitignore").exists()


def test_a_file_where_the_folder_would_be_is_named(
    tmp_path: Path, storage: Callable[[], runs.Storage]
) -> None:
    in_the_way = tmp_path / ".agentel"
    in_the_way.write_text("theirs")
    assert refusal(storage).startswith(f"{in_the_way} is a file (expected: a folder)")
    assert in_the_way.read_text() == "theirs"


def test_a_file_where_the_runs_would_be_is_named(
    root: Path, storage: Callable[[], runs.Storage]
) -> None:
    (root / "runs").write_text("")
    assert refusal(storage).startswith(f"{root / 'runs'} is a file (expected: a folder)")


def test_a_link_in_the_place_of_a_file_is_not_followed(
    tmp_path: Path, root: Path, storage: Callable[[], runs.Storage]
) -> None:
    precious = tmp_path / "precious"
    precious.write_text("theirs")
    folder = root / "runs" / f"20200101T000000Z-{storage().run_id}"
    folder.mkdir(parents=True)
    (folder / "run.json").symlink_to(precious)
    assert refusal(storage) != ""
    assert precious.read_text() == "theirs"


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (errno.ENOSPC, "there is no room on the disk of /d. Free some; writing goes on by itself"),
        (errno.EDQUOT, "there is no room on the disk of /d. Free some; writing goes on by itself"),
        (errno.EROFS, r"user \d+ may not write to /d \(Read-only file system\)\. Make it writable"),
        (errno.EIO, r"/d cannot be written to \(Input/output error\)\. Name another folder"),
    ],
)
def test_what_a_disk_refuses_is_said_with_what_to_do(code: int, said: str) -> None:
    assert re.match(said, refusals.explain("/d", OSError(code, os.strerror(code))))


AS_NOBODY = f"""
import logging, os
from agentel.local import runs
from agentel.local.writer import SignalWriter
logging.disable()
os.setegid({NOBODY})
os.seteuid({NOBODY})
writer = SignalWriter(runs.storage_from_environment(), "traces")
print(writer.write([b"{{}}\\n"]), writer.refusal)
"""


@pytest.mark.process
@needs_superuser
@pytest.mark.parametrize(
    ("mode", "said"),
    [
        (0o777, "{} belongs to user 0 (expected: to user 65534, who runs the program). Name a "),
        (0o700, "{} belongs to user 0 (expected: to user 65534, who runs the program). Name a "),
    ],
    ids=["open-to-all", "closed"],
)
def test_a_folder_of_another_user_is_not_written_to(mode: int, said: str) -> None:
    with TemporaryDirectory() as place:
        os.chmod(place, 0o755)
        folder = Path(place) / ".agentel"
        folder.mkdir()
        folder.chmod(mode)
        assert as_nobody(folder).startswith(f"False {said.format(folder)}")
        assert list(folder.iterdir()) == []


@pytest.mark.process
@needs_superuser
def test_a_folder_that_may_not_be_written_to_is_named() -> None:
    with TemporaryDirectory() as place:
        os.chmod(place, 0o555)
        folder = Path(place) / ".agentel"
        assert as_nobody(folder).startswith(
            f"False user 65534 may not write to {folder} (Permission denied). Make it writable"
        )


def as_nobody(folder: Path) -> str:
    """Write as a user without rights; return what it said."""
    path = os.pathsep.join(sys.path)
    done = subprocess.run(
        [sys.executable, "-c", AS_NOBODY],
        env={"AGENTEL_DIR": str(folder), "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout
