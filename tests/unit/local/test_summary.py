from __future__ import annotations

import io

import pytest

from agentel.local.read import Reader
from agentel.local.summary import OTHERS, Summary, summarise
from unit.local.lines import span, spans_line


def added_up(*spans: dict) -> Summary:
    return summarise(Reader([], io.BytesIO(spans_line(*spans).encode())).records())


def call(span_id: int = 1, **said) -> dict:
    about = {"kind": 3, "gen_ai__operation__name": "chat"}
    return span(span_id, "chat m", **(about | said))


def tool(span_id: int = 1, **said) -> dict:
    return span(span_id, "execute_tool t", gen_ai__operation__name="execute_tool", **said)


def test_nothing_adds_up_to_nothing_known():
    found = added_up(span(1, "GET /"))
    assert (found.calls.count, found.tools.count, found.memory_operations) == (0, 0, 0)
    assert (found.calls.success_rate, found.calls.average_ms, found.tools.success_rate) == (
        None,
        None,
        None,
    )
    used = found.usage
    assert (used.input_tokens, used.output_tokens, used.costs) == (None, None, {})
    assert (found.calls.p95_ms, found.models, found.tools_used, found.agents) == (None, {}, {}, {})


@pytest.mark.parametrize("operation", ["chat", "generate_content", "text_completion"])
def test_client_spans_of_inference_operations_are_calls(operation):
    assert added_up(call(gen_ai__operation__name=operation)).calls.count == 1


@pytest.mark.parametrize(
    "fields",
    [{"gen_ai__operation__name": "embeddings"}, {"kind": 1}, {"gen_ai__operation__name": "task"}],
    ids=["embeddings", "internal", "task"],
)
def test_other_spans_are_no_calls(fields):
    assert added_up(call(**fields)).calls.count == 0


@pytest.mark.parametrize(
    ("fields", "succeeded"),
    [
        ({"agentel__outcome": "completed"}, 1),
        ({"agentel__outcome": "abandoned"}, 0),
        ({"agentel__outcome": "cancelled"}, 0),
        ({"agentel__outcome": "cut", "status": {"code": 2}}, 0),
        ({"agentel__outcome": "error", "status": {"code": 2}}, 0),
        ({}, 1),
        ({"status": {"code": 1}}, 1),
        ({"status": {"code": 2}}, 0),
        ({"agentel__outcome": "completed", "agentel__result__success": False}, 0),
    ],
    ids=lambda value: str(value),
)
def test_success_is_the_outcome_or_else_the_status(fields, succeeded):
    assert (added_up(call(**fields)).calls.succeeded, added_up(tool(**fields)).tools.succeeded) == (
        succeeded,
        succeeded,
    )


def test_latency_is_an_average_and_retries_are_attempts_beyond_the_first():
    found = added_up(
        call(1, lasts=100, agentel__attempt__count=3), call(2, lasts=50), call(3, lasts=0)
    )
    assert (found.calls.average_ms, found.calls.retries) == (50.0, 2)


def test_tokens_and_costs_are_added_and_what_is_not_known_is_not_zero():
    found = added_up(
        call(1, gen_ai__usage__input_tokens=10, gen_ai__usage__output_tokens=0),
        call(2, agentel__cost__amount=0.25, agentel__cost__currency="USD"),
        call(3, agentel__cost__amount=0.5, agentel__cost__currency="USD"),
        call(4, agentel__cost__amount=1.0, agentel__cost__currency="EUR"),
    )
    used = found.usage
    assert (used.input_tokens, used.output_tokens, used.cached_tokens) == (10, 0, None)
    assert (used.metered, used.priced, used.costs) == (1, 3, {"USD": 0.75, "EUR": 1.0})


def test_errors_are_counted_by_category_and_not_again_in_their_parents():
    failed = {"status": {"code": 2}}
    found = added_up(
        span(9, "invoke_agent a", gen_ai__operation__name="invoke_agent", **failed),
        call(1, agentel__error__category="rate_limit", **failed),
        call(2, **failed),
        tool(3, agentel__error__category="tool_error", **failed),
        tool(4),
    )
    assert dict(found.errors) == {"rate_limit": 1, "unknown": 1, "tool_error": 1}


def test_memory_operations_are_counted():
    names = ("search_memory", "upsert_memory", "delete_memory_store", "retrieval")
    spans = [span(n, name, gen_ai__operation__name=name) for n, name in enumerate(names, 1)]
    assert added_up(*spans).memory_operations == 3


@pytest.mark.parametrize(
    ("durations", "p95"),
    [([7], 7), (range(1, 21), 19), (range(1, 101), 95), ([5, 1, 9, 3], 9), ([0.1], 0.1)],
    ids=["one", "twenty", "hundred", "unordered", "short"],
)
def test_the_95th_percentile_is_one_of_the_durations(durations, p95):
    found = added_up(*(call(number, lasts=lasts) for number, lasts in enumerate(durations, 1)))
    assert found.calls.p95_ms == p95


def test_models_tools_and_agents_are_added_up_by_name():
    tokens = {"gen_ai__usage__input_tokens": 10, "gen_ai__usage__output_tokens": 2}
    found = added_up(
        span(1, "a", gen_ai__operation__name="invoke_agent", gen_ai__agent__name="planner"),
        call(2, gen_ai__request__model="m", gen_ai__agent__name="planner", **tokens),
        call(3, gen_ai__request__model="m", gen_ai__response__model="m-1", status={"code": 2}),
        call(4),
        tool(5, gen_ai__tool__name="search", gen_ai__agent__name="planner"),
    )
    assert {name: one.calls.count for name, one in found.models.items()} == {
        "m": 1,
        "m-1": 1,
        "unknown": 1,
    }
    assert (found.models["m-1"].calls.success_rate, found.models["m"].usage.input_tokens) == (0, 10)
    assert {name: one.count for name, one in found.tools_used.items()} == {"search": 1}
    (planner,) = found.agents.values()
    assert (planner.runs.count, planner.calls, planner.usage.output_tokens) == (1, 1, 2)


def test_a_file_with_very_many_names_does_not_fill_the_memory():
    found = added_up(*(tool(n, gen_ai__tool__name=f"t{n}") for n in range(1, 1_502)))
    assert (len(found.tools_used), found.tools_used[OTHERS].count) == (1_001, 501)
    assert found.tools.count == 1_501
