"""Bodies that are read along: whatever the pieces, the same is seen, and memory is bounded."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentel.core.bodies import MOST, Body, Events
from agentel.core.safety import Watch

TOLD = [{"type": "a", "text": "é\n"}, {"type": "b"}, {"n": [1, 2]}]
STREAM = b"".join(
    [
        b": a comment\n\n",
        b"event: a\ndata: " + json.dumps(TOLD[0], ensure_ascii=False).encode() + b"\n\n",
        b'event: ping\r\ndata: {"type": "ping"}\r\n\r\n',
        b"data: " + json.dumps(TOLD[1]).encode() + b"\r\nid: 7\r\n\r\n",
        b"data: not json\n\n",
        b"data: [DONE]\n\n",
        b'data: {"n":\ndata:[1,\ndata: 2]}',
    ]
)


class Seen:
    """What a recording was told."""

    def __init__(self) -> None:
        self.told: list[Any] = []

    def follow(self) -> Watch:
        return Watch(self.told.append)

    def complete(self, result: object) -> None:
        self.told.append(("complete", result))

    def complete_unread(self) -> None:
        self.told.append("unread")

    def end_stream(self) -> None:
        self.told.append("end")


def read(kind: type[Any], *pieces: bytes) -> list[Any]:
    seen = Seen()
    body = kind(seen)
    for piece in pieces:
        body.add(piece)
    body.end()
    return seen.told


@given(st.lists(st.integers(0, len(STREAM))))
def test_events_are_seen_once_and_in_order_whatever_their_pieces(cuts: list[int]) -> None:
    places = [0, *sorted(cuts), len(STREAM)]
    pieces = [STREAM[a:b] for a, b in pairwise(places)]
    assert read(Events, *pieces) == [*TOLD, "end"]


def test_events_that_nobody_read_are_unread() -> None:
    assert read(Events) == ["unread"]


@pytest.mark.parametrize("line", [b"data: " + b"x" * MOST, b"data: x\n" * (MOST // 2)])
def test_an_event_that_is_too_long_is_given_up_and_what_came_before_kept(line: bytes) -> None:
    told = read(Events, b'data: {"n": 1}\n\n', line, b'\n\ndata: {"n": 2}\n\n')
    assert told == [{"n": 1}, "unread"]


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        ((b'{"id"', b': "x"}'), ("complete", {"id": "x"})),
        ((b"<html>",), ("complete", b"<html>")),
        ((b"[1]",), ("complete", b"[1]")),
        ((), ("complete", b"")),
        ((b"[" * 100_000,), ("complete", b"[" * 100_000)),
        ((b" " * MOST, b"{}"), "unread"),
        ((b" " * (MOST - 2), b"{}"), ("complete", {})),
    ],
    ids=["json", "page", "list", "empty", "deep", "too-long", "longest"],
)
def test_a_body_is_told_whole_or_not_at_all(pieces: tuple[bytes, ...], expected: object) -> None:
    assert read(Body, *pieces) == [expected]
