"""Gives the model's tests the generator's modules and a copy of the model to break."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "semconv"))


@pytest.fixture
def root() -> Path:
    return ROOT


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Return a repository of only the model and what is generated from it."""
    import generate

    shutil.copytree(ROOT / "semconv/model", tmp_path / "semconv/model")
    for path in generate.OUTPUTS:
        target = tmp_path / path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, target)
    return tmp_path
