from __future__ import annotations

import io
import os
import re
import subprocess
import sys

import pytest

from agentel.cli.screen import Line, show
from unit.local.lines import span, spans_line

LINES = [Line().add("├─ ", "dim").add("naïve → ü", "bold").add("  ").add("completed", "green")]


class Terminal(io.TextIOWrapper):
    """A terminal that keeps what is written to it."""

    def isatty(self) -> bool:
        return True


def shown(kind: type[io.TextIOWrapper], encoding: str) -> str:
    stream = kind(io.BytesIO(), encoding, newline="")
    show(LINES, stream)
    return stream.buffer.getvalue().decode(encoding)


@pytest.fixture
def colour_terminal(monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")


@pytest.mark.parametrize(
    ("encoding", "expected"),
    [
        ("utf-8", "├─ naïve → ü  completed\n"),
        ("latin-1", "|- naïve > ü  completed\n"),
        ("ascii", "|- na\\xefve > \\xfc  completed\n"),
    ],
)
def test_what_the_encoding_cannot_say_is_said_in_ascii(encoding, expected):
    assert shown(io.TextIOWrapper, encoding) == expected


def test_a_terminal_gets_colour_round_the_same_text(colour_terminal):
    assert shown(Terminal, "utf-8") == (
        "\x1b[2m├─ \x1b[0m\x1b[1mnaïve → ü\x1b[0m  \x1b[32mcompleted\x1b[0m\n"
    )


@pytest.mark.parametrize(
    ("variable", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")], ids=["no_color", "dumb"]
)
def test_a_terminal_that_wants_none_gets_no_colour(colour_terminal, monkeypatch, variable, value):
    monkeypatch.setenv(variable, value)
    assert shown(Terminal, "utf-8") == "├─ naïve → ü  completed\n"


WIDE = [
    Line(is_cut=True).add("漢字 and a very long name"),
    Line(lead="│  ").add("├─ ", "dim").add("some words that go on").add("  error", "red"),
    Line(lead="").add("x" * 30),
]


@pytest.mark.parametrize("no_color", ["", "1"], ids=["colour", "plain"])
def test_lines_have_the_width_of_the_terminal(colour_terminal, monkeypatch, no_color):
    monkeypatch.setenv("NO_COLOR", no_color)
    monkeypatch.setenv("COLUMNS", "23")
    stream = Terminal(io.BytesIO(), "utf-8", newline="")
    show(WIDE, stream)
    plain = re.sub(r"\x1b\[[0-9;]*m", "", stream.buffer.getvalue().decode())
    assert plain.splitlines() == [
        "漢字 and a very long n…",
        "├─ some words that go",
        "│  on  error",
        "x" * 23,
        "x" * 7,
    ]


def test_what_goes_on_in_the_next_line_keeps_its_look(colour_terminal, monkeypatch):
    monkeypatch.setenv("COLUMNS", "23")
    stream = Terminal(io.BytesIO(), "utf-8", newline="")
    show(WIDE[1:2], stream)
    assert stream.buffer.getvalue().decode().splitlines() == [
        "\x1b[2m├─ \x1b[0msome words that go",
        "\x1b[2m│  \x1b[0mon\x1b[31m  error\x1b[0m",
    ]


def test_a_pipe_gets_whole_lines(monkeypatch):
    monkeypatch.setenv("COLUMNS", "23")
    stream = io.TextIOWrapper(io.BytesIO(), "utf-8", newline="")
    show(WIDE, stream)
    assert stream.buffer.getvalue().decode().splitlines() == [str(line) for line in WIDE]


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"LC_ALL": "C"}, "|- na\\xefve > \\xfc  completed\n"),
        ({"LC_ALL": "", "LC_CTYPE": "", "LANG": "POSIX"}, "|- na\\xefve > \\xfc  completed\n"),
        ({"LC_ALL": "C.UTF-8", "LANG": "C"}, "├─ naïve → ü  completed\n"),
        ({"LC_ALL": "C", "PYTHONIOENCODING": "utf-8"}, "├─ naïve → ü  completed\n"),
    ],
    ids=["c", "posix", "utf-8", "python_told"],
)
@pytest.mark.parametrize("kind", [io.TextIOWrapper, Terminal], ids=["pipe", "terminal"])
def test_the_c_locale_gets_ascii(colour_terminal, monkeypatch, variables, expected, kind):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert re.sub(r"\x1b\[[0-9;]*m", "", shown(kind, "utf-8")) == expected


def test_what_looks_like_markup_is_text(colour_terminal):
    stream = Terminal(io.BytesIO(), "utf-8", newline="")
    show([Line().add("[bold]x[/bold] :smile: [link=http://a]b[/]")], stream)
    assert stream.buffer.getvalue() == b"[bold]x[/bold] :smile: [link=http://a]b[/]\n"


PROGRAM = "import sys; from agentel.cli import main; sys.exit(main())"


def environment(**more: str) -> dict[str, str]:
    return os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)} | more


@pytest.mark.process
def test_a_reader_that_goes_away_is_no_error(tmp_path):
    path = tmp_path / "many.jsonl"
    path.write_text("".join(spans_line(span(n, "s" * 200)) for n in range(1, 5_000)))
    child = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "trace", "--from", str(path)],
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    child.stdout.readline()
    child.stdout.close()
    complaints = child.stderr.read()
    child.stderr.close()
    assert (child.wait(), complaints) == (0, b"")


@pytest.mark.process
def test_an_ascii_terminal_gets_an_ascii_tree():
    text = spans_line(span(1, "root"), span(2, "ü", parent=1))
    found = subprocess.run(
        [sys.executable, "-c", PROGRAM, "trace", "--from", "-"],
        env=environment(PYTHONIOENCODING="ascii"),
        input=text.encode(),
        capture_output=True,
        check=True,
    )
    assert found.stdout.decode("ascii").splitlines()[1:] == [
        "2026-01-01 00:00:00Z - 10ms - completed - service demo - run run1",
        "",
        "root  10ms",
        "`- \\xfc  10ms",
    ]
