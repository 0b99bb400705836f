from __future__ import annotations

import sys
from pathlib import Path

import pytest

from agentel.diagnosis.finding import Finding
from agentel.diagnosis.installed import read_installed
from agentel.diagnosis.surroundings import Surroundings
from agentel.diagnosis.versions import OLDEST_PYTHON, check_versions, is_within
from support.distributions import install

ROOT = Path(__file__).resolve().parents[3]
NEEDS = ("opentelemetry-api<2,>=1.39", 'rich<16,>=13.7; extra == "terminal"')


def versions(folder: Path, environ: dict[str, str] | None = None) -> dict[str, Finding]:
    seen = Surroundings(environ or {"PATH": ""}, str(folder), read_installed([str(folder)]))
    return {finding.subject: finding for finding in check_versions(seen)}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    install(tmp_path, "agentel", requires=NEEDS)
    install(tmp_path, "rich", "14.0")
    return tmp_path


def test_oldest_python_is_the_one_that_the_package_names() -> None:
    wanted = f'requires-python = ">={".".join(map(str, OLDEST_PYTHON))}"'
    assert wanted in (ROOT / "pyproject.toml").read_text()


@pytest.mark.parametrize("version", ["1.39.0", "1.45.2", "1.50.0rc1"])
def test_version_in_the_range_is_fine(place: Path, version: str) -> None:
    install(place, "opentelemetry-api", version)
    found = versions(place)
    assert {finding.state for finding in found.values()} == {"ok"}
    assert found["opentelemetry-api"].found == version


@pytest.mark.parametrize("version", ["1.38.0", "2.0.0"])
def test_version_out_of_the_range_is_a_problem(place: Path, version: str) -> None:
    install(place, "opentelemetry-api", version)
    finding = versions(place)["opentelemetry-api"]
    assert (finding.state, finding.found, finding.expected) == ("problem", version, "<2,>=1.39")
    assert finding.advice == "pip install 'opentelemetry-api<2,>=1.39'"


def test_missing_package_is_a_problem(place: Path) -> None:
    finding = versions(place)["opentelemetry-api"]
    assert (finding.state, finding.found) == ("problem", "not installed")


def test_missing_extra_is_a_note(tmp_path: Path) -> None:
    install(tmp_path, "agentel", requires=NEEDS)
    finding = versions(tmp_path)["extra 'terminal'"]
    assert (finding.state, finding.advice) == ("note", "pip install 'agentel[terminal]'")


def test_copy_without_metadata_is_a_problem(tmp_path: Path) -> None:
    finding = versions(tmp_path)["agentel"]
    assert finding.state == "problem"
    assert "entry points" in finding.found


def test_unreadable_entry_points_are_a_problem(place: Path) -> None:
    (install(place, "bad") / "entry_points.txt").write_bytes(b"\xff\xfe")
    finding = versions(place)["bad-1.0.dist-info"]
    assert finding.state == "problem"
    assert "nothing is watched" in finding.found


def test_unreadable_metadata_is_a_note(place: Path) -> None:
    (install(place, "bad") / "METADATA").unlink()
    assert versions(place)["bad-1.0.dist-info"].state == "note"


@pytest.mark.parametrize("version", ["", "unknown", "1.x"])
def test_version_that_cannot_be_read_is_neither_in_nor_out(version: str) -> None:
    assert is_within(">=1", version) is None


def pretend_python(folder: Path, prefix: str) -> dict[str, str]:
    folder.mkdir()
    (folder / "python").write_text(f"#!/bin/sh\necho '{prefix}'\n")
    (folder / "python").chmod(0o755)
    return {"PATH": str(folder)}


def test_python_of_another_environment_is_told(place: Path) -> None:
    found = versions(place, pretend_python(place / "bin", "/another/prefix"))
    assert found["python"].state == "note"
    assert str(place / "bin" / "python") in found["python"].found
    assert sys.executable in found["python"].advice


def test_python_that_stands_for_ours_is_not(place: Path) -> None:
    assert "python" not in versions(place, pretend_python(place / "bin", sys.prefix))
