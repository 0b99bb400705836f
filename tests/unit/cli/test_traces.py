from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from unit.local.lines import START, log, logs_line, span, spans_line

CHAT = {
    "kind": 3,
    "gen_ai__operation__name": "chat",
    "gen_ai__usage__input_tokens": 1200,
    "gen_ai__usage__output_tokens": 34,
}
GOLDEN = Path(__file__).parents[1] / "local" / "golden"
ONE, TWO, THREE = "1" * 32, "2" * 32, "2" * 9 + "3" * 23
TEXT = spans_line(
    span(1, "invoke_agent \x1b[2J", trace=ONE, lasts=1500),
    span(2, "chat", parent=1, trace=ONE, **CHAT),
    span(3, "failing", trace=TWO, at=60_000, lasts=125_000, status={"code": 2}),
) + logs_line(log(4, "agentel.started", trace=THREE, at=120_000, agentel__task__type="review"))


def test_traces_are_listed_with_the_last_one_first(agentel):
    assert agentel("traces", "--from", "-", stdin=TEXT).out == (
        "trace       started               duration  calls    tokens  outcome    name\n"
        "2222222223  2026-01-01 00:02:00Z       n/a      0       n/a  not ended  task review\n"
        "2222222222  2026-01-01 00:01:00Z     2m05s      0       n/a  error      failing\n"
        "1111111111  2026-01-01 00:00:00Z     1.50s      1  1,200→34  completed  "
        "invoke_agent \\x1b[2J\n"
    )


def test_only_the_last_ones_are_listed_when_there_are_many(agentel):
    assert agentel("traces", "-n", "1", "--from", "-", stdin=TEXT).out.splitlines()[1:] == [
        "2222222223  2026-01-01 00:02:00Z       n/a      0     n/a  not ended  task review",
        "and 2 earlier traces",
    ]


def test_a_limit_that_is_no_number_is_a_usage_error(agentel):
    answer = agentel("traces", "-n", "0")
    assert (answer.code, "0 is not in the range x>=1" in answer.err) == (2, True)


def test_no_traces_are_said(agentel):
    answer = agentel("traces", "--from", "-")
    assert (answer.out, answer.code) == ("no traces\n", 0)


CASES = spans_line(
    span(1, "a", trace="a" * 32, gen_ai__agent__name="Planner", **CHAT)
    | {"startTimeUnixNano": "1767225600000000000"},
    service="web",
) + spans_line(
    span(2, "b", trace="b" * 32, at=3_600_000, status={"code": 2}),
    span(3, "b2", trace="b" * 32, at=3_600_000, parent=2, **CHAT,
         gen_ai__request__model="gpt-5", gen_ai__response__model="gpt-5-2026"),
    service="worker",
    run="run2",
) + logs_line(
    log(4, "agentel.started", trace="c" * 32, at=7_200_000, gen_ai__agent__name="writer"),
    run="run2",
)  # fmt: skip


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ((), "cba"),
        (("--since", "2026-01-01T01:00:00Z"), "cb"),
        (("--since", "2026-01-01T02:00:00+01:00"), "cb"),
        (("--until", "2026-01-01T01:00"), "a"),
        (("--since", "2026-01-01 00:30", "--until", "2026-01-01 01:30"), "b"),
        (("--since", "3d"), ""),
        (("--service", "WEB"), "a"),
        (("--service", "w*"), "ba"),
        (("--agent", "planner"), "a"),
        (("--agent", "writer"), "c"),
        (("--model", "gpt-5"), "b"),
        (("--model", "*2026"), "b"),
        (("--model", "gpt"), ""),
        (("--outcome", "error"), "b"),
        (("--outcome", "Not-Ended"), "c"),
        (("--run", "run2"), "cb"),
        (("--run", "last", "--outcome", "error"), "b"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else value,
)
def test_traces_are_filtered(agentel, options, expected):
    answer = agentel("traces", *options, "--json", "--from", "-", stdin=CASES)
    assert "".join(one["trace_id"][0] for one in json.loads(answer.out)) == expected
    assert (answer.err, answer.code) == ("", 0)


@pytest.mark.parametrize("said", ["soon", "2h3", "99999999d", "", "9999999w"], ids=repr)
def test_what_is_no_time_is_a_usage_error(agentel, said):
    answer = agentel("traces", "--since", said, "--from", "-")
    assert (answer.out, answer.code) == ("", 2)
    assert "is no time; expected ISO 8601 in UTC, such as 2026-01-31" in answer.err


def test_json_has_the_list_for_programs(agentel):
    answer = agentel("traces", "-n", "2", "--json", "--from", "-", stdin=CASES)
    assert answer.out.isascii()
    assert json.loads(answer.out)[1] == {
        "trace_id": "b" * 32,
        "name": "b",
        "outcome": "error",
        "start_time_unix_nano": START + 3_600 * 10**9,
        "end_time_unix_nano": START + 3_600 * 10**9 + 10_000_000,
        "duration_ms": 10.0,
        "calls": 1,
        "input_tokens": 1200,
        "output_tokens": 34,
        "run_id": "run2",
        "services": ["worker"],
        "agents": [],
        "models": ["gpt-5", "gpt-5-2026"],
    }


@pytest.fixture
def three_days(tmp_path):
    """A folder with a file a day, of which the oldest would be complained of if it was read."""
    for day in range(3):
        path = tmp_path / f"day{day}.jsonl"
        spans = [span(day + 1, f"day {day}", trace=str(day + 1) * 32, at=day * 86_400_000)]
        path.write_text(spans_line(*spans) if day else "not to be read\n")
        written = START + day * 86_400 * 10**9 + 10**9
        os.utime(path, ns=(written, written))
    return tmp_path


@pytest.mark.parametrize(
    ("command", "last"),
    [
        (("traces", "-n", "2"), "and earlier traces; -n shows more"),
        (("traces", "--since", "2026-01-02"), "2" * 8),
        (("trace", "last"), "day 2"),
        (("trace", "2222"), "day 1"),
    ],
    ids=" ".join,
)
def test_files_that_cannot_have_what_is_asked_for_are_not_read(agentel, three_days, command, last):
    answer = agentel(*command, "--from", str(three_days))
    shown = answer.out.splitlines()[-1]
    assert (shown.startswith(last), answer.err, answer.code) == (True, "", 0)


def test_a_file_is_read_if_its_clock_was_a_little_behind(agentel, three_days):
    path = three_days / "day1.jsonl"
    early = START + 2 * 86_400 * 10**9 - 30 * 10**9
    os.utime(path, ns=(early, early))
    late = span(9, "also day 2", trace="9" * 32, at=2 * 86_400_000 + 1)
    path.write_text(spans_line(late))
    os.utime(path, ns=(early, early))
    shown = agentel("trace", "last", "--from", str(three_days))
    assert shown.out.splitlines()[-1] == "also day 2  10ms"


@pytest.mark.parametrize("name", ["traces.jsonl", "traces.jsonl.bak", "anything"])
def test_what_a_real_collector_wrote_is_read_whatever_it_is_called(agentel, tmp_path, name):
    path = tmp_path / name
    path.write_bytes((GOLDEN / "traces.jsonl").read_bytes())
    answer = agentel("traces", "--from", str(path))
    assert (answer.out.splitlines()[1:], answer.err) == (
        ["0af76519  2026-01-01 00:00:00Z     500ms      0     n/a  completed  root"],
        "",
    )
    tree = agentel("trace", "--from", str(path)).out.splitlines()
    assert tree[3:5] == [
        "span 0000000000000001  in another process, not in these files",
        "└─ chat gpt-5.1  500ms  ERROR unknown quota, über",
    ]


def test_a_collectors_whole_folder_is_read_with_what_is_torn_in_it(agentel, tmp_path):
    whole = (GOLDEN / "traces.jsonl").read_text("utf-8")
    (tmp_path / "logs.jsonl").write_bytes((GOLDEN / "logs.jsonl").read_bytes())
    (tmp_path / "metrics.jsonl").write_bytes((GOLDEN / "metrics.jsonl").read_bytes())
    (tmp_path / "traces.jsonl").write_text(whole[:-900] + whole + whole[:50], "utf-8")
    answer = agentel("traces", "--from", str(tmp_path))
    assert answer.out.splitlines()[1].endswith("completed  root")
    assert answer.err == (
        "agentel: 2 lines were cut short and skipped, the first at "
        f"{tmp_path / 'traces.jsonl'}:1; the writer was killed or is still writing.\n"
    )
