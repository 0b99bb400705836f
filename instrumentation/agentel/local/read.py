"""Knows how telemetry files are found and read back, whole, torn or foreign.

Reads what `agentel` writes and what the collector's file exporter writes. Lines are read one at a
time; memory holds one line, of bounded length, and a hash of every span seen.
"""

from __future__ import annotations

import glob
import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, cast

from agentel.local.decode import SIGNALS, decode_line
from agentel.local.lines import BUFFER, read_lines
from agentel.local.records import Record, SpanRecord
from agentel.local.seen import SeenSpans
from agentel.local.skipped import EXPECTED, Lines, Skipped
from agentel.local.values import Json

__all__ = ["STANDARD_INPUT", "Reader", "SourceError", "find_files"]

STANDARD_INPUT = "-"
"""The source that means standard input."""

_SIGNAL_STARTS = tuple(f'{{"{name}"' for name in SIGNALS)
_METRICS_START = (b'{"resourceMetrics"',)
_NO_START: tuple[bytes, ...] = ()
_DECODER = json.JSONDecoder()
_START = re.compile("|".join(map(re.escape, _SIGNAL_STARTS)))
_LONGEST_START = max(map(len, _SIGNAL_STARTS))
_MOST_FAILURES = 1_000
"""Torn pieces on one line after which it is given up: each costs time by the length of the line."""
_WORD = re.compile(r"\S")


class SourceError(Exception):
    """What was to be read is not there, or cannot be read. The message is for the user."""


def find_files(sources: Sequence[str]) -> list[Path]:
    """Return the files that `sources` name: files, folders (all `*.jsonl` below) and globs.

    `-` is not a file and is left out. Raises SourceError for a source that names nothing.
    """
    found: dict[Path, None] = {}
    for source in sources:
        if source != STANDARD_INPUT:
            found.update(dict.fromkeys(_named_by(source)))
    return list(found)


def _named_by(source: str) -> list[Path]:
    path = Path(source)
    if path.is_file():
        return [path]
    if path.is_dir():
        files = _below(path)
        if files:
            return files
        raise SourceError(f"{source} has no *.jsonl file in it; expected {EXPECTED}.")
    matches = sorted(Path(name) for name in glob.glob(source, recursive=True))
    if not matches:
        raise SourceError(f"{source} does not exist. Name a file, a folder, a glob or '-'.")
    return [file for match in matches for file in ([match] if match.is_file() else _below(match))]


def _below(folder: Path) -> list[Path]:
    files: list[Path] = []

    def complain(error: OSError) -> None:
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
        self._without_metrics = without_metrics
        self._unwanted = _METRICS_START if without_metrics else _NO_START
        self._progress = progress
        self._seen = SeenSpans()
        self.skipped = Skipped()

    def records(
        self, containing: bytes = b"", go_on: Callable[[Path], bool] | None = None
    ) -> Iterator[Record]:
        """Yield the records, in file order, of those lines that have the bytes `containing`.

        `go_on` is asked before each file whether it and those after it are still wanted.
        Raises SourceError when a file cannot be read.
        """
        is_new = self._seen.add
        for name, file in self._open_files(go_on):
            for number, line in self._lines(name, file):
                if containing in line and not line.startswith(self._unwanted):
                    for record in self._decode(line, (name, number)):
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
                    _note(self.skipped.long, (name, number))
        except OSError as error:
            raise _unreadable(name, error) from error
        self._progress(untold)

    def _decode(self, line: bytes, place: tuple[str, int]) -> Iterator[Record]:
        try:
            whole = json.loads(line)
        except (ValueError, RecursionError):
            return self._decode_pieces(line.decode("utf-8", "replace").strip(), place)
        if _is_otlp(whole):
            return decode_line(whole, self._without_metrics)
        _note(self.skipped.foreign, place)
        return iter(())

    def _decode_pieces(self, text: str, place: tuple[str, int]) -> Iterator[Record]:
        """Decode a line that is not one JSON object: glued ones, torn ones, or none."""
        start = failures = 0
        while start < len(text) and failures < _MOST_FAILURES:
            try:
                piece, end = _DECODER.raw_decode(text, start)
            except (ValueError, RecursionError):
                # A piece that cannot be read is cut short if it begins as one of ours.
                torn = _START.match(text, start) or _is_begin(text[start : start + _LONGEST_START])
                _note(self.skipped.torn if torn else self.skipped.foreign, place)
                start = _next(_START, text, start + 1)
                failures += 1
            else:
                if _is_otlp(piece):
                    yield from decode_line(piece, self._without_metrics)
                else:
                    _note(self.skipped.foreign, place)
                start = _next(_WORD, text, end)


def _unreadable(name: str, error: OSError) -> SourceError:
    return SourceError(f"{name} cannot be read ({error.strerror}).")


def _next(pattern: re.Pattern[str], text: str, start: int) -> int:
    """Return where the next match begins, or the end of the text."""
    found = pattern.search(text, start)
    return found.start() if found else len(text)


def _note(lines: dict[str, Lines], place: tuple[str, int]) -> None:
    name, number = place
    lines.setdefault(name, Lines()).add(number)


def _is_otlp(value: object) -> bool:
    return isinstance(value, dict) and any(name in cast("Json", value) for name in SIGNALS)


def _is_begin(text: str) -> bool:
    """Return whether `text` is so short that it may become the begin of an OTLP object."""
    return any(start.startswith(text) for start in _SIGNAL_STARTS)
