from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Iterator

import pytest
from opentelemetry import context as otel

import agentel
from support.telemetry import Telemetry
from support.trees import trees_as_text

shared = agentel.agent("shared")


def test_one_object_can_be_inside_itself(telemetry: Telemetry) -> None:
    def down(depth: int) -> None:
        with shared as here:
            here.set(depth=depth)
            if depth < 3:
                down(depth + 1)

    down(1)
    with shared, shared:
        pass
    assert (
        trees_as_text(telemetry.spans(5), "depth")
        == """\
invoke_agent shared [completed] depth=1
  invoke_agent shared [completed] depth=2
    invoke_agent shared [completed] depth=3
invoke_agent shared [completed]
  invoke_agent shared [completed]"""
    )


def test_one_object_can_be_entered_by_many_threads(telemetry: Telemetry) -> None:
    inside = threading.Barrier(8)

    def work(number: int) -> None:
        with shared as here:
            here.set(number=number)
            inside.wait()
            with agentel.tool(f"t{number}"):
                inside.wait()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lines = trees_as_text(telemetry.spans(16), "number").splitlines()
    pairs = sorted(zip(lines[::2], lines[1::2], strict=True))
    assert pairs == [
        (f"invoke_agent shared [completed] number={n}", f"  execute_tool t{n} [completed]")
        for n in range(8)
    ]


def test_one_object_can_be_entered_by_many_tasks(telemetry: Telemetry) -> None:
    async def work(number: int) -> None:
        async with shared as here:
            here.set(number=number)
            await asyncio.sleep(0)
            async with agentel.tool(f"t{number}"):
                await asyncio.sleep(0)

    async def main() -> None:
        await asyncio.gather(*(work(number) for number in range(4)))

    asyncio.run(main())
    assert (
        trees_as_text(telemetry.spans(8), "number")
        == """\
invoke_agent shared [completed] number=0
  execute_tool t0 [completed]
invoke_agent shared [completed] number=1
  execute_tool t1 [completed]
invoke_agent shared [completed] number=2
  execute_tool t2 [completed]
invoke_agent shared [completed] number=3
  execute_tool t3 [completed]"""
    )


def block_round_a_yield(name: str) -> Iterator[str]:
    with shared as here:
        here.set(name=name)
        yield name


async def async_block_round_a_yield(name: str) -> AsyncIterator[str]:
    async with shared as here:
        here.set(name=name)
        yield name


def test_blocks_round_yields_that_overlap_end_their_own_spans(telemetry: Telemetry) -> None:
    before = otel.get_current()
    first, second = block_round_a_yield("first"), block_round_a_yield("second")
    next(first)
    next(second)
    assert list(first) == []
    with pytest.raises(KeyError):
        second.throw(KeyError("late"))  # type: ignore[attr-defined]
    otel.attach(before)  # a block round a yield leaves its context with its reader
    assert sorted(trees_as_text([span], "name") for span in telemetry.spans(2)) == [
        "invoke_agent shared [completed] name=first",
        "invoke_agent shared [error] name=second",
    ]


def test_a_block_round_a_yield_detaches_silently_in_another_task(
    telemetry: Telemetry, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        generator = async_block_round_a_yield("moved")
        await asyncio.create_task(anext(generator))
        with agentel.agent("closer") as closer:
            await asyncio.create_task(generator.aclose())
            assert agentel.current().span_id == closer.span_id

    asyncio.run(main())
    assert caplog.text == ""
    assert (
        trees_as_text(telemetry.spans(2))
        == "invoke_agent shared [abandoned]\ninvoke_agent closer [completed]"
    )


def test_a_block_round_a_yield_detaches_silently_in_another_thread(telemetry: Telemetry) -> None:
    generator = block_round_a_yield("moved")
    opener = threading.Thread(target=next, args=(generator,))
    opener.start()
    opener.join()
    assert list(generator) == []
    assert agentel.current().span_id == ""
    assert trees_as_text(telemetry.spans(1)) == "invoke_agent shared [completed]"


def test_a_broken_loop_over_a_block_abandons_it(telemetry: Telemetry) -> None:
    before = otel.get_current()
    for _ in block_round_a_yield("broken"):
        break
    otel.attach(before)
    assert trees_as_text(telemetry.spans(1)) == "invoke_agent shared [abandoned]"


def test_exit_stacks_end_what_they_opened(telemetry: Telemetry) -> None:
    async def main() -> None:
        async with contextlib.AsyncExitStack() as stack:
            for _ in range(2):
                await stack.enter_async_context(shared)

    with contextlib.ExitStack() as stack:
        for _ in range(2):
            stack.enter_context(shared)
        stack.enter_context(agentel.session(user="u"))
        stack.enter_context(agentel.tool("t"))
    asyncio.run(main())
    assert (
        trees_as_text(telemetry.spans(5), "user.id")
        == """\
invoke_agent shared [completed]
  invoke_agent shared [completed]
    execute_tool t [completed] user.id=u
invoke_agent shared [completed]
  invoke_agent shared [completed]"""
    )


def test_the_exception_of_a_block_is_the_hosts(telemetry: Telemetry) -> None:
    failure = ValueError("mine")
    with pytest.raises(ValueError, match="mine") as caught, shared:
        raise failure
    assert caught.value is failure
    assert (failure.__cause__, failure.__context__) == (None, None)
    assert trees_as_text(telemetry.spans(1)) == "invoke_agent shared [error]"


def test_silence_covers_work_events_and_threads_of_control(telemetry: Telemetry) -> None:
    @agentel.suppress()
    def quiet() -> str:
        with shared as here:
            agentel.event("mine")
            return here.span_id

    async def main() -> None:
        async with agentel.suppress(), shared:
            agentel.decision(["a"], "a")

    assert quiet() == ""
    asyncio.run(main())
    with shared:
        pass
    assert trees_as_text(telemetry.spans(1)) == "invoke_agent shared [completed]"
    assert [record.event_name for record in telemetry.records()] == ["agentel.started"]


def test_the_standard_switch_of_other_instrumentations_is_honoured(telemetry: Telemetry) -> None:
    from opentelemetry.instrumentation.utils import suppress_instrumentation

    with suppress_instrumentation(), shared:
        pass
    assert telemetry.spans(0) == []
