from __future__ import annotations

import json

from agentel.cli.doctor import doctor_lines
from agentel.diagnosis.finding import Finding
from agentel.diagnosis.report import exit_code, report_json

WELL = [
    Finding("Python", "ok", "3.11", check="versions"),
    Finding("wrapt", "ok", "2.5", check="versions"),
    Finding("openai", "ok", "3.0, 6 hooks in place", check="libraries", details={"version": "3.0"}),
    Finding("groq", "ok", "not installed", check="libraries", details={"version": None}),
    Finding("together", "ok", "not installed", check="libraries", details={"version": None}),
    Finding("AGENTEL_DIR", "ok", "x", check="settings", details={"source": "environment"}),
    Finding("AGENTEL_QUIET", "ok", "false", check="settings", details={"source": "default"}),
]
NOTES = [
    Finding("openai", "note", "one does it too", "only one", "remove one", check="vendors"),
    Finding("openai", "note", "two does it too", "only one", "remove two", check="vendors"),
]
PROBLEMS = [
    Finding("traces", "problem", "they are lost", "an end", "mend it", check="exporters"),
    Finding("logs", "problem", "they are lost", "an end", "mend it", check="exporters"),
]


def shown(findings: list[Finding], *, everything: bool = False) -> list[str]:
    return [str(line) for line in doctor_lines(findings, everything=everything)]


def test_what_is_well_is_short() -> None:
    assert shown(WELL) == [
        "agentel doctor · no problem",
        "",
        "versions      Python 3.11, wrapt 2.5",
        "",
        "libraries     openai: 3.0, 6 hooks in place",
        "              not installed: groq, together",
        "",
        "settings      AGENTEL_DIR: x",
        "              1 at their defaults (`agentel doctor --all` lists them)",
    ]


def test_everything_has_a_line_of_its_own() -> None:
    lines = shown(WELL, everything=True)
    assert "              wrapt: 2.5" in lines
    assert "              together: not installed" in lines
    assert "              AGENTEL_QUIET: false" in lines


def test_problems_come_first_and_the_same_one_once() -> None:
    assert shown([*NOTES, *PROBLEMS]) == [
        "agentel doctor · 1 problem, 2 notes",
        "",
        "problem  traces, logs: they are lost",
        "         expected: an end",
        "         do: mend it",
        "",
        "note     openai: one does it too",
        "         expected: only one",
        "         do: remove one",
        "",
        "note     openai: two does it too",
        "         expected: only one",
        "         do: remove two",
    ]


def test_json_has_each_finding_and_counts_them() -> None:
    told = json.loads(report_json([*PROBLEMS, *NOTES, *WELL]))
    assert [exit_code([*NOTES, *WELL]), exit_code(PROBLEMS)] == [0, 1]
    assert (told["problems"], told["notes"], len(told["findings"])) == (2, 2, 11)
    assert told["findings"][0] == {
        "subject": "traces",
        "state": "problem",
        "found": "they are lost",
        "expected": "an end",
        "advice": "mend it",
        "check": "exporters",
        "details": {},
    }
