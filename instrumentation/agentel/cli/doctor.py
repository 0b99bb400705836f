"""Knows the command `agentel doctor`: what keeps a program from being watched, and what to do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import click

from agentel.cli.screen import Line, Style, show
from agentel.cli.wording import escaped, plural
from agentel.diagnosis.diagnose import diagnose
from agentel.diagnosis.finding import Finding, State
from agentel.diagnosis.report import exit_code, report_json

__all__ = ["command", "doctor_lines"]

_STYLES: dict[State, Style] = {"problem": "red", "note": "yellow", "ok": "green"}
_WIDTH = 14
_INDENT = " " * 9


@click.command("doctor")
@click.option("--all", "everything", is_flag=True, help="Also every setting at its default.")
@click.option("--json", "as_json", is_flag=True, help="Print all of it as JSON.")
def command(everything: bool, as_json: bool) -> int:
    """Tell what keeps programs from being watched here.

    Looks at this environment: libraries and hooks, the launcher's choice, other instrumentation,
    exporters, the disk and the settings. SDKs are imported in processes of their own, and each
    endpoint is sent one empty request. Secrets are never shown. The exit code is 1 if there is a
    problem.

    \b
    Examples:
      agentel doctor
      agentel doctor --json
    """  # noqa: D301  (click takes the backspace itself)
    findings = diagnose()
    if as_json:
        show([Line().add(report_json(findings))])
    else:
        show(doctor_lines(findings, everything=everything))
    return exit_code(findings)


def doctor_lines(findings: Sequence[Finding], *, everything: bool = False) -> Iterator[Line]:
    """Yield problems, then notes, each with what to do, then what is well, one line a check.

    `everything` gives each finding a line of its own, settings at their defaults included.
    """
    yield _heading(findings)
    for state in ("problem", "note"):
        told = [finding for finding in findings if finding.state == state]
        for subjects, finding in _merged(told):
            yield Line()
            yield from _paragraph(subjects, finding)
    well = [finding for finding in findings if finding.state == "ok"]
    for check in dict.fromkeys(finding.check for finding in well):
        yield Line()
        yield from _well(check, [f for f in well if f.check == check], everything=everything)


def _heading(findings: Sequence[Finding]) -> Line:
    problems, notes = (
        len(_merged([finding for finding in findings if finding.state == state]))
        for state in ("problem", "note")
    )
    line = Line().add("agentel doctor", "bold").add(" · ", "dim")
    if problems:
        line.add(plural(problems, "problem"), "red")
    else:
        line.add("no problem", "green")
    return line.add(f", {plural(notes, 'note')}" if notes else "", "yellow")


def _merged(findings: Sequence[Finding]) -> list[tuple[str, Finding]]:
    """Return each finding once, with the subjects that it is the same for."""
    subjects: dict[tuple[str, ...], list[Finding]] = {}
    for finding in findings:
        same = (finding.check, finding.found, finding.expected, finding.advice)
        subjects.setdefault(same, []).append(finding)
    return [(", ".join(f.subject for f in group), group[0]) for group in subjects.values()]


def _paragraph(subjects: str, finding: Finding) -> Iterator[Line]:
    line = Line().add(f"{finding.state:<9}", _STYLES[finding.state])
    yield line.add(f"{escaped(subjects)}: ", "bold").add(escaped(finding.found))
    for name, text in (("expected", finding.expected), ("do", finding.advice)):
        if text:
            yield Line().add(f"{_INDENT}{name}: ", "dim").add(escaped(text))


def _well(check: str, findings: Sequence[Finding], *, everything: bool) -> Iterator[Line]:
    told = [f"{finding.subject}: {finding.found}" for finding in findings]
    if check == "settings" and not everything:
        told = [
            text
            for text, finding in zip(told, findings, strict=True)
            if finding.details.get("source") != "default"
        ]
        rest = len(findings) - len(told)
        told += [f"{rest} at their defaults (`agentel doctor --all` lists them)"] if rest else []
    elif check in ("versions", "libraries") and not everything:
        told = _short(check, findings)
    for place, text in enumerate(told):
        name = check if place == 0 else ""
        yield Line().add(f"{name:<{_WIDTH}}", "green").add(escaped(text))


def _short(check: str, findings: Sequence[Finding]) -> list[str]:
    """Return what is enough to know of what is as it should be."""
    if check == "versions":
        return [", ".join(f"{finding.subject} {finding.found}" for finding in findings)]
    absent = [finding.subject for finding in findings if finding.details.get("version", "") is None]
    told = [f"{f.subject}: {f.found}" for f in findings if f.subject not in absent]
    return told + ([f"not installed: {', '.join(absent)}"] if absent else [])
