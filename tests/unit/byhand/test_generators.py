from __future__ import annotations

import asyncio
import contextlib
import gc
import sys
import weakref
from collections.abc import AsyncGenerator, Callable, Generator
from typing import Any

import pytest
from opentelemetry import context as otel

import agentel
from support.telemetry import Telemetry
from support.trees import trees_as_text

ROOT = otel.Context()


class Thing:
    """Something that can be referred to weakly."""


def talk(log: list[object]) -> Generator[object, object, str]:
    """Say what it hears, and survive a ValueError."""
    heard: object = "first"
    try:
        for _ in range(4):
            try:
                heard = yield heard
            except ValueError as error:
                heard = f"caught {error}"
    finally:
        log.append("closed")
    return "over"


async def async_talk(log: list[object]) -> AsyncGenerator[object, object]:
    """The same, with nothing to return."""
    heard: object = "first"
    try:
        for _ in range(4):
            await asyncio.sleep(0)
            try:
                heard = yield heard
            except ValueError as error:
                heard = f"caught {error}"
    finally:
        await asyncio.sleep(0)
        log.append("closed")


STEPS: dict[str, list[tuple[str, object]]] = {
    "read": [("send", None)] * 6,
    "sent": [("send", None), ("send", 1), ("send", 2), ("send", 3), ("send", 4), ("send", 5)],
    "sent too early": [("send", 1), ("send", None)],
    "thrown and caught": [("send", None), ("throw", ValueError("a")), ("send", None)],
    "thrown and not caught": [("send", None), ("throw", KeyError("a")), ("send", None)],
    "thrown before it began": [("throw", KeyError("a")), ("send", None)],
    "thrown the end": [("send", None), ("throw", StopIteration()), ("send", None)],
    "thrown the async end": [("send", None), ("throw", StopAsyncIteration()), ("send", None)],
    "closed": [("send", None), ("close", None), ("send", None), ("close", None)],
    "closed before it began": [("close", None), ("send", None)],
    "thrown an exit": [("send", None), ("throw", GeneratorExit()), ("send", None)],
}
OUTCOMES = {
    "read": "completed",
    "sent": "completed",
    "sent too early": "abandoned",
    "thrown and caught": "abandoned",
    "thrown and not caught": "error",
    "thrown before it began": None,
    "thrown the end": "error",
    "thrown the async end": "error",
    "closed": "abandoned",
    "closed before it began": None,
    "thrown an exit": "abandoned",
}


def drive(make: Callable[[list[object]], Any], steps: list[tuple[str, object]]) -> list[object]:
    log: list[object] = []
    generator = make(log)
    for action, value in steps:
        try:
            given = (value,) if action != "close" else ()
            log.append(getattr(generator, action)(*given))
        except BaseException as error:
            log.append((type(error), str(error), repr(error.__context__), repr(error.__cause__)))
    del generator
    return log


def drive_async(
    make: Callable[[list[object]], Any], steps: list[tuple[str, object]]
) -> list[object]:
    async def main() -> list[object]:
        log: list[object] = []
        generator = make(log)
        for action, value in steps:
            try:
                given = (value,) if action != "close" else ()
                log.append(await getattr(generator, f"a{action}")(*given))
            except BaseException as error:
                log.append(
                    (type(error), str(error), repr(error.__context__), repr(error.__cause__))
                )
        await generator.aclose()
        return log

    return asyncio.run(main())


@pytest.mark.parametrize("name", STEPS)
def test_a_decorated_generator_does_what_it_did(telemetry: Telemetry, name: str) -> None:
    assert drive(agentel.task("t")(talk), STEPS[name]) == drive(talk, STEPS[name])
    outcome = OUTCOMES[name]
    expected = "" if outcome is None else f"task t [{outcome}]"
    assert trees_as_text(telemetry.spans(0 if outcome is None else 1)) == expected


@pytest.mark.parametrize("name", STEPS)
def test_a_decorated_async_generator_does_what_it_did(telemetry: Telemetry, name: str) -> None:
    mine, theirs = agentel.task("t")(async_talk), async_talk
    assert drive_async(mine, STEPS[name]) == drive_async(theirs, STEPS[name])
    outcome = OUTCOMES[name]
    expected = "" if outcome is None else f"task t [{outcome}]"
    assert trees_as_text(telemetry.spans(0 if outcome is None else 1)) == expected


def test_nothing_is_opened_before_the_first_advance(telemetry: Telemetry) -> None:
    with agentel.agent("maker"):
        generator = agentel.task("t")(talk)([])
    with agentel.agent("reader"):
        assert list(generator) == ["first", None, None, None]
    assert (
        trees_as_text(telemetry.spans(3))
        == """\
invoke_agent maker [completed]
invoke_agent reader [completed]
  task t [completed]"""
    )


def test_the_result_of_a_generator_is_kept(telemetry: Telemetry) -> None:
    def outer() -> Generator[object, object, None]:
        results.append((yield from agentel.task("t")(talk)([])))

    results: list[object] = []
    assert len(list(outer())) == 4
    assert results == ["over"]


@agentel.task("walk")
def walk() -> Generator[str, None, None]:
    for name in ("a", "b"):
        with agentel.tool(name):
            yield agentel.current().span_id
    with agentel.tool("c"):
        pass


@agentel.task("walk")
async def async_walk() -> AsyncGenerator[str, None]:
    for name in ("a", "b"):
        async with agentel.tool(name):
            yield agentel.current().span_id
    with agentel.tool("c"):
        pass


WALKED = """\
invoke_agent reader [completed]
  task walk [completed]
    execute_tool a [completed]
    execute_tool b [completed]
    execute_tool c [completed]
  execute_tool between [completed]
  execute_tool between [completed]"""


def test_a_generator_is_current_while_it_runs_and_not_between(telemetry: Telemetry) -> None:
    with agentel.agent("reader") as reader:
        for inside in walk():
            assert agentel.current().span_id == reader.span_id != inside
            with agentel.tool("between"):
                pass
    assert trees_as_text(telemetry.spans(7)) == WALKED


def test_an_async_generator_is_current_while_it_runs_and_not_between(
    telemetry: Telemetry,
) -> None:
    async def main() -> None:
        with agentel.agent("reader") as reader:
            async for inside in async_walk():
                assert agentel.current().span_id == reader.span_id != inside
                with agentel.tool("between"):
                    pass

    asyncio.run(main())
    assert trees_as_text(telemetry.spans(7)) == WALKED


def test_a_generator_broken_early_is_abandoned(telemetry: Telemetry) -> None:
    for _ in walk():
        break
    assert otel.get_current() == ROOT
    assert (
        trees_as_text(telemetry.spans(2)) == "task walk [abandoned]\n  execute_tool a [abandoned]"
    )


def test_a_generator_in_a_cycle_is_abandoned_by_the_collector(telemetry: Telemetry) -> None:
    thing: Any = Thing()
    thing.generator = walk()
    thing.itself = thing
    next(thing.generator)
    known = weakref.ref(thing)
    del thing
    gc.collect()
    assert known() is None
    assert trees_as_text(telemetry.spans(2)).startswith("task walk [abandoned]")


def test_an_async_generator_that_is_dropped_is_finalised_by_its_loop(
    telemetry: Telemetry,
) -> None:
    hooked: list[object] = []

    async def main() -> None:
        hooks = sys.get_asyncgen_hooks()

        def notice(generator: Any) -> None:
            hooked.append(generator.__name__)
            hooks.firstiter(generator)

        sys.set_asyncgen_hooks(firstiter=notice)
        async for _ in async_walk():
            break
        assert sys.get_asyncgen_hooks().finalizer == hooks.finalizer
        for _ in range(5):
            await asyncio.sleep(0)

    asyncio.run(main())
    assert hooked == ["async_walk"]
    assert trees_as_text(telemetry.spans(2)).startswith("task walk [abandoned]")


def test_an_async_generator_left_to_the_end_of_its_loop_is_closed_once(
    telemetry: Telemetry, caplog: pytest.LogCaptureFixture
) -> None:
    kept: list[object] = []

    async def main() -> None:
        generator = async_walk()
        kept.append(generator)
        await anext(generator)

    asyncio.run(main())
    assert caplog.text == ""
    assert trees_as_text(telemetry.spans(2)).startswith("task walk [abandoned]")


def test_an_async_generator_can_be_closed_by_another_task(
    telemetry: Telemetry, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        generator = async_walk()
        await asyncio.create_task(anext(generator))
        await asyncio.create_task(generator.aclose())
        assert otel.get_current() == ROOT

    asyncio.run(main())
    assert caplog.text == ""
    assert (
        trees_as_text(telemetry.spans(2)) == "task walk [abandoned]\n  execute_tool a [abandoned]"
    )


def test_a_generator_can_move_between_tasks(telemetry: Telemetry) -> None:
    async def main() -> None:
        generator = async_walk()
        seen = [await asyncio.create_task(anext(generator)) for _ in range(2)]
        assert len(set(seen)) == 2
        with pytest.raises(StopAsyncIteration):
            await asyncio.create_task(anext(generator))

    asyncio.run(main())
    assert (
        trees_as_text(telemetry.spans(4))
        == """\
task walk [completed]
  execute_tool a [completed]
  execute_tool b [completed]
  execute_tool c [completed]"""
    )


def test_a_cancelled_reader_cancels_what_it_waits_for(telemetry: Telemetry) -> None:
    @agentel.task("stuck")
    async def stuck(started: asyncio.Event) -> AsyncGenerator[int, None]:
        started.set()
        await asyncio.Event().wait()
        yield 1

    async def main() -> None:
        started = asyncio.Event()
        reader = asyncio.ensure_future(anext(stuck(started)))
        await started.wait()
        reader.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reader

    asyncio.run(main())
    assert trees_as_text(telemetry.spans(1)) == "task stuck [cancelled]"


def test_items_and_generators_are_kept_alive_by_nobody(telemetry: Telemetry) -> None:
    @agentel.task("t")
    def things() -> Generator[Thing, None, None]:
        while True:
            yield Thing()

    generator = things()
    item = weakref.ref(next(generator))
    assert item() is None
    known = weakref.ref(generator)
    del generator
    assert known() is None


def test_an_async_context_manager_made_of_a_decorated_generator(telemetry: Telemetry) -> None:
    @contextlib.asynccontextmanager
    @agentel.task("open")
    async def opened() -> AsyncGenerator[str, None]:
        yield "resource"

    async def main() -> None:
        with pytest.raises(KeyError):
            async with opened():
                raise KeyError("body")
        async with opened() as resource:
            assert resource == "resource"

    asyncio.run(main())
    assert trees_as_text(telemetry.spans(2)) == "task open [error]\ntask open [completed]"


def test_switched_off_generators_still_do_what_they_did() -> None:
    assert drive(agentel.task("t")(talk), STEPS["sent"]) == drive(talk, STEPS["sent"])
    mine, theirs = agentel.task("t")(async_talk), async_talk
    assert drive_async(mine, STEPS["sent"]) == drive_async(theirs, STEPS["sent"])
