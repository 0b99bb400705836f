from __future__ import annotations

import asyncio
import functools
import inspect
import pickle
import traceback
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest

import agentel
from agentel.core import gate
from agentel.core.safety import reraise_in_tests
from agentel.telemetry import hand, tools
from support.telemetry import Telemetry
from support.trees import trees_as_text

ANSWERS = (
    inspect.isfunction,
    inspect.ismethod,
    inspect.isroutine,
    inspect.isclass,
    inspect.isbuiltin,
    inspect.iscoroutinefunction,
    inspect.isgeneratorfunction,
    inspect.isasyncgenfunction,
    callable,
)


class Worker:
    """Works."""

    def method(self, item: str, *, times: int = 1) -> str:
        return item * times

    def __call__(self, item: str) -> str:
        return item

    @agentel.tool
    def plain(self, item: str) -> str:
        return f"plain {item}"

    @agentel.tool
    @classmethod
    def above_class(cls, item: str) -> str:
        return f"{cls.__name__} {item}"

    @classmethod
    @agentel.tool
    def below_class(cls, item: str) -> str:
        return f"{cls.__name__} {item}"

    @agentel.tool
    @staticmethod
    def above_static(item: str) -> str:
        return f"static {item}"

    @staticmethod
    @agentel.tool
    def below_static(item: str) -> str:
        return f"static {item}"

    @agentel.tool
    async def slow(self, item: str) -> str:
        return f"slow {item}"


def function(item: str, *, times: int = 1) -> str:
    """Repeat an item."""
    return item * times


async def coroutine(item: str, *, times: int = 1) -> str:
    """Repeat an item later."""
    return item * times


def generator(item: str, *, times: int = 1) -> Iterator[str]:
    """Repeat an item one by one."""
    for _ in range(times):
        yield item


async def async_generator(item: str, *, times: int = 1) -> AsyncIterator[str]:
    """Repeat an item one by one, later."""
    for _ in range(times):
        yield item


SUBJECTS: dict[str, Callable[..., Any]] = {
    "function": function,
    "coroutine": coroutine,
    "generator": generator,
    "async generator": async_generator,
    "method": Worker().method,
    "partial": functools.partial(function, times=2),
    "partial generator": functools.partial(generator, times=2),
    "partial coroutine": functools.partial(coroutine, times=2),
    "object": Worker(),
    "builtin": len,
}


@pytest.mark.parametrize("kind", SUBJECTS)
def test_every_question_about_a_function_has_the_same_answer(kind: str) -> None:
    before = SUBJECTS[kind]
    after = agentel.tool("t")(before)
    assert {ask.__name__: ask(after) for ask in ANSWERS} == {
        ask.__name__: ask(before) for ask in ANSWERS
    }
    assert inspect.signature(after) == inspect.signature(before)
    assert after.__doc__ == before.__doc__
    assert getattr(after, "__name__", None) == getattr(before, "__name__", None)
    assert getattr(after, "__qualname__", None) == getattr(before, "__qualname__", None)
    assert after.__wrapped__ is before or after.__wrapped__ == before
    assert isinstance(after, type(before))


decorated = agentel.agent("a")(function)
decorated.__name__ = decorated.__qualname__ = "decorated"
both = agentel.task(agentel.agent(function))


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_decorated_function_is_pickled_by_reference(protocol: int) -> None:
    assert pickle.loads(pickle.dumps(decorated, protocol)) is decorated


def test_a_watched_object_is_pickled_as_what_it_stands_for() -> None:
    copy = pickle.loads(pickle.dumps(agentel.tool(Worker())))
    assert type(copy) is Worker


def test_methods_of_every_kind_are_tools_without_their_owner(telemetry: Telemetry) -> None:
    worker = Worker()
    results = [
        worker.plain("x"),
        Worker.plain(worker, "x"),
        Worker.above_class("x"),
        worker.below_class("x"),
        Worker.above_static("x"),
        worker.below_static("x"),
        asyncio.run(worker.slow("x")),
    ]
    assert results == [
        "plain x",
        "plain x",
        "Worker x",
        "Worker x",
        "static x",
        "static x",
        "slow x",
    ]
    size = len('{"item":"x"}')
    assert [
        (span.name, (span.attributes or {})["agentel.tool.arguments.size"])
        for span in telemetry.spans(7)
    ] == [
        ("execute_tool plain", size),
        ("execute_tool plain", size),
        ("execute_tool above_class", size),
        ("execute_tool below_class", size),
        ("execute_tool above_static", size),
        ("execute_tool below_static", size),
        ("execute_tool slow", size),
    ]


@pytest.mark.parametrize("kind", ["method", "partial", "object", "builtin"])
def test_callables_that_are_no_functions_are_recorded(telemetry: Telemetry, kind: str) -> None:
    subject = SUBJECTS[kind]
    assert agentel.tool("t")(subject)("ab") == subject("ab")
    assert trees_as_text(telemetry.spans(1)) == "execute_tool t [completed]"


def test_partials_of_generators_and_coroutines_are_followed(telemetry: Telemetry) -> None:
    assert list(agentel.task("g")(SUBJECTS["partial generator"])("a")) == ["a", "a"]
    assert asyncio.run(agentel.task("c")(SUBJECTS["partial coroutine"])("a")) == "aa"
    assert trees_as_text(telemetry.spans(2)) == "task g [completed]\ntask c [completed]"


def test_a_coroutine_from_a_plain_function_is_recorded_until_it_ends(telemetry: Telemetry) -> None:
    @agentel.tool
    def outer(item: str) -> Any:
        return inner(item)

    @agentel.tool
    async def inner(item: str) -> str:
        await asyncio.sleep(0)
        return item

    assert asyncio.run(outer("x")) == "x"
    assert (
        trees_as_text(telemetry.spans(2))
        == "execute_tool outer [completed]\n  execute_tool inner [completed]"
    )


def test_decorators_stack(telemetry: Telemetry) -> None:
    assert both("x") == "x"
    assert (
        trees_as_text(telemetry.spans(2))
        == "task function [completed]\n  invoke_agent function [completed]"
    )


def test_the_host_sees_its_own_exception_and_one_frame_more(telemetry: Telemetry) -> None:
    failure = ValueError("no")

    @agentel.tool
    def fail() -> None:
        raise failure

    with pytest.raises(ValueError, match="no") as caught:
        fail()
    assert caught.value is failure
    assert (failure.__cause__, failure.__context__) == (None, None)
    assert [frame.name for frame in traceback.extract_tb(failure.__traceback__)][1:] == [
        "call",
        "fail",
    ]
    (span,) = telemetry.spans(1)
    assert span.status.description is None
    assert (span.attributes or {})["error.type"] == "ValueError"


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (KeyboardInterrupt(), "cancelled"),
        (SystemExit(3), "cancelled"),
        (asyncio.CancelledError(), "cancelled"),
        (TimeoutError(), "error"),
        (StopIteration(1), "error"),
    ],
)
def test_an_exception_tells_the_outcome(
    telemetry: Telemetry, error: BaseException, outcome: str
) -> None:
    @agentel.agent
    def work() -> None:
        raise error

    with pytest.raises(type(error)) as caught:
        work()
    assert caught.value is error
    assert trees_as_text(telemetry.spans(1)) == f"invoke_agent work [{outcome}]"


def test_a_cancelled_task_is_cancelled(telemetry: Telemetry) -> None:
    @agentel.agent
    async def forever(started: asyncio.Event) -> None:
        started.set()
        await asyncio.Event().wait()

    async def main() -> None:
        started = asyncio.Event()
        running = asyncio.create_task(forever(started))
        await started.wait()
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

    asyncio.run(main())
    assert trees_as_text(telemetry.spans(1)) == "invoke_agent forever [cancelled]"


def test_a_pending_coroutine_that_is_dropped_is_abandoned(telemetry: Telemetry) -> None:
    @agentel.agent
    async def forever() -> None:
        await asyncio.Future()

    loop = asyncio.new_event_loop()
    pending = forever()
    loop.call_soon(loop.stop)
    future = asyncio.ensure_future(pending, loop=loop)
    loop.run_forever()
    future._log_destroy_pending = False  # what this test does on purpose
    pending.close()
    loop.close()
    assert trees_as_text(telemetry.spans(1)) == "invoke_agent forever [abandoned]"


def test_concurrent_tasks_keep_their_own_parents(telemetry: Telemetry) -> None:
    @agentel.tool
    async def step(name: str) -> None:
        await asyncio.sleep(0)

    @agentel.agent
    async def parent() -> None:
        await asyncio.gather(child("one"), child("two"))

    async def child(name: str) -> None:
        with agentel.agent(name):
            await asyncio.gather(step(name), step(name))

    asyncio.run(parent())
    assert (
        trees_as_text(telemetry.spans(7), "gen_ai.agent.name")
        == """\
invoke_agent parent [completed] gen_ai.agent.name=parent
  invoke_agent one [completed] gen_ai.agent.name=one
    execute_tool step [completed] gen_ai.agent.name=one
    execute_tool step [completed] gen_ai.agent.name=one
  invoke_agent two [completed] gen_ai.agent.name=two
    execute_tool step [completed] gen_ai.agent.name=two
    execute_tool step [completed] gen_ai.agent.name=two"""
    )


def test_a_check_stops_the_work_and_is_seen(telemetry: Telemetry) -> None:
    def stop(operation: str, fields: object) -> None:
        raise PermissionError(operation)

    ran: list[str] = []
    remove = gate.install(stop)
    try:
        for work in (agentel.tool(ran.append), agentel.tool(ran.extend)):
            with pytest.raises(PermissionError, match="execute_tool"):
                work("x")
        with pytest.raises(PermissionError), agentel.agent("a"):
            ran.append("block")
    finally:
        remove()
    assert ran == []
    assert (
        trees_as_text(telemetry.spans(3))
        == """\
execute_tool append [error]
execute_tool extend [error]
invoke_agent a [error]"""
    )


def broken(*args: object, **kwargs: object) -> Any:
    raise RuntimeError("telemetry is broken")


@pytest.mark.parametrize(
    ("owner", "name"),
    [
        (hand.HandRecording, "begin"),
        (hand.HandRecording, "_open_span"),
        (hand.HandRecording, "_context_below"),
        (hand.HandRecording, "_count"),
        (hand.HandRecording, "_complete_fields"),
        (hand.HandRecording, "_write_span"),
        (hand.HandRecording, "_measure"),
        (hand.source.__class__, "pipeline"),
        (tools.ToolRecording, "__init__"),
        (tools.ToolRecording, "_complete"),
        (tools, "canonical"),
        (tools, "size_of"),
        (tools, "append"),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_the_host_never_notices_what_breaks(
    telemetry: Telemetry, monkeypatch: pytest.MonkeyPatch, owner: object, name: str
) -> None:
    reraise_in_tests(False)
    monkeypatch.setattr(owner, name, broken)

    @agentel.agent
    def run(fails: bool) -> int:
        with agentel.session(user="u"):
            return step(fails)

    @agentel.tool
    def step(fails: bool) -> int:
        if fails:
            raise KeyError("mine")
        agentel.current().result(success=True)
        return 3

    assert run(False) == 3
    assert both("x") == "x"
    with pytest.raises(KeyError, match="mine"):
        run(True)
