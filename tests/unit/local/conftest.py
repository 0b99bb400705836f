from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from agentel.core import safety
from agentel.local.runs import Storage


@pytest.fixture(autouse=True)
def own_failures_are_raised():
    safety.reraise_in_tests(True)
    yield
    safety.reraise_in_tests(False)


@pytest.fixture
def storage(tmp_path: Path) -> Callable[..., Storage]:
    def make(run_id: str = "00112233445566ff", **settings: float) -> Storage:
        return Storage(str(tmp_path / ".agentel"), run_id, **settings)

    return make
