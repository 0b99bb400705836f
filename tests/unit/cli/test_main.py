from __future__ import annotations

import sys

import pytest

from agentel._version import __version__
from agentel.cli import COMMANDS


def test_version_is_said(agentel):
    answer = agentel("--version")
    assert (answer.out, answer.code) == (f"agentel {__version__}\n", 0)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(agentel, command):
    answer = agentel(command, "--help")
    assert (answer.out.startswith(f"Usage: agentel {command}"), answer.code) == (True, 0)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_examples_a_line_each(agentel, command):
    lines = agentel(command, "--help").out.splitlines()
    examples = lines[lines.index("  Examples:") + 1 : lines.index("Options:") - 1]
    assert [line for line in examples if not line.startswith(f"    agentel {command}")] == []
    assert len(examples) > 1


def test_help_lists_every_command(agentel):
    answer = agentel("--help")
    listed = answer.out.partition("Commands:\n")[2].splitlines()
    assert ([line.split()[0] for line in listed], answer.code) == (list(COMMANDS), 0)


@pytest.mark.parametrize(
    "arguments", [(), ("dance",), ("summary", "last", "--all")], ids=["none", "unknown", "both"]
)
def test_wrong_usage_is_exit_code_2(agentel, arguments):
    answer = agentel(*arguments)
    assert (answer.out, answer.code) == ("", 2)
    assert answer.err.startswith("Usage: agentel")


def test_a_usage_error_repeats_nothing_that_could_harm_a_terminal(agentel):
    answer = agentel("da\x1bnce")
    assert (answer.out, answer.code, "\x1b" in answer.err) == ("", 2, False)


@pytest.mark.parametrize("missing", ["click", "rich"])
@pytest.mark.parametrize("arguments", [("--help",), *((name,) for name in COMMANDS)], ids=" ".join)
def test_without_its_extra_every_command_says_how_to_install_it(
    agentel, monkeypatch, missing, arguments
):
    monkeypatch.setitem(sys.modules, missing, None)
    answer = agentel(*arguments)
    assert (answer.out, answer.code) == ("", 2)
    assert answer.err == (
        f"agentel: the command line needs {missing}, which the extra 'terminal' brings. Install "
        "it: pip install 'agentel[terminal]'\n"
    )


@pytest.mark.parametrize("module", ["click", "rich"])
def test_the_version_is_said_without_the_extra(agentel, monkeypatch, module):
    monkeypatch.setitem(sys.modules, module, None)
    answer = agentel("--version")
    assert (answer.out, answer.err, answer.code) == (f"agentel {__version__}\n", "", 0)
