from __future__ import annotations

import errno
import logging
import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from agentel.local import runs, writer
from agentel.local.writer import SignalWriter


@pytest.fixture(autouse=True)
def warnings_start_fresh(monkeypatch):
    monkeypatch.setattr(writer, "_warned", set())


def contents(storage: runs.Storage) -> dict[str, str]:
    """Our files below the run's folder, by name without the pid."""
    folder = runs.join(storage).folder
    return {
        path.name.replace(f"-{os.getpid()}-", "-PID-"): path.read_text()
        for path in sorted(folder.glob("*.jsonl"))
    }


def test_lines_of_a_signal_are_appended_to_one_private_file(storage):
    traces = SignalWriter(storage(), "traces")
    assert traces.write([b"1\n", b"2\n"])
    assert traces.write([b"3\n"])
    assert contents(storage()) == {"traces-PID-0.jsonl": "1\n2\n3\n"}
    (path,) = runs.join(storage()).folder.glob("*.jsonl")
    assert path.stat().st_mode & 0o777 == 0o600


def test_no_lines_make_no_file(storage):
    assert SignalWriter(storage(), "traces").write([])
    assert not Path(storage().directory).exists()


def test_a_full_file_is_followed_by_the_next_number(storage):
    small = storage(max_file_size=10)
    SignalWriter(small, "logs").write([b"12345\n", b"123\n", b"1\n", b"a longer line\n", b"2\n"])
    assert contents(small) == {
        "logs-PID-0.jsonl": "12345\n123\n",
        "logs-PID-1.jsonl": "1\n",
        "logs-PID-2.jsonl": "a longer line\n",
        "logs-PID-3.jsonl": "2\n",
    }


def test_a_file_of_another_process_with_the_same_pid_is_left_alone(storage):
    other = runs.join(storage()).folder / f"traces-{os.getpid()}-0.jsonl"
    other.write_text("theirs\n")
    SignalWriter(storage(), "traces").write([b"ours\n"])
    assert contents(storage()) == {
        "traces-PID-0.jsonl": "theirs\n",
        "traces-PID-1.jsonl": "ours\n",
    }


def test_a_closed_writer_refuses(storage):
    traces = SignalWriter(storage(), "traces")
    traces.close()
    assert not traces.write([b"1\n"])


def test_a_folder_that_is_removed_meanwhile_comes_back_with_the_next_line(storage):
    traces = SignalWriter(storage(), "traces")
    traces.write([b"1\n"])
    shutil.rmtree(storage().directory)
    traces.write([b"2\n"])
    assert contents(storage()) == {"traces-PID-1.jsonl": "2\n"}


def test_a_folder_that_cannot_be_made_costs_one_warning_and_nothing_else(tmp_path, caplog):
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    directory = in_the_way / "deeper" / ".agentel"
    traces = SignalWriter(runs.Storage(str(directory), "r"), "traces")
    assert [traces.write([b"1\n"]), traces.write([b"2\n"])] == [False, False]
    assert [record.getMessage() for record in caplog.records] == [
        f"agentel: telemetry cannot be written: {in_the_way} is a file (expected: a folder). Move "
        "it away, or name another folder in AGENTEL_DIR. The program is not affected; what is not "
        "written is lost."
    ]
    assert traces.refusal.startswith(f"{in_the_way} is a file")


def test_the_oldest_of_too_many_files_is_removed(storage):
    small = storage(max_file_size=2, max_files=2)
    SignalWriter(small, "logs").write([b"1\n", b"2\n", b"3\n", b"4\n"])
    assert contents(small) == {"logs-PID-2.jsonl": "3\n", "logs-PID-3.jsonl": "4\n"}


def test_a_file_that_somebody_removed_is_not_missed_when_it_would_go(storage):
    small = storage(max_file_size=2, max_files=1)
    logs = SignalWriter(small, "logs")
    logs.write([b"1\n"])
    next(runs.join(small).folder.glob("*.jsonl")).unlink()
    assert logs.write([b"2\n", b"3\n"])


def test_writing_works_again_when_the_disk_does(tmp_path):
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    there = runs.Storage(str(in_the_way / ".agentel"), "r")
    traces = SignalWriter(there, "traces")
    traces.write([b"1\n"])
    in_the_way.unlink()
    assert (traces.write([b"2\n"]), traces.refusal) == (True, "")
    assert contents(there) == {"traces-PID-0.jsonl": "2\n"}


def test_threads_may_share_a_writer(storage):
    small = storage(max_file_size=1_000, max_files=1_000)
    traces = SignalWriter(small, "traces")
    line = b"x" * 99 + b"\n"
    threads = [threading.Thread(target=traces.write, args=([line] * 50,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert "".join(contents(small).values()) == line.decode() * 400


def test_a_warning_that_comes_back_to_the_writer_does_not_hang(tmp_path, caplog):
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    logs = SignalWriter(runs.Storage(str(in_the_way / "deeper"), "r"), "logs")
    handler = logging.Handler()
    handler.emit = lambda record: logs.write([b"1\n"])
    logger = logging.getLogger("agentel.local.writer")
    logger.addHandler(handler)
    assert not logs.write([b"2\n"])
    logger.removeHandler(handler)


FULL_DISK = """
import logging, resource, signal, sys
from agentel.local import runs
from agentel.local.writer import SignalWriter

logging.basicConfig(stream=sys.stdout, format="%(levelname)s")
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
traces = SignalWriter(runs.storage_from_environment(), "traces")
print(traces.write([b"a" * 2047 + b"\\n"]))
_, most = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (3000, most))
print(traces.write([b"b" * 2047 + b"\\n"]))
resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
print(traces.write([b"c" * 2047 + b"\\n"]))
"""


@pytest.mark.process
def test_a_line_that_fits_only_in_part_is_taken_back(tmp_path):
    found = python(FULL_DISK, tmp_path)
    text = "".join(path.read_text() for path in sorted(tmp_path.rglob("*.jsonl")))
    assert found == ["True", "WARNING", "False", "True"]
    assert [(line[0], len(line)) for line in text.splitlines()] == [("a", 2047), ("c", 2047)]


REFUSING = """
import errno, logging, os, sys
from agentel.local import runs
from agentel.local.writer import SignalWriter

logging.disable()
really_write = os.write
traces = SignalWriter(runs.Storage(sys.argv[1], "r", max_files=2), "traces")
traces.write([b"before\\n"])

def refuse(file, data):
    raise OSError(int(sys.argv[2]), "refused")

os.write = refuse
for _ in range(9):
    assert not traces.write([b"meanwhile\\n"])
os.write = really_write
traces.write([b"after\\n"])
"""


@pytest.mark.process
@pytest.mark.parametrize("code", ["ENOSPC", "EDQUOT", "EFBIG", "EIO"])
def test_a_disk_that_refuses_for_long_costs_nothing_written_before(tmp_path, code):
    python(REFUSING, tmp_path, str(tmp_path), str(getattr(errno, code)))
    paths = sorted(tmp_path.rglob("*.jsonl"))
    assert "".join(path.read_text() for path in paths) == "before\nafter\n"
    assert len(paths) == (1 if code in ("ENOSPC", "EDQUOT") else 2)


FORK = """
import os
from agentel.local import runs
from agentel.local.writer import SignalWriter

traces = SignalWriter(runs.storage_from_environment(), "traces")
traces.write([b"parent 1\\n"])
with traces._lock:  # as another thread of the parent may hold it at that moment
    child = os.fork()
if child == 0:
    traces.write([b"child\\n"])
    os._exit(0)
os.waitpid(child, 0)
traces.write([b"parent 2\\n"])
"""


@pytest.mark.process
def test_a_forked_child_writes_to_files_of_its_own(tmp_path):
    python(FORK, tmp_path)
    found = sorted(path.read_text() for path in tmp_path.rglob("*.jsonl"))
    assert found == ["child\n", "parent 1\nparent 2\n"]
    assert len(list((tmp_path / "runs").glob("2*"))) == 1


ENDLESS = """
import sys
from agentel.local import runs
from agentel.local.writer import SignalWriter

traces = SignalWriter(runs.storage_from_environment(), "traces")
for number in range(10**9):
    traces.write([b"%d:" % number + b"x" * 100_000 + b"\\n"])
    if number == 20:
        print("going", flush=True)
"""


@pytest.mark.process
def test_a_killed_process_leaves_whole_lines_but_for_the_last(tmp_path):
    child = subprocess.Popen(
        [sys.executable, "-c", ENDLESS], env=environment(tmp_path), stdout=subprocess.PIPE
    )
    child.stdout.readline()
    child.send_signal(signal.SIGKILL)
    child.communicate()
    (path,) = tmp_path.rglob("*.jsonl")
    lines = path.read_bytes().split(b"\n")[:-1]
    assert len(lines) > 20
    assert {len(line.partition(b":")[2]) for line in lines} == {100_000}


def python(program: str, directory: Path, *arguments: str) -> list[str]:
    found = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        env=environment(directory),
        capture_output=True,
        text=True,
        check=True,
    )
    return found.stdout.split()


def environment(directory: Path) -> dict[str, str]:
    return os.environ | {"AGENTEL_DIR": str(directory), "PYTHONPATH": os.pathsep.join(sys.path)}
