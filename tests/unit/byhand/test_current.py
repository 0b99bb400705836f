from __future__ import annotations

import enum

import pytest
from opentelemetry import trace

import agentel
from support.telemetry import Telemetry, spans_as_text


class Level(str, enum.Enum):
    HIGH = "high"


def test_attributes_of_the_program_go_as_they_are(telemetry: Telemetry) -> None:
    with agentel.agent("a") as here:
        agentel.current().set({"my.key": "x", "my.list": [1, 2]}, flag=True, ratio=0.5)
        here.set(level=Level.HIGH, nothing=None)
    attributes = telemetry.spans(1)[0].attributes or {}
    assert {key: attributes[key] for key in ("my.key", "my.list", "flag", "ratio", "level")} == {
        "my.key": "x",
        "my.list": (1, 2),
        "flag": True,
        "ratio": 0.5,
        "level": "high",
    }
    assert "nothing" not in attributes


@pytest.mark.parametrize(
    ("attributes", "told"),
    [
        ({"a": object()}, "attribute 'a' is of type object, expected a text, a number"),
        ({"a": [1, "b"]}, "attribute 'a' is of type list"),
        ({1: "b"}, "attribute '1' is of type str"),
        (["a"], "attributes are a mapping, not list"),
    ],
)
def test_wrong_attributes_are_left_out_with_one_warning(
    telemetry: Telemetry, caplog: pytest.LogCaptureFixture, attributes: object, told: str
) -> None:
    with agentel.agent("a") as here:
        for _ in range(2):
            here.set(attributes)  # type: ignore[arg-type]
        here.set(good=1)
    assert len(caplog.records) == 1
    assert told in caplog.text
    assert (telemetry.spans(1)[0].attributes or {})["good"] == 1


def test_wrong_results_and_usage_are_left_out_with_one_warning(
    telemetry: Telemetry, caplog: pytest.LogCaptureFixture
) -> None:
    with agentel.inference("m") as here:
        for _ in range(2):
            here.result(success="yes", exit_code=True)  # type: ignore[arg-type]
            here.usage(input_tokens="3", output_tokens=-1)  # type: ignore[arg-type]
    assert sorted(record.getMessage() for record in caplog.records) == [
        "agentel: result(exit_code=...) is a whole number. The program is not affected.",
        "agentel: result(success=...) is True or False. The program is not affected.",
        "agentel: usage(input_tokens=...) is a number of tokens. The program is not affected.",
        "agentel: usage(output_tokens=...) is a number of tokens. The program is not affected.",
    ]
    assert (telemetry.spans(1)[0].attributes or {})["agentel.usage.source"] == "absent"


def test_without_anything_open_it_is_inert(telemetry: Telemetry) -> None:
    here = agentel.current()
    here.set(a=1)
    here.event("mine")
    here.result(success=True, value="x")
    here.usage(input_tokens=1)
    here.response(model="m")
    assert (here.trace_id, here.span_id) == ("", "")
    assert telemetry.spans(0) == []
    assert telemetry.records() == []


def test_without_anything_open_it_has_the_ids_of_the_current_span(telemetry: Telemetry) -> None:
    tracer = telemetry.tracer_provider.get_tracer("mine")
    with tracer.start_as_current_span("mine") as span:
        known = span.get_span_context()
        assert agentel.current().trace_id == trace.format_trace_id(known.trace_id)
        assert agentel.current().span_id == trace.format_span_id(known.span_id)


def test_after_the_end_nothing_is_added(
    telemetry: Telemetry, caplog: pytest.LogCaptureFixture
) -> None:
    with agentel.agent("a") as here:
        pass
    ids = (here.trace_id, here.span_id)
    here.set(a=1)
    here.event("mine")
    here.result(success=True)
    (span,) = telemetry.spans(1)
    assert ids == (f"{span.context.trace_id:032x}", f"{span.context.span_id:016x}")
    assert caplog.text == ""
    assert [record.event_name for record in telemetry.records()] == ["agentel.started"]


def test_the_innermost_work_is_current(telemetry: Telemetry) -> None:
    with agentel.agent("a"):
        with agentel.tool("t"):
            agentel.current().set(mine=1)
        agentel.current().set(mine=2)
    assert [(span.attributes or {})["mine"] for span in telemetry.spans(2)] == [2, 1]


def test_events_are_records_and_are_mirrored_on_the_span(telemetry: Telemetry) -> None:
    with agentel.workflow("w") as here:
        with agentel.tool("t"):
            agentel.event("my.event", {"my.key": 1, "my.bad": object()})
            here.event("of.the.workflow")
        agentel.decision(["left", 3], "left")  # type: ignore[list-item]
    assert (
        spans_as_text(telemetry.spans(2))
        == """\
invoke_workflow w [internal]
  agentel: outcome=completed
  gen_ai: operation.name=invoke_workflow workflow.name=w
  * agentel.started
    gen_ai: operation.name=invoke_workflow workflow.name=w
  * of.the.workflow
  * agentel.decision
    agentel: decision.choices=[left,3] decision.selected=left
execute_tool t [internal]
  agentel: outcome=completed
  gen_ai: operation.name=execute_tool tool.name=t tool.type=function
  * my.event
    my: key=1"""
    )
    workflow, tool = (span.context.span_id for span in telemetry.spans(2))
    assert [(r.event_name, r.span_id, dict(r.attributes or {})) for r in telemetry.records()][
        1:
    ] == [
        ("my.event", tool, {"my.key": 1}),
        ("of.the.workflow", workflow, {}),
        (
            "agentel.decision",
            workflow,
            {"agentel.decision.choices": ("left", "3"), "agentel.decision.selected": "left"},
        ),
    ]


def test_events_need_no_span(telemetry: Telemetry) -> None:
    agentel.event("lonely", {"a": 1})
    (record,) = telemetry.records()
    assert (record.event_name, dict(record.attributes or {}), record.span_id) == (
        "lonely",
        {"a": 1},
        0,
    )


@pytest.mark.parametrize(
    ("name", "given", "kept", "told"),
    [
        (
            "agentel.fallback",
            {"from": "a", "to": "b", "reason": "c"},
            {"from": "a", "to": "b", "reason": "c"},
            None,
        ),
        ("agentel.fallback", {"agentel.fallback.from": "a"}, {"from": "a"}, "wrong: to, reason;"),
        ("agentel.circuit_skip", {"route": "a", "reason": 3}, {"route": "a"}, "wrong: reason;"),
        (
            "agentel.stream_override",
            {"route": "a", "reason": "b", "more": "c"},
            {"route": "a", "reason": "b"},
            "unknown: more.",
        ),
        ("agentel.tool_override", None, {}, "wrong: route, reason;"),
        ("agentel.decision", {"choices": "ab", "selected": "a"}, {"selected": "a"}, "choices;"),
    ],
)
def test_reserved_events_have_fixed_fields(
    telemetry: Telemetry,
    caplog: pytest.LogCaptureFixture,
    name: str,
    given: dict[str, object] | None,
    kept: dict[str, object],
    told: str | None,
) -> None:
    for _ in range(2):
        agentel.event(name, given)
    expected = {f"{name}.{field}": value for field, value in kept.items()}
    assert [dict(record.attributes or {}) for record in telemetry.records()] == [expected] * 2
    assert len(caplog.records) == (0 if told is None else 1)
    assert (told or "") in caplog.text


@pytest.mark.parametrize("name", ["", None, 3])
def test_an_event_without_a_name_is_refused_quietly(
    telemetry: Telemetry, caplog: pytest.LogCaptureFixture, name: object
) -> None:
    agentel.event(name)  # type: ignore[arg-type]
    assert telemetry.records() == []
    assert "an event's name is a text" in caplog.text
