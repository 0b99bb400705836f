"""Knows how a person is shown that a big file is being read."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager

__all__ = ["reading"]

_WORTH_A_BAR = 64 * 1024 * 1024
"""Bytes below which reading takes about a second, and a bar would only flicker."""


@contextmanager
def reading(total: int) -> Generator[Callable[[int], object]]:
    """Show a bar on standard error while `total` bytes are read; yield what to tell the bytes to.

    There is no bar if standard error is no terminal, or if there is little to read. It is gone when
    the block ends.
    """
    if total < _WORTH_A_BAR or not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield lambda size: None
        return
    # Not before: most files are small, and it takes longer than to read them.
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn

    columns = ("reading", BarColumn(), DownloadColumn(binary_units=True), TimeRemainingColumn())
    with Progress(*columns, console=Console(file=sys.stderr), transient=True) as progress:
        task = progress.add_task("", total=total)
        yield lambda size: progress.advance(task, size)
