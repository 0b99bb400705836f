"""Knows which files a command reads: those of `--from`, or the telemetry folder."""

from __future__ import annotations

import os
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, cast

import click

from agentel.cli.failure import BAD_INPUT, NOT_FOUND, Failure
from agentel.cli.progress import reading
from agentel.cli.wording import escaped
from agentel.local.read import STANDARD_INPUT, Reader, SourceError, files_below, find_files
from agentel.local.records import Record
from agentel.local.runs import DIRECTORY, DIRECTORY_VARIABLE
from agentel.local.skipped import Skipped

__all__ = [
    "Source",
    "complain",
    "from_option",
    "open_source",
    "own_files",
    "telemetry_folder",
    "written_ns",
]

_RUN_FOLDER = re.compile(r"(\d{8})T(\d{6})Z-(.+)")
_SLACK_NS = 60 * 10**9
"""How far the clock that timed a span may be ahead of the clock that timed its file."""

_MOST_IN_MEMORY = 16 * 1024 * 1024
"""Bytes of standard input beyond which it is kept in a temporary file."""

from_option = click.option(
    "--from",
    "sources",
    metavar="PATH",
    multiple=True,
    help="File, folder, glob or '-' (standard input) of OTLP JSON lines, ours or the collector's; "
    f"may be repeated.  [default: {DIRECTORY_VARIABLE}, else {DIRECTORY}]",
)
"""The option `--from`, which arrives as the parameter `sources`."""


class Source:
    """Files that can be read as often as needed; `name` is what to call them, escaped.

    `files` are in order of their last write, the latest first. Leave its context when done.
    """

    def __init__(self, files: list[Path], stdin: BinaryIO | None, name: str) -> None:
        self.files = sorted(files, key=lambda file: -written_ns(file))
        self.name = escaped(name)
        self._stdin = stdin
        self._skipped = Skipped()
        self._count = 0

    def __enter__(self) -> Source:
        return self

    def __exit__(self, *error: object) -> None:
        if self._stdin is not None:
            self._stdin.close()

    def records(
        self,
        containing: str = "",
        *,
        run_id: str = "",
        since_ns: int = 0,
        go_on: Callable[[int], bool] | None = None,
    ) -> Iterator[Record]:
        """Yield the records of lines that have the text `containing`, of one run or of all.

        Files last written before `since_ns` are not read: nothing in them began later. `go_on` is
        asked before each file, with the latest time that anything in it can have begun.
        Raises SourceError when a file cannot be read.
        """
        latest = {file: written_ns(file) + _SLACK_NS for file in self._of_run(run_id)}
        files = [file for file, time_ns in latest.items() if time_ns >= since_ns]
        if self._stdin is not None:
            self._stdin.seek(0)

        def is_wanted(file: Path) -> bool:
            return go_on is None or go_on(latest[file])

        with reading(sum(map(_size, files))) as progress:
            reader = Reader(files, self._stdin, without_metrics=True, progress=progress)
            for record in reader.records(containing.encode(), is_wanted):
                self._count += 1
                yield record
        self._skipped.merge(reader.skipped)

    def runs(self) -> dict[str, tuple[int, int]] | None:
        """Return the ids of the runs with what orders them; None if the folders do not say them."""
        found: dict[str, tuple[int, int]] = {}
        for file in self.files:
            match = _RUN_FOLDER.fullmatch(file.parent.name)
            if match is None:
                return None
            day, second, run_id = match.groups()
            found.setdefault(run_id, (int(day + second), written_ns(file)))
        return None if self._stdin is not None else found

    def _of_run(self, run_id: str) -> list[Path]:
        if not run_id or self.runs() is None:
            return self.files
        return [file for file in self.files if file.parent.name.endswith(f"-{run_id}")]

    def refuse_foreign(self) -> None:
        """Raise Failure if everything that was read had to be skipped."""
        if self._skipped and not self._count:
            said = " ".join(self._skipped.sentences())
            raise Failure(f"nothing in {self.name} can be read: {escaped(said)}", BAD_INPUT)

    def complain(self) -> None:
        """Tell standard error what had to be skipped, if anything."""
        complain(self._skipped)


def complain(skipped: Skipped) -> None:
    """Tell standard error what had to be skipped, if anything."""
    for sentence in skipped.sentences():
        print(f"agentel: {escaped(sentence)}", file=sys.stderr)


def written_ns(file: Path) -> int:
    """Return when a file was last written; 0 if it is gone."""
    try:
        return file.stat().st_mtime_ns
    except OSError:
        return 0


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        return 0


def open_source(sources: Sequence[str]) -> Source:
    """Return what the values of `--from` name. Raises Failure or SourceError."""
    if not sources:
        return own_files()
    stdin = _kept(sys.stdin.buffer) if STANDARD_INPUT in sources else None
    names = ["standard input" if source == STANDARD_INPUT else source for source in sources]
    return Source(find_files(sources), stdin, ", ".join(names))


def _kept(stream: BinaryIO) -> BinaryIO:
    """Return what `stream` has as a file that can be read again; a big one is on the disk."""
    file = tempfile.SpooledTemporaryFile(_MOST_IN_MEMORY)  # noqa: SIM115 - the source closes it
    try:
        shutil.copyfileobj(stream, file)
    except OSError as error:
        raise SourceError(f"standard input cannot be kept ({error.strerror}).") from error
    return cast("BinaryIO", file)


def telemetry_folder() -> Path:
    """Return the telemetry folder's absolute path, whether it is there or not."""
    return Path(os.path.abspath(os.environ.get(DIRECTORY_VARIABLE) or DIRECTORY))


def own_files() -> Source:
    """Return the files of the telemetry folder.

    Raises Failure (NOT_FOUND if nothing is recorded yet) or SourceError.
    """
    folder = telemetry_folder()
    name = escaped(str(folder))
    try:
        entries = [entry.name for entry in os.scandir(folder)]
        files = files_below(folder / "runs") if "runs" in entries else []
    except FileNotFoundError:
        entries, files = [], []
    except NotADirectoryError:
        raise Failure(
            f"{name} is a file; expected the folder that telemetry is written to. Name another one "
            f"in {DIRECTORY_VARIABLE}, or name the files with --from."
        ) from None
    except OSError as error:
        raise SourceError(f"{folder} cannot be read ({error.strerror}).") from error
    if entries and "runs" not in entries:
        raise Failure(
            f"{name} is not agentel's: there is no folder 'runs' in it. Name another folder in "
            f"{DIRECTORY_VARIABLE}, or name the files with --from."
        )
    if not files:
        raise Failure(
            f"nothing is recorded in {name} yet. Run a program with agentel in "
            f"this folder, or name the files with --from or the folder in {DIRECTORY_VARIABLE}.",
            NOT_FOUND,
        )
    return Source(files, None, str(folder))
