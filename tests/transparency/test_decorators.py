from __future__ import annotations

import asyncio
import copy
import functools
import gc
import inspect
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest

import agentel
from agentel.config import Settings
from agentel.telemetry import deferred
from agentel.telemetry.hand import source
from support.telemetry import Telemetry

Mark = Callable[[Any], Any]

MARKS: dict[str, Mark] = {
    "agent": agentel.agent,
    "workflow": agentel.workflow("w", phase="p"),
    "task": agentel.task(type="t", attempt=2),
    "tool": agentel.tool,
    "command": agentel.tool(kind="command"),
    "inference": agentel.inference("m", provider="p"),
    "embeddings": agentel.embeddings,
    "retrieval": agentel.retrieval("d"),
    "memory": agentel.memory("search"),
    "session": agentel.session(conversation="c", user="u"),
    "suppress": agentel.suppress(),
    "bind": agentel.bind,
    "several": lambda function: agentel.session(user="u")(agentel.agent(agentel.tool(function))),
}
POLICIES = {"plain": Settings(), "content": Settings(content="SPAN_AND_EVENT")}


class Shy:
    """Something that does not like to be looked at."""

    def __repr__(self) -> str:
        raise AssertionError("shown")

    def __iter__(self) -> Iterator[int]:
        raise AssertionError("iterated")

    def __len__(self) -> int:
        raise AssertionError("counted")

    def __bool__(self) -> bool:
        raise AssertionError("asked")

    def __eq__(self, other: object) -> bool:
        raise AssertionError("compared")

    __hash__ = None  # type: ignore[assignment]


def program(mark: Mark) -> list[object]:
    """A program that uses marked functions in many ways; what it saw."""
    seen: list[object] = []
    _calls(mark, seen)
    _generators(mark, seen)
    asyncio.run(_coroutines(mark, seen))
    gc.collect()
    return seen


def _attempt(seen: list[object], function: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
    try:
        seen.append(function(*args, **kwargs))
    except BaseException as error:
        seen.append((type(error), str(error), error.__cause__, error.__context__))


def _calls(mark: Mark, seen: list[object]) -> None:
    shy = Shy()

    @mark
    def give(item: Any, *more: Any, key: Any = None, **named: Any) -> Any:
        """Give everything back."""
        return item, more, key, named

    @mark
    def fail(error: BaseException) -> None:
        raise error

    @mark
    def chained() -> None:
        try:
            raise KeyError("first")
        except KeyError as error:
            raise ValueError("second") from error

    @mark
    def change(items: list[int]) -> list[int]:
        items.append(4)
        return items

    items = [1, 2, 3]
    result = give(shy, items, key=shy, x=shy)
    seen.append((result[0] is shy, result[1][0] is items, result[2] is shy, result[3]["x"] is shy))
    seen.append(change(items) is items)
    seen.append(copy.copy(items))
    for error in (ValueError("v"), KeyboardInterrupt(), SystemExit(2), StopIteration(1)):
        _attempt(seen, fail, error)
    try:
        chained()
    except ValueError as error:
        seen.append((repr(error.__cause__), repr(error.__context__), error.__suppress_context__))
    _attempt(seen, functools.partial(give, 1, key=2), 3)
    seen.append((give.__doc__, str(inspect.signature(give))))
    _recursion(mark, seen)


def _recursion(mark: Mark, seen: list[object]) -> None:
    @mark
    def down(depth: int) -> int:
        return 0 if depth == 0 else 1 + down(depth - 1)

    seen.append(down(20))


def _generators(mark: Mark, seen: list[object]) -> None:
    @mark
    def count(limit: int) -> Iterator[int]:
        try:
            for number in range(limit):
                got = yield number
                if got is not None:
                    seen.append(got)
        finally:
            seen.append("closed")
        return "done"  # type: ignore[return-value]

    seen.append(list(count(3)))
    for number in count(3):
        seen.append(number)
        break
    talk: Any = count(2)
    seen.append((next(talk), talk.send("hello")))
    _attempt(seen, talk.throw, KeyError("k"))
    stopped: Any = count(0)
    try:
        next(stopped)
    except StopIteration as stop:
        seen.append(stop.value)
    seen.append(inspect.isgenerator(stopped))


async def _coroutines(mark: Mark, seen: list[object]) -> None:
    @mark
    async def wait(item: Any) -> Any:
        await asyncio.sleep(0)
        return item

    @mark
    async def count(limit: int) -> AsyncIterator[int]:
        try:
            for number in range(limit):
                await asyncio.sleep(0)
                yield number
        finally:
            seen.append("closed")

    @mark
    async def forever() -> None:
        await asyncio.Event().wait()

    shy = Shy()
    seen.append((await wait(shy)) is shy)
    seen.append(await asyncio.gather(*(wait(number) for number in range(3))))
    seen.append([number async for number in count(3)])
    generator: Any = count(3)
    seen.append(await anext(generator))
    await generator.aclose()
    try:
        await asyncio.wait_for(forever(), 0)
    except asyncio.TimeoutError as error:
        seen.append(type(error))
    seen.append((inspect.iscoroutinefunction(wait), inspect.isasyncgenfunction(count)))


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("name", MARKS)
def test_a_marked_program_sees_what_an_unmarked_one_sees(
    name: str, policy: str, caplog: pytest.LogCaptureFixture
) -> None:
    expected = program(lambda function: function)
    telemetry = Telemetry()
    source.use(settings=POLICIES[policy], **telemetry.providers)
    try:
        assert program(MARKS[name]) == expected
    finally:
        source.use()
        deferred.drain()
        telemetry.shut_down()
    assert caplog.text == ""


@pytest.mark.parametrize("name", MARKS)
def test_a_marked_program_is_the_same_without_telemetry(name: str) -> None:
    source.use()
    assert program(MARKS[name]) == program(lambda function: function)
