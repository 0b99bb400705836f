from __future__ import annotations

import os
from pathlib import Path

import pytest

from agentel.local.follow import Follower
from agentel.local.lines import LONGEST_LINE
from unit.local.lines import log, logs_line, span, spans_line


def line(number: int, name: str = "") -> str:
    return spans_line(span(number, name or f"s{number}"))


@pytest.fixture
def follower(tmp_path):
    found = Follower(lambda: sorted(tmp_path.glob("*.jsonl")))
    yield found
    found.close()


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "traces-1-0.jsonl"


def append(path: Path, text: str) -> None:
    with path.open("a") as file:
        file.write(text)


def names(follower: Follower) -> list[str]:
    return [getattr(record, "name", "") or record.event_name for record in follower.poll()]


def test_what_is_added_is_read_once(follower, path):
    append(path, line(1))
    assert names(follower) == ["s1"]
    assert names(follower) == []
    append(path, line(2) + line(3))
    assert names(follower) == ["s2", "s3"]


def test_a_line_is_waited_for_until_it_has_an_end(follower, path):
    whole = line(1)
    for cut in (whole[:70], whole[70:-1]):
        append(path, cut)
        assert names(follower) == []
    append(path, "\n")
    assert (names(follower), bool(follower.skipped)) == (["s1"], False)


def test_a_new_file_of_a_new_process_is_read_from_its_beginning(follower, path, tmp_path):
    append(path, line(1))
    follower.poll()
    append(tmp_path / "traces-2-0.jsonl", line(2))
    append(tmp_path / "traces-1-1.jsonl", line(3))
    assert sorted(names(follower)) == ["s2", "s3"]


def test_a_renamed_file_is_read_on_and_its_successor_from_the_beginning(follower, path, tmp_path):
    append(path, line(1))
    follower.poll()
    append(path, line(2))
    path.rename(tmp_path / "traces-old.jsonl")
    append(path, line(3))
    assert sorted(names(follower)) == ["s2", "s3"]
    append(tmp_path / "traces-old.jsonl", line(4))
    assert names(follower) == ["s4"]


def test_what_was_written_before_a_file_was_taken_away_is_read(path, tmp_path):
    follower = Follower(lambda: [path] if path.exists() else [])
    append(path, line(1))
    follower.poll()
    append(path, line(2))
    path.rename(tmp_path / "away.txt")
    assert (names(follower), names(follower)) == (["s2"], [])
    follower.close()


def test_a_file_that_is_emptied_is_read_anew(follower, path):
    append(path, line(1) + line(2))
    follower.poll()
    path.write_text(line(3))
    assert names(follower) == ["s3"]


def test_what_was_read_in_another_file_is_left_out(follower, path, tmp_path):
    begun = logs_line(log(1, "agentel.started"), log(1, "agentel.decision", at=1))
    append(path, line(1) + begun)
    assert names(follower) == ["s1", "agentel.started", "agentel.decision"]
    append(tmp_path / "copy.jsonl", line(1) + begun + line(2))
    assert names(follower) == ["s2"]


def test_following_begins_at_the_end_of_a_big_file(follower, path):
    append(path, "".join(line(number, "x" * 1_000) for number in range(1, 3_000)))
    first = follower.poll()
    assert (500 < len(first) < 1_000, bool(follower.skipped)) == (True, False)
    append(path, line(3_000))
    assert names(follower) == ["s3000"]


def test_following_begins_at_the_end_of_all_but_the_latest_files(follower, tmp_path):
    for number in range(1, 16):
        path = tmp_path / f"{number:02}.jsonl"
        append(path, line(number))
        os.utime(path, (number, number))
    assert sorted(names(follower)) == sorted(f"s{number}" for number in range(6, 16))
    append(tmp_path / "01.jsonl", line(20))
    assert names(follower) == ["s20"]


def test_a_line_that_is_too_long_is_passed_over(follower, path):
    follower.poll()
    with path.open("wb") as file:
        file.truncate(2 * LONGEST_LINE)
        file.seek(0, 2)
        file.write(b"\n" + line(1).encode())
    assert names(follower) == ["s1"]
    assert [kind.count for kind in follower.skipped.long.values()] == [1]


def test_foreign_lines_are_counted(follower, path):
    append(path, "hello\n\n" + line(1))
    assert (names(follower), len(follower.skipped.foreign)) == (["s1"], 1)
