"""Knows which files a command reads: those of `--from`, or the telemetry folder."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from agentel.cli.failure import BAD_INPUT, NOT_FOUND, Failure
from agentel.cli.wording import escaped
from agentel.local.read import STANDARD_INPUT, Reader, SourceError, find_files
from agentel.local.records import Record
from agentel.local.runs import DIRECTORY, DIRECTORY_VARIABLE
from agentel.local.skipped import Skipped

__all__ = ["Source", "from_option", "open_source"]


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
    """Files that can be read as often as needed; `name` is what to call them, escaped."""

    def __init__(self, files: list[Path], stdin: bytes | None, name: str) -> None:
        self.files = files
        self.name = escaped(name)
        self._stdin = stdin
        self._skipped = Skipped()
        self._count = 0

    @property
    def has_standard_input(self) -> bool:
        """Whether standard input is a part of it."""
        return self._stdin is not None

    def records(self, containing: bytes = b"", files: list[Path] | None = None) -> Iterator[Record]:
        """Yield the records of lines that have the bytes `containing`, of all files or of `files`.

        Raises SourceError when a file cannot be read.
        """
        stdin = None if self._stdin is None else io.BytesIO(self._stdin)
        reader = Reader(self.files if files is None else files, stdin, without_metrics=True)
        for record in reader.records(containing):
            self._count += 1
            yield record
        self._skipped.merge(reader.skipped)

    def refuse_foreign(self) -> None:
        """Raise Failure if everything that was read had to be skipped."""
        if self._skipped and not self._count:
            said = " ".join(self._skipped.sentences())
            raise Failure(f"nothing in {self.name} can be read: {escaped(said)}", BAD_INPUT)

    def complain(self) -> None:
        """Tell standard error what had to be skipped, if anything."""
        for sentence in self._skipped.sentences():
            print(f"agentel: {escaped(sentence)}", file=sys.stderr)


def open_source(sources: Sequence[str]) -> Source:
    """Return what the values of `--from` name. Raises Failure or SourceError."""
    if not sources:
        return _telemetry_folder()
    stdin = sys.stdin.buffer.read() if STANDARD_INPUT in sources else None
    names = ["standard input" if source == STANDARD_INPUT else source for source in sources]
    return Source(find_files(sources), stdin, ", ".join(names))


def _telemetry_folder() -> Source:
    folder = Path(os.path.abspath(os.environ.get(DIRECTORY_VARIABLE) or DIRECTORY))
    try:
        files = find_files([str(folder / "runs")])
    except SourceError:
        raise Failure(
            f"nothing is recorded in {escaped(str(folder))} yet. Run a program with agentel in "
            f"this folder, or name the files with --from or the folder in {DIRECTORY_VARIABLE}.",
            NOT_FOUND,
        ) from None
    return Source(files, None, str(folder))
