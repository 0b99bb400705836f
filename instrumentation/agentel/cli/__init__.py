"""Knows the command `agentel` and which module each of its subcommands is in."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from agentel._version import __version__
from agentel.cli import summary, trace, traces
from agentel.cli.failure import BAD_INPUT, Failure
from agentel.cli.wording import escaped
from agentel.local.read import SourceError

__all__ = ["main"]

_COMMANDS = (trace, traces, summary)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line `argv` (without the program's name) and return the exit code.

    0 is success, 1 means that what was asked for is not there, 2 that the question or the files
    are wrong. Messages about either go to standard error. Raises SystemExit only from argparse
    (`--help`, `--version`, wrong usage).
    """
    arguments = _parser().parse_args(argv)
    try:
        return arguments.run(arguments)
    except Failure as failure:
        print(f"agentel: {failure}", file=sys.stderr)
        return failure.code
    except SourceError as error:
        print(f"agentel: {escaped(str(error))}", file=sys.stderr)
        return BAD_INPUT
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="agentel",
        description="Shows what LLM agents did, from files of OTLP JSON lines.",
    )
    parser.add_argument("--version", action="version", version=f"agentel {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for command in _COMMANDS:
        command.register(commands)
    return parser
