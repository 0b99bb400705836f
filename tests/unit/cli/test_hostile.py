"""What a file says reaches the terminal as text, wherever in the file it stands."""

from __future__ import annotations

import json
import sys
import unicodedata

import pytest

from unit.local.lines import event, log, logs_line, span, spans_line

EVIL = (
    "\x1b[2J\x1b]0;t\x07\x9b1m\r\n\t\u202e\u2066\u200f\u2028\U000e0041[red]x[/red]:bomb:\ud800\x00"
)
SAID = {
    "gen_ai__operation__name": "chat",
    "gen_ai__request__model": EVIL,
    "gen_ai__response__model": EVIL,
    "gen_ai__agent__name": EVIL,
    "gen_ai__usage__input_tokens": 5,
    "agentel__cost__amount": 0.5,
    "agentel__cost__currency": EVIL,
    "agentel__error__category": EVIL,
    "error__type": EVIL,
    "gen_ai__input__messages": json.dumps([{"role": EVIL, "parts": [{"content": EVIL}, EVIL]}]),
    EVIL: EVIL,
}
TOOL = {"gen_ai__operation__name": "execute_tool", "gen_ai__tool__name": EVIL}
FAILED = {"code": 2, "message": EVIL}
TEXT = spans_line(
    span(1, EVIL, gen_ai__operation__name="invoke_agent", gen_ai__agent__name=EVIL),
    span(2, EVIL, parent=1, kind=3, status=FAILED, events=[event(EVIL, 1, **SAID)], **SAID),
    span(3, EVIL, parent=1, status=FAILED, gen_ai__tool__call__arguments=EVIL, **TOOL),
    span(4, EVIL, parent=1, agentel__outcome=EVIL),
    service=EVIL,
    run=EVIL,
) + logs_line(log(1, EVIL, **SAID), log(9, "agentel.started", **SAID), service=EVIL, run=EVIL)
COMMANDS = (
    ("trace",),
    ("trace", "--full"),
    ("trace", "0af"),
    ("traces",),
    ("summary",),
    ("summary", "--all"),
    ("tail",),
)


def harmful(text: str) -> set[str]:
    return {
        char
        for char in text
        if char != "\n" and unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp")
    }


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_nothing_from_a_file_commands_the_terminal(agentel, command):
    answer = agentel(*command, "--from", "-", stdin=TEXT)
    assert (answer.code, harmful(answer.out + answer.err)) == (0, set())
    assert r"\x1b[2J\x1b]0;t\x07\x9b1m\r\n\t\u202e\u2066" in answer.out


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_nothing_from_a_file_is_markup(agentel, monkeypatch, command):
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "10000")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setattr(type(sys.stdout), "isatty", lambda stream: True)
    shown = agentel(*command, "--from", "-", stdin=TEXT).out
    assert ("\x1b[" in shown, "[red]x[/red]:bomb:" in shown) == (True, True)


@pytest.mark.parametrize("command", ["trace", "traces", "summary", "tail"])
def test_json_is_ascii_and_says_it_exactly(agentel, command):
    answer = agentel(command, "--json", "--from", "-", stdin=TEXT)
    assert (answer.code, answer.out.isascii(), harmful(answer.out)) == (0, True, set())
    assert json.dumps(EVIL)[1:-1] in answer.out
