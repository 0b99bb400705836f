from __future__ import annotations

import os
from pathlib import Path

import pytest

from agentel.diagnosis import disk
from agentel.diagnosis.disk import check_disk, folder_of
from agentel.diagnosis.finding import Finding
from agentel.diagnosis.surroundings import Surroundings
from agentel.local.runs import Storage, join


def look(directory: Path, **environ: str) -> list[Finding]:
    return list(check_disk(Surroundings(environ, str(directory))))


def everything(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*"))


def test_folder_is_below_the_working_directory(tmp_path: Path) -> None:
    assert folder_of(Surroundings({}, str(tmp_path))) == tmp_path / ".agentel"


@pytest.mark.parametrize("given", ["elsewhere", "./x/../elsewhere"])
def test_folder_of_the_environment_is_taken_from_the_working_directory(
    tmp_path: Path, given: str
) -> None:
    seen = Surroundings({"AGENTEL_DIR": given}, str(tmp_path))
    assert folder_of(seen) == tmp_path / "elsewhere"


def test_folder_that_is_not_there_yet_is_fine_and_is_not_made(tmp_path: Path) -> None:
    folder, space = look(tmp_path)
    assert (folder.subject, folder.state) == (str(tmp_path / ".agentel"), "ok")
    assert (space.subject, space.state) == ("free space", "ok")
    assert everything(tmp_path) == []


def test_folder_of_ours_is_told_with_its_runs_and_left_as_it_is(tmp_path: Path) -> None:
    join(Storage(str(tmp_path / ".agentel"), "doctored"))
    before = everything(tmp_path)
    folder, _ = look(tmp_path)
    assert (folder.state, folder.details["runs"], folder.details["mode"]) == ("ok", 1, "0700")
    assert everything(tmp_path) == before


def test_file_in_the_way_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / ".agentel").write_text("in the way")
    [finding] = look(tmp_path)
    assert (finding.state, finding.found) == (
        "problem",
        f"{tmp_path / '.agentel'} is not a folder",
    )


def test_file_above_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    [finding] = look(tmp_path, AGENTEL_DIR=str(tmp_path / "file" / "below"))
    assert finding.found == f"{tmp_path / 'file'} is not a folder"


def test_link_to_nowhere_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / ".agentel").symlink_to(tmp_path / "gone")
    [finding] = look(tmp_path)
    assert finding.state == "problem"


def test_folder_that_others_may_read_is_a_note(tmp_path: Path) -> None:
    (tmp_path / ".agentel").mkdir(mode=0o755)
    (tmp_path / ".agentel").chmod(0o755)
    folder, _ = look(tmp_path)
    assert (folder.state, folder.advice) == ("note", f"chmod 700 {tmp_path / '.agentel'}")


def test_folder_of_another_program_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / ".agentel").mkdir()
    (tmp_path / ".agentel" / "config.toml").write_text("")
    folder, _ = look(tmp_path)
    assert (folder.state, folder.found) == ("problem", "it holds config.toml")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_folder_of_somebody_else_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / ".agentel").mkdir(mode=0o700)
    os.chown(tmp_path / ".agentel", 12345, -1)
    folder, _ = look(tmp_path)
    assert folder.state == "problem"
    assert "12345" in folder.found


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
@pytest.mark.parametrize("name", [".agentel", "made-later/.agentel"])
def test_folder_that_cannot_be_written_is_a_problem(tmp_path: Path, name: str) -> None:
    closed = tmp_path / name.partition("/")[0]
    closed.mkdir(mode=0o500)
    folder, _ = look(tmp_path, AGENTEL_DIR=str(tmp_path / name))
    assert folder.state == "problem"


def test_folder_in_which_nothing_can_be_made_is_a_problem() -> None:
    folder, *_ = look(Path("/"), AGENTEL_DIR="/proc/self")
    assert folder.state == "problem"
    assert "cannot be written" in folder.found


def test_full_disk_is_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk, "ENOUGH", 1 << 80)  # no disk has that
    *_, space = look(tmp_path)
    assert space.state == "problem"
    assert "AGENTEL_DIR" in space.advice
