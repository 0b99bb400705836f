from __future__ import annotations

import pytest

from unit.local.lines import span, spans_line

CALL = {"kind": 3, "gen_ai__operation__name": "chat"}
TOOL = {"gen_ai__operation__name": "execute_tool"}
MEMORY = {"gen_ai__operation__name": "search_memory"}
USED = {
    "gen_ai__usage__input_tokens": 12_000,
    "gen_ai__usage__output_tokens": 345,
    "gen_ai__usage__cache_read__input_tokens": 800,
}
FAILED = {"status": {"code": 2}, "agentel__error__category": "rate_limit"}
OTHER = "2" * 32
TEXT = spans_line(
    span(1, "chat a", lasts=1245, agentel__attempt__count=2, **CALL, **USED),
    span(2, "chat a", lasts=1245, at=1, **CALL, **USED, agentel__cost__amount=0.5),
    span(3, "chat a", lasts=1245, at=2, **CALL, **FAILED),
    span(4, "execute_tool t", at=3, **TOOL),
    span(5, "execute_tool t", at=4, **TOOL, status={"code": 2}),
    span(6, "search_memory", at=5, **MEMORY),
) + spans_line(span(1, "chat b", trace=OTHER, at=9, **CALL), run="run2")
FIRST = """\
run run1 · 1 trace
LLM calls        3
  success rate   66.67%
  avg latency    1,245ms
  retries        1
Tool calls       2
  success rate   50.00%
Memory ops       1
Tokens           24,000 in, 690 out (1,600 cached), from 2 of 3 calls
Cost             0.5000 USD, from 1 of 3 calls
Errors           2
  rate_limit     1
  unknown        1
"""
SECOND = """\
run run2 · 1 trace
LLM calls        1
  success rate   100.00%
  avg latency    10ms
  retries        0
Tool calls       0
  success rate   n/a
Memory ops       0
Tokens           n/a
Cost             n/a
Errors           0
"""


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("--run", "run1"), FIRST),
        ((), SECOND),
        (("--run", "last"), SECOND),
        (("0af7",), FIRST.replace("run run1", "trace 0af7651916cd43dd8448eb211c80319c")),
        (("last",), SECOND.replace("run run2", f"trace {OTHER}")),
    ],
    ids=["named_run", "default", "last_run", "trace", "last_trace"],
)
def test_a_run_or_trace_is_added_up(agentel, arguments, expected):
    answer = agentel("summary", *arguments, "--from", "-", stdin=TEXT)
    assert (answer.out, answer.err, answer.code) == (expected, "", 0)


def test_all_adds_up_everything(agentel):
    lines = agentel("summary", "--all", "--from", "-", stdin=TEXT).out.splitlines()
    assert lines[:3] == [
        "standard input · 2 traces",
        "LLM calls        4",
        "  success rate   75.00%",
    ]


def test_a_run_whose_id_begins_like_another_must_be_named_in_full(agentel):
    answer = agentel("summary", "--run", "run", "--from", "-", stdin=TEXT)
    assert (answer.out, answer.code) == ("", 2)
    assert answer.err == "agentel: 'run' means 2 runs: run1, run2. Type more of the id.\n"


def test_files_without_runs_are_added_up_only_as_a_whole(agentel):
    text = spans_line(span(1, "chat a", **CALL), run="")
    assert agentel("summary", "--from", "-", stdin=text).err == (
        "agentel: there is no run in standard input; --all adds up everything.\n"
    )
    assert agentel("summary", "--all", "--from", "-", stdin=text).code == 0
