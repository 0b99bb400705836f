"""Knows the order of one run: all subjects of a workload by turns, round by round."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench import copies
from bench.children import Unmeasured, in_child
from bench.memory import Growth, growth
from bench.ratios import (
    Costs,
    Row,
    memory_row,
    noise_row,
    start_rows,
    workload_rows,
)
from bench.startup import start
from bench.subjects import FLOOR, FLOOR_CHUNK, OURS, PLAIN
from bench.timing import cost
from bench.workloads import WORKLOADS, Workload

_PATIENCE_S = 60
"""How much longer than planned one process may take."""
_CALL_S = 0.01
"""How long one call for the memory may take before it counts as stuck."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured."""

    names: tuple[str, ...]
    rounds: int
    seconds: float
    """For one subject of one workload in one round."""
    starts: int
    calls: int
    streams: int
    longest: float
    """Seconds after which no further round begins."""


@dataclass(frozen=True, slots=True)
class Results:
    """Everything that one run found."""

    rows: list[Row]
    noise: list[Row]
    rounds: int
    reasons: list[str]
    """Why something was not measured."""


def measure(plan: Plan) -> Results:
    """Carry out the plan, and print how far it has come."""
    begun = time.monotonic()
    workloads = [WORKLOADS[name] for name in plan.names if name in WORKLOADS]
    _load([workload.sdk for workload in workloads])
    if "memory" in plan.names:
        _load(["openai"])
    gc.collect()
    gc.freeze()
    costs, done = Costs(), 0
    while workloads and done < plan.rounds:
        if done and time.monotonic() - begun > plan.longest:
            print(f"no time left for round {done + 1}")
            break
        for workload in workloads:
            _turn(costs, workload, plan.seconds, done)
            print(_progress(costs, workload, f"round {done + 1}/{plan.rounds}"), flush=True)
        done += 1
    rows = [row for workload in workloads for row in workload_rows(costs, workload)]
    reasons = [f"{name}, {who}: {why}" for (name, who), why in costs.missing.items()]
    if "start" in plan.names:
        rows += _other("start", lambda: start_rows(start(plan.starts)), reasons)
    if "memory" in plan.names:
        rows += _other("memory", lambda: [memory_row(_growth(plan))], reasons)
    noise = [row for workload in workloads if (row := noise_row(costs, workload)) is not None]
    return Results(rows, noise, done, reasons)


def _load(sdks: Sequence[str | None]) -> None:
    """Import what all children need, so that none of them has to."""
    for sdk in dict.fromkeys(filter(None, sdks)):
        if copies.is_loaded(sdk):
            continue
        print(f"loading two copies of {sdk}", flush=True)
        copies.load(sdk)


def _turn(costs: Costs, workload: Workload, seconds: float, round_: int) -> None:
    """Time all subjects of a workload, beginning with another one in each round."""
    jobs = [(workload.name, FLOOR), (workload.name, OURS)]
    if workload.measures_noise:
        jobs.append((workload.name, PLAIN))
    if workload.short:
        jobs += [(workload.name, FLOOR_CHUNK), (workload.short, OURS)]
    turn = round_ % len(jobs)
    for name, subject in jobs[turn:] + jobs[:turn]:
        if (name, subject) in costs.missing:
            continue
        # one call of a long stream takes so long that it needs the double for as many pairs
        lasting = seconds * 2 if workload.short else seconds
        try:
            found = in_child(cost, name, subject, lasting, timeout=_PATIENCE_S + 4 * lasting)
        except Unmeasured as reason:
            costs.missing[name, subject] = str(reason)
        else:
            costs.found[name, subject].append(found)


def _progress(costs: Costs, workload: Workload, when: str) -> str:
    row = workload_rows(costs, workload)[0]
    return f"{when}  {workload.name:7}{row.value:>13}  {workload.title}"


def _other(name: str, rows: Callable[[], list[Row]], reasons: list[str]) -> list[Row]:
    print(f"measuring {name}", flush=True)
    try:
        return rows()
    except Unmeasured as reason:
        reasons.append(f"{name}: {reason}")
        return [Row(name, "", "not measured")]


def _growth(plan: Plan) -> Growth:
    limit = _PATIENCE_S + (plan.calls + plan.streams) * _CALL_S
    return in_child(growth, plan.calls, plan.streams, timeout=limit)
