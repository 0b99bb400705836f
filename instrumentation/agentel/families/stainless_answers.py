"""Knows what a call of a Stainless SDK gives back, and who ends its recording then.

A model ends it at once, a stream when it runs out, fails or is given up. A raw response ends
it with its body, if that is here, else with what its caller does with it.
"""

from __future__ import annotations

import inspect
import weakref
from typing import Any, cast

from agentel.core.bodies import read_along
from agentel.core.http import json_body
from agentel.core.library import Watched
from agentel.core.results import (
    AsyncParseHook,
    CloseHook,
    ParseHook,
    came_out_of,
    follow,
    is_running,
    unwinding,
)


def settle(recording: Watched, result: Any) -> None:
    """Look at what came back, and see to it that the recording ends."""
    kind = result.__class__
    shape = _shapes.get(kind)
    if shape is None:
        shape = _shapes[kind] = _shape(result)
    if shape == "stream":
        _follow(recording, result)
    elif shape == "raw":
        _follow_raw(recording, result)
    else:
        recording.complete(result)


_shapes: dict[type, str] = {}
"""What came back, by type; asking a model for what it lacks is slow."""


def _shape(result: Any) -> str:
    if is_stream(result):
        return "stream"
    is_raw = hasattr(result, "http_response") and hasattr(result, "parse")
    return "raw" if is_raw else "answer"


def is_stream(result: Any) -> bool:
    """Tell a stream from a page or a model: those can be iterated, only it is an iterator."""
    kind = cast("type[Any]", type(result))
    if not (hasattr(kind, "__next__") or hasattr(kind, "__anext__")):
        return False
    return _response_of(result) is not None


def _response_of(stream: Any) -> Any:
    """Return the HTTP response behind a stream of events or of lines."""
    return getattr(stream, "response", None) or getattr(stream, "http_response", None)


def _follow(recording: Watched, stream: Any) -> None:
    inner = stream._iterator
    stream._iterator = follow(inner, recording)
    # Only the follower keeps it: a dropped stream frees its connection as it would without us.
    known = weakref.ref(inner)
    followed = weakref.ref(stream)

    def closed() -> bool:
        reader = known()
        if reader is None or is_running(reader):
            return False  # the stream closes its own response: it was read, or dropped
        error = unwinding()
        if isinstance(error, Exception) and _is_of_helper(error, followed()):
            recording.refuse(error)
        else:
            recording.abandon()
        return True

    _on_close(_response_of(stream), closed)


def _is_of_helper(error: Exception, stream: Any) -> bool:
    """Tell whether `error` came out of the SDK's helper that reads `stream`.

    Helpers parse the answer as it comes, and raise where it is cut or does not fit the schema.
    """
    return came_out_of(
        error,
        ("__stream__",),
        _package(stream),
        lambda helper: getattr(helper, "_raw_stream", None) is stream,
    )


def _is_of_reading(error: BaseException, response: Any) -> bool:
    """Tell whether `error` came out of reading the body of `response`."""
    reading = ("iter_raw", "aiter_raw")
    return not isinstance(error, GeneratorExit) and came_out_of(
        error, reading, _package(response), lambda owner: owner is response
    )


def _package(instance: Any) -> str:
    return cast("type[Any]", type(instance)).__module__.partition(".")[0]


def _on_close(response: Any, closed: Any) -> None:
    is_async = hasattr(getattr(response, "stream", None), "__aiter__")
    CloseHook(response, "aclose" if is_async else "close", closed)


def _follow_raw(recording: Watched, raw: Any) -> None:
    """Follow a raw response: read its body if it is here, else see what its caller does."""
    response = raw.http_response
    body = json_body(response)
    if body is not None:
        recording.complete(body)
        return
    if getattr(response, "is_closed", False) and not recording.call.is_stream:
        recording.complete(getattr(response, "_content", b""))
        return

    along = read_along(recording, response)

    def parsed(result: Any) -> None:
        if is_stream(result):
            _follow(recording, result)
        else:
            recording.complete(result)

    was_read = False

    def closed() -> bool:
        nonlocal was_read
        found = json_body(response)
        error = unwinding()
        if found is not None:
            recording.complete(found)
        elif error is not None and _is_of_reading(error, response):
            recording.fail(error)
        elif was_read and (along is None or not along.has_heard):
            recording.complete_unread()
        elif getattr(response, "is_stream_consumed", False) and not was_read:
            # It closes itself at its last byte, before whoever reads it has put the bytes together.
            was_read = True
            return False
        else:
            recording.abandon()
        return True

    kind = cast("type[Any]", type(raw))
    hook = AsyncParseHook if inspect.iscoroutinefunction(kind.parse) else ParseHook
    hook(raw, "parse", recording, parsed, along)
    _on_close(response, closed)
