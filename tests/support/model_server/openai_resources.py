"""Knows what OpenAI keeps and lists: models, stored chats, files and batches."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import cast

from support.model_server.answers import Answer, Failure
from support.model_server.exchange import (
    SNAPSHOTS,
    Body,
    Declined,
    Exchange,
    Object,
    Whole,
    compact,
    pretty,
)
from support.model_server.openai_api import page
from support.model_server.openai_chat import completion
from support.model_server.openai_media import form

MODELS = [name for name in [*SNAPSHOTS, *SNAPSHOTS.values()] if not name.startswith("claude")]


def list_models(exchange: Exchange) -> Body:
    """GET /v1/models."""
    return Whole(pretty({"object": "list", "data": [_model(name) for name in MODELS]}))


def show_model(exchange: Exchange) -> Body:
    """GET /v1/models/{id}."""
    name = exchange.path_values["id"]
    if name not in MODELS:
        message = f"The model '{name}' does not exist"
        raise Declined(Failure(404, message, code="model_not_found", param="model"))
    return Whole(pretty(_model(name)))


def list_chats(exchange: Exchange) -> Body:
    """GET /v1/chat/completions: those created with `store`."""
    return Whole(pretty(page(exchange.request, exchange.store.all("chat"))))


def show_chat(exchange: Exchange) -> Body:
    """GET /v1/chat/completions/{id}."""
    return Whole(pretty(_kept(exchange, "chat", "completion")))


def list_messages(exchange: Exchange) -> Body:
    """GET /v1/chat/completions/{id}/messages: the messages that were sent."""
    key = _kept(exchange, "chat", "completion")["id"]
    kept = cast("Object", exchange.store.find("messages", str(key)))
    return Whole(pretty(page(exchange.request, cast("list[Object]", kept["data"]))))


def update_chat(exchange: Exchange) -> Body:
    """POST /v1/chat/completions/{id}: new metadata."""
    metadata = exchange.request.part("metadata")
    changed = {**_kept(exchange, "chat", "completion"), "metadata": metadata}
    exchange.store.keep("chat", changed)
    return Whole(pretty(changed))


def delete_chat(exchange: Exchange) -> Body:
    """DELETE /v1/chat/completions/{id}."""
    key = _kept(exchange, "chat", "completion")["id"]
    exchange.store.drop("chat", str(key))
    return Whole(pretty({"object": "chat.completion.deleted", "id": key, "deleted": True}))


def create_file(exchange: Exchange) -> Body:
    """POST /v1/files, a form."""
    named = re.search(rb'filename="([^"]*)"(?:\r\n[\w-]+:[^\r\n]*)*\r\n\r\n', exchange.request.body)
    if named is None:
        raise Declined(Failure(400, "Missing required parameter: 'file'.", param="file"))
    content = exchange.request.body[named.end() :].split(b"\r\n--", 1)[0]
    return Whole(pretty(_keep_file(exchange, named[1].decode(), content, form(exchange))))


def list_files(exchange: Exchange) -> Body:
    """GET /v1/files."""
    return Whole(pretty(page(exchange.request, exchange.store.all("files"))))


def show_file(exchange: Exchange) -> Body:
    """GET /v1/files/{id}."""
    return Whole(pretty(_kept(exchange, "files", "file")))


def file_content(exchange: Exchange) -> Body:
    """GET /v1/files/{id}/content."""
    key = str(_kept(exchange, "files", "file")["id"])
    content = cast("Object", exchange.store.find("contents", key))
    return Whole(cast("bytes", content["bytes"]), content_type="application/octet-stream")


def delete_file(exchange: Exchange) -> Body:
    """DELETE /v1/files/{id}."""
    key = str(_kept(exchange, "files", "file")["id"])
    exchange.store.drop("files", key)
    return Whole(pretty({"object": "file", "id": key, "deleted": True}))


def create_batch(exchange: Exchange) -> Body:
    """POST /v1/batches: validated now, and done at the first look.

    The reply scripted for this request answers the batch: its choices in turn, one a request.
    """
    asked = exchange.request.json
    batch: Object = {
        "id": exchange.id("batch_", 32),
        "object": "batch",
        "endpoint": asked.get("endpoint"),
        "errors": None,
        "input_file_id": asked.get("input_file_id"),
        "completion_window": asked.get("completion_window", "24h"),
        "status": "validating",
        "output_file_id": None,
        "error_file_id": None,
        "created_at": exchange.created,
        "in_progress_at": None,
        "expires_at": exchange.created + 86400,
        "finalizing_at": None,
        "completed_at": None,
        "failed_at": None,
        "expired_at": None,
        "cancelling_at": None,
        "cancelled_at": None,
        "request_counts": {"total": 0, "completed": 0, "failed": 0},
        "metadata": asked.get("metadata"),
    }
    exchange.store.keep("batches", batch)
    exchange.store.keep("batch_answers", {"id": batch["id"], "answer": exchange.answer})
    return Whole(pretty(batch))


def show_batch(exchange: Exchange) -> Body:
    """GET /v1/batches/{id}."""
    batch = _kept(exchange, "batches", "batch")
    if batch["status"] == "validating":
        batch = _run_batch(exchange, batch)
        exchange.store.keep("batches", batch)
    return Whole(pretty(batch))


def list_batches(exchange: Exchange) -> Body:
    """GET /v1/batches, newest first."""
    return Whole(pretty(page(exchange.request, exchange.store.all("batches"), newest_first=True)))


def cancel_batch(exchange: Exchange) -> Body:
    """POST /v1/batches/{id}/cancel."""
    batch = _kept(exchange, "batches", "batch")
    if batch["status"] != "validating":
        raise Declined(Failure(409, f"Cannot cancel a batch with status '{batch['status']}'."))
    batch = {**batch, "status": "cancelling", "cancelling_at": exchange.created}
    exchange.store.keep("batches", {**batch, "status": "cancelled"})
    return Whole(pretty(batch))


def _run_batch(exchange: Exchange, batch: Object) -> Object:
    """The batch when it is done."""
    source = exchange.store.find("contents", str(batch["input_file_id"])) or {"bytes": b""}
    lines = [json.loads(line) for line in cast("bytes", source["bytes"]).splitlines() if line]
    kept = cast("Object", exchange.store.find("batch_answers", str(batch["id"])))
    answers = [cast("Answer", kept["answer"]).choice(index) for index in range(len(lines))]
    results = [_result(exchange, *pair) for pair in enumerate(zip(lines, answers, strict=True))]
    content = b"".join(compact(result) + b"\n" for result in results)
    output = _keep_file(exchange, "output.jsonl", content, {"purpose": "batch_output"})
    times = ("in_progress_at", "finalizing_at", "completed_at")
    used = [answer.usage for answer in answers]
    return {
        **batch,
        **dict.fromkeys(times, exchange.created),
        "status": "completed",
        "output_file_id": output["id"],
        "request_counts": {"total": len(lines), "completed": len(lines), "failed": 0},
        "usage": {
            "input_tokens": sum(one.input_tokens for one in used),
            "input_tokens_details": {"cached_tokens": sum(one.cache_read for one in used)},
            "output_tokens": sum(one.output_tokens for one in used),
            "output_tokens_details": {"reasoning_tokens": sum(one.reasoning for one in used)},
            "total_tokens": sum(one.input_tokens + one.output_tokens for one in used),
        },
    }


def _result(exchange: Exchange, index: int, asked: tuple[Object, Answer]) -> Object:
    line, answer = asked
    body = line.get("body")
    model = str(body.get("model", "")) if isinstance(body, dict) else ""
    answer = replace(answer, model=answer.model or SNAPSHOTS.get(model, model))
    told = {
        **completion(replace(exchange, answer=answer)),
        "id": exchange.id("chatcmpl-", 29, index),
    }
    request_id = exchange.id("req_", 32, index)
    return {
        "id": exchange.id("batch_req_", 32, index),
        "custom_id": line.get("custom_id"),
        "response": {"status_code": 200, "request_id": request_id, "body": told},
        "error": None,
    }


def _keep_file(exchange: Exchange, name: str, content: bytes, fields: dict[str, str]) -> Object:
    kept: Object = {
        "object": "file",
        "id": exchange.id("file-", 22),
        "purpose": fields.get("purpose", "user_data"),
        "filename": name,
        "bytes": len(content),
        "created_at": exchange.created,
        "expires_at": None,
        "status": "processed",
        "status_details": None,
    }
    exchange.store.keep("files", kept)
    exchange.store.keep("contents", {"id": kept["id"], "bytes": content})
    return kept


def _model(name: str) -> Object:
    return {"id": name, "object": "model", "created": 1715367049, "owned_by": "system"}


def _kept(exchange: Exchange, kind: str, word: str) -> Object:
    key = exchange.path_values["id"]
    found = exchange.store.find(kind, key)
    if found is None:
        message = f"No {word} found with id '{key}'."
        raise Declined(Failure(404, message, code="not_found", param="id"))
    return found
