r"""Knows how a subcommand is found, run and described, and what becomes of its errors.

To add the command `agentel dance`:

1. Write `cli/dance.py` with a click command named `command`. Its first docstring line is what
   `agentel --help` says of it; examples are a paragraph that begins with a line of `\b`:

       @click.command("dance")
       @click.argument("partner")
       @from_option
       def command(partner: str, sources: tuple[str, ...]) -> int:
           r'''Dance with somebody.

           \b
           Examples:
             agentel dance tango
           '''

2. Add `"dance"` to `COMMANDS` in `cli/__init__.py`. The module is imported only when somebody asks
   for the command, or for the list of all.

A command returns its exit code. It raises `Failure` for what the user should be told, and
`SourceError` comes through as it is. What it prints goes through `screen.show`; everything that
comes from a file goes through `wording.escaped` first.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from typing import cast

import click

from agentel._version import __version__
from agentel.cli.failure import BAD_INPUT, Failure
from agentel.cli.wording import escaped
from agentel.local.skipped import SourceError

__all__ = ["INTERRUPTED", "run"]

INTERRUPTED = 130
"""Exit code: the user pressed Ctrl-C."""

_SETTINGS: dict[str, object] = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


class _Commands(click.Group):
    """The command `agentel`, whose subcommands are modules that are imported when asked for."""

    def __init__(self, modules: Sequence[str]) -> None:
        super().__init__(
            "agentel",
            help="Runs programs, and shows what the LLM agents in them did.",
            subcommand_metavar="COMMAND ...",
            context_settings=_SETTINGS,
        )
        self._modules = modules
        click.version_option(__version__, message="%(prog)s %(version)s")(self)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order in which they are listed."""
        return list(self._modules)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the module behind a name and return its command; None for any other name."""
        if cmd_name not in self._modules:
            return None
        module = importlib.import_module(f"agentel.cli.{cmd_name}")
        command = cast("click.Command", module.command)
        # A paragraph that begins with click's mark keeps its lines; docstrings have it in letters.
        command.help = (command.help or "").replace("\\b\n", "\b\n")
        return command


def run(modules: Sequence[str], arguments: Sequence[str]) -> int:
    """Run one of the subcommands `modules` with `arguments` and return the exit code.

    What it raises is said on standard error, in one message.
    """
    group = _Commands(modules)
    if not arguments:
        print(group.get_help(click.Context(group, info_name="agentel")), file=sys.stderr)
        return BAD_INPUT
    try:
        # Not `main`: it would print an empty line of its own when interrupted.
        with group.make_context("agentel", list(arguments)) as context:
            return group.invoke(context) or 0
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.ClickException as error:
        return _complain(error)
    except Failure as failure:
        print(f"agentel: {failure}", file=sys.stderr)
        return failure.code
    except SourceError as error:
        print(f"agentel: {escaped(str(error))}", file=sys.stderr)
        return BAD_INPUT
    except (KeyboardInterrupt, click.Abort):
        return INTERRUPTED


def _complain(error: click.ClickException) -> int:
    """Tell how the command is used, where that is the error, and what was wrong."""
    context = error.ctx if isinstance(error, click.UsageError) else None
    if context is not None:
        print(context.get_usage(), file=sys.stderr)
    lines = [escaped(line) for line in error.format_message().splitlines()]
    print(f"agentel: {' '.join(lines)}", file=sys.stderr)
    if context is not None:
        print(f"Try '{context.command_path} --help'.", file=sys.stderr)
    return error.exit_code
