"""Knows what Anthropic's API does alike on all endpoints: headers, error bodies, error events."""

from __future__ import annotations

from datetime import datetime, timezone

from support.model_server.answers import Failure
from support.model_server.exchange import Exchange, Frame, Object, Provider, event

ORGANIZATION = "44ae676c-0000-4000-8000-agenteltests"

ERRORS = {
    400: ("invalid_request_error", "The request could not be understood."),
    401: ("authentication_error", "invalid x-api-key"),
    402: ("billing_error", "Your credit balance is too low."),
    403: ("permission_error", "You are not allowed to do this."),
    404: ("not_found_error", "Not found."),
    413: ("request_too_large", "Request exceeds the maximum size"),
    429: ("rate_limit_error", "This request would exceed your rate limit."),
    500: ("api_error", "Internal server error"),
    504: ("timeout_error", "The request timed out."),
    529: ("overloaded_error", "Overloaded"),
}
"""Type and message that go with a status by default."""


def iso(second: int) -> str:
    """A second of the epoch as Anthropic writes times."""
    return datetime.fromtimestamp(second, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def request_id(exchange: Exchange) -> str:
    """The id in the header and in error bodies."""
    return exchange.id("req_011C", 20)


def anthropic_headers(exchange: Exchange) -> dict[str, str]:
    """Headers of every answer."""
    limits = {"input-tokens": 2_000_000, "output-tokens": 400_000, "tokens": 2_400_000}
    result = {
        "anthropic-organization-id": ORGANIZATION,
        "anthropic-ratelimit-requests-limit": "4000",
        "anthropic-ratelimit-requests-remaining": "3999",
        "anthropic-ratelimit-requests-reset": iso(exchange.created),
        "request-id": request_id(exchange),
        "cf-cache-status": "DYNAMIC",
        "x-robots-tag": "none",
        "vary": "Accept-Encoding",
    }
    for kind, limit in limits.items():
        result[f"anthropic-ratelimit-{kind}-limit"] = str(limit)
        result[f"anthropic-ratelimit-{kind}-remaining"] = str(limit)
        result[f"anthropic-ratelimit-{kind}-reset"] = iso(exchange.created)
    return result


def anthropic_error(exchange: Exchange, failure: Failure) -> Object:
    """Body of an error."""
    kind, message = ERRORS.get(failure.status) or ERRORS[500 if failure.status > 499 else 400]
    return {
        "type": "error",
        "error": {"type": failure.type or kind, "message": failure.message or message},
        "request_id": request_id(exchange),
    }


def anthropic_error_frame(exchange: Exchange, failure: Failure, after: int) -> Frame:
    """The same as an event of a stream, where it has no details besides type and message."""
    return event(anthropic_error(exchange, failure), "error")


ANTHROPIC = Provider("anthropic", anthropic_headers, anthropic_error, anthropic_error_frame)
