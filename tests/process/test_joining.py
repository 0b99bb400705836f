from __future__ import annotations

import sys

import pytest

from process.conftest import AGENT, LAUNCHER, Place

pytestmark = pytest.mark.process

PARENT = """
import subprocess, sys
import agentel

with agentel.session(conversation="c-1"), agentel.agent("parent"):
    for command in {commands!r}:
        subprocess.run(command, env=agentel.child_environment(), check=True)
"""


def children(place: Place, *commands: tuple[str, ...]) -> None:
    place.write(AGENT, "child.py")
    ran = place.launch(PARENT.format(commands=commands))
    assert (ran.err, ran.code) == ("", 0)


def test_child_joins_the_trace_and_the_run(place: Place) -> None:
    children(place, (*LAUNCHER, "child.py"))
    spans = {span["name"]: span for span in place.spans()}
    parent, call = spans["invoke_agent parent"], spans["chat gpt-5"]
    assert (call["traceId"], call["parentSpanId"]) == (parent["traceId"], parent["spanId"])
    attributes = {a["key"]: a["value"] for a in call["attributes"]}
    assert attributes["gen_ai.conversation.id"] == {"stringValue": "c-1"}
    assert attributes["gen_ai.agent.name"] == {"stringValue": "parent"}
    assert len({file.parent for file in place.files()}) == 1
    assert len(place.files("traces")) == 2


def test_two_children_are_two_of_one_trace(place: Place) -> None:
    children(place, (*LAUNCHER, "child.py"), (*LAUNCHER, "child.py"))
    assert sorted(span["name"] for span in place.spans()) == [
        "chat gpt-5",
        "chat gpt-5",
        "invoke_agent parent",
    ]
    assert len({span["traceId"] for span in place.spans()}) == 1


def test_child_that_is_not_watched_is_not_disturbed(place: Place) -> None:
    children(place, (sys.executable, "-I", "child.py"))  # without the path of the launcher
    assert [span["name"] for span in place.spans()] == ["invoke_agent parent"]


def test_joined_trace_is_shown_as_one(place: Place) -> None:
    children(place, (*LAUNCHER, "child.py"))
    shown = place.agentel("trace", "last")
    assert (shown.code, shown.err) == (0, "")
    assert shown.out.index("parent") < shown.out.index("chat gpt-5")


FORKS = """
import os
pid = os.fork()
{agent}
if pid:
    assert os.waitpid(pid, 0)[1] == 0
"""


def test_fork_tells_of_its_own_calls_and_of_no_other(place: Place) -> None:
    source = AGENT + FORKS.format(agent=AGENT)
    without = place.plain(source)
    ran = place.launch(source)
    assert ran == without
    assert [span["name"] for span in place.spans()] == ["chat gpt-5"] * 3
    assert len({span["spanId"] for span in place.spans()}) == 3
    assert len(place.files("traces")) == 2
    assert len({file.parent for file in place.files()}) == 1
