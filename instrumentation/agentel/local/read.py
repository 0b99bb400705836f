"""Knows how telemetry files are found and read back, whole, torn or foreign.

Reads what `agentel` writes and what the collector's file exporter writes. Lines are read one at a
time; memory holds one line, of bounded length, and a hash of every span seen.
"""

from __future__ import annotations

import glob
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from agentel.local.lines import BUFFER, read_lines
from agentel.local.pieces import LineDecoder
from agentel.local.records import Record, SpanRecord
from agentel.local.seen import SeenSpans
from agentel.local.skipped import EXPECTED, Skipped, SourceError

__all__ = ["STANDARD_INPUT", "Reader", "SourceError", "files_below", "find_files"]

STANDARD_INPUT = "-"
"""The source that means standard input."""


def find_files(sources: Sequence[str]) -> list[Path]:
    """Return the files that `sources` name: files, folders (all `*.jsonl` below) and globs.

    `-` is not a file and is left out. Raises SourceError for a source that names nothing, or that
    may not be looked at.
    """
    found: dict[Path, None] = {}
    for source in sources:
        if source != STANDARD_INPUT:
            try:
                found.update(dict.fromkeys(_named_by(source)))
            except OSError as error:
                raise _unreadable(source, error) from error
    return list(found)


def _named_by(source: str) -> list[Path]:
    path = Path(source)
    if path.is_file():
        return [path]
    if path.is_dir():
        files = files_below(path)
        if files:
            return files
        raise SourceError(f"{source} has no *.jsonl file in it; expected {EXPECTED}.")
    if path.exists():
        raise SourceError(
            f"{source} is neither a file nor a folder. Pipe what it has, and read it with '-'."
        )
    matches = sorted(Path(name) for name in glob.glob(source, recursive=True))
    if not matches:
        raise SourceError(f"{source} does not exist. Name a file, a folder, a glob or '-'.")
    return [
        file for match in matches for file in ([match] if match.is_file() else files_below(match))
    ]


def files_below(folder: Path) -> list[Path]:
    """Return the telemetry files of a folder, by name; [] without any.

    Raises SourceError for a folder that may not be looked at.
    """
    files: list[Path] = []

    def complain(error: OSError) -> None:
        # One that is gone was removed by retention since it was found.
        if not isinstance(error, FileNotFoundError):
            raise _unreadable(str(error.filename), error) from error

    for where, folders, names in os.walk(folder, onerror=complain):
        # meta/ holds what is derived from telemetry; hidden folders are being removed.
        folders[:] = sorted(name for name in folders if name != "meta" and name[0] != ".")
        files += [Path(where, name) for name in sorted(names) if name.endswith(".jsonl")]
    return files


class Reader:
    """Reads records from files and standard input, and counts what it had to skip.

    A span that comes twice is yielded once. Lines that were cut short, that are no OTLP JSON or
    longer than `lines.LONGEST_LINE` are left out; `skipped` tells about them. `without_metrics`
    passes over metrics without decoding them. `progress` is called with the bytes read since its
    last call.
    """

    def __init__(
        self,
        files: Iterable[Path],
        stdin: BinaryIO | None = None,
        *,
        without_metrics: bool = False,
        progress: Callable[[int], object] = lambda size: None,
    ) -> None:
        self._files = list(files)
        self._stdin = stdin
        self._progress = progress
        self._seen = SeenSpans()
        self._decoder = LineDecoder(without_metrics=without_metrics)

    @property
    def skipped(self) -> Skipped:
        """What had to be left out so far."""
        return self._decoder.skipped

    def records(
        self, containing: bytes = b"", go_on: Callable[[Path], bool] | None = None
    ) -> Iterator[Record]:
        """Yield the records, in file order, of those lines that have the bytes `containing`.

        `go_on` is asked before each file whether it and those after it are still wanted.
        Raises SourceError when a file cannot be read.
        """
        is_new, decode = self._seen.add, self._decoder.records
        for name, file in self._open_files(go_on):
            for number, line in self._lines(name, file):
                if containing in line:
                    for record in decode(line, (name, number)):
                        if (
                            not isinstance(record, SpanRecord)
                            or not record.span_id
                            or is_new(record.trace_id, record.span_id)
                        ):
                            yield record

    def _open_files(self, go_on: Callable[[Path], bool] | None) -> Iterator[tuple[str, BinaryIO]]:
        if self._stdin is not None:
            yield "standard input", self._stdin
        for path in self._files:
            if go_on is not None and not go_on(path):
                return
            try:
                with path.open("rb", buffering=BUFFER) as file:
                    yield str(path), file
            except FileNotFoundError:
                continue  # removed by retention since it was found
            except OSError as error:
                raise _unreadable(str(path), error) from error

    def _lines(self, name: str, file: BinaryIO) -> Iterator[tuple[int, bytes]]:
        untold = 0
        try:
            for number, (line, length) in enumerate(read_lines(file), 1):
                untold += length
                if untold >= BUFFER:
                    self._progress(untold)
                    untold = 0
                if line:
                    yield number, line
                else:
                    self._decoder.skip_long((name, number))
        except OSError as error:
            raise _unreadable(name, error) from error
        self._progress(untold)


def _unreadable(name: str, error: OSError) -> SourceError:
    return SourceError(f"{name} cannot be read ({error.strerror}).")
