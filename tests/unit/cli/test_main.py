from __future__ import annotations

import pytest

from agentel._version import __version__


def test_version_is_said(agentel):
    answer = agentel("--version")
    assert (answer.out, answer.code) == (f"agentel {__version__}\n", 0)


@pytest.mark.parametrize("command", ["trace", "traces", "summary"])
def test_every_command_has_help(agentel, command):
    answer = agentel(command, "--help")
    assert (answer.out.startswith(f"usage: agentel {command}"), answer.code) == (True, 0)


@pytest.mark.parametrize(
    "arguments", [(), ("dance",), ("summary", "last", "--all")], ids=["none", "unknown", "both"]
)
def test_wrong_usage_is_exit_code_2(agentel, arguments):
    answer = agentel(*arguments)
    assert (answer.out, answer.code) == ("", 2)
    assert answer.err.startswith("usage: agentel")
