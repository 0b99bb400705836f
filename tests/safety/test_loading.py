from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

from agentel.core.library import Library
from agentel.libraries import Instrumentor


def _fails() -> Library:
    raise ImportError("half installed")


@pytest.mark.parametrize("is_imported_before", [True, False])
def test_declaration_that_cannot_be_loaded_is_told_once(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    is_imported_before: bool,
) -> None:
    name = f"lost_sdk_{is_imported_before}".lower()
    (tmp_path / f"{name}.py").write_text("ANSWER = 42\n")
    monkeypatch.syspath_prepend(str(tmp_path))

    class Lost(Instrumentor):
        library = package = name
        declaration = staticmethod(_fails)

    if is_imported_before:
        importlib.import_module(name)
    Lost().instrument()
    assert importlib.import_module(name).ANSWER == 42
    Lost().uninstrument()
    del sys.modules[name]
    [warning] = [r.getMessage() for r in caplog.records if r.levelname == "WARNING"]
    assert name in warning
    assert "not affected" in warning
