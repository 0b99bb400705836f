"""Knows what must hold of the model, of what is generated from it and of the code that uses it.

Run `python semconv/check.py`: one line for each problem, exit code 1 if there is one.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

import generate
import literals
import rules
from loading import ModelError, load


def problems(root: Path) -> Iterator[str]:
    """Yield one line for each problem below the repository `root`.

    Of a model that cannot be resolved only the reasons for that are reported.
    """
    try:
        model = load(root)
    except ModelError as error:
        yield from error.problems
        return
    for rule in (rules.names, rules.signals, rules.metrics):
        yield from rule(model)
    for path in generate.drifted(root, model):
        yield f"{path}: {generate.DRIFT}"
    yield from literals.problems(root, model)


def main(arguments: list[str] | None = None) -> int:
    """Print the problems; return the exit code."""
    parser = argparse.ArgumentParser(description="Check semconv/model and what depends on it.")
    parser.add_argument("--root", type=Path, default=generate.ROOT, help="the repository")
    found = list(problems(parser.parse_args(arguments).root))
    for problem in found:
        print(problem)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
