"""Knows the embeddings format of OpenAI and of everybody who speaks it.

Source: OpenAI API reference, embeddings. A vector is a list of numbers, or the base64 of 32-bit
floats, which is what OpenAI's SDK asks for by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from agentel.core.fields import Fields, Table, get, items, size
from agentel.core.invocation import EMBEDDINGS
from agentel.core.library import Endpoint
from agentel.formats.openai_completions import texts
from agentel.formats.openai_usage import error_code

FLOAT_SIZE = 4
"""Bytes of one number in a vector that travels as base64."""


def _encoding_format(value: object, into: Fields) -> None:
    into["request_encoding_formats"] = (value,)


REQUEST: Table = {"model": "request_model", "encoding_format": _encoding_format}


def _dimensions(vectors: object, into: Fields) -> None:
    for entry in items(vectors):
        length = dimension_count(get(entry, "embedding"))
        if length:
            into["embeddings_dimension_count"] = length
        return


def dimension_count(vector: object) -> int:
    """Return how many numbers a vector has, 0 where that cannot be told."""
    if isinstance(vector, str):
        return (len(vector) * 3 // 4 - vector[-2:].count("=")) // FLOAT_SIZE
    return len(cast("list[object]", vector)) if isinstance(vector, list) else 0


RESPONSE: Table = {
    "model": "response_model",
    "data": _dimensions,
    "usage": {"prompt_tokens": "usage_input_tokens"},
    "error": error_code,
}


def measure(body: Mapping[str, Any]) -> tuple[int, int]:
    """Return (bytes of text, number) of the request's inputs."""
    inputs = texts(body.get("input"))
    return sum(size(one) for one in inputs), len(inputs)


ENDPOINT = Endpoint(EMBEDDINGS, "embeddings", request=REQUEST, response=RESPONSE, measure=measure)
"""Embeddings of a server that speaks the format."""
