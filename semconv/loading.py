"""Knows when the model's files are sound enough to be resolved, and resolves them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import yaml

import rules
import syntax
from model import Document, Model, build, read, read_file

FOLDER = "semconv/model"
"""Where the model is, relative to the repository."""


class ModelError(Exception):
    """The model cannot be resolved; `problems` has one line for each reason."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def load(root: Path) -> Model:
    """Return the model of the repository `root`.

    Raises:
        ModelError: a file cannot be read, its syntax is wrong, a name is defined twice or in the
            wrong folder, or a reference leads nowhere.
    """
    folder = root / FOLDER
    try:
        documents = read(folder)
        manifest = read_file(folder, folder / "manifest.yaml")
    except (OSError, yaml.YAMLError) as error:
        text = " ".join(str(error).split())
        raise ModelError([f"{FOLDER}: cannot be read: {text}"]) from error
    found = list(_problems(documents, manifest))
    if found:
        raise ModelError([f"{FOLDER}/{problem}" for problem in found])
    return build(documents)


def _problems(documents: list[Document], manifest: Document) -> Iterator[str]:
    misshapen = [*syntax.manifest_problems(manifest)]
    for document in documents:
        misshapen += syntax.problems(document)
    yield from misshapen
    if misshapen:
        return  # the rules read the keys that the syntax requires
    for rule in (rules.duplicates, rules.unresolved, rules.namespaces):
        yield from rule(documents)
