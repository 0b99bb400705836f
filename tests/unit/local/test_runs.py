from __future__ import annotations

import json
import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from agentel.local import runs
from agentel.local.writer import SignalWriter


def test_the_environment_hands_folder_and_run_id_to_children(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    environ: dict[str, str] = {}
    storage = runs.storage_from_environment(environ)
    assert environ == {
        "AGENTEL_DIR": str(tmp_path / ".agentel"),
        "AGENTEL_RUN_ID": storage.run_id,
    }
    assert re.fullmatch("[0-9a-f]{16}", storage.run_id)


def test_a_child_takes_folder_and_run_id_from_its_parent(tmp_path):
    environ = {"AGENTEL_DIR": str(tmp_path), "AGENTEL_RUN_ID": "nightly-7"}
    storage = runs.storage_from_environment(environ)
    assert (storage.directory, storage.run_id) == (str(tmp_path), "nightly-7")


@pytest.mark.parametrize("run_id", ["../x", "a b", ".hidden", "x" * 65], ids=str)
def test_a_run_id_that_is_no_name_is_replaced_with_one_warning(run_id, tmp_path, caplog):
    environ = {"AGENTEL_DIR": str(tmp_path), "AGENTEL_RUN_ID": run_id}
    storage = runs.storage_from_environment(environ)
    assert re.fullmatch("[0-9a-f]{16}", storage.run_id)
    assert environ["AGENTEL_RUN_ID"] == storage.run_id
    assert [record.levelname for record in caplog.records] == ["WARNING"]


def test_naming_a_storage_makes_nothing_on_the_disk(tmp_path):
    runs.storage_from_environment({"AGENTEL_DIR": str(tmp_path / "telemetry")})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("mask", [0o022, 0o000, 0o777, 0o277], ids=oct)
def test_joining_makes_a_private_folder_that_git_ignores(mask, tmp_path, storage):
    before = os.umask(mask)
    run = runs.join(storage())
    run.meta_folder()
    SignalWriter(storage(), "traces").write([b"{}\n"])
    os.umask(before)
    found = {
        re.sub(f"{run.folder.name}|{os.getpid()}", "X", str(path.relative_to(tmp_path))): oct(
            stat.S_IMODE(path.stat().st_mode)
        )
        for path in sorted(tmp_path.rglob("*"))
    }
    assert found == {
        ".agentel": "0o700",
        ".agentel/.gitignore": "0o600",
        ".agentel/runs": "0o700",
        ".agentel/runs/.lock": "0o600",
        ".agentel/runs/X": "0o700",
        ".agentel/runs/X/meta": "0o700",
        ".agentel/runs/X/run.json": "0o600",
        ".agentel/runs/X/traces-X-0.jsonl": "0o600",
    }
    assert (tmp_path / ".agentel" / ".gitignore").read_text() == "*\n"


def test_a_run_says_what_started_when_and_not_the_command_line(storage):
    folder = runs.join(storage()).folder
    about = json.loads((folder / "run.json").read_text())
    started = re.sub(r"[-:]|\.\d+", "", about["started_at"])
    assert folder.name == f"{started}-{about['run_id']}"
    assert sorted(about) == ["agentel", "pid", "program", "python", "run_id", "started_at"]
    assert (about["run_id"], about["pid"]) == ("00112233445566ff", os.getpid())


def test_a_run_with_the_same_id_is_joined_whenever_it_began(tmp_path, storage):
    older = tmp_path / ".agentel" / "runs" / "20200101T000000Z-00112233445566ff"
    older.mkdir(parents=True)
    assert runs.join(storage()).folder == older
    assert json.loads((older / "run.json").read_text())["run_id"] == "00112233445566ff"


def test_an_id_that_ends_like_another_is_another_run(tmp_path, storage):
    other = tmp_path / ".agentel" / "runs" / "20200101T000000Z-a-00112233445566ff"
    other.mkdir(parents=True)
    assert runs.join(storage()).folder != other


def test_a_run_that_was_removed_is_made_again(storage):
    first = runs.join(storage())
    shutil.rmtree(Path(storage().directory))
    again = runs.join(storage())
    assert (again.folder, again.folder.is_dir()) == (first.folder, True)


JOIN = """
import sys
from agentel.local import runs
sys.stdin.readline()
print(runs.join(runs.storage_from_environment()).folder)
"""


@pytest.mark.process
def test_processes_that_start_at_once_share_one_run(tmp_path):
    environ = os.environ | {"AGENTEL_DIR": str(tmp_path), "AGENTEL_RUN_ID": "shared"}
    children = [
        subprocess.Popen(
            [sys.executable, "-c", JOIN],
            env=environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    for child in children:
        child.stdin.write("go\n")
        child.stdin.flush()
    folders = {child.communicate()[0] for child in children}
    assert len(folders) == 1


SAY_NAME = "from agentel.local import runs; print(runs.program_name())"


@pytest.mark.process
@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["planner.py", "--key", "secret"], "planner"),
        (["-m", "package.planner", "secret"], "package.planner"),
        (["-m", "package"], "package"),
        (["-c", SAY_NAME, "secret"], "python"),
    ],
    ids=["script", "module", "package", "command"],
)
def test_a_program_is_named_by_its_script_or_module_alone(tmp_path, arguments, expected):
    package = tmp_path / "package"
    package.mkdir()
    for path in (tmp_path / "planner.py", package / "planner.py", package / "__main__.py"):
        path.write_text(SAY_NAME)
    assert _output(tmp_path, arguments) == expected


@pytest.mark.process
@pytest.mark.parametrize(
    ("arguments", "expected"),
    [(["planner.py"], "planner"), (["-m", "planner"], "planner"), (["-c", ""], "python")],
    ids=["script", "module", "command"],
)
def test_a_program_has_its_name_while_python_starts(tmp_path, arguments, expected):
    (tmp_path / "sitecustomize.py").write_text(SAY_NAME)
    (tmp_path / "planner.py").write_text("")
    assert _output(tmp_path, arguments) == expected


def _output(folder: Path, arguments: list[str]) -> str:
    path = os.pathsep.join([str(folder), *sys.path])
    found = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    return found.stdout.strip()
