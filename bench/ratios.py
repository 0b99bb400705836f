"""Knows how costs of several rounds become one row: ratios of medians, beside their targets."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from statistics import median

from bench.memory import Growth
from bench.startup import Start
from bench.subjects import FLOOR, FLOOR_CHUNK, OURS, PLAIN
from bench.timing import Cost
from bench.workloads import SHORT, Workload

MOST_CPU = 1.0
"""Total CPU of a stream, at most, as a ratio to the floor's with chunk histograms."""
MOST_CHUNK_US = 1.0
MOST_START_MS = 30.0


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    name: str
    title: str
    value: str
    target: str = ""
    is_met: bool | None = None
    """None where there is no figure, or no target."""
    spread: str = ""
    cpu: str = ""

    @property
    def verdict(self) -> str:
        """Say whether the target is met."""
        return "" if self.is_met is None else "yes" if self.is_met else "NO"


@dataclass
class Costs:
    """Costs by workload and subject, in the order of the rounds; and why some are missing."""

    found: dict[tuple[str, str], list[Cost]] = field(default_factory=lambda: defaultdict(list))
    missing: dict[tuple[str, str], str] = field(default_factory=dict)

    def walls(self, name: str, subject: str) -> list[float]:
        """Return the added wall times."""
        return [cost.wall for cost in self.found.get((name, subject), ())]

    def cpus(self, name: str, subject: str) -> list[float]:
        """Return the added CPU times."""
        return [cost.cpu for cost in self.found.get((name, subject), ())]

    @property
    def unit_us(self) -> float:
        """The fixed piece of work, at its fastest in the whole run."""
        return min(cost.unit_us for costs in self.found.values() for cost in costs)


def workload_rows(costs: Costs, workload: Workload) -> list[Row]:
    """Return the rows of one workload: its wall time; of a stream also its chunks and CPU time."""
    name, title = workload.name, workload.title
    at_most = f"{workload.target:.2f}"
    reasons = [reason for (of, _), reason in costs.missing.items() if of == name]
    ours, floor = costs.walls(name, OURS), costs.walls(name, FLOOR)
    if reasons or not ours or not floor:
        return [Row(name, title, "not measured", at_most)]
    ratio = median(ours) / median(floor)
    rivals = FLOOR_CHUNK if workload.short else FLOOR
    our_cpu, their_cpu = costs.cpus(name, OURS), costs.cpus(name, rivals)
    cpu = median(our_cpu) / median(their_cpu) if their_cpu else float("nan")
    row = Row(
        name,
        title,
        _shown(ratio),
        at_most,
        ratio <= workload.target,
        _spread(ours, floor),
        _shown(cpu),
    )
    if not workload.short:
        return [row]
    burnt = Row(
        name,
        "its total CPU, to a floor with chunk times",
        _shown(cpu),
        f"{MOST_CPU:.2f}",
        cpu <= MOST_CPU,
        _spread(our_cpu, their_cpu),
    )
    return [row, _chunk_row(costs, workload), burnt]


def _chunk_row(costs: Costs, workload: Workload) -> Row:
    target = f"{MOST_CHUNK_US:.0f} us"
    title = "its cost of one more chunk"
    short = costs.walls(workload.short, OURS)
    if not short:
        return Row(workload.name, title, "not measured", target)
    each = [
        (long - less) / (workload.chunks - SHORT) * costs.unit_us
        for long, less in zip(costs.walls(workload.name, OURS), short, strict=False)
    ]
    spread = f"{min(each):.2f} to {max(each):.2f}" if len(each) > 1 else ""
    cost = median(each)
    return Row(workload.name, title, f"{cost:.2f} us", target, cost < MOST_CHUNK_US, spread)


def noise_row(costs: Costs, workload: Workload) -> Row | None:
    """Return what a client that nobody watches seems to cost."""
    plain, floor = costs.walls(workload.name, PLAIN), costs.walls(workload.name, FLOOR)
    if not plain or not floor:
        return None
    value = f"{median(plain) / median(floor):+.2f}"
    return Row(workload.name, "noise", value, spread=_spread(plain, floor, "+.2f"))


def _shown(ratio: float) -> str:
    return f"{round(ratio, 2) + 0.0:.2f}"  # no minus before a zero


def _spread(ours: list[float], floor: list[float], shape: str = ".2f") -> str:
    ratios = [one / other for one, other in zip(ours, floor, strict=False)]
    return f"{min(ratios):{shape}} to {max(ratios):{shape}}" if len(ratios) > 1 else ""


def start_rows(start: Start) -> list[Row]:
    """Return the rows of the start."""
    title = "our instrumentors, after the SDK's three signals"
    added, imported = start.added_ms, start.imported
    return [
        Row(
            "start",
            title,
            f"+{added:.0f} ms",
            f"{MOST_START_MS:.0f} ms",
            added <= MOST_START_MS,
            f"SDK: {start.sdk_ms:.0f} ms",
        ),
        Row(
            "start", "LLM SDKs imported by it", ", ".join(imported) or "none", "none", not imported
        ),
    ]


def memory_row(growth: Growth) -> Row:
    """Return the row of the memory."""
    title = f"growth over {growth.calls:,} calls, {growth.streams:,} abandoned streams"
    value = f"{growth.resident / 1024**2:+.1f} MiB, {growth.blocks:+,d} objects"
    return Row("memory", title, value, "none", growth.is_none)
