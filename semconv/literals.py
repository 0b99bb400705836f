"""Knows which string literals of the package are convention names, and whether the model has them.

A literal counts as a name if all of it looks like one. Names of modules, loggers and
instrumentation scopes look the same; they are told apart by what the package contains and by the
call that takes them.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from model import Model

PACKAGE = "instrumentation/agentel"
"""The folder whose literals are read, relative to the repository."""

ALLOWED: dict[tuple[str, str], str] = {
    ("telemetry/metrics.py", "gen_ai.client.operation"): (
        "the beginning of the older generation's two chunk metrics"
    ),
}
"""File below the package and literal that is no name, with the reason."""

_NAME = re.compile(
    r"(?:(?:gen_ai|agentel)(?:\.[a-z0-9_]+)+|openai\.(?:request|response|api)(?:\.[a-z0-9_]+)+)"
)
_BEGINNING = re.compile(r"(?:gen_ai|agentel|openai\.(?:request|response|api))\.[a-z0-9_.]*")
_TAKES_A_MODULE_OR_SCOPE = {
    "getLogger",
    "get_logger",
    "get_meter",
    "get_tracer",
    "import_module",
    "find_spec",
    "files",
}


@dataclass(frozen=True, slots=True)
class Names:
    """What a literal may be: a name of the model, or the completion of a template key."""

    exact: frozenset[str]
    templates: tuple[str, ...]

    def has(self, literal: str) -> bool:
        """Return whether the literal is a name of the model."""
        return literal in self.exact or literal.startswith(self.templates)

    def has_below(self, beginning: str) -> bool:
        """Return whether a name of the model begins like this."""
        return any(name.startswith(beginning) for name in (*self.exact, *self.templates))


def names_of(model: Model) -> Names:
    """Return every name that the model defines."""
    templates = [f"{key}." for key, item in model.attributes.items() if item.is_template]
    every = (*model.attributes, *model.spans, *model.events, *model.metrics)
    return Names(frozenset(every), tuple(templates))


def problems(root: Path, model: Model) -> Iterator[str]:
    """Yield one line for each literal in the package that looks like a name but is not one.

    An f-string's beginning must be the beginning of a name. An entry of `ALLOWED` that no longer
    occurs in its file is a problem too.
    """
    package, names = root / PACKAGE, names_of(model)
    for path in sorted(package.rglob("*.py")):
        file = path.relative_to(package).as_posix()
        seen: set[str] = set()
        for line, literal, is_whole in _literals(ast.parse(path.read_text("utf-8"))):
            seen.add(literal)
            if (file, literal) in ALLOWED or _is_module(package.parent, literal):
                continue
            if not (names.has(literal) if is_whole else names.has_below(literal)):
                yield f"{PACKAGE}/{file}:{line}: {literal!r} is not in the model"
        for allowed_file, literal in ALLOWED:
            if allowed_file == file and literal not in seen:
                yield f"{PACKAGE}/{file}: allows {literal!r}, which it does not contain"


def _literals(tree: ast.Module) -> Iterator[tuple[int, str, bool]]:
    """Yield line, text and whether it is a whole literal, of all that look like names."""
    skipped: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _called(node) in _TAKES_A_MODULE_OR_SCOPE:
            skipped.update(id(inner) for argument in node.args for inner in ast.walk(argument))
        if isinstance(node, ast.JoinedStr):
            skipped.update(id(part) for part in node.values)
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.JoinedStr):
            yield from _beginning(node)
        elif isinstance(node, ast.Constant) and _NAME.fullmatch(str(node.value)):
            yield node.lineno, str(node.value), True


def _beginning(node: ast.JoinedStr) -> Iterator[tuple[int, str, bool]]:
    first = node.values[0] if node.values else None
    if isinstance(first, ast.Constant) and _BEGINNING.fullmatch(str(first.value)):
        yield node.lineno, str(first.value), False


def _called(node: ast.Call) -> str:
    function = node.func
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _is_module(source: Path, literal: str) -> bool:
    path = source.joinpath(*literal.split("."))
    return path.with_suffix(".py").is_file() or path.is_dir()
