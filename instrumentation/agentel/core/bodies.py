"""Knows how a body is read along: seen in the pieces in which its caller reads it, and no earlier.

An HTTP response hands what it received to its decoder, piece by piece, whoever asks for bytes, text
or lines of it. That is where we listen. What the caller gets passes through unchanged.

Source: `_models.py` of httpx 0.27 and 0.28 and httpx2. `_decoder` is private there: without it,
nothing is heard and the body counts as unread.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, cast

from agentel.core.library import Watched
from agentel.core.safety import Watch, guarded

MOST = 4 * 1024 * 1024
"""Bytes that are kept of a body, or of one event of a stream. What is longer counts as unread."""

_KEEP_ALIVE = {"type": "ping"}
"""An event that is no chunk: it keeps a connection open (Anthropic API reference, streaming)."""


class Body:
    """A body that is JSON, or a page in its place: kept until it is whole."""

    __slots__ = ("_parts", "_recording", "_size")

    def __init__(self, recording: Watched) -> None:
        self._recording = recording
        self._parts: list[bytes] = []
        self._size = 0

    def add(self, data: bytes) -> None:
        """Take the next piece."""
        self._size += len(data)
        if self._size <= MOST:
            self._parts.append(data)
        else:
            self._parts.clear()

    def end(self) -> None:
        """End the recording: there is no further piece."""
        if self._size > MOST:
            self._recording.complete_unread()
            return
        whole = b"".join(self._parts)
        found = _parsed(whole)
        self._recording.complete(found if isinstance(found, dict) else whole)


class Events:
    """A stream of server-sent events: each is looked at as the chunk that it is."""

    __slots__ = ("_data", "_is_lost", "_recording", "_rest", "_size", "_watch")

    def __init__(self, recording: Watched) -> None:
        self._recording = recording
        self._watch: Watch | None = None
        self._rest: list[bytes] = []
        """Pieces of the line that has no end yet."""
        self._data: list[bytes] = []
        """Lines of the event that has no end yet."""
        self._size = 0
        """Bytes since the last event."""
        self._is_lost = False

    def add(self, data: bytes) -> None:
        """Take the next piece."""
        if self._is_lost:
            return
        if self._watch is None:
            self._watch = self._recording.follow()
        self._size += len(data)
        first, *others = data.split(b"\n")
        self._rest.append(first)
        for start in others:
            self._end_line()
            self._rest.append(start)
        if self._size > MOST:
            self._is_lost = True
            self._rest.clear()
            self._data.clear()

    def _end_line(self) -> None:
        line = b"".join(self._rest).rstrip(b"\r")
        self._rest.clear()
        if line.startswith(b"data:"):
            self._data.append(line[5:])
        elif not line:
            self._end_event()

    def _end_event(self) -> None:
        event = _parsed(b"\n".join(self._data))
        self._data.clear()
        self._size = 0
        if self._watch is not None and isinstance(event, dict) and event != _KEEP_ALIVE:
            self._watch.see(event)

    def end(self) -> None:
        """End the recording: there is no further piece."""
        self._end_line()
        self._end_event()
        if self._is_lost or self._watch is None:
            self._recording.complete_unread()
        else:
            self._recording.end_stream()


def _parsed(data: bytes) -> object:
    try:
        return cast("object", json.loads(data))
    except (ValueError, RecursionError):
        return None


class Listener:
    """Stands in the place of an HTTP response's decoder, until it is told to go."""

    def __init__(self, response: Any, body: Body | Events) -> None:
        self._response = response
        self._decoder = response._get_content_decoder()
        self._body: Body | Events = body
        self.has_heard = False
        """Whether its caller began to read."""
        response._decoder = self

    def decode(self, data: bytes) -> Any:
        """Decode a piece, as the response asked."""
        self.has_heard = True
        return self._pass(self._decoder.decode(data))

    def flush(self) -> Any:
        """Decode what is left, as the response asked once its body was over."""
        return self._pass(self._decoder.flush(), is_last=True)

    def _pass(self, decoded: Any, *, is_last: bool = False) -> Any:
        if not isinstance(decoded, bytes):
            return self._pass_each(decoded, is_last)
        self._hear(decoded, is_last)
        return decoded

    def _pass_each(self, decoded: Iterator[bytes], is_last: bool) -> Iterator[bytes]:
        for piece in decoded:
            self._hear(piece, False)
            yield piece
        if is_last:
            self._hear(b"", True)

    def _hear(self, piece: bytes, is_last: bool) -> None:
        if piece:
            guarded("read a body along", self._body.add, piece)
        if is_last:
            guarded("end a recording", self._body.end)
            self.stop()

    def stop(self) -> None:
        """Listen no more: somebody else ends the recording."""
        if self._response._decoder is self:
            self._response._decoder = self._decoder

    def __getattr__(self, name: str) -> Any:
        return getattr(self._decoder, name)


def read_along(recording: Watched, response: Any) -> Listener | None:
    """Look at the body of `response` while its caller reads it; None where it tells nothing.

    Sound and pictures tell nothing, and neither does a text that is no page. May raise; the caller
    guards.
    """
    if not hasattr(response, "_get_content_decoder"):
        return None
    kind = response.headers.get("content-type", "").lower()
    if "event-stream" in kind:
        has_deltas = recording.call.endpoint.deltas is not None
        return Listener(response, Events(recording)) if has_deltas else None
    is_told = "html" in kind or ("json" in kind and "jsonl" not in kind)
    return Listener(response, Body(recording)) if is_told else None
