"""Knows how lines reach the terminal: one layout, with colour and width only where they work."""

from __future__ import annotations

import os
import select
import shutil
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TextIO

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

__all__ = ["Line", "Style", "outcome_style", "reader_is_gone", "show"]

Style = Literal["", "dim", "bold", "green", "yellow", "red"]
"""How a part of a line looks, in rich's words; '' is plain."""

_OUTCOMES: dict[str, Style] = {"completed": "green", "error": "red", "cut": "red"}
"""How an outcome looks; any other is yellow."""

_PLAINER = str.maketrans(
    {"├": "|", "│": "|", "└": "`", "─": "-", "→": ">", "·": "-", "•": "*", "…": "..."}
)
"""What stands for our own signs where the terminal has none of them."""

_SIGNS = "├│└─→·•…"
_NARROWEST = 20
"""Columns that a text keeps beside what leads it, however narrow the terminal is."""


@dataclass(slots=True)
class Line:
    """One line of output, in parts that may look different.

    Where it is wider than the terminal it is cut if `is_cut`, and else goes on in the next line,
    below `lead` if it has one (the signs that a tree has there).
    """

    parts: list[tuple[str, Style]] = field(default_factory=list[tuple[str, Style]])
    lead: str | None = None
    is_cut: bool = False

    def add(self, text: str, style: Style = "") -> Line:
        """Append a part; returns the line, to add more."""
        if text:
            self.parts.append((text, style))
        return self

    def __str__(self) -> str:
        return "".join(text for text, _ in self.parts).rstrip()


def outcome_style(outcome: str) -> Style:
    """Return how an outcome looks."""
    return _OUTCOMES.get(outcome, "yellow")


def show(lines: Iterable[Line], out: TextIO | None = None) -> bool:
    """Write `lines` to `out` (standard output by default).

    What the stream's encoding cannot say is written as an escape, our own signs in ASCII, and
    everything in ASCII where the locale is C. Only a terminal gets colours, and lines of its
    width. A reader that went away is no error: the return value tells whether it is still there.
    """
    stream = sys.stdout if out is None else out
    encoding = _encoding(stream)
    try:
        if stream.isatty():
            _show_fitting(lines, stream, encoding)
        else:
            _write(map(str, lines), stream, encoding)
        stream.flush()
    except BrokenPipeError:
        # The interpreter flushes once more when it ends, and would complain then.
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        return False
    return True


def reader_is_gone() -> bool:
    """Return whether standard output is a pipe that nobody reads, before anything is written."""
    if not hasattr(select, "poll"):
        return False
    try:
        ends = select.poll()
        ends.register(sys.stdout.fileno(), 0)
        return any(event & select.POLLERR for _, event in ends.poll(0))
    except (OSError, ValueError):
        return False  # standard output is no file


def _encoding(stream: TextIO) -> str:
    """Return what may be written: Python says UTF-8 where the user said C and nothing else."""
    if os.environ.get("PYTHONIOENCODING") or os.environ.get("PYTHONUTF8"):
        return stream.encoding or "utf-8"
    names = (os.environ.get(name) for name in ("LC_ALL", "LC_CTYPE", "LANG"))
    locale = next((name for name in names if name), "")
    return "ascii" if locale in ("C", "POSIX") else stream.encoding or "utf-8"


def _write(texts: Iterable[str], stream: TextIO, encoding: str) -> None:
    plainer = not _can_say(_SIGNS, encoding)
    for text in texts:
        said = text.translate(_PLAINER) if plainer else text
        if not _can_say(said, encoding):
            said = said.encode(encoding, "backslashreplace").decode(encoding)
        stream.write(said + "\n")


def _show_fitting(lines: Iterable[Line], stream: TextIO, encoding: str) -> None:
    # Not before: what goes to a file or a pipe does not need it.
    from rich.console import Console

    width = shutil.get_terminal_size().columns
    console = Console(file=stream, width=width, highlight=False, emoji=False, markup=False)
    fitted = (text for line in lines for text in _fitted(line, console))
    if _wants_colour() and _can_say(_SIGNS, encoding):
        for text in fitted:
            console.print(text, soft_wrap=True)
    else:
        _write((text.plain for text in fitted), stream, encoding)


def _fitted(line: Line, console: Console) -> Iterator[Text]:
    """Yield the line as a terminal of the console's width has it: cut, or in several lines."""
    from rich.text import Text

    text = Text.assemble(*line.parts, no_wrap=True)
    text.rstrip()
    if line.is_cut:
        text.truncate(console.width, overflow="ellipsis")
    if line.lead is None or text.cell_len <= console.width:
        yield text
        return
    lead = Text.assemble((line.lead, "dim"))
    first, rest = text.divide([len(line.lead)])
    room = max(_NARROWEST, console.width - lead.cell_len)
    for number, piece in enumerate(rest.wrap(console, room, no_wrap=False)):
        piece.rstrip()
        yield (lead if number else first) + piece


def _wants_colour() -> bool:
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _can_say(text: str, encoding: str) -> bool:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True
