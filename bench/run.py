"""Knows what one can ask of the benchmark, and where its answer goes.

Run `python bench/run.py`, or with `--help`. It needs the SDKs and agentel, and no network.
"""

from __future__ import annotations

import argparse
import os
import shlex
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[0] = str(ROOT)  # instead of this file's own folder

from bench.workloads import ROWS  # noqa: E402 - found by the line above

PAGE = ROOT / "docs" / "overhead.md"
NAMES = (*ROWS, "start", "memory")
_AMOUNTS = ("rounds", "seconds", "calls", "streams")
_FOREIGN = ("OTEL_", "AGENTEL_", "OPENAI_", "ANTHROPIC_", "GROQ_", "TOGETHER_")
"""Beginnings of settings that must not reach the benchmark."""


@dataclass(frozen=True, slots=True)
class _Size:
    rounds: int
    seconds: float
    starts: int
    calls: int
    streams: int
    longest: float


_FULL = _Size(rounds=3, seconds=1.0, starts=15, calls=100_000, streams=10_000, longest=150)
_QUICK = _Size(rounds=1, seconds=0.2, starts=5, calls=10_000, streams=1_000, longest=30)


def main(arguments: list[str] | None = None) -> int:
    """Measure, print and write; return 1 if something could not be measured."""
    options = _options(arguments)
    for name in [name for name in os.environ if name.startswith(_FOREIGN)]:
        del os.environ[name]
    # It traces itself as soon as there is a tracer provider: for plain calls as for ours.
    os.environ["ANTHROPIC_OPEN_TELEMETRY"] = "false"
    from bench import report
    from bench.session import Plan, measure

    size = _QUICK if options.quick else _FULL
    plan = Plan(
        names=options.workloads,
        rounds=options.rounds or size.rounds,
        seconds=options.seconds or size.seconds,
        starts=size.starts,
        calls=options.calls or size.calls,
        streams=options.streams or size.streams,
        longest=float("inf") if options.rounds else size.longest,
    )
    with tempfile.TemporaryDirectory() as folder:
        os.environ["AGENTEL_DIR"] = folder
        results = measure(plan)
    print(f"\n{report.table(results.rows)}\n\n{report.noise_line(results.noise)}")
    for reason in results.reasons:
        print(f"\nnot measured: {reason}")
    output = options.output or (PAGE if _is_complete(options) and not results.reasons else None)
    if output is not None:
        output.write_text(report.page(results, _command(arguments)), encoding="utf-8")
        print(f"\nwritten to {os.path.relpath(output)}")
    return 1 if results.reasons else 0


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="bench/run.py",
        description="Measure what watching costs, as ratios to a hand-written floor. A complete "
        "run takes about five minutes and writes docs/overhead.md; a narrower one only prints.",
    )
    add = parser.add_argument
    add("--quick", action="store_true", help="a rough idea, in less than a minute")
    add(
        "--workloads",
        type=_names,
        default=NAMES,
        metavar="A,B",
        help=f"only these of {', '.join(NAMES)}",
    )
    add("--rounds", type=int, metavar="N", help="how often each process is repeated")
    add("--seconds", type=float, metavar="S", help="s for each process of a round")
    add("--calls", type=int, metavar="N", help="calls for the memory")
    add("--streams", type=int, metavar="N", help="abandoned streams for the memory")
    add("--output", type=Path, metavar="FILE", help="write the page here, also of a narrower run")
    options = parser.parse_args(arguments)
    for name in _AMOUNTS:
        amount = getattr(options, name)
        if amount is not None and amount <= 0:
            parser.error(f"argument --{name}: expected more than 0, got {amount}")
    return options


def _names(text: str) -> tuple[str, ...]:
    asked = text.split(",")
    unknown = [name for name in asked if name not in NAMES]
    if unknown:
        raise argparse.ArgumentTypeError(
            f"unknown: {', '.join(unknown)}; there are {', '.join(NAMES)}"
        )
    return tuple(name for name in NAMES if name in asked)


def _is_complete(options: argparse.Namespace) -> bool:
    is_narrowed = options.quick or any(getattr(options, name) for name in _AMOUNTS)
    return options.workloads == NAMES and not is_narrowed


def _command(arguments: list[str] | None) -> str:
    given = sys.argv[1:] if arguments is None else arguments
    return f"python bench/run.py {shlex.join(given)}" if given else "make bench"


if __name__ == "__main__":
    sys.exit(main())
