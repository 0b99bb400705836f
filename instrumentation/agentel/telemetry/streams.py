"""Knows how a streamed answer is recorded: its chunks, and each way in which it can end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from agentel.core.errors import Failure, failure, reported
from agentel.core.http import Response, is_html
from agentel.core.library import Call, Deltas
from agentel.core.results import is_cancelled
from agentel.core.safety import Watch, guarded
from agentel.telemetry import deferred
from agentel.telemetry.content import holds_json
from agentel.telemetry.recording import Recording

NO_STREAM = Watch(None)


class StreamRecording(Recording):
    """A call whose answer may come in chunks."""

    call: Call
    deltas: Deltas | None = None
    _watch = NO_STREAM
    _has_read = False
    _injected = False
    """Whether the usage of its stream was asked for by us."""
    _response: Response | None = None

    def follow(self) -> Watch:
        """Expect chunks from now on; return what looks at each."""
        endpoint = self.call.endpoint
        look: Callable[[Any], None] | None = None
        if endpoint.deltas is not None:
            self.deltas = endpoint.deltas(self.wants_content or self._wants_json)
            look = self.deltas.add
        deferred.open_stream(self)
        self._watch = Watch(look, endpoint.is_usage_only if self._injected else None)
        return self._watch

    def end_stream(self) -> None:
        """End it because the stream ran out: complete, or cut before the answer was."""
        if not self.is_open or self._end_as_told():
            return
        if self._response is not None and is_html(self._response):
            self.end("error", failure("html_error", "html_error", status=self._status))
        else:
            self.end("cut", failure("stream_cut", "network", status=self._status))

    def abandon(self, *, later: bool = False) -> None:
        """End it because nobody will read the rest."""
        if not self.is_open:
            return
        if later:
            self.stamp()
            deferred.end_later(self.abandon)
        elif self.deltas is None or not self._end_as_told():
            self.end("cancelled" if is_cancelled() else "abandoned")

    def refuse(self, error: Exception) -> None:
        """End it with what the SDK raised because it can make nothing of the stream's answer."""
        if not self.is_open:
            return
        guarded("read a stream", self._read_deltas)
        if self._wants_json:
            self.found["output_parsed"] = False
        self.fail(error)

    def _end_as_told(self) -> bool:
        """End it if its chunks said how: with an error, or with the end of the answer."""
        guarded("read a stream", self._read_deltas)
        told = self._told_failure()
        if told is not None:
            self.end("error", told)
        elif self.deltas is None or self.deltas.is_complete or self._watch.is_blind:
            self.end("completed")
        return not self.is_open

    @property
    def _wants_json(self) -> bool:
        return self.fields.get("output_type") == "json"

    @property
    def _status(self) -> int | None:
        return None if self._response is None else self._response.status_code

    def _told_failure(self) -> Failure | None:
        code = self.found.get("error_code")
        return reported(code, status=self._status) if isinstance(code, str) else None

    def _take_output(self, messages: list[object]) -> None:
        if self._wants_json:
            self.found["output_parsed"] = holds_json(messages)
        if messages and self.wants_content:
            self.capture("output_messages", messages)

    def _read_deltas(self) -> None:
        """Take what the chunks said, once."""
        deltas = self.deltas
        if deltas is None or self._has_read:
            return
        self._has_read = True
        deltas.read(self.found)
        if self.wants_content or (self._wants_json and deltas.is_complete):
            self._take_output(deltas.output())
