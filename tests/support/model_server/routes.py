"""Knows which path of which provider answers how."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from support.model_server import anthropic_batches as batches
from support.model_server import openai_media as media
from support.model_server import openai_resources as resources
from support.model_server import openai_response_store as responses
from support.model_server import openai_texts as texts
from support.model_server.anthropic_api import ANTHROPIC
from support.model_server.anthropic_messages import count_tokens, create_message
from support.model_server.azure import AZURE, azure_chat
from support.model_server.exchange import Body, Exchange, Provider, Request
from support.model_server.groq import GROQ, groq_chat
from support.model_server.openai_api import OPENAI
from support.model_server.openai_chat import chat_completion
from support.model_server.openai_responses import response_error_frame
from support.model_server.openrouter import OPENROUTER, openrouter_chat
from support.model_server.together import TOGETHER, together_chat


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
    header: str
    """A header that tells whose endpoint is meant where two have the same path."""


def _route(
    place: str,
    provider: Provider,
    answer: Callable[[Exchange], Body],
    required: str | None = None,
    header: str = "",
) -> Route:
    """A route from a text such as `GET /v1/models/{id}`; of a model unless `required` is None."""
    method, path = place.split(" ")
    pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path.replace(".", r"\."))
    is_model = required is not None
    names = tuple((required or "").split())
    return Route(method, re.compile(f"{pattern}/?"), provider, answer, is_model, names, header)


_OPENAI = [
    ("POST /chat/completions", chat_completion, "model messages"),
    ("GET /chat/completions", resources.list_chats, None),
    ("GET /chat/completions/{id}", resources.show_chat, None),
    ("POST /chat/completions/{id}", resources.update_chat, None),
    ("DELETE /chat/completions/{id}", resources.delete_chat, None),
    ("GET /chat/completions/{id}/messages", resources.list_messages, None),
    ("POST /completions", texts.completion, "model prompt"),
    ("POST /embeddings", texts.embeddings, "model input"),
    ("POST /moderations", texts.moderations, "input"),
    ("POST /responses/input_tokens", responses.count_input, None),
    ("GET /responses/{id}", responses.retrieve_response, None),
    ("DELETE /responses/{id}", responses.delete_response, None),
    ("POST /responses/{id}/cancel", responses.cancel_response, None),
    ("GET /responses/{id}/input_items", responses.list_input, None),
    ("POST /images/generations", media.images, "prompt"),
    ("POST /images/edits", media.images, ""),
    ("POST /audio/speech", media.speech, "model input voice"),
    ("POST /audio/transcriptions", media.transcription, ""),
    ("POST /audio/translations", media.translation, ""),
    ("GET /models", resources.list_models, None),
    ("GET /models/{id}", resources.show_model, None),
    ("POST /files", resources.create_file, None),
    ("GET /files", resources.list_files, None),
    ("GET /files/{id}", resources.show_file, None),
    ("GET /files/{id}/content", resources.file_content, None),
    ("DELETE /files/{id}", resources.delete_file, None),
    ("POST /batches", resources.create_batch, "input_file_id endpoint"),
    ("GET /batches", resources.list_batches, None),
    ("GET /batches/{id}", resources.show_batch, None),
    ("POST /batches/{id}/cancel", resources.cancel_batch, None),
]
"""OpenAI's endpoints, relative to the root that its likes give them."""

_ANTHROPIC = [
    ("POST /v1/messages", create_message, "model messages max_tokens"),
    ("POST /v1/messages/count_tokens", count_tokens, None),
    ("POST /v1/messages/batches", batches.create_batch, "requests"),
    ("GET /v1/messages/batches", batches.list_batches, None),
    ("GET /v1/messages/batches/{id}", batches.show_batch, None),
    ("DELETE /v1/messages/batches/{id}", batches.delete_batch, None),
    ("POST /v1/messages/batches/{id}/cancel", batches.cancel_batch, None),
    ("GET /v1/messages/batches/{id}/results", batches.batch_results, None),
]
_ANTHROPIC_MODELS = [
    ("GET /v1/models", batches.list_models),
    ("GET /v1/models/{id}", batches.show_model),
]

_OWN_CHAT = [
    ("/groq/openai/v1", GROQ, groq_chat),
    ("/together/v1", TOGETHER, together_chat),
    ("/api/v1", OPENROUTER, openrouter_chat),
    ("/azure/openai/deployments/{deployment}", AZURE, azure_chat),
    ("/azure/openai/v1", AZURE, azure_chat),
]
"""Where the others are, and how they chat; the rest they do as OpenAI does."""


def _routes() -> list[Route]:
    found = [_route(place, ANTHROPIC, answer, names) for place, answer, names in _ANTHROPIC]
    for place, answer in _ANTHROPIC_MODELS:
        found.append(_route(place, ANTHROPIC, answer, header="anthropic-version"))
    for root, provider, chat in _OWN_CHAT:
        found.append(_route(f"POST {root}/chat/completions", provider, chat, "messages"))
    for root, provider in [("/v1", OPENAI), *((root, api) for root, api, _ in _OWN_CHAT)]:
        streamed = replace(provider, error_frame=response_error_frame)
        create = responses.create_response
        found.append(_route(f"POST {root}/responses", streamed, create, "model input"))
        for place, answer, required in _OPENAI:
            found.append(_route(place.replace(" ", f" {root}", 1), provider, answer, required))
    return found


ROUTES = _routes()


def find_route(request: Request) -> tuple[Route, dict[str, str]] | None:
    """The route of a request and the values in its path."""
    for route in ROUTES:
        found = route.path.fullmatch(request.path)
        named = not route.header or route.header in request.headers
        if found and route.method == request.method and named:
            return route, found.groupdict()
    return None


def provider_of(request: Request) -> Provider:
    """Whose words an error has where no route is."""
    for root, provider, _ in _OWN_CHAT:
        if request.path.startswith(root.split("{")[0]):
            return provider
    return ANTHROPIC if "anthropic-version" in request.headers else OPENAI
