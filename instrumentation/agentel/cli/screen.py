"""Knows how lines reach the terminal: one layout, with colour only where it is wanted and works."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal, TextIO

__all__ = ["Line", "Style", "show"]

Style = Literal["", "dim", "bold", "green", "yellow", "red"]
"""How a part of a line looks, in rich's words; '' is plain."""

_PLAINER = str.maketrans(
    {"├": "|", "│": "|", "└": "`", "─": "-", "→": ">", "·": "-", "•": "*", "…": "..."}
)
"""What stands for our own signs where the terminal's encoding has none of them."""

_SIGNS = "├│└─→·•…"


@dataclass(slots=True)
class Line:
    """One line of output, in parts that may look different."""

    parts: list[tuple[str, Style]] = field(default_factory=list[tuple[str, Style]])

    def add(self, text: str, style: Style = "") -> Line:
        """Append a part; returns the line, to add more."""
        if text:
            self.parts.append((text, style))
        return self

    def __str__(self) -> str:
        return "".join(text for text, _ in self.parts).rstrip()


def show(lines: Iterable[Line], out: TextIO | None = None) -> None:
    """Write `lines` to `out` (standard output by default).

    What the stream's encoding cannot say is written as an escape, our own signs in ASCII. A reader
    that went away is no error.
    """
    stream = sys.stdout if out is None else out
    try:
        if _wants_colour(stream):
            _show_coloured(lines, stream)
        else:
            _show_plain(lines, stream)
        stream.flush()
    except BrokenPipeError:
        # The interpreter flushes once more when it ends, and would complain then.
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _show_plain(lines: Iterable[Line], stream: TextIO) -> None:
    encoding = stream.encoding or "utf-8"
    plainer = not _can_say(_SIGNS, encoding)
    for line in lines:
        text = str(line)
        if plainer:
            text = text.translate(_PLAINER)
        if not _can_say(text, encoding):
            text = text.encode(encoding, "backslashreplace").decode(encoding)
        stream.write(text + "\n")


def _show_coloured(lines: Iterable[Line], stream: TextIO) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(file=stream, highlight=False, soft_wrap=True)
    for line in lines:
        console.print(Text.assemble(*line.parts), no_wrap=True, overflow="ignore", crop=False)


def _wants_colour(stream: TextIO) -> bool:
    return (
        stream.isatty()
        and not os.environ.get("NO_COLOR")
        and os.environ.get("TERM") != "dumb"
        and _can_say(_SIGNS, stream.encoding or "utf-8")
        and importlib.util.find_spec("rich") is not None
    )


def _can_say(text: str, encoding: str) -> bool:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True
