"""Knows what reading costs: `agentel summary` over a big file, beside a bare scan of that file.

Run `python bench/reading.py`, or with `--help`. It needs orjson, writes a file of the asked size
into a temporary folder and removes it.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SPANS_A_LINE = 128
START = 1_767_225_600_000_000_000
MODELS = ("gpt-5.1", "gpt-5.1-mini", "claude-sonnet-4-6", "claude-haiku-4-5")
TOOLS = ("search", "weather", "read_file", "run_tests")
AGENTS = ("planner", "writer", "reviewer")

COMMAND = "import sys; from agentel.cli import main; sys.exit(main())"
SCAN = """
import orjson, sys
lines = spans = 0
with open(sys.argv[1], "rb") as file:
    for line in file:
        lines += 1
        for resource in orjson.loads(line)["resourceSpans"]:
            for scope in resource["scopeSpans"]:
                spans += len(scope["spans"])
print(spans)
"""
MEASURED = """
import resource, sys
try:
    exec(sys.argv.pop(1), {"__name__": "__main__"})
finally:
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(used.ru_utime + used.ru_stime, used.ru_maxrss, file=sys.stderr)
"""
SUBJECTS = {
    "orjson": (SCAN,),
    "summary": (COMMAND, "summary", "--json", "--from"),
    "traces": (COMMAND, "traces", "--from"),
    "trace": (COMMAND, "trace", "last", "--from"),
}
"""What reads the file: a bare scan, and our commands."""


def attributes(**said: object) -> list[dict[str, object]]:
    kinds = {bool: "boolValue", int: "intValue", float: "doubleValue", str: "stringValue"}
    return [
        {
            "key": key.replace("__", "."),
            "value": {kinds[type(value)]: str(value) if type(value) is int else value},
        }
        for key, value in said.items()
    ]


def trace(dice: random.Random, start: int) -> Iterator[dict[str, object]]:
    """One agent that calls models and tools, as agentel and other SDKs write them."""
    trace_id = f"{dice.getrandbits(128):032x}"
    root = f"{dice.getrandbits(64):016x}"
    agent = dice.choice(AGENTS)
    about = {"gen_ai__agent__name": agent, "gen_ai__conversation__id": f"{dice.getrandbits(64):x}"}
    at = start
    for _ in range(dice.randint(2, 8)):
        calls_model = dice.random() < 0.6
        took = dice.randint(200, 4_000) * 1_000_000 if calls_model else dice.randint(1, 900) * 10**6
        failed = dice.random() < 0.03
        more = model_call(dice) if calls_model else tool_call(dice)
        outcome = {"agentel__outcome": "error" if failed else "completed"}
        if failed:
            outcome |= {"error__type": "TimeoutError", "agentel__error__category": "timeout"}
        name = str(more.pop("name"))
        yield {
            "traceId": trace_id,
            "spanId": f"{dice.getrandbits(64):016x}",
            "parentSpanId": root,
            "flags": 256,
            "name": name,
            "kind": 3 if calls_model else 1,
            "startTimeUnixNano": str(at),
            "endTimeUnixNano": str(at + took),
            "attributes": attributes(**about, **more, **outcome),
            "status": {"code": 2} if failed else {},
        }
        at += took
    yield {
        "traceId": trace_id,
        "spanId": root,
        "flags": 256,
        "name": f"invoke_agent {agent}",
        "kind": 1,
        "startTimeUnixNano": str(start),
        "endTimeUnixNano": str(at),
        "attributes": attributes(
            gen_ai__operation__name="invoke_agent", **about, agentel__outcome="completed"
        ),
        "status": {},
    }


def model_call(dice: random.Random) -> dict[str, object]:
    model = dice.choice(MODELS)
    return {
        "name": f"chat {model}",
        "gen_ai__operation__name": "chat",
        "gen_ai__provider__name": "openai",
        "gen_ai__request__model": model,
        "server__address": "api.example.com",
        "server__port": 443,
        "gen_ai__request__max_tokens": 1024,
        "gen_ai__request__temperature": 0.2,
        "agentel__input__size": dice.randint(100, 90_000),
        "agentel__input__message_count": dice.randint(1, 40),
        "gen_ai__response__id": f"chatcmpl-{dice.getrandbits(96):x}",
        "gen_ai__response__model": model,
        "gen_ai__usage__input_tokens": dice.randint(20, 30_000),
        "gen_ai__usage__output_tokens": dice.randint(1, 2_000),
        "gen_ai__usage__cache_read__input_tokens": dice.randint(0, 20),
        "agentel__usage__service_tier": "standard",
        "agentel__output__size": dice.randint(4, 8_000),
        "agentel__provider__request_id": f"req_{dice.getrandbits(96):x}",
        "agentel__usage__source": "provider",
    }


def tool_call(dice: random.Random) -> dict[str, object]:
    tool = dice.choice(TOOLS)
    return {
        "name": f"execute_tool {tool}",
        "gen_ai__operation__name": "execute_tool",
        "gen_ai__tool__name": tool,
        "gen_ai__tool__call__id": f"call_{dice.getrandbits(96):x}",
    }


def write(path: Path, size: int) -> None:
    """Write about `size` bytes of OTLP JSON lines, the same for every run."""
    dice = random.Random(7)
    resource = {
        "attributes": attributes(service__name="bench", agentel__run__id="0123456789abcdef")
    }
    scope = {"name": "agentel.openai", "version": "0.1.0"}
    written, at, waiting = 0, START, list[dict[str, object]]()
    with path.open("wb") as file:
        while written < size:
            while len(waiting) < SPANS_A_LINE:
                waiting += trace(dice, at)
                at += 50_000_000
            spans, waiting = waiting[:SPANS_A_LINE], waiting[SPANS_A_LINE:]
            scopes = [{"scope": scope, "spans": spans}]
            line = {"resourceSpans": [{"resource": resource, "scopeSpans": scopes}]}
            written += file.write(json.dumps(line, separators=(",", ":")).encode() + b"\n")


@dataclass(frozen=True)
class Cost:
    """What one pass over the file took: seconds of wall and CPU time, and MiB of memory."""

    wall: float
    cpu: float
    memory: float
    said: str


def measure(program: str, *arguments: str) -> Cost:
    """Run a Python program in a process of its own, with its output in a pipe."""
    begun = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, program, *arguments],
        env=os.environ | {"PYTHONPATH": str(ROOT / "instrumentation")},
        capture_output=True,
        text=True,
        check=True,
    )
    wall = time.perf_counter() - begun
    cpu, kibibytes = done.stderr.split()[-2:]
    return Cost(wall, float(cpu), int(kibibytes) / 1024, done.stdout)


def counted(summary: str) -> int:
    """How many spans a summary has counted."""
    found = json.loads(summary)
    runs = sum(agent["count"] for agent in found["agents"].values())
    return found["calls"]["count"] + found["tools"]["count"] + runs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=1024, metavar="MIB", help="of the file (1024)")
    parser.add_argument(
        "--rounds", type=int, default=3, metavar="N", help="of which the median (3)"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "traces.jsonl")
        write(path, options.size * 1024 * 1024)
        spans = int(measure(SCAN, str(path)).said)
        print(f"{path.stat().st_size:,} bytes, {spans:,} spans")
        rounds = [
            {name: measure(*arguments, str(path)) for name, arguments in SUBJECTS.items()}
            for _ in range(options.rounds)
        ]
    if {counted(one["summary"].said) for one in rounds} != {spans}:
        sys.exit("the summary did not count every span: its time means nothing.")
    for name in SUBJECTS:
        costs = [one[name] for one in rounds]
        ratios = [one[name].cpu / one["orjson"].cpu for one in rounds]
        print(
            f"{name:<8} {statistics.median(cost.wall for cost in costs):6.1f} s wall  "
            f"{statistics.median(cost.cpu for cost in costs):6.1f} s CPU  "
            f"{max(cost.memory for cost in costs):5.0f} MiB at most  "
            f"{statistics.median(ratios):5.2f} x orjson ({min(ratios):.2f} to {max(ratios):.2f})"
        )


if __name__ == "__main__":
    main()
