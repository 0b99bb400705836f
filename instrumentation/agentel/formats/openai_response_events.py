"""Knows the events of a streamed response: what each may add, and which of them is the last.

Source: OpenAI API reference, responses streaming. Most events matter to nobody here: the last one
holds the whole response. The others are what an answer that never ends leaves behind.
"""

from __future__ import annotations

from typing import Any

from agentel.core.fields import Fields, Table, get, read, size
from agentel.formats.openai_response_items import output_messages
from agentel.formats.openai_response_states import FETCHED, RESPONSE, output, output_size
from agentel.formats.openai_usage import error_code

_LAST = {"response.completed", "response.incomplete", "response.failed", "response.cancelled"}
_SAID = {
    "response.output_text.delta",
    "response.refusal.delta",
    "response.function_call_arguments.delta",
    "response.custom_tool_call_input.delta",
}
"""Events whose `delta` is text of the answer."""


class ResponseEvents:
    """Collects the events of one response."""

    __slots__ = ("_error", "_items", "_keep", "_response", "_size", "_text", "is_complete")

    table: Table = RESPONSE
    """What is read of the response."""

    def __init__(self, keep: bool) -> None:
        self.is_complete = False
        self._keep = keep
        self._response: object = None
        """The response, as the newest event that holds it tells of it."""
        self._error: object = None
        self._size = 0
        self._items: list[object] = []
        self._text: list[str] = []
        """Text of the message that is not done yet."""

    def add(self, chunk: Any) -> None:
        """Look at one event for what it alone can say."""
        data = chunk if chunk.__class__ is dict else chunk.__dict__
        kind = data.get("type")
        if not isinstance(kind, str):
            return
        if kind in _SAID:
            text = data.get("delta")
            self._size += size(text)
            if self._keep and kind == "response.output_text.delta" and isinstance(text, str):
                self._text.append(text)
        elif "response" in data:
            self._response = data["response"]
            self.is_complete = kind in _LAST
        elif kind == "response.output_item.done":
            if self._keep:
                self._items.append(data.get("item"))
                self._text.clear()
        elif kind == "error":
            self._error = chunk

    def read(self, into: Fields) -> None:
        """Put what the events said into `into`."""
        read(self.table, self._response, into)
        if self._error is not None:
            error_code({"code": get(self._error, "code")}, into)
        into["output_size"] = output_size(self._response) if self.is_complete else self._size

    def output(self) -> list[object]:
        """Return the output as one message, as far as it arrived."""
        if self.is_complete:
            return output(self._response)
        rest = [{"type": "message", "content": "".join(self._text)}] if self._text else []
        return output_messages([*self._items, *rest], None)


class FetchedEvents(ResponseEvents):
    """Collects the events of a response that is streamed once more; its tokens do not count."""

    __slots__ = ()

    table = FETCHED
