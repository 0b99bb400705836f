from __future__ import annotations

import json
import threading

import pytest
from opentelemetry import context as otel
from opentelemetry import trace
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

import agentel
from agentel.telemetry import context
from agentel.telemetry.arguments import run_key
from agentel.telemetry.propagation import child_environment, inherit
from support.telemetry import Telemetry
from support.trees import trees_as_text

PARENT = f"00-{'1' * 32}-{'2' * 16}-01"


def parents(telemetry: Telemetry, count: int) -> list[str]:
    return [
        f"{span.context.trace_id:032x}/{span.parent.span_id if span.parent else 0:016x}"
        for span in telemetry.spans(count)
    ]


def test_the_environment_is_the_parent_of_what_has_none_in_every_thread(
    telemetry: Telemetry,
) -> None:
    told = json.dumps({"key": "a" * 32, "user_id": "u", "task_attempt": 2})
    inherit({"TRACEPARENT": PARENT, "TRACESTATE": "a=b", "AGENTEL_CONTEXT": told})

    def work() -> None:
        with agentel.agent("a"), agentel.tool("t"):
            pass

    work()
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert run_key.hand_over() == "a" * 32
    assert (
        trees_as_text(telemetry.spans(4), "user.id", "agentel.task.attempt")
        == """\
invoke_agent a [completed] agentel.task.attempt=2 user.id=u
  execute_tool t [completed] agentel.task.attempt=2 user.id=u
invoke_agent a [completed] agentel.task.attempt=2 user.id=u
  execute_tool t [completed] agentel.task.attempt=2 user.id=u""".replace(
            "agentel.task.attempt=2 user.id=u", "user.id=u agentel.task.attempt=2"
        )
    )
    assert parents(telemetry, 4)[0] == f"{'1' * 32}/{'2' * 16}"
    assert parents(telemetry, 4)[2] == f"{'1' * 32}/{'2' * 16}"
    assert telemetry.spans(4)[0].context.trace_state == {"a": "b"}


def test_a_remote_parent_that_a_server_extracted_wins(telemetry: Telemetry) -> None:
    inherit({"TRACEPARENT": PARENT})
    extracted = TraceContextTextMapPropagator().extract(
        {"traceparent": f"00-{'3' * 32}-{'4' * 16}-01"}, otel.Context()
    )
    before = otel.get_current()
    otel.attach(extracted)
    with agentel.agent("a"):
        pass
    otel.attach(before)
    assert parents(telemetry, 1) == [f"{'3' * 32}/{'4' * 16}"]


def test_a_span_of_this_process_wins(telemetry: Telemetry) -> None:
    inherit({"TRACEPARENT": PARENT})
    tracer = telemetry.tracer_provider.get_tracer("mine")
    with tracer.start_as_current_span("mine") as span, agentel.agent("a"):
        known = span.get_span_context()
    assert parents(telemetry, 2)[1] == f"{known.trace_id:032x}/{known.span_id:016x}"


@pytest.mark.parametrize(
    ("environ", "told"),
    [
        ({"TRACEPARENT": "nonsense"}, "TRACEPARENT cannot be read: expected 00-<32 hex digits>"),
        ({"TRACEPARENT": f"00-{'0' * 32}-{'2' * 16}-01"}, "TRACEPARENT cannot be read"),
        ({"AGENTEL_CONTEXT": "nonsense"}, "AGENTEL_CONTEXT cannot be read: expected a JSON object"),
        ({"AGENTEL_CONTEXT": "[1]"}, "AGENTEL_CONTEXT cannot be read"),
        ({"AGENTEL_CONTEXT": "[" * 100_000}, "AGENTEL_CONTEXT cannot be read"),
        ({"AGENTEL_CONTEXT": "[" * 4_000}, "AGENTEL_CONTEXT cannot be read"),
    ],
)
def test_a_malformed_environment_is_ignored_with_one_warning(
    telemetry: Telemetry,
    caplog: pytest.LogCaptureFixture,
    environ: dict[str, str],
    told: str,
) -> None:
    for _ in range(2):
        inherit(environ)
    assert [told in record.getMessage() for record in caplog.records] == [True]
    assert "nonsense" not in caplog.text
    with agentel.agent("a"):
        pass
    assert parents(telemetry, 1)[0].endswith("/" + "0" * 16)


@pytest.mark.parametrize("environ", [{}, {"TRACEPARENT": "", "AGENTEL_CONTEXT": " "}])
def test_an_empty_environment_is_no_mistake(
    caplog: pytest.LogCaptureFixture, environ: dict[str, str]
) -> None:
    inherit(environ)
    assert context.inherited is None
    assert caplog.text == ""


def test_only_known_fields_of_the_right_type_are_inherited() -> None:
    told = {
        "user_id": 3,
        "task_id": "T",
        "task_attempt": True,
        "phase": "p" * 300,
        "other": "x",
        "key": "short",
    }
    before = run_key.hand_over()
    inherit({"AGENTEL_CONTEXT": json.dumps(told)})
    assert context.inherited is not None
    assert context.ambient_of(context.inherited).fields == {"task_id": "T"}
    assert run_key.hand_over() == before


def test_what_is_handed_on_is_short_and_printable(telemetry: Telemetry) -> None:
    with agentel.session(user="ü\n\x00", conversation="c" * 5000, task="T"):
        told = child_environment({})["AGENTEL_CONTEXT"]
    assert told.isascii()
    assert told.isprintable()
    assert len(told) < 4096
    assert json.loads(told) == {
        "key": run_key.hand_over(),
        "user_id": "ü\n\x00",
        "task_id": "T",
    }


def test_what_was_inherited_is_handed_on(telemetry: Telemetry) -> None:
    inherit({"TRACEPARENT": PARENT, "AGENTEL_CONTEXT": '{"user_id":"u"}'})
    handed = child_environment({})
    assert handed["TRACEPARENT"] == PARENT
    assert json.loads(handed["AGENTEL_CONTEXT"])["user_id"] == "u"
    with agentel.session(task="T"):
        handed = child_environment({})
    assert handed["TRACEPARENT"] == PARENT
    assert json.loads(handed["AGENTEL_CONTEXT"])["user_id"] == "u"
    assert json.loads(handed["AGENTEL_CONTEXT"])["task_id"] == "T"


def test_a_session_below_the_environment_has_its_parent(telemetry: Telemetry) -> None:
    inherit({"TRACEPARENT": PARENT})
    with agentel.session(task="T"), agentel.agent("a"):
        pass
    assert parents(telemetry, 1) == [f"{'1' * 32}/{'2' * 16}"]
    assert trace.get_current_span() is trace.INVALID_SPAN
