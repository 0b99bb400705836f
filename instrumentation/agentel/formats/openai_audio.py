"""Knows OpenAI's audio: text that is spoken, and speech that is written down or translated.

Source: OpenAI API reference, audio. The conventions have no operations for it; ours are
`speech_generation`, `transcription` and `translation`. What is billed by the second
of sound has no tokens.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agentel.core.fields import Fields, Table, get, read, size
from agentel.core.invocation import MODEL_CALL
from agentel.core.library import Endpoint
from agentel.formats.openai_usage import error_code

SPEECH_REQUEST: Table = {"model": "request_model"}
TRANSCRIPTION_REQUEST: Table = {"model": "request_model", "temperature": "request_temperature"}

USAGE: Table = {
    "input_tokens": "usage_input_tokens",
    "output_tokens": "usage_output_tokens",
    "input_token_details": {
        "audio_tokens": "usage_audio_input_tokens",
        "text_tokens": "usage_text_input_tokens",
    },
    "seconds": "usage_audio_input_seconds",
}

TRANSCRIPTION: Table = {"usage": USAGE, "error": error_code}


def measure(body: Mapping[str, Any]) -> tuple[int, int]:
    """Return (bytes, number) of the text to speak."""
    text = body.get("input")
    return size(text), int(isinstance(text, str))


def output_size(answer: object) -> int:
    """Return the bytes of text that were heard; an answer may be the text itself."""
    return len(answer) if isinstance(answer, bytes) else size(answer) or size(get(answer, "text"))


class TranscriptEvents:
    """Collects the events of one transcription; the last one has the usage."""

    __slots__ = ("_last", "_size", "is_complete")

    def __init__(self, keep: bool) -> None:
        self.is_complete = False
        self._last: object = None
        self._size = 0

    def add(self, chunk: Any) -> None:
        """Look at one event for what it alone can say."""
        kind = get(chunk, "type")
        if kind == "transcript.text.delta":
            self._size += size(get(chunk, "delta"))
        elif kind == "transcript.text.done":
            self.is_complete = True
            self._last = chunk

    def read(self, into: Fields) -> None:
        """Put what the events said into `into`."""
        read(TRANSCRIPTION, self._last, into)
        into["output_size"] = self._size

    def output(self) -> list[object]:
        """Return nothing: the conventions have no messages for it."""
        return []


class SpeechEvents:
    """Collects the events of one speech, for whoever asks for events; the last has the usage."""

    __slots__ = ("_last", "is_complete")

    def __init__(self, keep: bool) -> None:
        self.is_complete = False
        self._last: object = None

    def add(self, chunk: Any) -> None:
        """Look at one event for what it alone can say."""
        if get(chunk, "type") == "speech.audio.done":
            self.is_complete = True
            self._last = chunk

    def read(self, into: Fields) -> None:
        """Put what the events said into `into`."""
        read(TRANSCRIPTION, self._last, into)

    def output(self) -> list[object]:
        """Return nothing: sound is no message."""
        return []


SPEECH = Endpoint(
    MODEL_CALL,
    "speech_generation",
    request=SPEECH_REQUEST,
    response={},
    measure=measure,
    answers_json=False,
    deltas=SpeechEvents,
    fixed={"output_type": "speech"},
)
"""A text is spoken. The answer is sound, which tells no usage, or events of which the last does."""

TRANSCRIPTIONS = Endpoint(
    MODEL_CALL,
    "transcription",
    request=TRANSCRIPTION_REQUEST,
    response=TRANSCRIPTION,
    output_size=output_size,
    answers_json=False,
    deltas=TranscriptEvents,
    fixed={"output_type": "text"},
)
"""Speech is written down, as JSON, as text or as subtitles."""

TRANSLATIONS = Endpoint(
    MODEL_CALL,
    "translation",
    request=TRANSCRIPTION_REQUEST,
    response=TRANSCRIPTION,
    output_size=output_size,
    answers_json=False,
    fixed={"output_type": "text"},
)
"""Speech is written down in English."""
