"""Knows what went wrong from what an exception, a status and a provider's code say of it.

An exception's text may quote the prompt, so it is read here, for its category and fingerprint, and
kept nowhere.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from agentel.core.fields import Fields, get

CANCELLATIONS = (asyncio.CancelledError, KeyboardInterrupt, SystemExit, GeneratorExit)
"""How work ends because somebody wanted it to end; none of them is an error."""

_LONGEST_CODE = 64  # characters; what is longer is a text, and may quote what was asked
_RETRYABLE = {"rate_limit", "api_error", "timeout", "network", "html_error"}

_BY_STATUS = {
    400: ("invalid_request", 0.6),
    401: ("auth", 1.0),
    402: ("quota", 0.9),
    403: ("auth", 0.8),
    404: ("not_found", 0.8),
    408: ("timeout", 1.0),
    409: ("api_error", 0.6),
    413: ("context_length", 0.7),
    422: ("invalid_request", 0.7),
    429: ("rate_limit", 0.9),
    529: ("api_error", 1.0),
}

_BY_CODE = {
    "rate_limit_exceeded": "rate_limit",
    "rate_limit_error": "rate_limit",
    "tokens": "rate_limit",
    "requests": "rate_limit",
    "insufficient_quota": "quota",
    "billing_error": "quota",
    "billing_hard_limit_reached": "quota",
    "invalid_api_key": "auth",
    "authentication_error": "auth",
    "permission_error": "auth",
    "context_length_exceeded": "context_length",
    "string_above_max_length": "context_length",
    "request_too_large": "context_length",
    "content_filter": "content_policy",
    "content_policy_violation": "content_policy",
    "moderation_blocked": "content_policy",
    "model_not_found": "model_error",
    "model_decommissioned": "model_error",
    "model_not_available": "model_error",
    "not_found_error": "not_found",
    "overloaded_error": "api_error",
    "server_error": "api_error",
    "api_error": "api_error",
    "timeout_error": "timeout",
    "invalid_request_error": "invalid_request",
}
"""Codes and types that providers put into error bodies.

Source: error references of OpenAI, Azure OpenAI, Anthropic, Groq and OpenRouter.
"""

_VAGUE_CODES = {"invalid_request_error", "api_error", "server_error", "not_found_error"}
"""Codes that say less than the text beside them may."""

_BY_NAME = {
    "APITimeoutError": "timeout",
    "TimeoutException": "timeout",
    "TimeoutError": "timeout",
    "APIConnectionError": "network",
    "TransportError": "network",
    "ConnectionError": "network",
    "gaierror": "network",
    "SSLError": "network",
    "RateLimitError": "rate_limit",
    "AuthenticationError": "auth",
    "PermissionDeniedError": "auth",
    "PermissionError": "permission_wait",
    "NotFoundError": "not_found",
    "LengthFinishReasonError": "model_error",
    "ContentFilterFinishReasonError": "content_policy",
    "APIResponseValidationError": "model_error",
    "ValidationError": "model_error",
    "JSONDecodeError": "model_error",
    "InternalServerError": "api_error",
    "APIStatusError": "api_error",
    "APIError": "api_error",
}
"""Names of exception classes, looked up along the method resolution order."""

_BY_TEXT = (
    (
        re.compile(
            r"maximum context length|context window|prompt is too long|too many tokens", re.I
        ),
        "context_length",
    ),
    (
        re.compile(r"content (management )?policy|content filter|safety system|flagged as", re.I),
        "content_policy",
    ),
    (re.compile(r"credit balance|exceeded your current quota|billing", re.I), "quota"),
    (re.compile(r"model .{0,80}(does not exist|not found|is not supported)", re.I), "model_error"),
    (
        re.compile(
            r"(approval|permission) (is )?(required|needed)|waiting for (approval|permission)", re.I
        ),
        "permission_wait",
    ),
    (re.compile(r"rate limit", re.I), "rate_limit"),
)
_HTML = re.compile(r"\s*(<!doctype html|<html[\s>])", re.I)
_VARIABLE = re.compile(r"0x[0-9a-f]+|[0-9a-f]{8,}|\b\w*\d\w*\b|'[^']*'|\"[^\"]*\"", re.I)


@dataclass(frozen=True, slots=True)
class Failure:
    """One error, classified. Holds nothing of the text that it was read from."""

    type: str
    category: str
    confidence: float
    fingerprint: str
    retryable: bool
    status: int | None = None
    code: str | None = None
    retry_after: float | None = None

    def fields(self) -> Fields:
        """Return what a span says of it."""
        found: Fields = {
            "error_type": self.type,
            "error_category": self.category,
            "error_confidence": self.confidence,
            "error_fingerprint": self.fingerprint,
            "error_retryable": self.retryable,
        }
        if self.status is not None:
            found["http_response_status_code"] = self.status
        if self.code is not None:
            found["error_code"] = self.code
        if self.retry_after is not None:
            found["error_retry_after"] = self.retry_after
        return found


def classify(error: BaseException, *, default: str = "unknown") -> Failure:
    """Classify an exception by its status, the provider's code, its class and its text.

    `confidence` is 1.0 where the provider said so itself, and lower the more was inferred.
    """
    response = getattr(error, "response", None)
    status = _status(error, response)
    code = _code(error)
    text = str(error) if error.args or status is not None else ""
    category, confidence = _category(error, status, code, text)
    if category == "unknown":
        category = default
    name = type(error).__qualname__
    return Failure(
        type=name,
        category=category,
        confidence=confidence,
        fingerprint=fingerprint(name, category, status, code, text),
        retryable=_is_retryable(category, status),
        status=status,
        code=code,
        retry_after=retry_after(getattr(response, "headers", None)),
    )


def failure(name: str, category: str, *, status: int | None = None) -> Failure:
    """Return a failure that no exception stands for: a body that is no answer, a cut stream."""
    return Failure(
        type=name,
        category=category,
        confidence=1.0,
        fingerprint=fingerprint(name, category, status, None, ""),
        retryable=_is_retryable(category, status),
        status=status,
    )


def reported(code: str, *, status: int | None = None) -> Failure:
    """Return the failure that a provider tells of inside an answer, by its code or status."""
    told = int(code) if code.isdigit() else None
    category, confidence = _BY_STATUS.get(told or 0, ("api_error", 0.9))
    if code in _BY_CODE:
        category, confidence = _BY_CODE[code], 1.0
    return Failure(
        type=code,
        category=category,
        confidence=confidence,
        fingerprint=fingerprint(code, category, status, code, ""),
        retryable=_is_retryable(category, told),
        status=status,
        code=code,
    )


def fingerprint(name: str, category: str, status: int | None, code: str | None, text: str) -> str:
    """Return a short id that the same error has each time: no ids, numbers and quotes."""
    shape = _VARIABLE.sub("#", text[:512])
    key = f"{name}|{category}|{status}|{code}|{shape}"
    return hashlib.blake2b(key.encode("utf-8", "replace"), digest_size=8).hexdigest()


def is_connection_failure(error: BaseException) -> bool:
    """Tell whether the connection broke, rather than somebody answering with an error."""
    return next(_named(error), "") in ("network", "timeout") and _status(error, None) is None


def retry_after(headers: object) -> float | None:
    """Return the provider's wish to be left alone, in s, where it gave one in s or ms."""
    if not isinstance(headers, Mapping):
        return None
    known = cast("Mapping[str, str]", headers)
    for name, scale in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        text = known.get(name)
        if text is None:
            continue
        try:
            return float(text) * scale
        except ValueError:
            continue  # a date: when, not how long
    return None


def looks_like_html(text: object) -> bool:
    """Tell whether a body is a web page, whatever its headers say."""
    return isinstance(text, str) and _HTML.match(text) is not None


def _category(
    error: BaseException, status: int | None, code: str | None, text: str
) -> tuple[str, float]:
    if _is_page(getattr(error, "response", None)):
        return "html_error", 1.0
    if code in _BY_CODE and code not in _VAGUE_CODES:
        return _BY_CODE[code], 1.0
    for pattern, category in _BY_TEXT:
        if pattern.search(text):
            return category, 0.8
    if code in _BY_CODE:
        return _BY_CODE[code], 0.9
    if status is not None:
        if status in _BY_STATUS:
            return _BY_STATUS[status]
        return ("api_error", 0.9) if status >= 500 else ("invalid_request", 0.5)
    for category in _named(error):
        return category, 0.9
    return "unknown", 0.0


def _is_page(response: object) -> bool:
    """Tell whether a body that was read is a web page; asking for one that was not would raise."""
    body = getattr(response, "_content", None)
    return isinstance(body, bytes) and looks_like_html(body[:512].decode("utf-8", "replace"))


def _named(error: BaseException) -> Iterator[str]:
    for kind in type(error).__mro__:
        category = _BY_NAME.get(kind.__name__)
        if category is not None:
            yield category


def _status(error: BaseException, response: object) -> int | None:
    for source in (error, response):
        status = getattr(source, "status_code", None)
        if isinstance(status, int):
            return status
    return None


def _code(error: BaseException) -> str | None:
    body: Any = getattr(error, "body", None)
    inner: Any = get(cast("object", body), "error") if isinstance(body, Mapping) else None
    sources: list[object] = [error, inner, cast("object", body)]
    for source in sources:
        for name in () if source is None else ("code", "type"):
            value = getattr(error, name, None) if source is error else get(source, name)
            if isinstance(value, str) and 0 < len(value) <= _LONGEST_CODE and value != "error":
                return value
    return None


def _is_retryable(category: str, status: int | None) -> bool:
    if status is not None and status >= 500:
        return True
    return category in _RETRYABLE
