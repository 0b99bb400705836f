"""Knows the kinds of work that a program marks by hand, and what can be said of each beforehand.

Every one is a decorator (`@agent`, `@agent("planner")`), a block (`with agent("planner"):`) and an
async block. One object may be used any number of times, at once and inside itself. Decorate
generators rather than yielding inside a block: a decorated generator is current only while it runs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar, overload

from agentel.byhand.work import Work, checked_argument, work_or_function
from agentel.core.commands import program_of
from agentel.core.fields import Fields
from agentel.core.invocation import EXECUTE_TOOL, INVOKE_AGENT, INVOKE_WORKFLOW, TASK
from agentel.telemetry.hand import Plan

__all__ = ["agent", "task", "tool", "workflow"]

F = TypeVar("F", bound=Callable[..., Any])


@overload
def agent(name: F, /) -> F: ...
@overload
def agent(
    name: str | None = None,
    *,
    type: str | None = None,
    id: str | None = None,
    version: str | None = None,
    phase: str | None = None,
) -> Work: ...
def agent(
    name: Any = None,
    *,
    type: str | None = None,
    id: str | None = None,
    version: str | None = None,
    phase: str | None = None,
) -> Any:
    """Record one run of an agent, by default called as its function is.

    Everything below inherits its name, `type` and `phase`, another agent its phase only. Raises
    TypeError where an argument is no text.
    """
    fields: Fields = {
        "operation_name": "invoke_agent",
        "agent_type": checked_argument("agent", "type", type, str),
        "agent_id": checked_argument("agent", "id", id, str),
        "agent_version": checked_argument("agent", "version", version, str),
        "phase": checked_argument("agent", "phase", phase, str),
    }

    def make(called: str | None) -> Plan:
        told: Fields = {**fields, "agent_name": called}
        return Plan.of(INVOKE_AGENT, told, ("agent_name", "agent_type", "phase"))

    return work_or_function("agent", make, name)


@overload
def workflow(name: F, /) -> F: ...
@overload
def workflow(name: str | None = None, *, phase: str | None = None) -> Work: ...
def workflow(name: Any = None, *, phase: str | None = None) -> Any:
    """Record one run of a workflow, by default called as its function is.

    Everything below inherits its `phase`. Raises TypeError where an argument is no text.
    """
    phase = checked_argument("workflow", "phase", phase, str)

    def make(called: str | None) -> Plan:
        told: Fields = {
            "operation_name": "invoke_workflow",
            "workflow_name": called,
            "phase": phase,
        }
        return Plan.of(INVOKE_WORKFLOW, told, ("phase",))

    return work_or_function("workflow", make, name)


@overload
def task(name: F, /) -> F: ...
@overload
def task(
    name: str | None = None,
    *,
    type: str | None = None,
    id: str | None = None,
    title: str | None = None,
    attempt: int | None = None,
    priority: int | None = None,
    phase: str | None = None,
) -> Work: ...
def task(
    name: Any = None,
    *,
    type: str | None = None,
    id: str | None = None,
    title: str | None = None,
    attempt: int | None = None,
    priority: int | None = None,
    phase: str | None = None,
) -> Any:
    """Record one attempt at a task, from its begin to its final state.

    Its type is by default its name, and that its function's; beside a `type`, the name is the
    title. Everything below inherits id, type, attempt and phase; a task inside another one that has
    no id of its own is part of that one. Raises TypeError where an argument is of a wrong type.
    """
    fields: Fields = {
        "task_type": checked_argument("task", "type", type, str),
        "task_id": checked_argument("task", "id", id, str),
        "task_title": checked_argument("task", "title", title, str),
        "task_attempt": checked_argument("task", "attempt", attempt, int),
        "task_priority": checked_argument("task", "priority", priority, int),
        "phase": checked_argument("task", "phase", phase, str),
    }
    if type is not None and title is None and isinstance(name, str):
        fields["task_title"] = name

    def make(called: str | None) -> Plan:
        told = fields if type is not None else {**fields, "task_type": called}
        inherited = ("task_id", "task_type", "task_title", "task_attempt", "phase")
        return Plan.of(TASK, told, inherited)

    return work_or_function("task", make, name)


@overload
def tool(name: F, /) -> F: ...
@overload
def tool(
    name: str | None = None,
    *,
    kind: str | None = None,
    type: str = "function",
    call_id: str | None = None,
    description: str | None = None,
    program: str | None = None,
    arguments: Mapping[str, object] | None = None,
) -> Work: ...
def tool(
    name: Any = None,
    *,
    kind: str | None = None,
    type: str = "function",
    call_id: str | None = None,
    description: str | None = None,
    program: str | None = None,
    arguments: Mapping[str, object] | None = None,
) -> Any:
    """Record one execution of a tool, by default called as its function is.

    Sizes are in bytes; arguments are told by a keyed digest that is the same for the same ones,
    within one run. With `kind="command"` the base name of the program that ran (by default the
    first word of the function's argument `command`, `args` or the like) and its exit code are
    recorded, the command line never. `arguments` are those of a `with` block. Raises TypeError
    where an argument is of a wrong type.
    """
    fields: Fields = {
        "operation_name": "execute_tool",
        "tool_type": checked_argument("tool", "type", type, str),
        "tool_kind": checked_argument("tool", "kind", kind, str),
        "tool_call_id": checked_argument("tool", "call_id", call_id, str),
        "tool_description": checked_argument("tool", "description", description, str),
        "process_executable_name": program_of(checked_argument("tool", "program", program, str)),
    }
    checked_argument("tool", "arguments", arguments, Mapping)

    def make(called: str | None) -> Plan:
        return Plan.of(EXECUTE_TOOL, {**fields, "tool_name": called})

    return work_or_function("tool", make, name, arguments)
