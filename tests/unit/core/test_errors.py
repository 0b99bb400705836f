from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentel.core.errors import classify, fingerprint, is_connection_failure, reported, retry_after


class StatusError(Exception):
    """What SDKs raise for an answer that is an error."""

    def __init__(
        self,
        status: int,
        text: str = "",
        body: object = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(text)
        self.status_code = status
        self.body = body
        self.response = SimpleNamespace(status_code=status, headers=headers or {})


def coded(code: str, status: int = 400, text: str = "") -> StatusError:
    return StatusError(status, text, {"error": {"code": code, "message": text}})


class APIConnectionError(Exception):
    """Named as in the SDKs."""


class APITimeoutError(APIConnectionError):
    """Named as in the SDKs."""


class LengthFinishReasonError(Exception):
    """Named as in the SDKs."""


CATEGORIES: list[tuple[BaseException, str]] = [
    (StatusError(401), "auth"),
    (StatusError(402), "quota"),
    (StatusError(403), "auth"),
    (StatusError(404), "not_found"),
    (StatusError(408), "timeout"),
    (StatusError(413), "context_length"),
    (StatusError(422), "invalid_request"),
    (StatusError(429), "rate_limit"),
    (StatusError(429, "You exceeded your current quota"), "quota"),
    (StatusError(500), "api_error"),
    (StatusError(529), "api_error"),
    (StatusError(400), "invalid_request"),
    (StatusError(400, "maximum context length is 8192 tokens"), "context_length"),
    (StatusError(400, "prompt is too long: 210000 tokens"), "context_length"),
    (StatusError(400, "Your credit balance is too low"), "quota"),
    (StatusError(404, "The model `gpt-9` does not exist"), "model_error"),
    (coded("context_length_exceeded"), "context_length"),
    (coded("insufficient_quota", 429), "quota"),
    (coded("content_filter"), "content_policy"),
    (coded("model_not_found", 404), "model_error"),
    (coded("rate_limit_exceeded", 429), "rate_limit"),
    (StatusError(529, "", {"type": "error", "error": {"type": "overloaded_error"}}), "api_error"),
    (APIConnectionError("Connection error."), "network"),
    (APITimeoutError("Request timed out."), "timeout"),
    (TimeoutError(), "timeout"),
    (asyncio.TimeoutError(), "timeout"),
    (ConnectionResetError(), "network"),
    (LengthFinishReasonError("length"), "model_error"),
    (PermissionError("approval required"), "permission_wait"),
    (ValueError("nobody knows"), "unknown"),
    (Exception(), "unknown"),
]


@pytest.mark.parametrize(
    ("error", "category"),
    CATEGORIES,
    ids=[f"{type(e).__name__}-{c}-{n}" for n, (e, c) in enumerate(CATEGORIES)],
)
def test_error_is_of_this_category(error: BaseException, category: str) -> None:
    found = classify(error)
    assert found.category == category
    assert 0 <= found.confidence <= 1
    assert found.type == type(error).__qualname__


@given(st.text(min_size=12), st.sampled_from([400, 404, 429, 500]))
def test_nothing_of_the_text_is_kept(text: str, status: int) -> None:
    found = classify(StatusError(status, text, {"error": {"message": text}}))
    assert [
        value for value in found.fields().values() if isinstance(value, str) and text in value
    ] == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("request 17 failed", "request 18 failed"),
        ("id req_0123456789abcdef gone", "id req_fedcba9876543210 gone"),
        ("no such tool 'weather'", "no such tool 'clock'"),
        ('unexpected "a b"', 'unexpected "c"'),
        ("at 0x7f00", "at 0x8e11"),
    ],
)
def test_fingerprint_is_that_of_the_kind_of_error(one: str, other: str) -> None:
    assert fingerprint("E", "c", None, None, one) == fingerprint("E", "c", None, None, other)


@pytest.mark.parametrize(
    "other",
    [
        ("F", "c", None, None, "text"),
        ("E", "d", None, None, "text"),
        ("E", "c", 400, None, "text"),
        ("E", "c", None, "code", "text"),
        ("E", "c", None, None, "another text"),
    ],
    ids=["type", "category", "status", "code", "text"],
)
def test_fingerprints_of_different_errors_differ(other: Any) -> None:
    assert fingerprint("E", "c", None, None, "text") != fingerprint(*other)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "3"}, 3.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after-ms": "250"}, 0.25),
        ({"retry-after": "9", "retry-after-ms": "250"}, 0.25),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"}, None),
        ({}, None),
        (None, None),
    ],
    ids=str,
)
def test_wish_to_be_left_alone_is_in_seconds(headers: object, seconds: float | None) -> None:
    assert retry_after(headers) == seconds


@pytest.mark.parametrize(
    ("error", "broke"),
    [
        (APIConnectionError(), True),
        (APITimeoutError(), True),
        (ConnectionResetError(), True),
        (StatusError(500), False),
        (ValueError(), False),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else str(value),
)
def test_broken_connection_is_told_from_an_answer(error: Exception, broke: bool) -> None:
    assert is_connection_failure(error) is broke


@pytest.mark.parametrize(
    ("code", "category", "retryable"),
    [
        ("rate_limit_exceeded", "rate_limit", True),
        ("server_error", "api_error", True),
        ("invalid_prompt", "api_error", True),
        ("429", "rate_limit", True),
        ("502", "api_error", True),
        ("context_length_exceeded", "context_length", False),
    ],
)
def test_failure_told_inside_of_an_answer(code: str, category: str, retryable: bool) -> None:
    found = reported(code)
    assert (found.type, found.category, found.retryable) == (code, category, retryable)


class Hostile(Exception):
    """Raises when it is looked at."""

    @property
    def response(self) -> object:
        raise AttributeError("not now")

    @property
    def body(self) -> object:
        raise AttributeError("not now")


def test_error_that_hides_what_it_has_is_classified() -> None:
    assert classify(Hostile("text")).category == "unknown"
