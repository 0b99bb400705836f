"""Completions and embeddings: prompts of every kind, and vectors of every encoding."""

from __future__ import annotations

import base64
import struct

import pytest

from agentel.formats.openai_completions import content, measure, texts
from agentel.formats.openai_embeddings import dimension_count


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("one", ["one"]),
        (["one", "two"], ["one", "two"]),
        ([1, 2, 3], [[1, 2, 3]]),
        ([[1, 2], [3]], [[1, 2], [3]]),
        (None, []),
        ([], []),
    ],
    ids=["text", "texts", "tokens", "several-tokens", "absent", "empty"],
)
def test_inputs_are_told_apart(given: object, expected: list[object]) -> None:
    assert texts(given) == expected


def test_only_texts_become_messages_and_bytes() -> None:
    assert measure({"prompt": [[1, 2], [3]]}) == (0, 2)
    assert measure({"prompt": ["é", "a"]}) == (3, 2)
    assert content({"prompt": [1, 2]}) == {"input_messages": []}


@pytest.mark.parametrize("count", [0, 1, 2, 3, 1536])
def test_vector_has_as_many_numbers_in_either_encoding(count: int) -> None:
    vector = [0.5] * count
    encoded = base64.b64encode(struct.pack(f"<{count}f", *vector)).decode()
    assert dimension_count(vector) == dimension_count(encoded) == count
