"""What a subject is refused for."""

from __future__ import annotations

from collections import Counter

import pytest
from bench.evidence import Evidence, problems
from bench.subjects import FLOOR, OURS, PLAIN
from bench.workloads import WORKLOADS

from bench import payloads

TOKENS = {payloads.INPUT_TOKENS, payloads.OUTPUT_TOKENS}


def evidence(**about: object) -> Evidence:
    """Return what two good calls of W1 leave, but for what is given."""
    good: dict[str, object] = {
        "calls": 2,
        "spans": 2,
        "numbers": set(TOKENS),
        "counts": Counter(duration=2),
        "tokens": 2 * sum(TOKENS),
        "text": b"chat",
    }
    return Evidence(**{**good, **about})  # type: ignore[arg-type]


def test_good_evidence_is_accepted() -> None:
    assert problems(WORKLOADS["W1"], OURS, evidence()) == []


@pytest.mark.parametrize(
    ("workload", "found", "problem"),
    [
        ("W1", {"spans": 0}, "0 spans for 2 calls"),
        ("W1", {"spans": 4}, "4 spans for 2 calls"),
        ("W1", {"numbers": {1}}, "a token count is missing on the span"),
        ("W1", {"tokens": 0}, f"0 tokens measured, not {2 * sum(TOKENS)}"),
        ("W1", {"counts": Counter()}, "0 durations for 2 calls"),
        (
            "W1",
            {"text": payloads.ASKED.encode()},
            "the request's text is recorded although content is off",
        ),
        ("W2", {"text": payloads.ASKED.encode()}, "the answer's text is missing"),
        ("W2off", {}, "2 spans for 2 calls"),
        ("W2noop", {}, "emits although it must not"),
        ("W3", {}, "0 chunk times, not about 398"),
    ],
)
def test_wrong_evidence_is_named(workload: str, found: dict[str, object], problem: str) -> None:
    assert problem in problems(WORKLOADS[workload], OURS, evidence(**found))


def test_floor_must_not_pay_for_chunk_times() -> None:
    found = evidence(counts=Counter(duration=2, time_per_output_chunk=398))

    assert problems(WORKLOADS["W3"], FLOOR, found) == ["398 chunk times, not about 0"]


def test_plain_client_must_be_silent() -> None:
    assert problems(WORKLOADS["W1"], PLAIN, evidence()) == ["emits although it must not"]
