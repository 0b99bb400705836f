"""Knows how telemetry files are found and read back, whole, torn or foreign.

Reads what `agentel` writes and what the collector's file exporter writes. Lines are read one at a
time; memory holds one line and the ids of the spans seen.
"""

from __future__ import annotations

import glob
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, cast

from agentel.local.decode import SIGNALS, decode_line
from agentel.local.records import Record, SpanRecord
from agentel.local.skipped import EXPECTED, Lines, Skipped
from agentel.local.values import Json

__all__ = ["STANDARD_INPUT", "Reader", "SourceError", "find_files"]

STANDARD_INPUT = "-"
"""The source that means standard input."""

_SIGNAL_STARTS = tuple(f'{{"{name}"' for name in SIGNALS)
_METRICS_START = (b'{"resourceMetrics"',)
_NO_START: tuple[bytes, ...] = ()
_DECODER = json.JSONDecoder()


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
    for where, folders, names in os.walk(folder):
        # meta/ holds what is derived from telemetry; hidden folders are being removed.
        folders[:] = sorted(name for name in folders if name != "meta" and name[0] != ".")
        files += [Path(where, name) for name in sorted(names) if name.endswith(".jsonl")]
    return files


class Reader:
    """Reads records from files and standard input, and counts what it had to skip.

    A span that comes twice is yielded once. Lines that were cut short and lines that are no OTLP
    JSON are left out; `skipped` tells about them. `without_metrics` passes over the lines of
    metrics without decoding them.
    """

    def __init__(
        self, files: Iterable[Path], stdin: BinaryIO | None = None, *, without_metrics: bool = False
    ) -> None:
        self._files = list(files)
        self._stdin = stdin
        self._unwanted = _METRICS_START if without_metrics else _NO_START
        self._seen: set[str] = set()
        self.skipped = Skipped()

    def records(self, containing: bytes = b"") -> Iterator[Record]:
        """Yield the records, in file order, of those lines that have the bytes `containing`.

        Raises SourceError when a file cannot be read.
        """
        for place, line in self._lines():
            if containing in line and not line.startswith(self._unwanted):
                for record in self._decode(line, place):
                    if not isinstance(record, SpanRecord) or self._is_new(record):
                        yield record

    def _lines(self) -> Iterator[tuple[tuple[str, int], bytes]]:
        if self._stdin is not None:
            for number, line in enumerate(self._stdin, 1):
                yield ("standard input", number), line
        for path in self._files:
            name = str(path)
            try:
                with path.open("rb") as file:
                    for number, line in enumerate(file, 1):
                        yield (name, number), line
            except FileNotFoundError:
                continue  # removed by retention since it was found
            except OSError as error:
                raise SourceError(f"{path} cannot be read ({error.strerror}).") from error

    def _is_new(self, span: SpanRecord) -> bool:
        identity = span.trace_id + span.span_id
        if identity in self._seen:
            return False
        if span.span_id:
            self._seen.add(identity)
        return True

    def _decode(self, line: bytes, place: tuple[str, int]) -> Iterator[Record]:
        try:
            whole = json.loads(line)
        except (ValueError, RecursionError):
            yield from self._decode_pieces(line.decode("utf-8", "replace").strip(), place)
            return
        if _is_otlp(whole):
            yield from decode_line(whole)
        else:
            _note(self.skipped.foreign, place)

    def _decode_pieces(self, text: str, place: tuple[str, int]) -> Iterator[Record]:
        """Decode a line that is not one JSON object: glued ones, torn ones, or none."""
        while text:
            try:
                piece, end = _DECODER.raw_decode(text)
            except (ValueError, RecursionError):
                _note(self.skipped.torn if _starts_otlp(text) else self.skipped.foreign, place)
                end = _next_start(text)
            else:
                if _is_otlp(piece):
                    yield from decode_line(piece)
                else:
                    _note(self.skipped.foreign, place)
            text = text[end:].lstrip()


def _note(lines: dict[str, Lines], place: tuple[str, int]) -> None:
    name, number = place
    lines.setdefault(name, Lines()).add(number)


def _is_otlp(value: object) -> bool:
    return isinstance(value, dict) and any(name in cast("Json", value) for name in SIGNALS)


def _starts_otlp(text: str) -> bool:
    return any(start.startswith(text[: len(start)]) for start in _SIGNAL_STARTS)


def _next_start(text: str) -> int:
    """Return where the next OTLP object begins after a torn one, or the end of the text."""
    starts = [place for start in _SIGNAL_STARTS if (place := text.find(start, 1)) > 0]
    return min(starts, default=len(text))
