"""Examples print what their `expected.txt` says, apart from ids, times and durations.

Where a change is meant: `python examples/run.py NAME > examples/NAME/expected.txt`. What is
installed differs from one environment to the next, so in what is watched only one library is left.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
NAMES = sorted(file.parent.name for file in EXAMPLES.glob("*/command.txt"))
PROGRAMS = sorted(EXAMPLES.glob("*/*.py"))
LONGEST = 40
LONGEST_DEMO = 85
KEY = "sk-planted-by-the-tests"

CHANGING = (
    (re.compile(r"\b[0-9a-f]{32}\b"), "<trace>"),
    (re.compile(r"agentel: watching .*; files in .*"), "agentel: watching <installed>"),
    (re.compile(r"\brun [0-9a-f]{16}\b"), "run <run>"),
    (re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ"), "<time>"),
    (re.compile(r"\b([\d,]+(\.\d+)?(ms|s)|\d+m\d\ds)\b"), "<duration>"),
    (re.compile(r"(?<=\S) {3,}(?=\S)"), "  "),  # columns are as wide as their durations
)

pytestmark = pytest.mark.process


def masked(text: str) -> str:
    for pattern, name in CHANGING:
        text = pattern.sub(name, text)
    return text


def run(folder: Path, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run `examples/run.py` in `folder`, which gets the telemetry."""
    return subprocess.run(
        [sys.executable, str(EXAMPLES / "run.py"), *arguments],
        cwd=folder,
        env={"PATH": os.defpath, "HOME": str(folder), "PYTHONUTF8": "1", **environ},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )


def telemetry(folder: Path) -> str:
    return "".join(file.read_text("utf-8") for file in (folder / ".agentel").rglob("*.jsonl"))


@pytest.mark.parametrize("name", NAMES)
def test_example_prints_what_it_says(name: str, tmp_path: Path):
    expected = (EXAMPLES / name / "expected.txt").read_text("utf-8")
    done = run(tmp_path, name)
    complaints = re.findall(r"^(?:agentel(?!: watching )|Traceback).*", done.stderr, re.MULTILINE)
    assert (masked(done.stdout), done.returncode, complaints) == (masked(expected), 0, [])


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_program_is_short(program: Path):
    most = LONGEST_DEMO if program.parent.name == "demo" else LONGEST
    assert len(program.read_text("utf-8").splitlines()) <= most


def test_all_processes_of_the_demo_share_one_trace(tmp_path: Path):
    run(tmp_path, "demo")
    spans = telemetry(tmp_path)
    trace_ids = set(re.findall(r'"traceId":"([0-9a-f]+)"', spans))
    instances = set(re.findall(r'"service.instance.id","value":\{"stringValue":"([^"]+)"', spans))
    assert (len(trace_ids), len(instances)) == (1, 2)


def test_example_writes_where_the_user_says(tmp_path: Path):
    run(tmp_path, "quickstart", AGENTEL_DIR=str(tmp_path / "elsewhere"))
    assert [folder.name for folder in tmp_path.iterdir()] == ["elsewhere"]


def test_users_telemetry_settings_do_not_reach_an_example(tmp_path: Path):
    environ = {
        "OTEL_SDK_DISABLED": "true",
        "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9",
        "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT": "SPAN_AND_EVENT",
    }
    done = run(tmp_path, "quickstart", **environ)
    assert (done.returncode, "sky" in telemetry(tmp_path), "chat gpt-4o-mini" in done.stdout) == (
        0,
        False,
        True,
    )


def test_real_run_without_a_key_names_what_is_missing(tmp_path: Path):
    done = run(tmp_path, "demo", "--real", OPENAI_API_KEY=KEY)
    assert (done.returncode, done.stdout) == (2, "")
    assert "set ANTHROPIC_API_KEY." in done.stderr


def test_unknown_example_names_the_known_ones(tmp_path: Path):
    done = run(tmp_path, "nonesuch")
    assert (done.returncode, done.stdout) == (2, "")
    assert f"expected one of {', '.join(NAMES)}." in done.stderr


def test_list_says_every_command(tmp_path: Path):
    done = run(tmp_path, "--list")
    commands = [(EXAMPLES / name / "command.txt").read_text("utf-8").strip() for name in NAMES]
    listed = [line.split(maxsplit=1) for line in done.stdout.splitlines()]
    assert listed == [[name, command] for name, command in zip(NAMES, commands, strict=True)]
