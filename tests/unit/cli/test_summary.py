from __future__ import annotations

import json

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
  p95 latency    1,245ms
  retries        1
Tool calls       2
  success rate   50.00%
  avg latency    10ms
  p95 latency    10ms
Memory ops       1
Tokens           24,000 in, 690 out (1,600 cached), from 2 of 3 calls
Cost             0.5000 USD, from 1 of 3 calls
Errors           2
  rate_limit     1
  unknown        1

model    calls  success      avg      p95      tokens        cost
unknown      3   66.67%  1,245ms  1,245ms  24,000→690  0.5000 USD

tool     calls  success   avg   p95
unknown      2   50.00%  10ms  10ms
"""
SECOND = """\
run run2 · 1 trace
LLM calls        1
  success rate   100.00%
  avg latency    10ms
  p95 latency    10ms
  retries        0
Tool calls       0
  success rate   n/a
Memory ops       0
Tokens           n/a
Cost             n/a
Errors           0

model    calls  success   avg   p95  tokens  cost
unknown      1  100.00%  10ms  10ms     n/a   n/a
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


def test_files_without_runs_are_added_up_as_a_whole(agentel):
    text = spans_line(span(1, "chat a", **CALL), run="")
    asked = agentel("summary", "--run", "last", "--from", "-", stdin=text)
    assert asked.err == "agentel: there is no run in standard input; --all adds up everything.\n"
    for options in ((), ("--all",)):
        lines = agentel("summary", *options, "--from", "-", stdin=text).out.splitlines()
        assert lines[:2] == ["standard input · 1 trace", "LLM calls        1"]


def test_models_tools_and_agents_have_a_row_each(agentel):
    about = {"gen_ai__agent__name": "planner"}
    chat = CALL | about | {"gen_ai__request__model": "gpt"}
    text = spans_line(
        span(1, "a", lasts=500, gen_ai__operation__name="invoke_agent", **about),
        *(span(n, "c", lasts=n, **chat, **USED) for n in range(2, 22)),
        span(30, "d", lasts=7, **CALL, gen_ai__request__model="m\x1b[2J" + "x" * 50),
        span(31, "e", **TOOL | about, gen_ai__tool__name="search"),
        span(32, "f", **TOOL, gen_ai__tool__name="fetch", status={"code": 2}),
    )
    lines = agentel("summary", "--from", "-", stdin=text).out.splitlines()
    long = r"m\x1b[2J" + "x" * 31 + "…"
    assert lines[lines.index("") :] == [
        "",
        f"{'model':<40}  calls  success   avg   p95         tokens  cost",
        f"{'gpt':<40}     20  100.00%  12ms  20ms  240,000→6,900   n/a",
        f"{long:<40}      1  100.00%   7ms   7ms            n/a   n/a",
        "",
        "tool    calls  success   avg   p95",
        "fetch       1    0.00%  10ms  10ms",
        "search      1  100.00%  10ms  10ms",
        "",
        "agent    runs  success    avg    p95  calls         tokens  cost",
        "planner     1  100.00%  500ms  500ms     20  240,000→6,900   n/a",
    ]


def test_only_the_most_used_of_many_are_shown(agentel):
    text = spans_line(*(span(n, "t", **TOOL, gen_ai__tool__name=f"t{n}") for n in range(1, 24)))
    lines = agentel("summary", "--from", "-", stdin=text).out.splitlines()
    assert (len(lines[lines.index("") :]), lines[-1]) == (23, "and 3 more")


def test_json_has_the_summary_for_programs(agentel):
    answer = agentel("summary", "--run", "run1", "--json", "--from", "-", stdin=TEXT)
    found = json.loads(answer.out)
    used = {
        "input_tokens": 24_000,
        "output_tokens": 690,
        "cached_tokens": 1_600,
        "calls_with_tokens": 2,
        "costs": {"USD": 0.5},
        "calls_with_cost": 1,
    }
    latency = {"avg_latency_ms": 1245.0, "p95_latency_ms": 1245.0}
    calls = {"count": 3, "success_rate": 2 / 3, "retries": 1, **latency}
    tools = {"avg_latency_ms": 10.0, "p95_latency_ms": 10.0, "retries": 0}
    assert found == {
        "of": "run run1",
        "traces": 1,
        "calls": calls,
        "tools": {"count": 2, "success_rate": 0.5, **tools},
        "memory_operations": 1,
        "usage": used,
        "errors": {"rate_limit": 1, "unknown": 1},
        "models": {"unknown": calls | {"usage": used}},
        "tools_used": {"unknown": {"count": 2, "success_rate": 0.5, **tools}},
        "agents": {},
    }


def test_the_last_run_is_found_by_its_folder_and_no_other_is_read(agentel, tmp_path):
    old = tmp_path / ".agentel/runs/20260101T000000Z-aa"
    new = tmp_path / ".agentel/runs/20260102T000000Z-bb"
    for folder in (new, old):
        folder.mkdir(parents=True)
    (old / "traces-1-0.jsonl").write_text("not to be read\n")
    (new / "traces-1-0.jsonl").write_text(spans_line(span(1, "chat a", **CALL), run="bb"))
    answer = agentel("summary")
    assert (answer.out.splitlines()[0], answer.err) == ("run bb · 1 trace", "")


def test_an_empty_file_has_nothing_to_add_up(agentel):
    answer = agentel("summary", "--from", "-")
    assert (answer.out, answer.code) == ("", 1)
    assert answer.err == "agentel: there is no span in standard input yet.\n"
