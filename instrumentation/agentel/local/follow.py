"""Knows how files are read while they are written: new ones, rotated ones, and replaced ones."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from agentel.local.lines import BUFFER, LONGEST_LINE
from agentel.local.pieces import LineDecoder
from agentel.local.records import LogRecord, MetricPoint, SpanRecord
from agentel.local.seen import SeenSpans
from agentel.local.skipped import Skipped

__all__ = ["Follower"]

_BACKLOG = 1024 * 1024
"""Bytes from the end of a file that are read when following begins."""

_BACKLOG_FILES = 10
_MOST_OPEN = 100

_Identity = tuple[int, int]
"""A file's device and number on it."""


@dataclass(slots=True)
class _Followed:
    """One file: how far it was read, and what was read of a line that has no end yet.

    `begins_inside` says that reading began in the middle of a line, which is passed over.
    """

    path: Path
    position: int = 0
    begins_inside: bool = False
    begun: bytes = b""
    number: int = 0
    is_too_long: bool = False
    grown_at: int = 0
    file: BinaryIO | None = field(default=None, repr=False)

    def open(self) -> BinaryIO:
        """Return the file, opened if it was not; while it is open it outlives its name."""
        if self.file is None:
            self.file = self.path.open("rb", buffering=0)
        return self.file

    def lines(self) -> Iterator[bytes]:
        """Yield the lines that were finished since the last call; b'' for one that is too long.

        A file that shrank is read from its beginning. Raises OSError.
        """
        file = self.open()
        if os.fstat(file.fileno()).st_size < self.position:
            self.position, self.begun, self.number = 0, b"", 0
            self.is_too_long = self.begins_inside = False
        file.seek(self.position)
        while piece := file.read(BUFFER):
            self.position += len(piece)
            *ended, self.begun = (self.begun + piece).split(b"\n")
            for line in ended:
                self.number += 1
                if self.begins_inside:
                    self.begins_inside = False
                else:
                    yield b"" if self.is_too_long else line
                self.is_too_long = False
            if len(self.begun) > LONGEST_LINE:
                self.begun, self.is_too_long = b"", True

    def close(self) -> None:
        """Let go of the file; it is opened again if it grows."""
        if self.file is not None:
            self.file.close()
            self.file = None


class Follower:
    """Reads what is added to the files that `find` finds, as often as it is asked.

    A file is known by its identity on the disk: one that is renamed is read on, one that takes its
    name is a new one. A span or event that was read before, in whatever file, is left out. Lines
    that are being written are waited for. `find` must not raise.
    """

    def __init__(self, find: Callable[[], Sequence[Path]]) -> None:
        self._find = find
        self._files: dict[tuple[int, int], _Followed] = {}
        self._seen = SeenSpans()
        self._decoder = LineDecoder(without_metrics=True)
        self._polls = 0

    @property
    def skipped(self) -> Skipped:
        """What had to be left out so far."""
        return self._decoder.skipped

    def poll(self) -> list[SpanRecord | LogRecord]:
        """Return the records of the lines that were finished since the last call.

        The first call returns those at the end of the files that were written to last.
        """
        self._polls += 1
        found: list[SpanRecord | LogRecord] = []
        changed, gone = self._look()
        for file in (*gone, *changed):
            file.grown_at = self._polls
            found += self._records(file)
        for file in gone:
            file.close()
        self._close_idle()
        return found

    def close(self) -> None:
        """Let go of all files."""
        for file in self._files.values():
            file.close()

    def _look(self) -> tuple[list[_Followed], list[_Followed]]:
        """Take in what is new; return what changed, and what is gone but may have grown before."""
        there: dict[_Identity, tuple[Path, os.stat_result]] = {}
        for path in self._find():
            with suppress(OSError):
                about = path.stat()
                there[about.st_dev, about.st_ino] = (path, about)
        gone = [self._files.pop(key) for key in self._files.keys() - there.keys()]
        for key in there.keys() - self._files.keys():
            self._files[key] = _Followed(there[key][0])
        if self._polls == 1:
            self._skip_old(there)
        changed: list[_Followed] = []
        for key, (path, about) in there.items():
            file = self._files[key]
            file.path = path
            if about.st_size != file.position:
                changed.append(file)
        return changed, gone

    def _skip_old(self, there: Mapping[_Identity, tuple[Path, os.stat_result]]) -> None:
        """Begin near the end of the files that were written last, and at the end of the others."""
        latest = sorted(there, key=lambda key: -there[key][1].st_mtime_ns)[:_BACKLOG_FILES]
        for key, (_, about) in there.items():
            # One byte earlier, which ends the line before if it has an end.
            start = about.st_size - (_BACKLOG if key in latest else 0) - 1
            if start > 0:
                self._files[key].position = start
                self._files[key].begins_inside = True

    def _records(self, file: _Followed) -> Iterator[SpanRecord | LogRecord]:
        name = str(file.path)
        try:
            for line in file.lines():
                place = (name, file.number)
                if not line and file.is_too_long:
                    self._decoder.skip_long(place)
                for record in self._decoder.records(line, place) if line.strip() else ():
                    if not isinstance(record, MetricPoint) and self._is_new(record):
                        yield record
        except OSError:
            # Gone or unreadable between two looks at the folder; the next look decides.
            file.close()

    def _is_new(self, record: SpanRecord | LogRecord) -> bool:
        if isinstance(record, SpanRecord):
            return not record.span_id or self._seen.add(record.trace_id, record.span_id)
        about = (record.span_id, record.event_name, str(record.time_ns))
        return self._seen.add(record.trace_id, " ".join(about))

    def _close_idle(self) -> None:
        """Keep the files open that grew last: they can be read to their end when they are gone."""
        known = self._files.values()
        is_open = sorted((file for file in known if file.file), key=lambda file: -file.grown_at)
        for file in is_open[_MOST_OPEN:]:
            file.close()
