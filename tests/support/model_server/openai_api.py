"""Knows what OpenAI's API does alike on all endpoints: headers, error bodies, error events."""

from __future__ import annotations

from support.model_server.answers import Failure
from support.model_server.exchange import Exchange, Frame, Object, Provider, Request, event

ORGANIZATION = "agentel-tests"
PROJECT = "proj_agenteltests"

ERRORS: dict[int, tuple[str, str | None, str]] = {
    400: ("invalid_request_error", None, "The request could not be understood."),
    401: ("invalid_request_error", "invalid_api_key", "Incorrect API key provided."),
    403: ("invalid_request_error", "permission_denied", "You are not allowed to do this."),
    404: ("invalid_request_error", "model_not_found", "The model does not exist."),
    409: ("invalid_request_error", "conflict", "The resource was changed meanwhile."),
    422: ("invalid_request_error", None, "The request could not be processed."),
    429: ("requests", "rate_limit_exceeded", "Rate limit reached. Please try again later."),
    500: ("server_error", None, "The server had an error while processing your request."),
    503: ("service_unavailable_error", "server_is_overloaded", "The engine is overloaded."),
}
"""Type, code and message that go with a status by default."""


def openai_headers(exchange: Exchange) -> dict[str, str]:
    """Headers of every answer."""
    return {
        "access-control-expose-headers": "X-Request-ID",
        "openai-organization": ORGANIZATION,
        "openai-processing-ms": "209",
        "openai-project": PROJECT,
        "openai-version": "2020-10-01",
        "x-ratelimit-limit-requests": "10000",
        "x-ratelimit-limit-tokens": "2000000",
        "x-ratelimit-remaining-requests": "9999",
        "x-ratelimit-remaining-tokens": "1999984",
        "x-ratelimit-reset-requests": "6ms",
        "x-ratelimit-reset-tokens": "0s",
        "x-request-id": exchange.id("req_", 32),
        "cf-cache-status": "DYNAMIC",
        "x-content-type-options": "nosniff",
    }


def error_fields(failure: Failure) -> Object:
    """What is told about an error."""
    kind, code, message = ERRORS.get(failure.status) or ERRORS[500 if failure.status > 499 else 400]
    return {
        "message": failure.message or message,
        "type": failure.type or kind,
        "param": failure.param,
        "code": failure.code or code,
    }


def openai_error(exchange: Exchange, failure: Failure) -> Object:
    """Body of an error."""
    return {"error": error_fields(failure)}


def openai_error_frame(exchange: Exchange, failure: Failure, after: int) -> Frame:
    """The same as an event of a stream of chat chunks."""
    return event(openai_error(exchange, failure))


def page(request: Request, items: list[Object], newest_first: bool = False) -> Object:
    """The part of a list that `limit`, `after` and `order` ask for, in OpenAI's envelope."""
    query = request.query
    order = query.get("order", "desc" if newest_first else "asc")
    ordered = list(reversed(items)) if order == "desc" else items
    keys = [item["id"] for item in ordered]
    start = keys.index(query["after"]) + 1 if query.get("after") in keys else 0
    limit = int(query.get("limit", 20))
    shown = ordered[start : start + limit]
    return {
        "object": "list",
        "data": shown,
        "first_id": shown[0]["id"] if shown else None,
        "last_id": shown[-1]["id"] if shown else None,
        "has_more": start + limit < len(ordered),
    }


OPENAI = Provider("openai", openai_headers, openai_error, openai_error_frame)
