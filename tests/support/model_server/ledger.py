"""Knows what was asked and what was answered: scripts, requests and the usage that went out."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase

from support.model_server.answers import Answer, Reply, Text, Usage
from support.model_server.exchange import Object, Request, Store


@dataclass(frozen=True)
class Sent:
    """The truth about one model answer, as its provider counts it."""

    number: int
    """The number of the request it answers."""
    path: str
    provider: str
    streamed: bool
    id: str | None
    model: str | None
    usage: Object | None
    """The usage object exactly as sent; None if none went out, also because of a cut."""
    billed: Usage
    """What it costs, whether that was told or not."""
    whole: bool = False
    """Whether everything was sent."""


@dataclass
class Ledger:
    """Requests, replies still to be given, and answers given; safe to use from all threads."""

    requests: list[Request] = field(default_factory=list)
    sent: dict[int, Sent] = field(default_factory=dict)
    script: deque[Reply] = field(default_factory=deque)
    by_path: dict[str, deque[Reply]] = field(default_factory=dict)
    always: dict[str, Reply] = field(default_factory=dict)
    store: Store = field(default_factory=Store)
    faults: list[Exception] = field(default_factory=list)
    """Errors of the server itself, which no test may miss."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def accept(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Request:
        """Number a request and remember it."""
        with self.lock:
            request = Request(len(self.requests) + 1, method, target, headers, body)
            self.requests.append(request)
            return request

    def next_reply(self, request: Request, is_model: bool) -> Reply | None:
        """The reply scripted for `request`; None where its endpoint answers as usual."""
        with self.lock:
            for pattern, queue in self.by_path.items():
                if queue and fnmatchcase(request.path, pattern):
                    return queue.popleft()
            for pattern, reply in self.always.items():
                if fnmatchcase(request.path, pattern):
                    return reply
            return self.script.popleft() if is_model and self.script else None

    def record(self, sent: Sent) -> None:
        """Add an answer, or replace what was said about it."""
        with self.lock:
            self.sent[sent.number] = sent

    def update(self, number: int, usage: Object | None = None, whole: bool = False) -> None:
        """Note that usage went out for the answer to a request, or that all of it did."""
        with self.lock:
            known = self.sent.get(number)
            if known:
                usage = known.usage if usage is None else usage
                self.sent[number] = replace(known, usage=usage, whole=known.whole or whole)

    def all_requests(self) -> list[Request]:
        """The requests so far, in the order of their arrival."""
        with self.lock:
            return list(self.requests)

    def all_sent(self) -> list[Sent]:
        """The answers so far, in the order of their requests."""
        with self.lock:
            return [self.sent[number] for number in sorted(self.sent)]


def usual_answer(request: Request) -> Answer:
    """What a model says when no test says otherwise."""
    return Answer((Text(f"This is answer number {request.number}."),))
