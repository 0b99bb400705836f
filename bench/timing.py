"""Knows how one subject is timed: its calls and plain calls by turns, in one process."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from time import perf_counter_ns, process_time_ns, thread_time_ns

from bench import copies, evidence
from bench.children import Unmeasured
from bench.pipeline import Telemetry
from bench.subjects import PLAIN, install, undecorated
from bench.workloads import WORKLOADS, Step, Workload

_VERIFIED = 2
"""Steps that are looked at before the timing."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What a subject adds to one call. `wall` and `cpu` are multiples of a fixed piece of work.

    The work is done beside each block of calls, so that a slow spell of the machine cancels out.
    """

    wall: float
    """Median over all pairs of what the caller waits longer."""
    cpu: float
    """Mean CPU time of all threads, with what was put off and the export."""
    unit_us: float
    """The fixed piece of work, at its fastest."""


def cost(name: str, subject: str, seconds: float) -> Cost:
    """Time one subject on one workload for about `seconds` s, after a warm-up of a third of that.

    Run it in a process of its own. Raises `Unmeasured` when the subject does not emit what it must.
    """
    workload = WORKLOADS[name]
    if workload.has_content:
        os.environ["OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"] = "SPAN_ONLY"
    if workload.mode == "disabled":
        os.environ["OTEL_SDK_DISABLED"] = "true"
    telemetry = Telemetry(is_sampled=workload.mode == "on")
    plain, watched = _steps(workload, subject, telemetry)
    _verify(workload, PLAIN, plain, telemetry)
    _verify(workload, subject, watched, telemetry)
    telemetry.forget()
    pair = Pair(plain, watched, telemetry.flush, workload)
    pair.warm(seconds / 3)
    return pair.time(seconds)


def _steps(workload: Workload, subject: str, telemetry: Telemetry) -> tuple[Step, Step]:
    decorate = install(subject, workload, telemetry)
    if workload.sdk is None:
        return workload.make(undecorated), workload.make(decorate)
    plain = workload.make(copies.plain(workload.sdk))
    return plain, workload.make(copies.named(workload.sdk))


def _verify(workload: Workload, subject: str, step: Step, telemetry: Telemetry) -> None:
    for _ in range(_VERIFIED):
        step()
    telemetry.flush()
    found = evidence.gather(telemetry, _VERIFIED * workload.calls)
    wrong = evidence.problems(workload, subject, found)
    if wrong:
        raise Unmeasured(f"{subject}: {'; '.join(wrong)}")


class Pair:
    """A plain step and a watched one."""

    def __init__(
        self, plain: Step, watched: Step, flush: Callable[[], None], workload: Workload
    ) -> None:
        self._plain = plain
        self._watched = watched
        self._flush = flush
        self._block = workload.block
        self._calls = workload.calls

    def warm(self, seconds: float) -> None:
        """Run both until the interpreter and all caches have settled."""
        end = perf_counter_ns() + int(seconds * 1e9)
        while True:
            for _ in range(max(2, self._block // 4)):
                self._plain()
                self._watched()
            self._flush()
            if perf_counter_ns() > end:
                return

    def time(self, seconds: float) -> Cost:
        """Time blocks of calls until the time is up."""
        walls: list[float] = []
        cpus: list[float] = []
        units: list[float] = []
        end = perf_counter_ns() + int(seconds * 1e9)
        while len(walls) < 3 or perf_counter_ns() < end:
            gc.collect()
            before = _unit()
            wall, cpu = self._time_block()
            unit = (before + _unit()) / 2
            walls.append(wall / unit / self._calls)
            cpus.append(cpu / unit / self._calls)
            units.append(unit)
        return Cost(median(walls), median(cpus), min(units) / 1e3)

    def _time_block(self) -> tuple[float, float]:
        """Return what one step takes longer, and what it burns more, in ns.

        Whatever the process burns beside the plain steps is the watched ones': background threads
        and the flush at the end with them. The flush is no part of what a step takes.
        """
        differences: list[int] = []
        burnt_by_plain = 0
        begun = process_time_ns()
        for index in range(self._block):
            if index % 2:
                plain, burnt = self._time_plain()
                watched = _timed(self._watched)
            else:
                watched = _timed(self._watched)
                plain, burnt = self._time_plain()
            differences.append(watched - plain)
            burnt_by_plain += burnt
        self._flush()
        burnt_by_watched = process_time_ns() - begun - burnt_by_plain
        return median(differences), (burnt_by_watched - burnt_by_plain) / self._block

    def _time_plain(self) -> tuple[int, int]:
        burnt = thread_time_ns()
        took = _timed(self._plain)
        return took, thread_time_ns() - burnt


def _timed(step: Step) -> int:
    """Return how long a step takes, in ns.

    A step never waits for anything. Where it took longer than the CPU time of all threads, another
    process had the processor, and the CPU time is what counts.
    """
    burnt = process_time_ns()
    start = perf_counter_ns()
    step()
    took = perf_counter_ns() - start
    return min(took, process_time_ns() - burnt)


def _unit() -> float:
    """Return how long a fixed piece of interpreter work takes now, in ns."""
    best = float("inf")
    for _ in range(5):
        start = perf_counter_ns()
        total = 0
        for number in range(2500):
            total += number * number % 7
        best = min(best, perf_counter_ns() - start)
    return best
