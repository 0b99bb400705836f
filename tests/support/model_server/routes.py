"""Knows which path of which provider answers how."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from support.model_server.anthropic_api import ANTHROPIC
from support.model_server.anthropic_messages import count_tokens, create_message
from support.model_server.exchange import Body, Exchange, Provider, Request
from support.model_server.openai_api import OPENAI
from support.model_server.openai_chat import chat_completion


@dataclass(frozen=True)
class Route:
    """A method and path of a provider, and who answers there."""

    method: str
    path: re.Pattern[str]
    provider: Provider
    answer: Callable[[Exchange], Body]
    is_model: bool
    """Whether a model answers: such a request uses up a scripted reply and is billed."""
    required: tuple[str, ...]
    """What the body must have."""


def _route(
    place: str, provider: Provider, answer: Callable[[Exchange], Body], required: str | None = None
) -> Route:
    """A route from a text such as `GET /v1/models/{id}`; of a model if anything is required."""
    method, path = place.split(" ")
    pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path.replace(".", r"\."))
    is_model = required is not None
    names = tuple((required or "").split())
    return Route(method, re.compile(f"{pattern}/?"), provider, answer, is_model, names)


ROUTES = [
    _route("POST /v1/chat/completions", OPENAI, chat_completion, "model messages"),
    _route("POST /v1/messages", ANTHROPIC, create_message, "model messages max_tokens"),
    _route("POST /v1/messages/count_tokens", ANTHROPIC, count_tokens),
]


def find_route(request: Request) -> tuple[Route, dict[str, str]] | None:
    """The route of a request and the values in its path."""
    for route in ROUTES:
        found = route.path.fullmatch(request.path)
        if found and route.method == request.method:
            return route, found.groupdict()
    return None


def provider_of(request: Request) -> Provider:
    """Whose words an error has where no route is."""
    return ANTHROPIC if "anthropic-version" in request.headers else OPENAI
