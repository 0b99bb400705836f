from __future__ import annotations

import json
from pathlib import Path

import pytest

from unit.local.lines import START, TRACE, event, log, logs_line, span, spans_line

CHAT = {
    "kind": 3,
    "gen_ai__operation__name": "chat",
    "gen_ai__request__model": "gpt-5.1",
    "agentel__outcome": "completed",
}
AGENT = {"gen_ai__operation__name": "invoke_agent", "agentel__outcome": "completed"}
TOOL = {"gen_ai__operation__name": "execute_tool"}
FAILED = {"status": {"code": 2}, "agentel__outcome": "error"}
USED = {
    "gen_ai__usage__input_tokens": 1204,
    "gen_ai__usage__output_tokens": 356,
    "gen_ai__usage__cache_read__input_tokens": 800,
}
ATTEMPT = {
    "agentel__attempt__number": 1,
    "http__response__status_code": 429,
    "agentel__attempt__delay": 0.3833118,
}


def test_a_trace_is_a_tree_with_its_numbers(agentel):
    text = spans_line(
        span(1, "invoke_agent planner", lasts=3420, **AGENT),
        span(2, "chat gpt-5.1", parent=1, at=1, lasts=1240, **CHAT, **USED),
        span(3, "execute_tool search", parent=1, at=1300, lasts=12, **TOOL, **FAILED,
             error__type="KeyError", agentel__error__category="tool_error"),
        span(4, "invoke_agent writer", parent=1, at=1400, lasts=2000, **AGENT),
        span(5, "chat gpt-5.1", parent=4, at=1401, lasts=900, **CHAT, agentel__attempt__count=3,
             agentel__cost__amount=0.01234, agentel__cost__currency="USD",
             events=[event("agentel.attempt", 1500, **ATTEMPT)]),
        span(6, "chat gpt-5.1", parent=4, at=2400, lasts=0.4, **CHAT | FAILED,
             error__type="RateLimitError", agentel__error__category="rate_limit"),
        span(7, "GET", parent=6, at=2400.1, lasts=0.2),
    )  # fmt: skip
    assert agentel("trace", "last", "--from", "-", stdin=text).out == (
        f"trace {TRACE}\n"
        "2026-01-01 00:00:00Z · 3.42s · completed · service demo · run run1\n"
        "\n"
        "invoke_agent planner  3.42s  completed\n"
        "├─ chat gpt-5.1  1.24s  1,204→356 tok (cached 800)  completed\n"
        "├─ execute_tool search  12ms  ERROR tool_error KeyError\n"
        "└─ invoke_agent writer  2.00s  completed\n"
        "   ├─ chat gpt-5.1  900ms  0.01234 USD  2 retries  completed\n"
        "   │    • agentel.attempt  number=1  http.response.status_code=429  delay=0.3833\n"
        "   └─ chat gpt-5.1  0.4ms  ERROR rate_limit RateLimitError\n"
        "      └─ GET  0.2ms\n"
    )


@pytest.mark.parametrize(
    ("used", "expected"),
    [
        ({"gen_ai__usage__input_tokens": 5}, "5 tok in"),
        ({"gen_ai__usage__output_tokens": 5}, "5 tok out"),
        (
            {
                "gen_ai__usage__input_tokens": 0,
                "gen_ai__usage__output_tokens": 5,
                "gen_ai__usage__reasoning__output_tokens": 3,
            },
            "0→5 tok (reasoning 3)",
        ),
    ],
    ids=["input", "output", "both"],
)
def test_tokens_are_only_those_that_were_said(agentel, used, expected):
    text = spans_line(span(1, "chat gpt-5.1", **CHAT, **used))
    last = agentel("trace", "--from", "-", stdin=text).out.splitlines()[-1]
    assert last == f"chat gpt-5.1  10ms  {expected}  completed"


def test_what_did_not_end_is_shown_as_such(agentel):
    text = logs_line(
        log(1, "agentel.started", gen_ai__operation__name="invoke_agent", gen_ai__agent__name="a")
    ) + spans_line(
        span(2, "chat gpt-5.1", parent=1, at=1, **CHAT | {"agentel__outcome": "abandoned"}),
        span(3, "lost child", parent=9, at=2),
        span(4, "own", parent=10, at=3) | {"flags": 256},
        span(5, "called", parent=11, at=4) | {"flags": 768},
    )
    assert agentel("trace", "--from", "-", stdin=text).out == (
        f"trace {TRACE}\n"
        "2026-01-01 00:00:00Z · 14ms · not ended · service demo · run run1\n"
        "\n"
        "invoke_agent a  not ended\n"
        "└─ chat gpt-5.1  10ms  abandoned\n"
        "span 0000000000000009  not ended, or not in these files\n"
        "└─ lost child  10ms\n"
        "span 000000000000000a  not ended\n"
        "└─ own  10ms\n"
        "span 000000000000000b  in another process, not in these files\n"
        "└─ called  10ms\n"
    )


MESSAGES = [
    {"role": "user", "parts": [{"type": "text", "content": "Hi\nthere \x1b[31m\u202e"}]},
    {
        "role": "assistant",
        "parts": [{"type": "tool_call", "id": "1", "name": "add", "arguments": {"a": 1}}],
    },
]


def test_content_is_shown_escaped_wherever_it_was_captured(agentel):
    text = spans_line(
        span(1, "chat \x1b]0;owned\x07", **CHAT, gen_ai__input__messages=json.dumps(MESSAGES)),
        span(2, "chat b", at=1, **CHAT),
        span(3, "execute_tool t", at=2, **TOOL, gen_ai__tool__call__arguments='{"q": "ü"}'),
    ) + logs_line(
        log(2, "gen_ai.client.inference.operation.details", gen_ai__output__messages=MESSAGES[:1])
    )
    assert agentel("trace", "--from", "-", stdin=text).out.splitlines()[3:] == [
        r"chat \x1b]0;owned\x07  10ms  gpt-5.1  completed",
        r"  user: Hi\nthere \x1b[31m\u202e",
        r'  assistant: {"type": "tool_call", "id": "1", "name": "add", "arguments": {"a": 1}}',
        "chat b  10ms  gpt-5.1  completed",
        r"  user: Hi\nthere \x1b[31m\u202e",
        "execute_tool t  10ms  completed",
        '  arguments: {"q": "ü"}',
    ]


@pytest.mark.parametrize(
    ("options", "length"), [((), 401), (("--full",), 900)], ids=["cut", "full"]
)
def test_long_content_is_cut_unless_all_of_it_is_wanted(agentel, options, length):
    message = [{"role": "user", "parts": [{"type": "text", "content": "x" * 900}]}]
    text = spans_line(span(1, "chat a", **CHAT, gen_ai__input__messages=json.dumps(message)))
    last = agentel("trace", "--from", "-", *options, stdin=text).out.splitlines()[-1]
    assert len(last.partition("user: ")[2]) == length


def test_json_has_the_tree_for_programs(agentel):
    text = spans_line(
        span(1, "a", k=float("nan"), events=[event("e", 1, n=1)]), span(2, "ü\x1b", parent=1)
    ).replace("NaN", '"NaN"')
    answer = agentel("trace", "--json", "--from", "-", stdin=text)
    child = {
        "span_id": "0000000000000002",
        "name": "ü\x1b",
        "outcome": "completed",
        "start_time_unix_nano": START,
        "end_time_unix_nano": START + 10_000_000,
        "kind": 1,
        "status": 0,
        "scope": "agentel.test",
        "attributes": {},
        "events": [],
        "spans": [],
    }
    said = [{"name": "e", "time_unix_nano": START + 1_000_000, "attributes": {"n": 1}}]
    root = {"span_id": "0000000000000001", "name": "a", "attributes": {"k": "NaN"}, "events": said}
    assert answer.out.isascii()
    assert json.loads(answer.out) == {
        "trace_id": TRACE,
        "service": "demo",
        "run_id": "run1",
        "outcome": "completed",
        "start_time_unix_nano": START,
        "end_time_unix_nano": START + 10_000_000,
        "spans": [child | root | {"spans": [child]}],
    }


TWO = spans_line(span(1, "a", trace="ab" + "0" * 30), span(2, "b", trace="ac" + "0" * 30, at=1))


@pytest.mark.parametrize(
    ("asked", "name"),
    [("ab", "a"), ("AC", "b"), ("ab" + "0" * 30, "a"), ("last", "b")],
    ids=["prefix", "upper_case", "whole", "last"],
)
def test_a_trace_is_found_by_what_a_person_types(agentel, asked, name):
    answer = agentel("trace", asked, "--from", "-", stdin=TWO)
    assert (answer.out.splitlines()[3:], answer.err, answer.code) == ([f"{name}  10ms"], "", 0)


WRONG = {
    "ambiguous": (
        ("trace", "a", "--from", "-"),
        2,
        "agentel: 'a' means 2 traces:\n"
        "  ac000000000000000000000000000000  2026-01-01 00:00:00Z  b\n"
        "  ab000000000000000000000000000000  2026-01-01 00:00:00Z  a\n"
        "Type more of the id.\n",
    ),
    "unknown": (
        ("trace", "ff", "--from", "-"),
        1,
        "agentel: no trace in standard input has an id that begins with 'ff'. 'agentel traces' "
        "lists them.\n",
    ),
    "no_id": (
        ("trace", "x\x1b", "--from", "-"),
        2,
        "agentel: 'x\\x1b' is no trace id; expected up to 32 hex digits, or 'last'.\n",
    ),
    "no_file": (
        ("trace", "--from", "nowhere.jsonl"),
        2,
        "agentel: nowhere.jsonl does not exist. Name a file, a folder, a glob or '-'.\n",
    ),
    "odd_file": (
        ("trace", "--from", "no\x1bwhere"),
        2,
        "agentel: no\\x1bwhere does not exist. Name a file, a folder, a glob or '-'.\n",
    ),
    "no_run": (
        ("summary", "--run", "zz", "--from", "-"),
        1,
        "agentel: there is no run whose id begins with 'zz' in standard input; --all adds up "
        "everything.\n",
    ),
}


@pytest.mark.parametrize(("arguments", "code", "message"), WRONG.values(), ids=WRONG)
def test_a_wrong_question_gets_one_clear_answer(agentel, arguments, code, message):
    answer = agentel(*arguments, stdin=TWO)
    assert (answer.out, answer.err, answer.code) == ("", message, code)


def test_a_foreign_telemetry_folder_is_said(agentel, tmp_path):
    folder = tmp_path / ".agentel"
    folder.mkdir()
    (folder / "notes.txt").write_text("mine")
    answer = agentel("trace", "last")
    assert (answer.out, answer.code) == ("", 2)
    assert answer.err == (
        f"agentel: {folder} is not agentel's: there is no folder 'runs' in it. Name another folder "
        "in AGENTEL_DIR, or name the files with --from.\n"
    )


def test_a_file_in_place_of_the_telemetry_folder_is_said(agentel, tmp_path):
    (tmp_path / ".agentel").write_text("")
    answer = agentel("traces")
    assert (answer.out, answer.code) == ("", 2)
    assert answer.err.startswith(f"agentel: {tmp_path / '.agentel'} is a file; expected the folder")


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="no file that refuses to be read")
def test_a_file_that_cannot_be_read_is_said(agentel):
    answer = agentel("traces", "--from", "/proc/self/mem")
    assert (answer.out, answer.code) == ("", 2)
    assert answer.err == "agentel: /proc/self/mem cannot be read (Input/output error).\n"


def test_no_telemetry_yet_is_said(agentel, tmp_path):
    answer = agentel("trace", "last")
    assert (answer.out, answer.code) == ("", 1)
    assert answer.err == (
        f"agentel: nothing is recorded in {tmp_path / '.agentel'} yet. Run a program with agentel "
        "in this folder, or name the files with --from or the folder in AGENTEL_DIR.\n"
    )


def test_an_empty_file_has_no_trace(agentel):
    answer = agentel("trace", "last", "--from", "-")
    assert (answer.out, answer.code) == ("", 1)


@pytest.mark.parametrize(
    "command",
    [("trace",), ("trace", "ab"), ("traces",), ("summary",), ("summary", "--all")],
    ids=" ".join,
)
def test_foreign_files_are_refused_with_the_first_place(agentel, tmp_path, command):
    path = tmp_path / "app.log"
    path.write_text("INFO hello\nINFO there\n")
    answer = agentel(*command, "--from", str(path))
    assert (answer.out, answer.code) == ("", 2)
    assert answer.err == (
        f"agentel: nothing in {path} can be read: 2 lines were skipped as foreign, the first at "
        f"{path}:1; expected one OTLP JSON object a line (resourceSpans, resourceMetrics or "
        "resourceLogs).\n"
    )


def test_a_foreign_file_beside_others_is_only_mentioned(agentel, tmp_path):
    (tmp_path / "a.jsonl").write_text(spans_line(span(1, "a")))
    (tmp_path / "b.jsonl").write_text("hello\n")
    answer = agentel("trace", "last", "--from", str(tmp_path))
    assert (answer.out.splitlines()[-1], answer.code) == ("a  10ms", 0)
    assert answer.err.startswith("agentel: 1 line was skipped as foreign, the first at ")


def test_some_foreign_lines_do_not_hide_the_rest(agentel):
    answer = agentel("trace", "--from", "-", stdin="INFO hello\n" + spans_line(span(1, "a")))
    assert (answer.out.splitlines()[-1], answer.code) == ("a  10ms", 0)
    assert answer.err.startswith("agentel: 1 line was skipped as foreign, the first at standard")


def test_a_very_deep_trace_is_json_too(agentel):
    chain = [span(number + 1, f"s{number}", parent=number) for number in range(1, 400)]
    answer = agentel("trace", "--json", "--from", "-", stdin=spans_line(*chain))
    depth, spans = 0, json.loads(answer.out)["spans"]
    while spans:
        depth, spans = depth + 1, spans[0]["spans"]
    assert (depth, answer.err) == (400, "")


def test_a_trace_that_is_too_big_is_shown_in_part(agentel):
    text = spans_line(*(span(number, "s") for number in range(1, 20_002)))
    answer = agentel("trace", "--from", "-", stdin=text)
    assert (answer.out.count("s  10ms"), answer.code) == (20_000, 0)
    assert answer.err.startswith(f"agentel: trace {TRACE} has more than 20,000 spans and events;")
