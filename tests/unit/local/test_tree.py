from __future__ import annotations

import io

import pytest

from agentel.local.index import heads
from agentel.local.read import Reader
from agentel.local.tree import Trace, build
from unit.local.lines import TRACE, event, log, logs_line, span, spans_line


def records(*lines: str) -> list:
    return list(Reader([], io.BytesIO("".join(lines).encode())).records())


def tree(*lines: str) -> Trace:
    return build(TRACE, records(*lines))


def drawn(trace: Trace) -> list[str]:
    """The tree as indented names with their outcomes."""
    found: list[str] = []

    def draw(node, depth: int) -> None:
        found.append(f"{'  ' * depth}{node.name or node.span_id} [{node.outcome}]")
        for child in node.children:
            draw(child, depth + 1)

    for root in trace.roots:
        draw(root, 0)
    return found


def test_children_are_below_their_parents_in_order_of_time():
    found = tree(
        spans_line(span(3, "late", parent=1, at=5), span(2, "early", parent=1, at=1)),
        spans_line(span(4, "deep", parent=3, at=6), span(1, "root")),
    )
    assert drawn(found) == [
        "root [completed]",
        "  early [completed]",
        "  late [completed]",
        "    deep [completed]",
    ]
    assert (found.outcome, found.service, found.run_id) == ("completed", "demo", "run1")


def test_outcome_is_what_the_span_says_or_its_status():
    found = tree(
        spans_line(
            span(1, "a", agentel__outcome="abandoned"),
            span(2, "b", at=1, status={"code": 2}),
            span(3, "c", at=2, status={"code": 2}, agentel__outcome="cut"),
        )
    )
    assert drawn(found) == ["a [abandoned]", "b [error]", "c [cut]"]


def test_what_began_and_has_no_span_is_not_ended():
    started = log(
        1,
        "agentel.started",
        gen_ai__operation__name="invoke_agent",
        gen_ai__agent__name="planner",
    )
    found = tree(logs_line(started), spans_line(span(2, "chat", parent=1, at=1)))
    assert drawn(found) == ["invoke_agent planner [not ended]", "  chat [completed]"]
    assert found.outcome == "not ended"


def test_what_began_and_ended_is_there_once():
    started = log(1, "agentel.started", gen_ai__operation__name="invoke_agent")
    assert drawn(tree(logs_line(started), spans_line(span(1, "a")))) == ["a [completed]"]


def test_a_task_that_began_has_its_name():
    started = log(1, "agentel.started", agentel__task__type="review")
    assert drawn(tree(logs_line(started))) == ["task review [not ended]"]


def test_a_parent_that_nobody_recorded_gathers_its_children():
    found = tree(spans_line(span(3, "b", parent=9, at=2), span(2, "a", parent=9, at=1)))
    assert drawn(found) == [
        "0000000000000009 [not seen]",
        "  a [completed]",
        "  b [completed]",
    ]
    assert (found.outcome, found.start_ns) == ("not ended", found.roots[0].children[0].start_ns)


LOCAL, REMOTE = {"flags": 256}, {"flags": 768}


@pytest.mark.parametrize(
    ("children", "outcome"),
    [
        ([{}], "not seen"),
        ([LOCAL], "not ended"),
        ([REMOTE], "elsewhere"),
        ([REMOTE, LOCAL], "not ended"),
        ([LOCAL, REMOTE], "not ended"),
        ([{}, REMOTE], "elsewhere"),
    ],
    ids=["unsaid", "local", "remote", "remote_and_local", "local_and_remote", "unsaid_and_remote"],
)
def test_a_missing_parent_is_not_ended_only_in_the_process_of_its_children(children, outcome):
    spans = [span(n, f"c{n}", parent=9, at=n) | said for n, said in enumerate(children, 1)]
    found = tree(spans_line(*spans))
    assert [(root.span_id, root.outcome) for root in found.roots] == [(f"{9:016x}", outcome)]


def test_a_trace_from_a_remote_caller_ends_as_what_it_called_does():
    lines = spans_line(
        span(2, "POST /ask", parent=9, status={"code": 2}) | REMOTE,
        span(3, "chat", parent=2, at=1) | LOCAL,
    )
    (head,) = heads(records(lines))
    assert (tree(lines).outcome, head.outcome, head.name) == ("error", "error", "POST /ask")


def test_a_remote_parent_that_began_is_not_ended():
    started = log(9, "agentel.started", gen_ai__operation__name="invoke_agent")
    child = spans_line(span(2, "child", parent=9, at=1) | REMOTE)
    assert drawn(tree(logs_line(started), child)) == [
        "invoke_agent [not ended]",
        "  child [completed]",
    ]
    (head,) = heads(records(logs_line(started), child))
    assert (head.name, head.outcome) == ("invoke_agent", "not ended")


def test_spans_in_a_circle_are_shown_and_end():
    circle = spans_line(span(1, "a", parent=2), span(2, "b", parent=1), span(3, "c", parent=3))
    assert drawn(tree(circle)) == ["a [completed]", "  b [completed]", "c [completed]"]


def test_a_very_deep_trace_is_walked():
    chain = [span(number + 1, f"s{number}", parent=number) for number in range(3_000)]
    assert sum(1 for _ in tree(spans_line(*chain)).nodes()) == 3_000


def test_an_event_that_comes_twice_is_there_once():
    mirrored = event("agentel.attempt", 3, agentel__attempt__number=1)
    found = tree(
        spans_line(span(1, "a", events=[mirrored])),
        logs_line(
            log(1, "agentel.attempt", at=3, agentel__attempt__number=1),
            log(1, "agentel.decision", at=2),
            log(1, "agentel.decision", at=2),
        ),
    )
    assert [one.name for one in found.roots[0].events] == ["agentel.decision", "agentel.attempt"]


def test_heads_say_what_the_tree_says():
    open_trace = "f" * 32
    chat = {"kind": 3, "gen_ai__operation__name": "chat", "gen_ai__usage__input_tokens": 5}
    found = heads(
        records(
            logs_line(log(1, "agentel.started", at=-1, gen_ai__operation__name="invoke_agent")),
            spans_line(span(2, "chat", parent=1, at=1, **chat), span(1, "root", lasts=40)),
            logs_line(
                log(7, "agentel.started", trace=open_trace, gen_ai__operation__name="invoke_agent")
            ),
            spans_line(span(8, "chat", parent=7, trace=open_trace, at=2, **chat)),
        )
    )
    assert [
        (head.name, head.outcome, head.calls, head.input_tokens, head.output_tokens)
        for head in found
    ] == [
        ("root", "completed", 1, 5, None),
        ("invoke_agent", "not ended", 1, 5, None),
    ]


@pytest.mark.parametrize("first", ["events", "spans"])
def test_heads_do_not_depend_on_the_order_of_the_files(first):
    begun = logs_line(log(1, "agentel.started", agentel__task__type="review"))
    ended = spans_line(
        span(1, "task review", agentel__task__type="review", gen_ai__agent__name="a")
    )
    lines = (begun, ended) if first == "events" else (ended, begun)
    (head,) = heads(records(*lines))
    assert (head.name, head.outcome, head.agents, head.services) == (
        "task review",
        "completed",
        ("a",),
        ("demo",),
    )


def test_heads_name_the_models_that_were_asked_for_and_that_answered():
    chat = {"kind": 3, "gen_ai__operation__name": "chat", "gen_ai__request__model": "m"}
    spans = [span(1, "a", **chat), span(2, "b", **chat, gen_ai__response__model="m-2026")]
    (head,) = heads(records(spans_line(*spans)))
    assert head.models == ("m", "m-2026")
