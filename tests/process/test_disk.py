"""What a program and its user see of a disk that refuses."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from process.conftest import LAUNCHER, Place

pytestmark = pytest.mark.process

WORK = "import agentel\nwith agentel.agent('planner'):\n    print('worked')\n"

FILLING = """
import resource, agentel
_, most = resource.getrlimit(resource.RLIMIT_FSIZE)

def work(name):
    with agentel.agent(name):
        print(name)
    agentel.flush()

work("before")
resource.setrlimit(resource.RLIMIT_FSIZE, (16, most))
work("full"), work("still full")
resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
work("after")
"""


def names(place: Place) -> list[str]:
    return [span["name"].removeprefix("invoke_agent ") for span in place.spans()]


def test_full_disk_costs_what_came_meanwhile_and_is_told_once(place: Place) -> None:
    ran = place.launch(FILLING)
    assert (ran.out, ran.code) == ("before\nfull\nstill full\nafter\n", 0)
    folder = place.folder / ".agentel"
    full = f"there is no room on the disk of {folder}. Free some; writing goes on by itself."
    said, lost = ran.err.splitlines()
    assert said == (
        f"agentel: telemetry cannot be written: {full} The program is not affected; what is not "
        "written is lost."
    )
    assert lost == (
        f"agentel: 2 spans and 2 log records could not be delivered to {folder}: {full}"
    )
    assert names(place) == ["before", "after"]


def file(folder: Path) -> str:
    folder.write_text("theirs")
    return f"{folder} is a file (expected: a folder)"


def foreign(folder: Path) -> str:
    folder.mkdir()
    (folder / "theirs").write_text("")
    return f"{folder} holds theirs (expected: nothing, or what agentel writes)"


@pytest.mark.parametrize("occupied", [file, foreign])
def test_what_is_in_the_way_stays_and_is_named_once(place: Place, occupied) -> None:
    reason = occupied(place.folder / ".agentel")
    ran = place.launch(WORK)
    assert (ran.out, ran.code) == ("worked\n", 0)
    [said] = ran.err.splitlines()
    assert said.startswith("agentel: 1 span and 1 log record")
    assert said.endswith(f"{reason}. Move it away, or name another folder in AGENTEL_DIR.")
    assert place.files() == []


def test_a_child_says_nothing_of_its_disk(place: Place) -> None:
    place.write(WORK, "child.py")
    file(place.folder / ".agentel")
    parent = (
        "import subprocess, sys\n"
        "print(subprocess.run([sys.executable, 'child.py'], capture_output=True))"
    )
    ran = place.launch(parent)
    assert "stdout=b'worked\\n', stderr=b''" in ran.out


def test_a_clock_set_back_costs_nothing(place: Place) -> None:
    future = place.folder / ".agentel" / "runs" / "20990101T000000Z-future"
    future.mkdir(parents=True)
    later = future / "traces-1-0.jsonl"
    later.write_text('{"resourceSpans": []}\n')
    os.utime(later, (4_070_908_800, 4_070_908_800))
    ran = place.launch(WORK, AGENTEL_KEEP_RUNS="2", AGENTEL_KEEP_DAYS="0.001")
    assert (ran.out, ran.err) == ("worked\n", "")
    again = place.launch(WORK, AGENTEL_KEEP_RUNS="2")
    assert (again.out, again.err) == ("worked\n", "")
    assert names(place)[-1:] == ["planner"]
    assert later.exists()


def test_settings_limit_the_size_and_number_of_files(place: Place) -> None:
    many = "import agentel\nfor _ in range(9):\n    with agentel.agent('a'): agentel.flush()\n"
    place.launch(f"{many}\n    agentel.flush()", AGENTEL_FILE_SIZE="1", AGENTEL_MAX_FILES="3")
    assert [path.stem.rpartition("-")[2] for path in place.files("traces")] == ["6", "7", "8"]


def test_settings_limit_the_age_and_number_of_runs(place: Place) -> None:
    for _ in range(3):
        place.launch(WORK, AGENTEL_KEEP_RUNS="2")
    assert len({path.parent for path in place.files()}) == 2
    for path in (place.folder / ".agentel" / "runs").glob("*/*"):
        os.utime(path, (time.time() - 7200, time.time() - 7200))
    place.launch(WORK, AGENTEL_KEEP_DAYS="0.05")
    assert len({path.parent for path in place.files()}) == 1


ENDLESS = """
import time, agentel
while True:
    with agentel.agent("planner"):
        pass
    print(time.time_ns(), flush=True)
    time.sleep(0.005)
"""


def test_a_killed_process_loses_at_most_its_last_second(place: Place) -> None:
    """The clock is the program's: what it printed had ended."""
    with subprocess.Popen(
        (*LAUNCHER, place.write(ENDLESS)),
        cwd=place.folder,
        env=place.environ,
        stdout=subprocess.PIPE,
        text=True,
    ) as program:
        assert program.stdout is not None
        ended = [int(next(program.stdout)) for _ in range(300)]
        program.send_signal(signal.SIGKILL)
        ended += [int(line) for line in program.stdout if line.endswith("\n")]
    written = [int(span["endTimeUnixNano"]) for span in place.spans()]
    assert ended[-1] - max(written) < 1_000_000_000
    assert len(written) >= len([end for end in ended if end < ended[-1] - 1_000_000_000])


STALLED = """
import os, sys, threading, time
import agentel
from agentel.local import writer

pause = threading.Event()
write = os.write

def stalled(file, data):
    pause.wait()
    return write(file, data)

os.write = stalled
for number in range(1000):
    with agentel.agent(f"a{number}"):
        pass
print("went on", flush=True)
pause.set()
"""


def test_a_thousand_spans_do_not_wait_for_a_disk_that_stands_still(place: Place) -> None:
    ran = place.launch(STALLED)
    assert (ran.out, ran.err, ran.code) == ("went on\n", "", 0)
    assert names(place) == [f"a{number}" for number in range(1000)]


def test_what_does_not_fit_into_the_queue_is_counted(place: Place) -> None:
    few = {"OTEL_BSP_MAX_QUEUE_SIZE": "100", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "100"}
    ran = place.launch(STALLED, OTEL_LOGS_EXPORTER="none", **few)
    assert (ran.out, ran.code) == ("went on\n", 0)
    assert ran.err.startswith(f"agentel: {1000 - len(names(place))} spans could not be delivered")


BURST = """
import agentel
for number in range(10_000):
    with agentel.agent("a"):
        pass
"""


def test_nothing_of_a_burst_is_lost(place: Place) -> None:
    ran = place.launch(BURST, OTEL_METRICS_EXPORTER="none", OTEL_LOGS_EXPORTER="none")
    assert ran.err == ""
    assert len(names(place)) == 10_000
