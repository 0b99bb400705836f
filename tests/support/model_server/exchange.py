"""Knows one request and the names of everything made for it: ids, times, the usual model."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import parse_qs, urlsplit

from support.model_server.answers import Answer, Failure

Object = dict[str, object]
"""A JSON object."""

FIRST_SECOND = 1_790_000_000
"""The time of request 0, in seconds of the epoch; request n is made n seconds later."""

SNAPSHOTS = {
    "gpt-4o": "gpt-4o-2024-08-06",
    "gpt-4o-mini": "gpt-4o-mini-2024-07-18",
    "gpt-4.1": "gpt-4.1-2025-04-14",
    "gpt-4.1-mini": "gpt-4.1-mini-2025-04-14",
    "gpt-5": "gpt-5-2025-08-07",
    "gpt-5.1": "gpt-5.1-2025-11-13",
    "gpt-5.4": "gpt-5.4-2026-03-05",
    "o4-mini": "o4-mini-2025-04-16",
    "gpt-3.5-turbo-instruct": "gpt-3.5-turbo-instruct:20230824-v2",
    "claude-sonnet-4-5": "claude-sonnet-4-5-20250929",
    "claude-haiku-4-5": "claude-haiku-4-5-20251001",
    "claude-opus-4-5": "claude-opus-4-5-20251101",
}
"""The dated model that answers when an alias is asked for; any other name answers as itself."""


@dataclass(frozen=True)
class Request:
    """A request as it arrived. Header names are in lower case; `target` is path and query."""

    number: int
    """1 for the first request that the server received."""
    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def path(self) -> str:
        """The path, without the query."""
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        """The query's parameters; of a repeated one the last."""
        return {key: values[-1] for key, values in parse_qs(urlsplit(self.target).query).items()}

    @cached_property
    def json(self) -> Object:
        """The body as a JSON object; empty if it is none."""
        try:
            value: object = json.loads(self.body)
        except ValueError:
            return {}
        return value if isinstance(value, dict) else {}

    def wants(self, option: str) -> bool:
        """Whether a boolean of the body is true."""
        return self.json.get(option) is True

    def part(self, name: str) -> Object:
        """An object of the body; empty if absent."""
        value = self.json.get(name)
        return value if isinstance(value, dict) else {}

    def items(self, name: str) -> list[object]:
        """A list of the body; empty if absent."""
        value = self.json.get(name)
        return value if isinstance(value, list) else []


@dataclass(frozen=True)
class Frame:
    """One piece of a streamed body, and what it says of usage, if anything."""

    data: bytes
    usage: Object | None = None


@dataclass(frozen=True)
class Whole:
    """A body sent in one piece."""

    body: bytes
    usage: Object | None = None
    id: str | None = None
    model: str | None = None
    content_type: str = "application/json"
    answers: int | None = None
    """The number of the request whose answer this tells (again), if not the one at hand."""


@dataclass(frozen=True)
class Events:
    """A body sent in pieces, as server-sent events (or as bytes of another type)."""

    frames: list[Frame]
    id: str | None = None
    model: str | None = None
    content_type: str = "text/event-stream; charset=utf-8"
    answers: int | None = None
    """As in `Whole`."""


Body = Whole | Events


class Declined(Exception):
    """An endpoint's own refusal of a request, such as for an unknown id."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.failure = failure


@dataclass(frozen=True)
class Provider:
    """What an API does alike on all of its endpoints."""

    name: str
    headers: Callable[[Exchange], dict[str, str]]
    error_body: Callable[[Exchange, Failure], Object]
    error_frame: Callable[[Exchange, Failure, int], Frame]
    """The same failure in the middle of a stream, after so many events."""


@dataclass(frozen=True)
class Exchange:
    """A request, the reply that a test wants, and names made for both.

    Everything made here follows from the number of the request, so that traces can be asserted
    as text.
    """

    request: Request
    provider: Provider
    answer: Answer
    store: Store
    path_values: Mapping[str, str] = field(default_factory=dict)

    @property
    def created(self) -> int:
        """When it is answered, in seconds of the epoch."""
        return FIRST_SECOND + self.request.number

    @property
    def streams(self) -> bool:
        """Whether the client asked for a stream."""
        return self.request.wants("stream")

    @property
    def model(self) -> str:
        """The model that answers."""
        if self.answer.model is not None:
            return self.answer.model
        asked = str(self.request.json.get("model") or "")
        return SNAPSHOTS.get(asked, asked)

    def id(self, prefix: str, width: int, item: int | None = None) -> str:
        """An id of `width` characters after `prefix`; items of one request differ by `item`."""
        serial = str(self.request.number) + ("" if item is None else f"{item:02d}")
        return prefix + serial.zfill(width)


@dataclass
class Store:
    """What a provider keeps between requests: by kind, then by id, oldest first."""

    kinds: dict[str, dict[str, Object]] = field(default_factory=dict)

    def keep(self, kind: str, item: Object) -> None:
        """Keep `item` under its `id`, or replace what is there."""
        self.kinds.setdefault(kind, {})[str(item["id"])] = item

    def find(self, kind: str, key: str) -> Object | None:
        """What is kept under `key`, if anything."""
        return self.kinds.get(kind, {}).get(key)

    def drop(self, kind: str, key: str) -> bool:
        """Forget what is kept under `key`; whether there was anything."""
        return self.kinds.get(kind, {}).pop(key, None) is not None

    def all(self, kind: str) -> list[Object]:
        """Everything of a kind, oldest first."""
        return list(self.kinds.get(kind, {}).values())


def compact(value: object) -> bytes:
    """JSON without spaces, as streams carry it."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def pretty(value: object) -> bytes:
    """JSON with two spaces of indent, as OpenAI sends whole bodies."""
    return json.dumps(value, indent=2, ensure_ascii=False).encode()


def event(value: object, name: str | None = None, usage: Object | None = None) -> Frame:
    """One server-sent event."""
    head = f"event: {name}\n".encode() if name else b""
    return Frame(head + b"data: " + compact(value) + b"\n\n", usage)


def pieces(text: str, answer: Answer) -> list[str]:
    """The pieces in which a stream sends `text`; together they are exactly the text."""
    if isinstance(answer.chunks, tuple):
        return list(answer.chunks) if "".join(answer.chunks) == text else _words(text)
    if answer.chunks is None:
        return _words(text)
    size, rest = divmod(len(text), answer.chunks)
    ends = [(n + 1) * size + min(n + 1, rest) for n in range(answer.chunks)]
    return [text[start:end] for start, end in zip([0, *ends], ends, strict=False)]


def _words(text: str) -> list[str]:
    words = text.split(" ")
    return [word if n == 0 else f" {word}" for n, word in enumerate(words)] if text else []
