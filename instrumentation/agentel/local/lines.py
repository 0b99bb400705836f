"""Knows how lines are cut from files, in memory that the longest readable line bounds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

__all__ = ["BUFFER", "LONGEST_LINE", "read_lines"]

LONGEST_LINE = 32 * 1024 * 1024
"""Bytes of the longest line that is read. A collector takes bodies of 20 MiB unless told else."""

BUFFER = 1024 * 1024
"""Bytes to read at once: lines are batches, and often longer than Python's own buffer."""


def read_lines(file: BinaryIO, longest: int = LONGEST_LINE) -> Iterator[tuple[bytes, int]]:
    """Yield each line of `file` with its length in bytes.

    Of a line longer than `longest` only the length is yielded, with nothing as its line.
    """
    while line := file.readline(longest + 1):
        length = len(line)
        if length <= longest or line.endswith(b"\n"):
            yield line, length
            continue
        del line
        while rest := file.readline(BUFFER):
            length += len(rest)
            if rest.endswith(b"\n"):
                break
        yield b"", length
