from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from unit.local.lines import START, log, logs_line, span, spans_line

CHAT = {
    "kind": 3,
    "gen_ai__operation__name": "chat",
    "gen_ai__request__model": "m",
    "gen_ai__usage__input_tokens": 5,
    "gen_ai__usage__output_tokens": 7,
}
BEGUN = log(1, "agentel.started", gen_ai__operation__name="invoke_agent", gen_ai__agent__name="a")
DETAILS = log(2, "gen_ai.client.inference.operation.details", at=1)
TEXT = (
    logs_line(BEGUN, DETAILS)
    + spans_line(span(2, "chat m", parent=1, at=1, **CHAT))
    + logs_line(log(1, "agentel.decision", at=5, agentel__decision__selected="x\x1b[2J"))
    + spans_line(span(1, "invoke_agent \x1b]0;a\x07", lasts=2_000, status={"code": 2}), run="run2")
)
PROGRAM = "import sys; from agentel.cli import main; sys.exit(main())"
LONGEST = 20
"""Seconds to wait for a line of output."""


def test_what_begins_and_ends_is_said_as_it_comes(agentel):
    assert agentel("tail", "--from", "-", stdin=TEXT).out.splitlines() == [
        "00:00:00Z  0af76519  invoke_agent a  begins",
        "00:00:00Z  0af76519  chat m  10ms  5→7 tok  completed",
        r"00:00:00Z  0af76519  • agentel.decision  selected=x\x1b[2J",
        r"00:00:02Z  0af76519  invoke_agent \x1b]0;a\x07  2.00s  ERROR unknown",
    ]


def test_only_what_belongs_to_a_run_is_said(agentel):
    answer = agentel("tail", "--run", "run2", "--from", "-", stdin=TEXT)
    assert [line.split()[2] for line in answer.out.splitlines()] == ["invoke_agent"]


def test_json_has_a_line_each_for_programs(agentel):
    answer = agentel("tail", "--json", "--from", "-", stdin=TEXT)
    found = [json.loads(line) for line in answer.out.splitlines()]
    assert answer.out.isascii()
    assert [(one["type"], one["name"]) for one in found] == [
        ("event", "agentel.started"),
        ("span", "chat m"),
        ("event", "agentel.decision"),
        ("span", "invoke_agent \x1b]0;a\x07"),
    ]
    assert found[1] == {
        "type": "span",
        "name": "chat m",
        "parent_span_id": f"{1:016x}",
        "outcome": "completed",
        "kind": 3,
        "status": 0,
        "start_time_unix_nano": START + 1_000_000,
        "end_time_unix_nano": START + 11_000_000,
        "trace_id": "0af7651916cd43dd8448eb211c80319c",
        "span_id": f"{2:016x}",
        "service": "demo",
        "run_id": "run1",
        "attributes": {
            key.replace("__", "."): value for key, value in CHAT.items() if key != "kind"
        },
    }


def test_what_cannot_be_read_is_said_in_the_end(agentel):
    answer = agentel("tail", "--from", "-", stdin="hello\n" + TEXT)
    assert (len(answer.out.splitlines()), answer.code) == (4, 0)
    assert answer.err.startswith("agentel: 1 line was skipped as foreign")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--from", "-", "--from", "a.jsonl"), "follow standard input or files, not both."),
        (("--from", "nowhere.jsonl"), "nowhere.jsonl does not exist."),
        (("-n", "-1"), "-1 is not in the range x>=0"),
    ],
    ids=["both", "nothing", "negative"],
)
def test_what_cannot_be_followed_is_an_error(agentel, arguments, said):
    answer = agentel("tail", *arguments)
    assert (answer.out, answer.code, said in answer.err) == ("", 2, True)


def test_a_foreign_folder_is_not_followed(agentel, tmp_path):
    (tmp_path / ".agentel").mkdir()
    (tmp_path / ".agentel" / "notes.txt").write_text("mine")
    answer = agentel("tail")
    assert (answer.out, answer.code, "is not agentel's" in answer.err) == ("", 2, True)


class Tail:
    """`agentel tail` in a process of its own, whose lines can be waited for."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, "tail", *arguments],
            env=os.environ
            | {"PYTHONPATH": os.pathsep.join(sys.path), "AGENTEL_DIR": str(folder / ".agentel")},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        for line in self.process.stdout:
            self._lines.put(line.rstrip("\n"))

    def name(self) -> str:
        """The name in the next line."""
        return self._lines.get(timeout=LONGEST).split("  ")[2]

    def interrupt(self) -> tuple[int, str]:
        """Press Ctrl-C; return the exit code and what was said on standard error."""
        self.process.send_signal(signal.SIGINT)
        complaints = self.process.stderr.read()
        return self.process.wait(LONGEST), complaints


@pytest.fixture
def tail(tmp_path) -> Callable[..., Tail]:
    begun: list[Tail] = []

    def begin(*arguments: str) -> Tail:
        begun.append(Tail(tmp_path, *arguments))
        return begun[-1]

    yield begin
    for one in begun:
        one.process.kill()
        one.process.wait()
        one.process.stdout.close()
        one.process.stderr.close()


def append(path: Path, number: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        file.write(spans_line(span(number, f"s{number}")))


@pytest.mark.process
def test_a_live_run_is_followed_over_rotation_and_new_processes(tail, tmp_path):
    folder = tmp_path / ".agentel/runs/20260101T000000Z-aa"
    append(folder / "traces-1-0.jsonl", 1)
    following = tail()
    assert following.name() == "s1"
    for number, file in ((2, "traces-1-0"), (3, "traces-1-1"), (4, "traces-2-0"), (5, "../b/t")):
        append(folder / f"{file}.jsonl", number)
        assert following.name() == f"s{number}"
    assert following.interrupt() == (0, "")


@pytest.mark.process
def test_a_folder_that_is_not_there_yet_is_waited_for(tail, tmp_path):
    following = tail()
    said = following.process.stderr.readline()
    assert said == f"agentel: waiting for telemetry in {tmp_path / '.agentel'}.\n"
    append(tmp_path / ".agentel/runs/20260101T000000Z-aa/traces-1-0.jsonl", 1)
    assert following.name() == "s1"
    assert following.interrupt() == (0, "")


@pytest.mark.process
def test_following_ends_when_nobody_reads_any_more(tmp_path):
    append(tmp_path / "a.jsonl", 1)
    child = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "tail", "--from", str(tmp_path / "a.jsonl")],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    with child:
        child.stdout.readline()
        child.stdout.close()
        assert (child.stderr.read(), child.wait(LONGEST)) == (b"", 0)


@pytest.mark.process
def test_the_last_ones_come_first_and_no_more_than_asked_for(tail, tmp_path):
    path = tmp_path / "a.jsonl"
    for number in range(1, 5):
        append(path, number)
    following = tail("-n", "2", "--from", str(path))
    assert (following.name(), following.name()) == ("s3", "s4")
    append(path, 5)
    assert following.name() == "s5"
