"""Knows which parts of the documentation are made from the code, and makes them.

Run `python docs/generate.py` to write them; with `--check` nothing is written and the exit code is
1 when a page is not what the code gives. A made part stands between two comments:
`<!-- made: NAME -->` and `<!-- end: NAME -->`.
"""

from __future__ import annotations

import argparse
import pkgutil
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from pathlib import Path
from types import ModuleType

from agentel import clients
from agentel.config import SETTINGS, default_of
from agentel.core.library import Library
from agentel.families.hosts import PROVIDERS

ROOT = Path(__file__).resolve().parent.parent
"""The repository."""

PAGES = ("README.md", "docs/settings.md")
"""Pages with made parts, relative to the repository."""

EXAMPLE = ROOT / "examples" / "quickstart"

_PART = re.compile(r"(<!-- made: (\w+) -->\n).*?(<!-- end: \2 -->)", re.DOTALL)


class UnknownPart(Exception):
    """A page asks for a part that nothing makes."""


def libraries() -> str:
    """Return the table of supported libraries, from their declarations."""
    rows = [("Library", "Versions", "What it is")]
    for module in _modules():
        library: Library = module.LIBRARY
        about = (module.__doc__ or "").partition("\n\n")[0].replace("\n", " ")
        versions = library.requires.removeprefix(library.name).replace(",", ", ")
        rows.append((f"`{library.name}`", versions, about))
    return _table(rows)


def _modules() -> Iterator[ModuleType]:
    for found in pkgutil.iter_modules(clients.__path__, f"{clients.__name__}."):
        yield import_module(found.name)


def natives() -> str:
    """Return the table of SDKs with telemetry of their own, from their declarations."""
    rows = [("Library", "Switch", "Scope of its spans")]
    for module in _modules():
        library: Library = module.LIBRARY
        native = library.native
        if native is not None:
            rows.append((f"`{library.name}`", f"`{native.switch}`", f"`{native.scope}`"))
    return _table(rows)


def hosts() -> str:
    """Return the names of the providers that are known by their host."""
    names = sorted({f"`{name}`" for name in PROVIDERS.values()})
    return ", ".join(names) + ".\n"


def settings() -> str:
    """Return the table of settings."""
    rows = [("Variable", "Default", "Value", "Meaning")]
    rows += [
        (f"`{item.variable}`", _default(item.field), item.expected, item.meaning)
        for item in SETTINGS
    ]
    return _table(rows)


def quickstart() -> str:
    """Return the program of the first example, and what running it printed."""
    program = (EXAMPLE / "main.py").read_text(encoding="utf-8")
    printed = (EXAMPLE / "expected.txt").read_text(encoding="utf-8")
    return f"```python\n{program}```\n\n```console\n{printed}```\n"


PARTS: dict[str, Callable[[], str]] = {
    "hosts": hosts,
    "libraries": libraries,
    "natives": natives,
    "quickstart": quickstart,
    "settings": settings,
}
"""What makes each part."""


def _default(field: str) -> str:
    value = default_of(field)
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return f"`{value:g}`" if isinstance(value, float) else f"`{value}`" if value else ""


def _table(rows: Sequence[tuple[str, ...]]) -> str:
    lines = [f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in rows]
    lines.insert(1, f"|{' --- |' * len(rows[0])}")
    return "\n".join(lines) + "\n"


def made(page: str) -> str:
    """Return the text of a page with every part made anew. Raises UnknownPart."""

    def make(match: re.Match[str]) -> str:
        name = match[2]
        if name not in PARTS:
            raise UnknownPart(f"{page}: nothing makes '{name}'; known: {', '.join(PARTS)}.")
        return f"{match[1]}\n{PARTS[name]()}\n{match[3]}"

    return _PART.sub(make, (ROOT / page).read_text(encoding="utf-8"))


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the pages, or check them; return the exit code."""
    parser = argparse.ArgumentParser(description="Make the generated parts of the documentation.")
    parser.add_argument("--check", action="store_true", help="write nothing; 1 if a page is stale")
    chosen = parser.parse_args(arguments)
    stale = 0
    for page in PAGES:
        file = ROOT / page
        text = made(page)
        if text == file.read_text(encoding="utf-8"):
            continue
        if chosen.check:
            stale = 1
            print(f"{page} is not what the code gives; run `make docs`.", file=sys.stderr)
        else:
            file.write_text(text, encoding="utf-8")
            print(f"wrote {page}")
    return stale


if __name__ == "__main__":
    sys.exit(main())
