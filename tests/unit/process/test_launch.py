from __future__ import annotations

import os
from pathlib import Path

import pytest

from agentel.process import launch

SITE = str(Path(launch.__file__).parent / "site")


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({}, [SITE]),
        ({"PYTHONPATH": ""}, [SITE]),
        ({"PYTHONPATH": f"a{os.pathsep}b"}, [SITE, "a", "b"]),
        ({"PYTHONPATH": f"a{os.pathsep}"}, [SITE, "a", ""]),
        ({"PYTHONPATH": f"a{os.pathsep}{SITE}"}, [SITE, "a"]),
        ({"PYTHONPATH": SITE}, [SITE]),
    ],
    ids=["none", "empty", "several", "with-current", "nested", "only-ours"],
)
def test_our_folder_comes_first_and_once(given: dict[str, str], path: list[str]) -> None:
    assert launch.environment(given, "")["PYTHONPATH"].split(os.pathsep) == path


def test_what_the_user_chose_stays() -> None:
    given = {
        "OTEL_PYTHON_DISTRO": "theirs",
        "OTEL_PYTHON_CONFIGURATOR": "theirs",
        "AGENTEL_FILES": "false",
        "AGENTEL_RUN_ID": "theirs",
        "AGENTEL_DIR": os.path.abspath("theirs"),
    }
    assert given.items() <= launch.environment(given, "1:ticket").items()


def test_given_environment_is_not_changed() -> None:
    given = {"PATH": "/bin"}
    launch.environment(given, "1:ticket")
    assert given == {"PATH": "/bin"}
