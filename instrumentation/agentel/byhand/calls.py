"""Knows the calls of models, indexes and memories that no library of ours sees."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, overload

from agentel.byhand.work import Work, checked_argument, work_or_function
from agentel.core.fields import Fields
from agentel.core.invocation import EMBEDDINGS, INFERENCE, MEMORY, RETRIEVAL, Operation
from agentel.telemetry.hand import Plan

__all__ = ["embeddings", "inference", "memory", "retrieval"]

F = TypeVar("F", bound=Callable[..., Any])

_MEMORY_OPERATIONS = {
    short: operation
    for operation in (
        "create_memory_store",
        "delete_memory_store",
        "create_memory",
        "update_memory",
        "upsert_memory",
        "search_memory",
        "delete_memory",
    )
    for short in (operation, operation.replace("_memory", ""))
}
"""The conventions' operations, by their names and without the word that repeats the decorator's."""


@overload
def inference(model: F, /) -> F: ...
@overload
def inference(
    model: str | None = None, *, provider: str | None = None, operation: str = "chat"
) -> Work: ...
def inference(model: Any = None, *, provider: str | None = None, operation: str = "chat") -> Any:
    """Record one call of a model that no library of ours sees, such as one over plain HTTP.

    A library call inside it is this call: it is not recorded again, and what it says is said of
    this one. `current().usage(...)` and `current().response(...)` tell what came back, and win.
    Raises TypeError where an argument is no text.
    """
    return _model_call("inference", INFERENCE, model, provider, operation)


@overload
def embeddings(model: F, /) -> F: ...
@overload
def embeddings(model: str | None = None, *, provider: str | None = None) -> Work: ...
def embeddings(model: Any = None, *, provider: str | None = None) -> Any:
    """Record one call of an embeddings model that no library of ours sees.

    A library call inside it is this call: it is not recorded again, and what it says is said of
    this one. Raises TypeError where an argument is no text.
    """
    return _model_call("embeddings", EMBEDDINGS, model, provider, "embeddings")


@overload
def retrieval(data_source: F, /) -> F: ...
@overload
def retrieval(
    data_source: str | None = None, *, provider: str | None = None, top_k: int | None = None
) -> Work: ...
def retrieval(
    data_source: Any = None, *, provider: str | None = None, top_k: int | None = None
) -> Any:
    """Record one search of a data source, the embedding of its query included.

    Raises TypeError where an argument is of a wrong type.
    """
    fields: Fields = {
        "operation_name": "retrieval",
        "provider_name": checked_argument("retrieval", "provider", provider, str),
        "retrieval_top_k": checked_argument("retrieval", "top_k", top_k, int),
    }

    def make(called: str | None) -> Plan:
        return Plan.of(RETRIEVAL, {**fields, "data_source_id": called})

    return work_or_function("retrieval", make, data_source, names_itself=False)


@overload
def memory(operation: F, /) -> F: ...
@overload
def memory(
    operation: str | None = None,
    *,
    store: str | None = None,
    record: str | None = None,
    provider: str | None = None,
) -> Work: ...
def memory(
    operation: Any = None,
    *,
    store: str | None = None,
    record: str | None = None,
    provider: str | None = None,
) -> Any:
    """Record one operation on an agent's memory: `search_memory`, `create_memory`, ...

    The name, by default the function's, is that of the operation; `search` is `search_memory`, and
    so on. A name that the conventions do not know is kept. Raises TypeError where an argument is no
    text.
    """
    fields: Fields = {
        "provider_name": checked_argument("memory", "provider", provider, str),
        "memory_store_id": checked_argument("memory", "store", store, str),
        "memory_record_id": checked_argument("memory", "record", record, str),
    }

    def make(called: str | None) -> Plan:
        name = _MEMORY_OPERATIONS.get(called or "search", called)
        return Plan.of(MEMORY, {**fields, "operation_name": name})

    return work_or_function("memory", make, operation)


def _model_call(
    decorator: str, operation: Operation, model: Any, provider: str | None, name: str
) -> Any:
    fields: Fields = {
        "operation_name": checked_argument(decorator, "operation", name, str),
        "provider_name": checked_argument(decorator, "provider", provider, str),
    }

    def make(called: str | None) -> Plan:
        return Plan.of(operation, {**fields, "request_model": called})

    return work_or_function(decorator, make, model, names_itself=False)
