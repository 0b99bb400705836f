"""Knows what agentel adds to the time that a program takes from its command to its end.

Run `python bench/launcher.py`, or with `--help`. By turns, the same empty program is started by
`opentelemetry-instrument` with OpenTelemetry's own configurator and none of ours, by the same with
ours, and by `agentel run`. All have the same exporters, OTLP over HTTP to a port of this machine
that nothing listens to: the program records nothing, so nothing is sent.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

BIN = Path(sys.executable).parent
TARGET_MS = 30.0
STOCK = "opentelemetry-instrument"
_ENTRY_POINTS = """[opentelemetry_configurator]
stock = opentelemetry.sdk._configuration:_OTelSDKConfigurator
"""
_OURS = "anthropic,groq,openai,together"
_FOREIGN = ("OTEL_", "AGENTEL_", "TRACE", "PYTHON")


@dataclass(frozen=True, slots=True)
class Subject:
    """One way of starting the program."""

    title: str
    command: tuple[str, ...]
    environ: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Cost:
    """One start, in ms: from the command to its end, and the CPU time of all of its processes."""

    wall: float
    cpu: float


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; return 1 if the difference is more than the target."""
    parser = argparse.ArgumentParser(prog="bench/launcher.py", description=__doc__)
    parser.add_argument("--rounds", type=int, default=25, help="starts of each (default: 25)")
    rounds = parser.parse_args(arguments).rounds
    with tempfile.TemporaryDirectory() as folder:
        subjects = _subjects(Path(folder))
        costs = compare(subjects, rounds, folder)
    for title, found in costs.items():
        print(_line(title, found))
    print(f"\nadded to {STOCK} (median of {rounds} pairs, at most {TARGET_MS:+.0f} ms):")
    added = [_added(subject, costs) for subject in subjects[2:]]
    return 0 if max(added) <= TARGET_MS else 1


def _line(title: str, found: Sequence[Cost]) -> str:
    wall, cpu = median(cost.wall for cost in found), median(cost.cpu for cost in found)
    fastest = min(cost.wall for cost in found)
    return f"{title:<36} {wall:6.1f} ms, fastest {fastest:6.1f}; CPU {cpu:6.1f} ms"


def _added(subject: Subject, costs: Mapping[str, Sequence[Cost]]) -> float:
    """Print what a start takes longer than OpenTelemetry's, in ms and as a ratio; return the ms."""
    pairs = list(zip(costs[subject.title], costs[STOCK], strict=True))
    added = median(ours.wall - stock.wall for ours, stock in pairs)
    cpu = median(ours.cpu - stock.cpu for ours, stock in pairs)
    ratio = median(ours.wall / stock.wall for ours, stock in pairs)
    print(f"{subject.title:<36} {added:+6.1f} ms, {ratio:.2f} times; CPU {cpu:+6.1f} ms")
    return added


def compare(subjects: Sequence[Subject], rounds: int, folder: str) -> dict[str, list[Cost]]:
    """Start every subject once in each round, beginning with another one each time.

    The first round compiles and is dropped. Raises RuntimeError if a start fails.
    """
    costs: dict[str, list[Cost]] = {subject.title: [] for subject in subjects}
    for turn in range(rounds + 1):
        for place in range(len(subjects)):
            subject = subjects[(turn + place) % len(subjects)]
            cost = _start(subject, folder)
            if turn:
                costs[subject.title].append(cost)
    return costs


def _start(subject: Subject, folder: str) -> Cost:
    output = os.open(os.path.join(folder, "said"), os.O_CREAT | os.O_TRUNC | os.O_WRONLY)
    begun = time.perf_counter()
    child = os.posix_spawn(
        subject.command[0],
        list(subject.command),
        subject.environ,
        file_actions=[(os.POSIX_SPAWN_DUP2, output, 1), (os.POSIX_SPAWN_DUP2, output, 2)],
    )
    _, status, used = os.wait4(child, 0)
    wall = time.perf_counter() - begun
    os.close(output)
    if os.waitstatus_to_exitcode(status):
        raise RuntimeError(f"{subject.title}: {Path(folder, 'said').read_text()}")
    return Cost(wall * 1e3, (used.ru_utime + used.ru_stime) * 1e3)


def _subjects(folder: Path) -> tuple[Subject, ...]:
    """Return Python alone, OpenTelemetry's start, and ours, in an environment of their own."""
    about = folder / "stock-1.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: stock\nVersion: 1\n")
    (about / "entry_points.txt").write_text(_ENTRY_POINTS)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
    kept["PATH"] = f"{BIN}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    kept["AGENTEL_DIR"] = str(folder / ".agentel")
    kept["OTEL_EXPORTER_OTLP_ENDPOINT"] = "http://127.0.0.1:9"
    for signal in ("TRACES", "METRICS", "LOGS"):
        kept[f"OTEL_{signal}_EXPORTER"] = "otlp_proto_http"
    stock = {
        **kept,
        "PYTHONPATH": str(folder),
        "OTEL_PYTHON_DISTRO": "none",
        "OTEL_PYTHON_CONFIGURATOR": "stock",
        "OTEL_PYTHON_DISABLED_INSTRUMENTATIONS": _OURS,
    }
    ours = {**kept, "OTEL_PYTHON_DISTRO": "agentel", "OTEL_PYTHON_CONFIGURATOR": "agentel"}
    python = (sys.executable, "-c", "pass")
    launcher = (str(BIN / "opentelemetry-instrument"), *python)
    return (
        Subject("python", python, kept),
        Subject(STOCK, launcher, stock),
        Subject(f"{STOCK} with agentel", launcher, ours),
        Subject("agentel run", (str(BIN / "agentel"), "run", *python), kept),
    )


if __name__ == "__main__":
    sys.exit(main())
