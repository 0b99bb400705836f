"""Knows the command `agentel run`: a program runs in its place, and its summary follows."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager, redirect_stdout, suppress
from pathlib import Path

import click

from agentel.cli.failure import Failure
from agentel.cli.wording import escaped
from agentel.config import read_settings
from agentel.local.runs import DIRECTORY_VARIABLE, RUN_ID_VARIABLE, run_folders
from agentel.local.skipped import SourceError
from agentel.process import foreground, launch
from agentel.process.ticket import Ticket

__all__ = ["command"]


@click.command("run", context_settings={"allow_interspersed_args": False})
@click.argument("program", metavar="PROGRAM [ARGUMENT]...", nargs=-1, type=click.UNPROCESSED)
@click.option("--service", metavar="NAME", help="What the program is called in telemetry.")
@click.option("--quiet", is_flag=True, help="Say nothing, at the start and at the end.")
@click.option("--no-summary", is_flag=True, help="Print no summary at the end.")
@click.option(
    "--open",
    "opened",
    metavar="ID",
    help="Print a trace as a tree: its id, its first digits, or 'last'. Of the run, when it has "
    "ended; without PROGRAM, of what is recorded.",
)
def command(
    program: tuple[str, ...], service: str | None, quiet: bool, no_summary: bool, opened: str | None
) -> int:
    """Run a program, watched, and sum up what it did.

    PROGRAM is what you would type without agentel. It has the terminal, the signals and the exit
    code; the summary goes to standard error, also when the program fails.

    \b
    Examples:
      agentel run python agent.py
      agentel run python -m pytest tests
      agentel run --service crew uvicorn app:app --workers 4
      agentel run --open last
    """  # noqa: D301 - click wants the character
    if not program:
        if opened is None:
            raise click.UsageError("which program? Such as: agentel run python agent.py")
        return _open(opened)
    environ = dict(os.environ)
    if service:
        environ["OTEL_SERVICE_NAME"] = service
    if quiet:
        environ["AGENTEL_QUIET"] = "true"
    run = _Run(program, environ)
    ended = run.attend()
    is_quiet = run.is_nested or no_summary or read_settings(run.environ).quiet
    with _standard_error():
        if not is_quiet:
            run.sum_up(ended)
        if opened is not None:
            run.open(opened)
    return foreground.leave_like(ended)


class _Run:
    """One program and what it leaves."""

    def __init__(self, program: Sequence[str], environ: dict[str, str]) -> None:
        self.is_nested = launch.is_nested(environ)
        self._program = list(program)
        self._ticket = None if self.is_nested else _ticket()
        self.environ = launch.environment(environ, self._ticket.value if self._ticket else "")

    def attend(self) -> int:
        """Run the program and return how it ended. Raises Failure if it does not start."""
        name = self._program[0]
        self._is_loaded = True
        try:
            path = launch.find(name, self.environ)
            return foreground.run(path, self._program, self.environ)
        except launch.Unusable as reason:
            raise Failure(escaped(str(reason)), reason.code) from None
        except OSError as error:
            reason = launch.why_not(name, error)
            raise Failure(escaped(str(reason)), reason.code) from None
        finally:
            if self._ticket is not None:
                self._is_loaded = self._ticket.is_taken
                self._ticket.remove()

    def sum_up(self, ended: int) -> None:
        """Print the summary, or why there is none."""
        folder = self._folder()
        if folder is not None:
            print()
            _show("summary", ["--from", folder])
        elif self._is_loaded and ended != launch.REFUSED:
            _say("nothing was recorded: no watched library was called, and nothing is marked.")
        elif not self._is_loaded:
            _say(
                f"nothing was watched: no Python below {escaped(self._program[0])} has loaded "
                "agentel. Expected a Python in whose environment agentel is installed, started "
                f"without -I, -E and -S{self._other_configurator()}. 'agentel doctor' looks closer."
            )

    def open(self, asked: str) -> None:
        """Print one trace of the run."""
        folder = self._folder()
        if folder is not None:
            print()
            _show("trace", [asked, "--from", folder])

    def _folder(self) -> str | None:
        """Return the run's folder, None if nothing was written."""
        run_id = self.environ[RUN_ID_VARIABLE]
        for folder in reversed(run_folders(Path(self.environ[DIRECTORY_VARIABLE]))):
            if folder.name.partition("-")[2] == run_id and any(folder.glob("*.jsonl")):
                return str(folder)
        return None

    def _other_configurator(self) -> str:
        chosen = self.environ["OTEL_PYTHON_CONFIGURATOR"]
        return "" if chosen == "agentel" else f" and OTEL_PYTHON_CONFIGURATOR={escaped(chosen)}"


def _ticket() -> Ticket | None:
    try:
        return Ticket()
    except OSError:  # nowhere to put it: the program runs all the same
        return None


def _open(asked: str) -> int:
    from agentel.cli import trace

    return trace.command.main([asked], standalone_mode=False) or 0


@contextmanager
def _standard_error() -> Generator[None]:
    """Let everything that is printed go to standard error; standard output is the program's."""
    # Without one, or without anybody who reads it, nothing is said and nothing is wrong.
    stream = sys.stderr or io.StringIO()
    try:
        with redirect_stdout(stream):
            yield
            stream.flush()
    except BrokenPipeError:
        # The interpreter flushes once more when it ends, which would change the exit code.
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    except OSError as error:
        with suppress(OSError):
            print(f"agentel: {escaped(str(error))}", file=stream)


def _show(name: str, arguments: Sequence[str]) -> None:
    """Let another command print. What it cannot do is said, no more."""
    from agentel.cli import summary, trace

    shown = summary.command if name == "summary" else trace.command
    try:
        shown.main(list(arguments), standalone_mode=False)
    except Failure as failure:
        _say(str(failure))
    except SourceError as error:
        _say(escaped(str(error)))


def _say(message: str) -> None:
    print(f"agentel: {message}")
