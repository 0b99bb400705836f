"""Knows OpenAI's images: made, edited and varied, in one piece or with partial images before.

Source: OpenAI API reference, images. The conventions have no operation for it; ours is
`image_generation`, whatever the image is made from.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agentel.core.fields import Fields, Table, get, read, size
from agentel.core.invocation import MODEL_CALL
from agentel.core.library import Endpoint
from agentel.formats.openai_chat import choice_count
from agentel.formats.openai_usage import error_code

REQUEST: Table = {"model": "request_model", "n": choice_count}

USAGE: Table = {
    "input_tokens": "usage_input_tokens",
    "output_tokens": "usage_output_tokens",
    "input_tokens_details": {
        "image_tokens": "usage_image_input_tokens",
        "text_tokens": "usage_text_input_tokens",
    },
    "output_tokens_details": {
        "image_tokens": "usage_image_output_tokens",
        "text_tokens": "usage_text_output_tokens",
    },
}

RESPONSE: Table = {"usage": USAGE, "error": error_code}


def measure(body: Mapping[str, Any]) -> tuple[int, int]:
    """Return (bytes, number) of the prompt."""
    prompt = body.get("prompt")
    return size(prompt), int(isinstance(prompt, str))


class ImageEvents:
    """Collects the events of one image; the last one has the usage."""

    __slots__ = ("_usage", "is_complete")

    def __init__(self, keep: bool) -> None:
        self.is_complete = False
        self._usage: object = None

    def add(self, chunk: Any) -> None:
        """Look at one event for what it alone can say."""
        kind = get(chunk, "type")
        if isinstance(kind, str) and kind.endswith(".completed"):
            self.is_complete = True
            self._usage = get(chunk, "usage")

    def read(self, into: Fields) -> None:
        """Put what the events said into `into`."""
        read(USAGE, self._usage, into)

    def output(self) -> list[object]:
        """Return nothing: an image is no message."""
        return []


ENDPOINT = Endpoint(
    MODEL_CALL,
    "image_generation",
    request=REQUEST,
    response=RESPONSE,
    measure=measure,
    deltas=ImageEvents,
    fixed={"output_type": "image"},
)
"""One or several images."""
