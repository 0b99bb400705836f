"""The benchmark as a program, with counts so small that its figures mean nothing."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from bench.workloads import ROWS

ROOT = Path(__file__).resolve().parents[2]

TINY = ("--rounds", "1", "--seconds", "0.001")

pytestmark = pytest.mark.process


def run_bench(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "bench/run.py", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def rows(output: str) -> dict[str, list[str]]:
    """Return the first row of the printed table by its name, as cells."""
    found: dict[str, list[str]] = {}
    for line in output.splitlines():
        if line.startswith("| "):
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            found.setdefault(cells[0], cells)
    return found


@pytest.fixture(scope="module")
def whole_run(tmp_path_factory: pytest.TempPathFactory) -> subprocess.CompletedProcess[str]:
    """Return one run of all workloads."""
    page = tmp_path_factory.mktemp("bench") / "page.md"
    return run_bench("--workloads", ",".join(ROWS), *TINY, "--output", str(page))


@pytest.mark.parametrize("name", ROWS)
def test_workload_is_measured_once_every_subject_emitted_what_it_should(
    whole_run: subprocess.CompletedProcess[str], name: str
) -> None:
    row = rows(whole_run.stdout).get(name, ["nothing"])

    assert re.fullmatch(r"-?\d+\.\d\d", row[2]), whole_run.stdout + whole_run.stderr


def test_run_in_which_all_was_measured_succeeds(
    whole_run: subprocess.CompletedProcess[str],
) -> None:
    assert whole_run.returncode == 0, whole_run.stdout + whole_run.stderr


def test_page_has_the_table_the_versions_and_the_command(tmp_path: Path) -> None:
    page = tmp_path / "page.md"

    done = run_bench("--workloads", "T1", *TINY, "--output", str(page))

    assert done.returncode == 0, done.stdout + done.stderr
    text = page.read_text(encoding="utf-8")
    assert "T1" in rows(text)
    assert "- opentelemetry-sdk 1." in text
    assert "`python bench/run.py --workloads T1" in text


def test_narrower_run_leaves_the_committed_page_alone() -> None:
    done = run_bench("--workloads", "T1", *TINY)

    assert "written to" not in done.stdout


def test_memory_is_compared_over_all_calls_and_streams() -> None:
    done = run_bench("--workloads", "memory", "--calls", "60", "--streams", "20")

    assert done.returncode == 0, done.stdout + done.stderr
    assert rows(done.stdout)["memory"][1] == "growth over 60 calls, 20 abandoned streams"


def test_start_imports_no_sdk() -> None:
    done = run_bench("--workloads", "start", "--quick")

    assert done.returncode == 0, done.stdout + done.stderr
    assert "LLM SDKs imported" in done.stdout
    assert "openai" not in done.stdout


def test_settings_of_the_user_do_not_reach_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "OTEL_SDK_DISABLED", "true")

    done = run_bench("--workloads", "T1", *TINY)

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--workloads", "W1,X9"), "unknown: X9; there are W1, W2,"),
        (("--rounds", "0"), "argument --rounds: expected more than 0, got 0"),
        (("--seconds", "soon"), "invalid float value: 'soon'"),
    ],
    ids=["unknown workload", "no round", "no number"],
)
def test_wrong_argument_is_named(arguments: tuple[str, ...], message: str) -> None:
    done = run_bench(*arguments)

    assert done.returncode == 2
    assert message in done.stderr


def test_two_copies_of_an_sdk_share_no_class() -> None:
    program = (
        "import json\nfrom bench import copies\ncopies.load('openai')\n"
        "clients = [make.OpenAI(api_key='none') for make in (copies.plain('openai'),"
        " copies.named('openai'))]\n"
        "kinds = [[type(part) for part in (c, c.chat.completions, c.responses, c.embeddings)]"
        " for c in clients]\n"
        "print(json.dumps([one is other for one, other in zip(*kinds)]))\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    assert json.loads(done.stdout) == [False] * 4
