"""Knows what is made from the model: the projection table, the constants and the reference pages.

Run `python semconv/generate.py` to write them; with `--check` nothing is written and the exit code
is 1 when a file on disk is not what the model gives.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path

import jinja2

from loading import ModelError, load
from model import Attribute, Member, Model

ROOT = Path(__file__).resolve().parent.parent
"""The repository."""

OUTPUTS = {
    "instrumentation/agentel/telemetry/_semconv.py": "table.py.j2",
    "instrumentation/agentel/semconv.py": "constants.py.j2",
    "semconv/docs/attributes.md": "attributes.md.j2",
    "semconv/docs/spans.md": "spans.md.j2",
    "semconv/docs/events.md": "events.md.j2",
    "semconv/docs/metrics.md": "metrics.md.j2",
}
"""File written, relative to the repository, and the template that makes it."""

SCHEMA_URL = "https://opentelemetry.io/schemas/gen-ai-dev/1.42.0-dev"
"""The schema of upstream's keys (the manifest of open-telemetry/semantic-conventions-genai)."""

DRIFT = "differs from what semconv/model gives; run python semconv/generate.py"
"""What is said of a generated file that is stale or was edited."""

_WIDTH = 100


def render(model: Model) -> dict[str, str]:
    """Return the text of every generated file, by its path relative to the repository."""
    environment = _environment()
    values = {
        "model": model,
        "schema_url": SCHEMA_URL,
        "namespaces": _namespaces(model),
        "templates": {item.key for item in model.attributes.values() if item.is_template},
    }
    return {
        path: environment.get_template(template).render(values)
        for path, template in OUTPUTS.items()
    }


def drifted(root: Path, model: Model) -> list[str]:
    """Return the paths whose file under `root` is missing or not what `model` gives."""
    return [
        path
        for path, text in render(model).items()
        if not (root / path).is_file() or (root / path).read_text("utf-8") != text
    ]


def write(root: Path, model: Model) -> list[str]:
    """Write the files that drifted and return their paths."""
    texts = render(model)
    changed = drifted(root, model)
    for path in changed:
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(texts[path], "utf-8", newline="\n")
    return changed


def main(arguments: list[str] | None = None) -> int:
    """Write or check the generated files; return the exit code, 2 if the model is unsound."""
    parser = argparse.ArgumentParser(description="Generate code and docs from semconv/model.")
    parser.add_argument("--check", action="store_true", help="write nothing, exit 1 on drift")
    parser.add_argument("--root", type=Path, default=ROOT, help="the repository")
    options = parser.parse_args(arguments)
    try:
        model = load(options.root)
    except ModelError as error:
        print(error)
        return 2
    if not options.check:
        for path in write(options.root, model):
            print(f"wrote {path}")
        return 0
    stale = drifted(options.root, model)
    for path in stale:
        print(f"{path}: {DRIFT}")
    return 1 if stale else 0


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # the output is Python and Markdown
    )
    environment.filters |= {
        "assign": _assign,
        "call": _call,
        "cell": _cell,
        "constant": _constant,
        "class_name": _class_name,
        "literal": _literal,
        "member": _member,
        "number": "{:.16g}".format,
        "tuple": _tuple,
    }
    return environment


def _literal(value: object) -> str:
    """Return Python source, strings in double quotes as ruff writes them."""
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    return repr(value)


def _call(arguments: Iterable[str], head: str, indent: int) -> str:
    """Return `head(arguments),` on one line if it fits, else one argument a line."""
    return _fit(f"{head}(", list(arguments), "),", indent)


def _tuple(values: Iterable[object], indent: int) -> str:
    """Return a tuple and a comma on one line if it fits, else one value a line."""
    items = [_literal(value) for value in values]
    return _fit("(", items, ",)," if len(items) == 1 else "),", indent)


def _fit(opening: str, items: list[str], closing: str, indent: int) -> str:
    pad = " " * indent
    line = f"{pad}{opening}{', '.join(items)}{closing}"
    if len(line) <= _WIDTH:
        return line
    body = "".join(f"{pad}    {item},\n" for item in items)
    return f"{pad}{opening}\n{body}{pad}{closing}"


def _assign(value: str, name: str) -> str:
    """Return `name = "value"`, the value on a line of its own if the two do not fit on one."""
    line = f"{name} = {_literal(value)}"
    return line if len(line) <= _WIDTH else f"{name} = (\n    {_literal(value)}\n)"


def _constant(name: str) -> str:
    return name.replace(".", "_").upper()


def _class_name(attribute: Attribute) -> str:
    return "".join(word.capitalize() for word in attribute.field.split("_"))


def _member(member: Member) -> str:
    return member.id.upper()


def _cell(text: object) -> str:
    """Return text that stays inside one Markdown table cell."""
    return str(text).replace("|", "\\|").replace("\n", " ")


def _namespaces(model: Model) -> dict[str, list[Attribute]]:
    """Return the attributes by the first word of their key, ours first."""
    grouped: dict[str, list[Attribute]] = {}
    for key, attribute in model.attributes.items():
        grouped.setdefault(key.partition(".")[0], []).append(attribute)
    return dict(sorted(grouped.items(), key=lambda item: (item[0] != "agentel", item[0])))


if __name__ == "__main__":
    sys.exit(main())
