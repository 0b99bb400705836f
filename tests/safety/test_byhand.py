from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

import agentel
from agentel.clients.openai import LIBRARY
from agentel.telemetry.hand import source
from safety.faults import FAULTS, Bench, Fault, Raising, new_fault
from support.telemetry import Telemetry

OF_TELEMETRY = ("tracer", "span-", "histogram", "meter", "logger")
CASES = [
    pytest.param(fault, id=fault.name) for fault in FAULTS if fault.name.startswith(OF_TELEMETRY)
]
DURATIONS = {
    "gen_ai.client.operation.duration": 2,
    "gen_ai.execute_tool.duration": 4,
    "gen_ai.invoke_agent.duration": 1,
    "gen_ai.invoke_workflow.duration": 1,
}
"""How many works of each kind the program marks; there is no metric of its one task."""


@agentel.tool
def double(number: int) -> int:
    return 2 * number


@agentel.tool
async def double_later(number: int) -> int:
    return 2 * number


@agentel.tool
def numbers(count: int) -> Iterator[int]:
    yield from range(count)


@agentel.tool
async def numbers_later(count: int) -> AsyncIterator[int]:
    for number in range(count):
        yield number


@agentel.agent("a")
async def program() -> list[object]:
    with agentel.workflow("w"), agentel.task("t") as task:
        task.set({"app.step": 1})
        found: list[object] = [double(1), await double_later(2), *numbers(2)]
        found += [number async for number in numbers_later(2)]
    with agentel.inference("m", provider="p") as call:
        call.usage(input_tokens=5, output_tokens=7)
    try:
        with agentel.inference("m", provider="p"):
            raise LookupError("not found")
    except LookupError as error:
        found.append(str(error))
    return found


@pytest.mark.parametrize("fault", CASES)
def test_work_is_counted_and_done_whatever_fails_in_telemetry(
    fault: Fault, caplog: pytest.LogCaptureFixture
) -> None:
    telemetry = Telemetry()
    bench = Bench(LIBRARY, telemetry.providers, Raising(new_fault()))
    fault.install(bench)
    source.use(settings=bench.settings, **bench.providers)
    try:
        found = asyncio.run(program())
    finally:
        source.use()
    points = telemetry.points()
    spans = telemetry.spans(9 if fault.spans else 0)
    telemetry.shut_down()
    told = {
        name: sum(count for _, count, _ in points.get(name, ()))
        for name in DURATIONS
        if name in points
    }
    assert found == [2, 4, 0, 1, 0, 1, "not found"]
    assert (len(spans), told) == (9 if fault.spans else 0, DURATIONS if fault.metrics else {})
    assert [r for r in caplog.records if r.name.startswith("agentel")]
