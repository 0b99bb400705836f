"""What the documentation says is so: its parts are made from the code, its programs run."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from agentel.config import SETTINGS

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    page.relative_to(ROOT).as_posix()
    for pattern in ("*.md", "docs/*.md", "docs/processes/*.md", "examples/*.md")
    for page in ROOT.glob(pattern)
)
ORDER = [
    "Quick start",
    "What is captured, and what is not",
    "Supported libraries",
    "Collector and dashboards",
    "How it stays out of your way",
    "How it works",
    "Configuration",
    "Adding a library",
    "Licence",
]


def text(page: str) -> str:
    return (ROOT / page).read_text("utf-8")


def anchor(heading: str) -> str:
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def links() -> Iterator[tuple[str, str]]:
    for page in PAGES:
        for target in re.findall(r"\]\(([^)]+)\)", text(page)):
            if "://" not in target:
                yield page, target


def programs() -> Iterator[tuple[str, str]]:
    for page in PAGES:
        if (ROOT / page).parent == ROOT / "docs":  # others have files and commands, and own tests
            for number, program in enumerate(
                re.findall(r"```python\n(.*?)```", text(page), re.DOTALL), 1
            ):
                yield f"{page}-{number}", program


def test_generated_parts_are_what_the_code_gives():
    done = subprocess.run(
        [sys.executable, "docs/generate.py", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stderr, done.returncode) == ("", 0)


def test_readme_is_in_order():
    assert re.findall(r"^## (.+)$", text("README.md"), re.MULTILINE) == ORDER


@pytest.mark.parametrize(("page", "target"), list(links()))
def test_link_leads_somewhere(page: str, target: str):
    path, _, wanted = target.partition("#")
    found = (ROOT / page).parent / path if path else ROOT / page
    headings = re.findall(r"^#+ (.+)$", found.read_text("utf-8"), re.MULTILINE) if wanted else []
    assert found.exists()
    assert not wanted or wanted in map(anchor, headings)


@pytest.mark.parametrize("program", [p for _, p in programs()], ids=[i for i, _ in programs()])
def test_program_in_the_docs_runs(program: str, tmp_path: Path):
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        cwd=tmp_path,
        env={"OTEL_TRACES_EXPORTER": "none"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stderr, done.returncode) == ("", 0)


@pytest.mark.parametrize("page", PAGES)
def test_make_targets_exist(page: str):
    targets = set(re.findall(r"^([a-z-]+):", text("Makefile"), re.MULTILINE))
    assert set(re.findall(r"`make ([a-z-]+)", text(page))) <= targets


@pytest.mark.parametrize("page", PAGES)
def test_settings_that_are_named_exist(page: str):
    known = {setting.variable for setting in SETTINGS} | {"AGENTEL_CONTEXT", "AGENTEL_LAUNCH"}
    assert set(re.findall(r"\bAGENTEL_[A-Z_]+", text(page))) <= known
