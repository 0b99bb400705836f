from __future__ import annotations

import asyncio
import inspect
import multiprocessing
import os
import pickle
import threading
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from typing import Any

import pytest

import agentel
from agentel.core import hooks
from agentel.telemetry.arguments import run_key
from agentel.telemetry.propagation import child_environment
from support.telemetry import Telemetry
from support.trees import trees_as_text

INHERITED = (
    "gen_ai.agent.name",
    "agentel.agent.type",
    "agentel.phase",
    "agentel.task.id",
    "agentel.task.type",
    "agentel.task.attempt",
    "gen_ai.conversation.id",
    "user.id",
    "agentel.executor.name",
    "agentel.executor.variant",
)
SESSION = agentel.session(
    conversation="c",
    user="u",
    task="T",
    task_title="Title",
    attempt=2,
    executor="e",
    executor_variant="v",
)


def test_everything_that_is_inherited_reaches_the_lowest_span(telemetry: Telemetry) -> None:
    with SESSION, agentel.agent("a", type="t", phase="p"), agentel.inference("m"):
        pass
    assert dict((telemetry.spans(2)[1].attributes or {}).items()) == {
        "agentel.agent.type": "t",
        "agentel.executor.name": "e",
        "agentel.executor.variant": "v",
        "agentel.outcome": "completed",
        "agentel.phase": "p",
        "agentel.task.attempt": 2,
        "agentel.task.id": "T",
        "agentel.usage.source": "absent",
        "gen_ai.agent.name": "a",
        "gen_ai.conversation.id": "c",
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "m",
        "user.id": "u",
    }


def test_an_agent_inherits_nothing_that_describes_another_one(telemetry: Telemetry) -> None:
    with agentel.agent("outer", type="t", phase="p"), agentel.agent("inner"), agentel.tool("x"):
        pass
    assert (
        trees_as_text(telemetry.spans(3), *INHERITED)
        == """\
invoke_agent outer [completed] gen_ai.agent.name=outer agentel.agent.type=t agentel.phase=p
  invoke_agent inner [completed] gen_ai.agent.name=inner agentel.phase=p
    execute_tool x [completed] gen_ai.agent.name=inner agentel.phase=p"""
    )


def test_a_task_of_its_own_inherits_nothing_that_describes_another_one(
    telemetry: Telemetry,
) -> None:
    with agentel.task("outer", id="1", attempt=3):
        with agentel.task("part"), agentel.tool("x"):
            pass
        with agentel.task("other", id="2"), agentel.tool("x"):
            pass
    assert (
        trees_as_text(telemetry.spans(5), *INHERITED)
        == """\
task outer [completed] agentel.task.id=1 agentel.task.type=outer agentel.task.attempt=3
  task part [completed] agentel.task.id=1 agentel.task.type=part agentel.task.attempt=3
    execute_tool x [completed] agentel.task.id=1 agentel.task.type=part agentel.task.attempt=3
  task other [completed] agentel.task.id=2 agentel.task.type=other
    execute_tool x [completed] agentel.task.id=2 agentel.task.type=other"""
    )


def test_a_session_inside_another_one_adds_to_it(telemetry: Telemetry) -> None:
    outer, inner = agentel.session(conversation="c", user="u"), agentel.session(user="v", attempt=1)
    with outer, inner, agentel.tool("x"):
        pass
    assert (
        trees_as_text(telemetry.spans(1), *INHERITED)
        == "execute_tool x [completed] agentel.task.attempt=1 gen_ai.conversation.id=c user.id=v"
    )


def test_nothing_is_put_into_baggage(telemetry: Telemetry) -> None:
    from opentelemetry import baggage, propagate

    carrier: dict[str, str] = {}
    with SESSION, agentel.agent("a"):
        propagate.inject(carrier)
        assert baggage.get_all() == {}
    assert list(carrier) == ["traceparent"]


@agentel.session(user="decorated")
def in_session() -> str:
    with agentel.tool("x"):
        return agentel.current().span_id


def test_sessions_decorate_and_are_told(telemetry: Telemetry) -> None:
    started: list[object] = []
    ended: list[object] = []
    removals = [
        hooks.on_session_start(started.append),
        hooks.on_session_end(ended.append),
    ]
    in_session()
    with pytest.raises(KeyError), SESSION:
        raise KeyError
    for remove in removals:
        remove()
    in_session()
    every = {
        "conversation_id": "c",
        "user_id": "u",
        "task_id": "T",
        "task_title": "Title",
        "executor_name": "e",
        "executor_variant": "v",
        "task_attempt": 2,
    }
    assert started == [{"user_id": "decorated"}, every]
    assert ended == [
        {"user_id": "decorated", "outcome": "completed"},
        {**every, "outcome": "error"},
    ]
    records = telemetry.records()
    assert [(r.event_name, (r.attributes or {}).get("agentel.outcome")) for r in records] == [
        ("agentel.session.started", None),
        ("agentel.session.ended", "completed"),
        ("agentel.session.started", None),
        ("agentel.session.ended", "error"),
        ("agentel.session.started", None),
        ("agentel.session.ended", "completed"),
    ]
    assert (records[2].attributes or {})["agentel.task.title"] == "Title"


@agentel.tool
def leaf(item: int) -> int:
    return item


def test_bound_functions_take_the_context_to_threads_and_executors(telemetry: Telemetry) -> None:
    with SESSION, agentel.agent("a"):
        with ThreadPoolExecutor(2) as pool:
            assert list(pool.map(agentel.bind(leaf), range(3))) == [0, 1, 2]
        thread = threading.Thread(target=agentel.bind(leaf), args=(3,))
        thread.start()
        thread.join()
    leaf(4)
    assert (
        trees_as_text(telemetry.spans(6), "gen_ai.agent.name", "user.id")
        == """\
invoke_agent a [completed] gen_ai.agent.name=a user.id=u
  execute_tool leaf [completed] gen_ai.agent.name=a user.id=u
  execute_tool leaf [completed] gen_ai.agent.name=a user.id=u
  execute_tool leaf [completed] gen_ai.agent.name=a user.id=u
  execute_tool leaf [completed] gen_ai.agent.name=a user.id=u
execute_tool leaf [completed]"""
    )


def test_bound_coroutines_and_generators_run_where_they_were_bound(telemetry: Telemetry) -> None:
    async def slow(item: int) -> int:
        await asyncio.sleep(0)
        return leaf(item)

    def each(items: list[int]) -> Any:
        for item in items:
            yield leaf(item)

    with agentel.agent("a"):
        bound_slow, bound_each = agentel.bind(slow), agentel.bind(each)
    assert inspect.iscoroutinefunction(bound_slow)
    assert asyncio.run(bound_slow(1)) == 1
    assert list(bound_each([2])) == [2]
    assert (
        trees_as_text(telemetry.spans(3))
        == """\
invoke_agent a [completed]
  execute_tool leaf [completed]
  execute_tool leaf [completed]"""
    )


def report_inside(item: int) -> tuple[Any, ...]:
    """What a child process would tell about its recordings."""
    from agentel.telemetry import context, propagation

    current = context.current_context()
    carrier = propagation.carrier_of(current)
    return item, carrier["TRACEPARENT"], context.ambient_of(current).fields, run_key.hand_over()


@pytest.mark.process
@pytest.mark.parametrize("method", ["spawn", "fork"])
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_bound_functions_take_the_context_to_process_pools(
    telemetry: Telemetry, method: str
) -> None:
    context = multiprocessing.get_context(method)
    with SESSION, agentel.agent("a") as here:
        expected = f"00-{here.trace_id}-{here.span_id}-"
        with ProcessPoolExecutor(1, mp_context=context) as pool:
            item, parent, fields, key = pool.submit(agentel.bind(report_inside), 7).result()
    assert (item, parent[:-2], key) == (7, expected, run_key.hand_over())
    assert (fields["user_id"], fields["agent_name"], fields["task_attempt"]) == ("u", "a", 2)


def test_a_pickled_bound_function_parents_recordings(telemetry: Telemetry) -> None:
    with SESSION, agentel.agent("a"):
        pickled = pickle.dumps(agentel.bind(leaf))
    assert pickle.loads(pickled)(3) == 3
    assert (
        trees_as_text(telemetry.spans(2), "user.id", "gen_ai.agent.name")
        == """\
invoke_agent a [completed] user.id=u gen_ai.agent.name=a
  execute_tool leaf [completed] user.id=u gen_ai.agent.name=a"""
    )


def test_a_child_environment_is_a_copy_that_names_the_parent(
    telemetry: Telemetry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTHER", "kept")
    before = dict(os.environ)
    with SESSION, agentel.agent("a") as here:
        made = child_environment()
        given = child_environment({"ONLY": "this", "TRACEPARENT": "stale"})
    assert dict(os.environ) == before
    assert made["OTHER"] == "kept"
    assert given.pop("TRACEPARENT").startswith(f"00-{here.trace_id}-{here.span_id}-0")
    assert given == {
        "ONLY": "this",
        "AGENTEL_CONTEXT": '{"key":"0123456789abcdef0123456789abcdef","conversation_id":"c",'
        '"user_id":"u","task_id":"T","task_attempt":2,"executor_name":"e",'
        '"executor_variant":"v","agent_name":"a","task_title":"Title"}',
    }
    assert "TRACEPARENT" not in child_environment({"TRACEPARENT": "stale"})
