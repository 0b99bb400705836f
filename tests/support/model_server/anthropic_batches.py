"""Knows Anthropic's message batches and models: what is kept, what shows when, and the results."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import cast

from support.model_server.answers import Answer, Failure
from support.model_server.anthropic_api import ERRORS, iso
from support.model_server.anthropic_messages import message
from support.model_server.exchange import (
    SNAPSHOTS,
    Body,
    Declined,
    Events,
    Exchange,
    Frame,
    Object,
    Whole,
    compact,
)

DAY = 86400
MODELS = {
    "claude-opus-5": "Claude Opus 5",
    "claude-sonnet-5": "Claude Sonnet 5",
    "claude-haiku-4-5-20251001": "Claude Haiku 4.5",
}


@dataclass
class Kept:
    """A batch, what was asked in it, and the answers to it in turn."""

    body: Object
    asked: list[Object]
    answer: Answer


def create_batch(exchange: Exchange) -> Body:
    """POST /v1/messages/batches: it runs now, and has ended at the first look.

    The reply scripted for this request answers the batch: its choices in turn, one a request, one
    that `failed` as an errored result.
    """
    asked = [item for item in exchange.request.items("requests") if isinstance(item, dict)]
    key = exchange.id("msgbatch_01", 22)
    body: Object = {
        "id": key,
        "type": "message_batch",
        "processing_status": "in_progress",
        "request_counts": _counts(processing=len(asked)),
        "ended_at": None,
        "created_at": iso(exchange.created),
        "expires_at": iso(exchange.created + DAY),
        "archived_at": None,
        "cancel_initiated_at": None,
        "results_url": None,
    }
    exchange.store.keep("message_batches", {"id": key, "kept": Kept(body, asked, exchange.answer)})
    return Whole(compact(body))


def show_batch(exchange: Exchange) -> Body:
    """GET /v1/messages/batches/{id}."""
    kept = _find(exchange)
    if kept.body["processing_status"] != "ended":
        kept.body = _ended(exchange, kept)
    return Whole(compact(kept.body))


def list_batches(exchange: Exchange) -> Body:
    """GET /v1/messages/batches, newest first."""
    kept = [cast("Kept", item["kept"]) for item in exchange.store.all("message_batches")]
    return Whole(compact(_page(exchange, [one.body for one in reversed(kept)])))


def cancel_batch(exchange: Exchange) -> Body:
    """POST /v1/messages/batches/{id}/cancel: what did not run yet, that is all, is cancelled."""
    kept = _find(exchange)
    if kept.body["processing_status"] == "ended":
        raise Declined(Failure(400, "Batch has already ended."))
    canceling = {"processing_status": "canceling", "cancel_initiated_at": iso(exchange.created)}
    kept.body = {**kept.body, **canceling}
    return Whole(compact(kept.body))


def delete_batch(exchange: Exchange) -> Body:
    """DELETE /v1/messages/batches/{id}, once it has ended."""
    body = _find(exchange).body
    if body["processing_status"] != "ended":
        raise Declined(Failure(400, "Batch is still being processed."))
    exchange.store.drop("message_batches", str(body["id"]))
    return Whole(compact({"id": body["id"], "type": "message_batch_deleted"}))


def batch_results(exchange: Exchange) -> Body:
    """GET /v1/messages/batches/{id}/results: JSON lines, one a request."""
    kept = _find(exchange)
    if kept.body["processing_status"] != "ended":
        raise Declined(Failure(400, "Batch results are not available yet."))
    lines = [
        {"custom_id": item.get("custom_id"), "result": _result(exchange, kept, index)}
        for index, item in enumerate(kept.asked)
    ]
    frames = [Frame(compact(line) + b"\n") for line in lines]
    return Events(frames, content_type="application/binary")


def list_models(exchange: Exchange) -> Body:
    """GET /v1/models."""
    return Whole(compact(_page(exchange, [_model(name) for name in MODELS])))


def show_model(exchange: Exchange) -> Body:
    """GET /v1/models/{id}."""
    name = exchange.path_values["id"]
    name = SNAPSHOTS.get(name, name)
    if name not in MODELS:
        raise Declined(Failure(404, f"model: {name}"))
    return Whole(compact(_model(name)))


def _find(exchange: Exchange) -> Kept:
    found = exchange.store.find("message_batches", exchange.path_values["id"])
    if found is None:
        raise Declined(Failure(404, "Batch not found."))
    return cast("Kept", found["kept"])


def _ended(exchange: Exchange, kept: Kept) -> Object:
    kinds = [_result(exchange, kept, index)["type"] for index in range(len(kept.asked))]
    counts = {str(kind): kinds.count(kind) for kind in kinds}
    host = exchange.request.headers.get("host", "")
    return {
        **kept.body,
        "processing_status": "ended",
        "request_counts": _counts(**counts),
        "ended_at": iso(exchange.created),
        "results_url": f"http://{host}/v1/messages/batches/{kept.body['id']}/results",
    }


def _counts(**known: int) -> Object:
    kinds = ("processing", "succeeded", "errored", "canceled", "expired")
    return {**dict.fromkeys(kinds, 0), **known}


def _result(exchange: Exchange, kept: Kept, index: int) -> Object:
    if kept.body["cancel_initiated_at"]:
        return {"type": "canceled"}
    answer = kept.answer.choice(index)
    if answer.finish == "failed":
        kind, words = ERRORS[400]
        error = {"type": "error", "error": {"type": kind, "message": words}, "request_id": None}
        return {"type": "errored", "error": error}
    params = kept.asked[index].get("params")
    model = str(params.get("model", "")) if isinstance(params, dict) else ""
    answer = replace(answer, model=answer.model or SNAPSHOTS.get(model, model), tier="batch")
    told = message(replace(exchange, answer=answer))
    return {"type": "succeeded", "message": {**told, "id": exchange.id("msg_01", 22, index)}}


def _page(exchange: Exchange, items: list[Object]) -> Object:
    """The part of a list that `limit`, `after_id` and `before_id` ask for."""
    query = exchange.request.query
    keys = [str(item["id"]) for item in items]
    limit = int(query.get("limit", 20))
    after, before = query.get("after_id"), query.get("before_id")
    start = keys.index(after) + 1 if after in keys else 0
    end = keys.index(before) if before in keys else len(keys)
    start = max(start, end - limit) if before in keys else start
    shown = items[start : min(end, start + limit)]
    return {
        "data": shown,
        "has_more": (start > 0) if before in keys else start + limit < end,
        "first_id": shown[0]["id"] if shown else None,
        "last_id": shown[-1]["id"] if shown else None,
    }


def _model(name: str) -> Object:
    return {
        "type": "model",
        "id": name,
        "display_name": MODELS[name],
        "created_at": "2025-10-15T00:00:00Z",
        "lifecycle": "active",
        "max_input_tokens": 200_000,
        "max_tokens": 64_000,
    }
