"""Knows the chunks of a streamed chat completion: what each may add, and when the answer is whole.

Those of a legacy completion differ by a plain text in the place of a delta.

Source: OpenAI API reference, chat completion chunks and completions. Groq puts the usage into
`x_groq`, Azure opens with a chunk that has neither id nor model, and old SDKs keep what they do not
know as extras.
"""

from __future__ import annotations

from typing import Any

from agentel.core.fields import Fields, Table, get, items, read, size
from agentel.formats.openai_messages import message_size, output_message
from agentel.formats.openai_usage import USAGE, error_code, finish_reason

HEAD: Table = {
    "id": "response_id",
    "model": "response_model",
    "system_fingerprint": "openai_response_system_fingerprint",
    "service_tier": "usage_service_tier",
}
"""What every answer and every chunk says of itself."""


class ChoiceDeltas:
    """Collects the chunks of one completion."""

    __slots__ = (
        "_error",
        "_first",
        "_is_plain",
        "_keep",
        "_last",
        "_messages",
        "_reasons",
        "_size",
        "_usage",
        "is_complete",
    )

    def __init__(self, keep: bool) -> None:
        self.is_complete = False
        self._keep = keep
        self._is_plain = False
        """Whether chunks can be read the short way from now on."""
        self._first: object = None
        self._usage: object = None
        self._error: object = None
        self._last = 0
        """Highest index of a choice so far."""
        self._reasons: dict[int, str] = {}
        self._size = 0
        self._messages: dict[int, dict[str, Any]] = {}

    def add(self, chunk: Any) -> None:
        """Look at one chunk for what it alone can say: most add text to the first choice."""
        if self._is_plain:
            choices = chunk.__dict__.get("choices")
            if choices and len(choices) == 1:
                state = choices[0].__dict__.get
                delta = state("delta")
                if delta is not None and not state("index") and state("finish_reason") is None:
                    text = delta.__dict__.get("content")
                    if text:
                        self._size += len(text) if text.isascii() else size(text)
                        return
        self._add_any(chunk)

    def _add_any(self, chunk: Any) -> None:
        if self._first is None and get(chunk, "model"):
            self._first = chunk
            self._is_plain = not self._keep and _is_plain(chunk)
        is_last = True
        for choice in items(get(chunk, "choices")):
            index = get(choice, "index")
            place = index if isinstance(index, int) else 0
            delta = get(choice, "delta")
            self._look(place, {"content": get(choice, "text")} if delta is None else delta)
            reason = finish_reason(get(choice, "finish_reason"))
            is_last = reason is not None
            self._place(place, reason)
        usage = get(chunk, "usage")
        if usage is not None:
            self._usage = usage
        elif is_last:
            self._add_extras(chunk)

    def _look(self, index: int, delta: Any) -> None:
        self._size += message_size(delta)
        if self._keep:
            self._collect(index, delta)

    def _place(self, index: int, reason: str | None) -> None:
        if index > self._last:
            self._last = index
            self.is_complete = False
        if reason is not None:
            self._reasons[index] = reason
            self.is_complete = len(self._reasons) > self._last

    def _add_extras(self, chunk: Any) -> None:
        groq = get(chunk, "x_groq")
        usage = get(groq, "usage")
        if usage is not None:
            self._usage = usage
        error = get(groq, "error") or get(chunk, "error")
        if error is not None:
            self._error = error

    def _collect(self, index: int, delta: Any) -> None:
        message = self._messages.setdefault(
            index, {"content": [], "refusal": [], "reasoning": [], "tool_calls": {}}
        )
        texts = {
            "content": get(delta, "content"),
            "refusal": get(delta, "refusal"),
            "reasoning": get(delta, "reasoning_content") or get(delta, "reasoning"),
        }
        for name, text in texts.items():
            if isinstance(text, str) and text:
                message[name].append(text)
        for call in items(get(delta, "tool_calls")):
            _collect_call(message["tool_calls"], call)

    def read(self, into: Fields) -> None:
        """Put what the chunks said into `into`."""
        read(HEAD, self._first, into)
        read(USAGE, self._usage, into)
        if self._error is not None:
            error_code(self._error, into)
        if self._reasons:
            into["response_finish_reasons"] = tuple(
                self._reasons.get(index, "error") for index in range(self._last + 1)
            )
        into["output_size"] = self._size

    def output(self) -> list[object]:
        """Return one output message per choice, as far as it arrived."""
        return [
            output_message(_whole(message), self._reasons.get(index))
            for index, message in sorted(self._messages.items())
        ]


def _collect_call(calls: dict[int, dict[str, Any]], call: object) -> None:
    function = get(call, "function")
    known = calls.setdefault(
        get(call, "index") or 0, {"id": None, "function": {"name": "", "arguments": ""}}
    )
    known["id"] = known["id"] or get(call, "id")
    known["function"]["name"] = known["function"]["name"] or get(function, "name")
    known["function"]["arguments"] += get(function, "arguments") or ""


def _whole(message: dict[str, Any]) -> dict[str, Any]:
    whole: dict[str, Any] = {"tool_calls": list(message["tool_calls"].values())}
    for name in ("content", "refusal", "reasoning"):
        if message[name]:
            whole[name] = "".join(message[name])
    return whole


def _is_plain(chunk: Any) -> bool:
    """Tell whether a chunk is an SDK's model, with the fields of the chat format."""
    for choice in items(get(chunk, "choices")):
        state = getattr(choice, "__dict__", {})
        if not {"index", "finish_reason", "delta"} <= state.keys():
            return False
        if not hasattr(state["delta"], "__dict__"):
            return False
    return hasattr(chunk, "__dict__")
