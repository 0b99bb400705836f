from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import pytest
from opentelemetry.sdk.metrics.export import InMemoryMetricReader, NumberDataPoint

import agentel
from agentel.config import Settings
from agentel.core.safety import reraise_in_tests
from agentel.telemetry import pipeline
from agentel.telemetry.context import Ambient
from agentel.telemetry.hand import HandRecording, source
from agentel.telemetry.recording import Recording
from support.telemetry import Telemetry


def counted(telemetry: Telemetry) -> dict[str, list[tuple[Mapping[str, object], int]]]:
    return {
        name: [(attributes, count) for attributes, count, _ in points]
        for name, points in telemetry.points().items()
        if points
    }


def active(reader: InMemoryMetricReader) -> dict[object, object]:
    data: Any = reader.get_metrics_data()
    return {
        (point.attributes or {})["gen_ai.agent.name"]: point.value
        for resource in data.resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
        if metric.name == "agentel.agent.active"
        for point in metric.data.data_points
        if isinstance(point, NumberDataPoint)
    }


def test_agents_count_their_own_calls_and_tools(telemetry: Telemetry) -> None:
    with agentel.agent("outer"):
        for _ in range(3):
            with agentel.tool("t"):
                pass
        with agentel.agent("inner"), agentel.workflow("w"):
            for _ in range(2):
                with agentel.inference("m", provider="p") as call:
                    call.usage(input_tokens=5)
    points = telemetry.points()
    assert sorted(
        (str(attributes["gen_ai.agent.name"]), total)
        for attributes, _, total in points["gen_ai.invoke_agent.tool_calls"]
    ) == [("inner", 0), ("outer", 3)]
    assert sorted(
        (str(attributes["gen_ai.agent.name"]), total)
        for attributes, _, total in points["gen_ai.invoke_agent.inference_calls"]
    ) == [("inner", 2), ("outer", 0)]


def test_every_duration_is_recorded_once_with_its_labels(telemetry: Telemetry) -> None:
    with agentel.agent("a"), agentel.workflow("w"), agentel.task("t"):
        with agentel.tool("good"):
            pass
        with pytest.raises(KeyError), agentel.tool("bad"):
            raise KeyError
    durations = {k: v for k, v in counted(telemetry).items() if k.endswith("duration")}
    tool = {"gen_ai.agent.name": "a", "gen_ai.tool.type": "function"}
    assert durations == {
        "gen_ai.execute_tool.duration": [
            ({"gen_ai.tool.name": "good", **tool}, 1),
            ({"gen_ai.tool.name": "bad", "error.type": "KeyError", **tool}, 1),
        ],
        "gen_ai.invoke_agent.duration": [({"gen_ai.agent.name": "a"}, 1)],
        "gen_ai.invoke_workflow.duration": [({"gen_ai.workflow.name": "w"}, 1)],
    }


def test_active_agents_go_up_and_down(telemetry: Telemetry) -> None:
    reader = telemetry._reader
    with agentel.agent("a"), agentel.agent("b"), agentel.agent("b"):
        assert {k: v for k, v in active(reader).items() if v} == {"a": 1, "b": 2}
    assert {active(reader)[name] for name in ("a", "b")} == {0}


def test_an_agent_that_could_not_be_begun_leaves_nothing_open(
    telemetry: Telemetry, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = HandRecording._count

    def broken(recording: Recording, ambient: Ambient) -> None:
        count(recording, ambient)
        raise RuntimeError

    reraise_in_tests(False)
    monkeypatch.setattr(HandRecording, "_count", broken)
    with agentel.agent("a"):
        assert pipeline.open_agents == {}
    assert len(telemetry.spans(1)) == 1
    assert pipeline.open_agents == {}


@pytest.mark.process
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_a_fork_ends_nothing_of_its_parent(telemetry: Telemetry) -> None:
    with agentel.agent("a"):
        child = os.fork()
        if child == 0:  # pragma: no cover  (in the child)
            ended = HandRecording.end
            recording = agentel.current()._recording
            ended(recording, "completed")
            is_right = telemetry.spans(0) == [] and pipeline.open_agents == {}
            os._exit(0 if is_right else 1)
        assert os.waitpid(child, 0)[1] == 0
        assert len(pipeline.open_agents) == 1
    assert len(telemetry.spans(1)) == 1


def test_a_disabled_sdk_leaves_functions_alone(telemetry: Telemetry) -> None:
    source.use(settings=Settings(sdk_disabled=True), **telemetry.providers)

    @agentel.agent
    def work() -> str:
        with agentel.session(user="u"), agentel.tool("t") as here:
            agentel.event("mine")
            return here.span_id

    assert work() == ""
    assert telemetry.spans(0) == []
    assert telemetry.records() == []
    assert counted(telemetry) == {}


RUN = """
import os, sys
from agentel.core import hooks
hooks.on_run_end(lambda: print("over in", "child" if child == 0 else "root", flush=True))
hooks.begin_run(is_root=sys.argv[1] == "root")
child = os.fork() if sys.argv[2] == "fork" else 1
if child:
    if child > 1: os.waitpid(child, 0)
    if sys.argv[2] == "twice": hooks.end_run()
"""


@pytest.mark.process
@pytest.mark.parametrize(
    ("arguments", "printed"),
    [
        (("root", "plain"), "over in root\n"),
        (("root", "fork"), "over in root\n"),
        (("root", "twice"), "over in root\n"),
        (("child", "plain"), ""),
    ],
)
def test_the_end_of_a_run_is_told_once_in_its_root(
    arguments: tuple[str, str], printed: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", RUN, *arguments], capture_output=True, text=True, check=True
    )
    assert done.stdout == printed
