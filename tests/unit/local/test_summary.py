from __future__ import annotations

import io

import pytest

from agentel.local.read import Reader
from agentel.local.summary import Summary, summarise
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
    assert (found.input_tokens, found.output_tokens, found.costs) == (None, None, {})


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
    assert (found.input_tokens, found.output_tokens, found.cached_tokens) == (10, 0, None)
    assert (found.metered, found.priced, found.costs) == (1, 3, {"USD": 0.75, "EUR": 1.0})


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
