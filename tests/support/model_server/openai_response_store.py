"""Knows what OpenAI does with responses over time: create, retrieve, cancel, delete, list input."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from support.model_server.answers import Failure
from support.model_server.exchange import (
    Body,
    Declined,
    Events,
    Exchange,
    Frame,
    Object,
    Whole,
    pretty,
)
from support.model_server.openai_api import page
from support.model_server.openai_response_events import response_frames
from support.model_server.openai_responses import ID_WIDTH, begun, ended

BILLING: Object = {"payer": "developer"}


@dataclass
class Stored:
    """A response that was made, whether the client knows its end already or not."""

    number: int
    """The number of the request that made it."""
    body: Object
    frames: list[Frame]
    input: list[Object]
    steps: list[str]
    """Statuses that it still shows, one at each look, before its end."""


def create_response(exchange: Exchange) -> Body:
    """POST /v1/responses; in the background it is queued, and done at the second look."""
    background = exchange.request.wants("background")
    body, frames = ended(exchange), response_frames(exchange)
    key, model = str(body["id"]), exchange.model
    if exchange.request.json.get("store") is not False:
        steps = ["in_progress"] if background and not exchange.streams else []
        stored = Stored(exchange.request.number, body, frames, _input_items(exchange), steps)
        exchange.store.keep("responses", {"id": key, "stored": stored})
    if exchange.streams:
        return Events(frames, key, model)
    if background:
        return Whole(pretty({**begun(exchange, "queued"), "billing": BILLING}), None, key, model)
    usage = cast("Object | None", body["usage"])
    return Whole(pretty({**body, "billing": BILLING}), usage, key, model)


def retrieve_response(exchange: Exchange) -> Body:
    """GET /v1/responses/{id}, as a stream the events after `starting_after`."""
    stored = _find(exchange)
    query = exchange.request.query
    if query.get("stream") == "true":
        after = int(query.get("starting_after", -1))
        return Events(stored.frames[after + 1 :], answers=stored.number)
    if stored.steps:
        status = stored.steps.pop(0)
        early = {"output": [], "usage": None, "completed_at": None, "incomplete_details": None}
        return Whole(pretty({**stored.body, **early, "status": status, "billing": BILLING}))
    usage = cast("Object | None", stored.body["usage"])
    told = pretty({**stored.body, "billing": BILLING})
    return Whole(told, usage, answers=stored.number)


def cancel_response(exchange: Exchange) -> Body:
    """POST /v1/responses/{id}/cancel, which only background responses allow."""
    stored = _find(exchange)
    if not stored.body["background"]:
        message = "Only responses created with background=true can be cancelled."
        raise Declined(Failure(400, message))
    if stored.steps or stored.body["status"] == "cancelled":
        stored.steps.clear()
        early = {"output": [], "usage": None, "completed_at": None}
        stored.body = {**stored.body, **early, "status": "cancelled"}
    return Whole(pretty(stored.body))


def delete_response(exchange: Exchange) -> Body:
    """DELETE /v1/responses/{id}."""
    key = str(_find(exchange).body["id"])
    exchange.store.drop("responses", key)
    return Whole(pretty({"id": key, "object": "response", "deleted": True}))


def list_input(exchange: Exchange) -> Body:
    """GET /v1/responses/{id}/input_items, newest first unless asked otherwise."""
    return Whole(pretty(page(exchange.request, _find(exchange).input, newest_first=True)))


def count_input(exchange: Exchange) -> Body:
    """POST /v1/responses/input_tokens: a count that follows from the request's size alone."""
    count = max(1, len(exchange.request.body) // 4)
    return Whole(pretty({"object": "response.input_tokens", "input_tokens": count}))


def _find(exchange: Exchange) -> Stored:
    key = exchange.path_values["id"]
    found = exchange.store.find("responses", key)
    if found is None:
        message = f"Response with id '{key}' not found."
        raise Declined(Failure(404, message, code="not_found"))
    return cast("Stored", found["stored"])


def _input_items(exchange: Exchange) -> list[Object]:
    asked = exchange.request.items("input")
    if isinstance(said := exchange.request.json.get("input"), str):
        asked = [{"role": "user", "content": [{"type": "input_text", "text": said}]}]
    return [
        {
            "id": exchange.id("msg_", ID_WIDTH, 90 + index),
            "type": "message",
            "status": "completed",
            **item,
        }
        for index, item in enumerate(asked)
        if isinstance(item, dict)
    ]
