from __future__ import annotations

import pytest

from support.anthropic_clients import ANTHROPIC, CHAT
from support.model_server import choices, text
from support.shapes import Case, Run, expected_of, rows, spans_of


def submitted(run: Run) -> str:
    requests = [{"custom_id": str(number), "params": CHAT} for number in range(3)]
    return run.call("messages.batches.create", requests=requests).id


def results(run: Run) -> None:
    run.caller.drain(run.call("messages.batches.results", message_batch_id=submitted(run)))


def results_beta(run: Run) -> None:
    run.caller.drain(run.call("beta.messages.batches.results", message_batch_id=submitted(run)))


def results_raw(run: Run) -> None:
    batch = submitted(run)
    response = run.call("messages.batches.with_raw_response.results", message_batch_id=batch)
    run.caller.drain(run.caller.call(response.parse))


def results_twice(run: Run) -> None:
    batch = submitted(run)
    for _ in range(2):
        run.caller.drain(run.call("messages.batches.results", message_batch_id=batch))


def results_broken_off(run: Run) -> None:
    lines = run.call("messages.batches.results", message_batch_id=submitted(run))
    run.caller.take(lines, 1)
    run.caller.call(lines.close)


def listed(run: Run) -> None:
    batch = submitted(run)
    run.call("messages.batches.retrieve", message_batch_id=batch)
    run.call("messages.batches.list")
    run.call("messages.batches.delete", message_batch_id=batch)


RAW = "messages.batches.with_raw_response.results"
ANSWERS = (choices(text("one"), text("two"), text("no", finish="failed")),)
RESULTS = """
    fetch_response [client]
      agentel: outcome=completed
        provider.organization=44ae676c-0000-4000-8000-agenteltests
        provider.request_id=req_011C00000000000000000003 stream.chunk_count=3
      gen_ai: operation.name=fetch_response provider.name=anthropic
        response.id=msgbatch_010000000000000000000001
      server: address=127.0.0.1 port=PORT
"""
RESULTS_TWICE = """
    fetch_response [client]
      agentel: outcome=completed
        provider.organization=44ae676c-0000-4000-8000-agenteltests
        provider.request_id=req_011C00000000000000000003 stream.chunk_count=3
      gen_ai: operation.name=fetch_response provider.name=anthropic
        response.id=msgbatch_010000000000000000000001
      server: address=127.0.0.1 port=PORT
    fetch_response [client]
      agentel: outcome=completed
        provider.organization=44ae676c-0000-4000-8000-agenteltests
        provider.request_id=req_011C00000000000000000005 stream.chunk_count=3
      gen_ai: operation.name=fetch_response provider.name=anthropic
        response.id=msgbatch_010000000000000000000001
      server: address=127.0.0.1 port=PORT
"""
RESULTS_BREAK = """
    fetch_response [client]
      agentel: outcome=abandoned
        provider.organization=44ae676c-0000-4000-8000-agenteltests
        provider.request_id=req_011C00000000000000000003 stream.chunk_count=1
      gen_ai: operation.name=fetch_response provider.name=anthropic
        response.id=msgbatch_010000000000000000000001
      server: address=127.0.0.1 port=PORT
"""
CASES = [
    Case("batches", "results", results, RESULTS, ANSWERS, is_read=False),
    Case("batches", "results-beta", results_beta, RESULTS, ANSWERS, is_read=False),
    Case("batches", "results-raw", results_raw, RESULTS, ANSWERS, needs=RAW, is_read=False),
    Case("batches", "results-twice", results_twice, RESULTS_TWICE, ANSWERS, calls=2, is_read=False),
    Case("batches", "results-break", results_broken_off, RESULTS_BREAK, ANSWERS, is_read=False),
    Case("batches", "no-model-call", listed, "", ANSWERS, calls=0, is_read=False),
]


@pytest.mark.parametrize(("case", "mode"), rows(ANTHROPIC, CASES))
def test_fetching_results_counts_no_tokens(case: Case, mode: str) -> None:
    assert spans_of(ANTHROPIC, case, mode) == expected_of(case)
