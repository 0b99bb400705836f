"""Knows what a forked child must not take over from its parent.

Measurements, ids, connections and open spans are the parent's to tell; locks may be held by threads
that the child does not have. Some OpenTelemetry releases see to a part of it themselves; what they
have done is left as it is.
"""

from __future__ import annotations

import os
import uuid
from collections import deque
from collections.abc import Iterator
from copy import copy
from typing import Any, cast
from weakref import WeakSet

from opentelemetry import _logs, metrics, trace
from opentelemetry.context import Context
from opentelemetry.sdk.resources import SERVICE_INSTANCE_ID, Resource
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor

from agentel.config import read_settings
from agentel.core.safety import guarded

__all__ = ["change_resource", "resource_of", "watch"]

_MOST = 10_000
"""Objects that are looked at behind one provider, so that a fork stays short."""

_given: WeakSet[Any] = WeakSet()
_kept: list[Any] = []
_ids: list[tuple[Any, object]] = []
_is_armed = False
_is_watching = False


def watch(*providers: object) -> None:
    """Let the children of every later fork start with nothing of their parent's.

    It holds for OpenTelemetry's global providers, for as long as the process lives, and for the
    given ones (None is skipped), for as long as they do. Never raises.
    """
    global _is_watching
    if read_settings().sdk_disabled:
        return
    _given.update(provider for provider in providers if provider is not None)
    _is_watching = True


def change_resource(attributes: dict[str, str]) -> None:
    """Set attributes of the resource of every provider, for all telemetry from now on."""
    for provider in _providers():
        guarded("change a resource", _change_resource, provider, attributes)


# --- forking -----------------------------------------------------------------------------------


def _providers() -> list[Any]:
    known = [trace.get_tracer_provider(), _logs.get_logger_provider(), metrics.get_meter_provider()]
    return [*known, *(provider for provider in list(_given) if provider not in known)]


def _is_part(value: object) -> bool:
    """Tell whether `value` is of OpenTelemetry, or derived from what is."""
    return any(known.__module__.startswith("opentelemetry.") for known in type(value).__mro__)


def _parts(root: object) -> Iterator[dict[str, Any]]:
    """Yield the attributes of every part that `root` is made of."""
    seen: set[int] = set()
    waiting: deque[object] = deque([root])
    while waiting and len(seen) < _MOST:
        value = waiting.popleft()  # what is near comes first: a full list of spans can wait
        if id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, (tuple, list)):
            waiting.extend(cast("list[object]", value))
        elif isinstance(value, dict):
            known = cast("dict[object, object]", value)
            waiting.extend((*known, *known.values()))
        elif _is_part(value) and hasattr(value, "__dict__"):
            yield vars(value)
            waiting.extend(vars(value).values())


def _before_fork() -> None:
    """Remember whose ids are to be new, and be the last of the child's handlers."""
    global _is_armed
    if not _is_watching:
        return
    if not _is_armed:
        _is_armed = True
        # Here, and not at import: the providers' own handlers, which may renew ids, come first.
        os.register_at_fork(after_in_child=_renew_ids)
    guarded("look at ids before a fork", _note_ids)


def _note_ids() -> None:
    _ids[:] = [(provider, _id_of(provider)) for provider in _providers()]


def _start_empty() -> None:
    """Before the providers' own handlers: their new threads shall find everything in order."""
    if _is_watching:
        for provider in _providers():
            guarded("start empty after a fork", _empty, provider)


def _empty(provider: Any) -> None:
    for attributes in _parts(provider):
        if "_instrument_view_instrument_matches" in attributes:
            attributes["_instrument_view_instrument_matches"] = {}
        if "_span_processors" in attributes:
            processors = attributes["_span_processors"]
            attributes["_span_processors"] = tuple(map(_own_only, processors))
        for value in attributes.values():
            kind = type(cast("object", value))
            if hasattr(kind, "_at_fork_reinit") and not _is_part(value):
                value._at_fork_reinit()  # a lock, an event or a condition of Python's
            elif kind.__name__ == "Session" and hasattr(value, "adapters"):
                _reconnect(value)


def _own_only(processor: SpanProcessor) -> SpanProcessor:
    if isinstance(processor, _OwnSpans):
        processor.open.clear()
        return processor
    return _OwnSpans(processor)


def _reconnect(session: Any) -> None:
    """Leave the parent's connections alone: two processes would talk at once on each of them."""
    for prefix, adapter in list(session.adapters.items()):
        if type(adapter).__name__ == "HTTPAdapter":
            _kept.append(adapter)  # taking it down would need its locks
            session.adapters[prefix] = copy(adapter)


class _OwnSpans(SpanProcessor):
    """Hands on the spans that began in this process: the parent ends the others, and tells them."""

    def __init__(self, inner: SpanProcessor) -> None:
        self.inner = inner
        self.open: set[int] = set()

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        self.open.add(span.get_span_context().span_id)
        self.inner.on_start(span, parent_context)

    def _on_ending(self, span: Span) -> None:
        if span.get_span_context().span_id in self.open:
            self.inner._on_ending(span)

    def on_end(self, span: ReadableSpan) -> None:
        known = span.get_span_context()
        if known is not None and known.span_id in self.open:
            self.open.discard(known.span_id)
            self.inner.on_end(span)

    def shutdown(self) -> None:
        self.inner.shutdown()

    def force_flush(self, timeout_millis: int = 30000) -> bool:
        return self.inner.force_flush(timeout_millis)


# --- ids ---------------------------------------------------------------------------------------


def _renew_ids() -> None:
    if not _is_watching:
        return
    renewed = [_id_of(provider) for provider, old in _ids if _id_of(provider) != old]
    new = renewed[0] if renewed else str(uuid.uuid4())
    for provider, old in _ids:
        if old is not None and _id_of(provider) != new:
            guarded("renew an id", _change_resource, provider, {SERVICE_INSTANCE_ID: new})


def resource_of(provider: Any) -> Resource | None:
    """Return what a provider of OpenTelemetry's SDK says of this process; None from any other."""
    # A meter provider keeps it with its configuration.
    config = getattr(provider, "_sdk_config", provider)
    resource = getattr(config, "resource", None)
    return resource if isinstance(resource, Resource) else None


def _id_of(provider: Any) -> object:
    resource = resource_of(provider)
    return None if resource is None else resource.attributes.get(SERVICE_INSTANCE_ID)


def _change_resource(provider: Any, attributes: dict[str, Any]) -> None:
    update = getattr(provider, "_update_resource", None)
    if update is not None:
        update(Resource(attributes))
        return
    resource = resource_of(provider)
    if resource is not None:
        # Releases without that method (1.39) share one resource among everything that they made.
        merged = resource.merge(Resource(attributes))
        resource._attributes = merged._attributes  # pyright: ignore[reportPrivateUsage]


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_child=_start_empty)
