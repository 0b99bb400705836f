"""Rows made of known costs."""

from __future__ import annotations

import pytest
from bench.memory import Growth
from bench.ratios import Costs, memory_row, noise_row, start_rows, workload_rows
from bench.startup import Start
from bench.subjects import FLOOR, FLOOR_CHUNK, OURS, PLAIN
from bench.timing import Cost
from bench.workloads import WORKLOADS


def costs(**walls: list[float]) -> Costs:
    """Return costs of W1 whose CPU time is twice the wall time."""
    found = Costs()
    for subject, figures in walls.items():
        found.found["W1", subject] = [Cost(wall, 2 * wall, 100.0) for wall in figures]
    return found


@pytest.mark.parametrize(
    ("ours", "value", "is_met"), [([0.5, 0.6, 0.7], "0.60", True), ([0.8, 0.9, 1.0], "0.90", False)]
)
def test_ratio_is_of_the_medians(ours: list[float], value: str, is_met: bool) -> None:
    (row,) = workload_rows(costs(ours=ours, floor=[1.0, 1.0, 1.0]), WORKLOADS["W1"])

    assert (row.value, row.is_met) == (value, is_met)
    assert row.spread == f"{ours[0]:.2f} to {ours[2]:.2f}"


def test_missing_subject_is_said_and_not_guessed() -> None:
    found = costs(floor=[1.0])
    found.missing["W1", OURS] = "no span"

    (row,) = workload_rows(found, WORKLOADS["W1"])

    assert (row.value, row.is_met) == ("not measured", None)


def test_noise_is_what_a_plain_client_seems_to_cost() -> None:
    row = noise_row(costs(plain=[-0.02], floor=[1.0]), WORKLOADS["W1"])

    assert row is not None
    assert row.value == "-0.02"


def test_stream_has_rows_for_a_chunk_and_for_cpu_time() -> None:
    found = Costs()
    found.found["W3", FLOOR] = [Cost(4.0, 4.0, 100.0)]
    found.found["W3", FLOOR_CHUNK] = [Cost(40.0, 50.0, 100.0)]
    found.found["W3", OURS] = [Cost(3.72, 25.0, 100.0)]
    found.found["W3s", OURS] = [Cost(1.0, 1.0, 100.0)]

    wall, chunk, cpu = workload_rows(found, WORKLOADS["W3"])

    assert (wall.value, wall.is_met) == ("0.93", False)
    assert (chunk.value, chunk.is_met) == ("1.51 us", False)
    assert (cpu.value, cpu.is_met) == ("0.50", True)


def test_plain_subject_is_no_rival() -> None:
    (row,) = workload_rows(costs(plain=[1.0], ours=[1.0]), WORKLOADS["W1"])

    assert row.value == "not measured"
    assert PLAIN != FLOOR


def test_start_must_be_quick_and_import_no_sdk() -> None:
    added, imported = start_rows(Start(added_ms=31.0, sdk_ms=80.0, imported=["openai"]))

    assert (added.value, added.is_met) == ("+31 ms", False)
    assert (imported.value, imported.is_met) == ("openai", False)


@pytest.mark.parametrize(
    ("resident", "blocks", "is_met"),
    [(0, 100, True), (0, 100_000, False), (8 * 1024**2, 0, False)],
    ids=["none", "an object a call", "bytes alone"],
)
def test_growth_is_judged_by_objects_and_by_bytes(resident: int, blocks: int, is_met: bool) -> None:
    row = memory_row(Growth(100_000, 10_000, resident, blocks))

    assert row.is_met is is_met
