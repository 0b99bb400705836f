from __future__ import annotations

import pytest

import agentel
from support.telemetry import Telemetry, spans_as_text
from support.trees import trees_as_text


@agentel.tool
def add(a: int, b: int = 2) -> int:
    return a + b


@agentel.agent(type="planner", id="a-1", version="2", phase="draft")
def planner() -> int:
    return add(1)


def test_an_agent_and_its_tool_are_told_whole(telemetry: Telemetry) -> None:
    assert planner() == 3
    assert (
        spans_as_text(telemetry.spans(2))
        == """\
invoke_agent planner [internal]
  agentel: agent.type=planner outcome=completed phase=draft
  gen_ai: agent.id=a-1 agent.name=planner agent.version=2
    operation.name=invoke_agent
  * agentel.started
    agentel: agent.type=planner phase=draft
    gen_ai: agent.name=planner operation.name=invoke_agent
execute_tool add [internal]
  agentel: agent.type=planner outcome=completed phase=draft
    tool.arguments.digest=1d135b57545d86b8c812f5e7f91da5b3 tool.arguments.size=7
    tool.result.size=1
  gen_ai: agent.name=planner operation.name=execute_tool tool.name=add
    tool.type=function"""
    )


def test_workflow_and_task_are_told_whole(telemetry: Telemetry) -> None:
    with (
        agentel.workflow("release", phase="test"),
        agentel.task("Fix it", type="bug", id="T-1", attempt=2, priority=1),
        agentel.tool("shell", kind="command", program="/usr/bin/git", call_id="c-1"),
    ):
        pass
    assert (
        spans_as_text(telemetry.spans(3))
        == """\
invoke_workflow release [internal]
  agentel: outcome=completed phase=test
  gen_ai: operation.name=invoke_workflow workflow.name=release
  * agentel.started
    agentel: phase=test
    gen_ai: operation.name=invoke_workflow workflow.name=release
task bug [internal]
  agentel: outcome=completed phase=test task.attempt=2 task.id=T-1 task.priority=1
    task.title=Fix it task.type=bug
  * agentel.started
    agentel: parent.span_id=SPAN phase=test task.attempt=2 task.id=T-1
      task.priority=1 task.title=Fix it task.type=bug
execute_tool shell [internal]
  agentel: outcome=completed phase=test task.attempt=2 task.id=T-1 task.type=bug
    tool.kind=command
  gen_ai: operation.name=execute_tool tool.call.id=c-1 tool.name=shell
    tool.type=function
  process: executable.name=git"""
    )


def test_calls_by_hand_are_told_whole(telemetry: Telemetry) -> None:
    with agentel.inference("m-1", provider="acme") as call:
        call.usage(input_tokens=7, output_tokens=2, cache_read_input_tokens=3)
        call.response(model="m-1b", id="r-1", finish_reasons=["stop"])
    with agentel.embeddings("e-1", provider="acme"):
        pass
    with agentel.retrieval("docs", top_k=3), agentel.embeddings("e-1"):
        pass
    with agentel.memory("search", store="notes"):
        pass
    assert (
        spans_as_text(telemetry.spans(5))
        == """\
chat m-1 [client]
  agentel: outcome=completed usage.source=provider
  gen_ai: operation.name=chat provider.name=acme request.model=m-1
    response.finish_reasons=[stop] response.id=r-1 response.model=m-1b
    usage.cache_read.input_tokens=3 usage.input_tokens=7 usage.output_tokens=2
embeddings e-1 [client]
  agentel: outcome=completed usage.source=absent
  gen_ai: operation.name=embeddings provider.name=acme request.model=e-1
retrieval docs [client]
  agentel: outcome=completed
  gen_ai: data_source.id=docs operation.name=retrieval retrieval.top_k=3
embeddings e-1 [client]
  agentel: outcome=completed usage.source=absent
  gen_ai: operation.name=embeddings request.model=e-1
search_memory [client]
  agentel: outcome=completed
  gen_ai: memory.store.id=notes operation.name=search_memory"""
    )


def test_one_model_call_is_one_span_whoever_marks_it(telemetry: Telemetry) -> None:
    with agentel.inference("outer"), agentel.inference("inner"), agentel.embeddings("inner"):
        pass
    assert trees_as_text(telemetry.spans(1)) == "chat outer [completed]"


def test_a_tool_inside_a_model_call_may_call_models(telemetry: Telemetry) -> None:
    with agentel.inference("outer"), agentel.tool("search"), agentel.inference("inner"):
        pass
    assert (
        trees_as_text(telemetry.spans(3))
        == """\
chat outer [completed]
  execute_tool search [completed]
    chat inner [completed]"""
    )


@pytest.mark.parametrize(
    ("mark", "name"),
    [
        (agentel.agent, "invoke_agent work"),
        (agentel.workflow, "invoke_workflow work"),
        (agentel.task, "task work"),
        (agentel.tool, "execute_tool work"),
        (agentel.memory, "work"),
        (agentel.inference, "chat"),
        (agentel.embeddings, "embeddings"),
        (agentel.retrieval, "retrieval"),
        (agentel.agent(), "invoke_agent work"),
        (agentel.agent("named"), "invoke_agent named"),
        (agentel.task(type="bug"), "task bug"),
        (agentel.memory("create"), "create_memory"),
    ],
)
def test_a_decorated_function_gives_its_name_where_it_is_one(
    telemetry: Telemetry, mark: object, name: str
) -> None:
    def work() -> None: ...

    mark(work)()
    assert [span.name for span in telemetry.spans(1)] == [name]


def test_work_can_be_marked_while_nothing_is_set_up() -> None:
    from agentel.telemetry.hand import source

    source.use()
    assert planner() == 3
    with agentel.session(user="u"), agentel.agent("a") as here:
        here.set(a=1)
        agentel.event("mine")
        assert (here.trace_id, here.span_id) == ("", "")


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: agentel.agent(5), r"agent\(\) takes a name or the function to watch, not 5 of"),
        (lambda: agentel.agent(type=1), r"agent\(type=...\) takes a text, not 1 of type int"),
        (
            lambda: agentel.task(attempt="1"),
            r"task\(attempt=...\) takes a whole number, not '1'",
        ),
        (lambda: agentel.task(attempt=True), r"task\(attempt=...\) takes a whole number, not True"),
        (lambda: agentel.tool(arguments=[1]), r"tool\(arguments=...\) takes a mapping"),
        (lambda: agentel.session(user=1), r"session\(user=...\) takes a text, not 1 of type int"),
        (lambda: agentel.tool("t")(int), "not the class int; decorate the function"),
        (lambda: agentel.tool("t")(3), "not a value of type int"),
        (lambda: agentel.bind(3), "not a value of type int"),
    ],
)
def test_wrong_types_are_refused_where_they_are_written(make: object, told: str) -> None:
    with pytest.raises(TypeError, match=told):
        make()
