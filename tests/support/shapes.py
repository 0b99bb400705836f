"""Knows how one row of a shape table is run, and what must hold of every row.

Whatever a row does: each call is one span, the metrics say what the spans say, both say what the
provider says, the caller gets what it would get without us, and nothing that was said leaks.
"""

from __future__ import annotations

import gc
import inspect
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any

import pytest
from opentelemetry.sdk.trace import ReadableSpan

from agentel.config import Settings
from support.callers import AsyncCaller, Caller, SyncCaller
from support.model_server import ModelServer, Reply
from support.telemetry import Telemetry, spans_as_text

PROMPT = "tell me the planted secret 4711"
ANSWER = "the planted secret is 0815"
DEFAULTS = Settings()
MODES = {"sync": SyncCaller, "async": AsyncCaller}


@dataclass
class Sdk:
    """A library, and how a client of it is made for either mode."""

    name: str
    instrumentor: Callable[[], Any]
    client: Callable[[str, ModelServer | None], Any]
    """Mode and server to client; without a server it is only looked at."""


class Run:
    """One row in one mode, while it runs."""

    def __init__(self, caller: Caller, server: ModelServer, client: Any) -> None:
        self.caller = caller
        self.server = server
        self.client = client

    def call(self, path: str, **kwargs: object) -> Any:
        """Call a method of the client by its path, and wait for its answer."""
        return self.caller.call(self.method(path), **kwargs)

    def method(self, path: str) -> Any:
        """A method of the client."""
        return reduce(getattr, path.split("."), self.client)

    def fails(self, action: Callable[[], object]) -> BaseException:
        """Run what must raise, note the type, and return the exception."""
        try:
            action()
        except Exception as error:
            self.caller.types.append(type(error))
            return error
        raise AssertionError("nothing was raised")


@dataclass(frozen=True)
class Case:
    """One row: what is called, what the server replies, and which spans that must leave."""

    api: str
    name: str
    shape: Callable[[Run], object]
    expected: str
    """What `spans_as_text` prints, indented at will."""
    replies: tuple[Reply, ...] = ()
    calls: int = 1
    settings: Settings = DEFAULTS
    needs: str = ""
    """A method without which an old SDK has no such shape."""
    mode: str = ""
    """The only mode that has such a shape; both by default."""
    is_read: bool = True
    """Whether all that the provider told of usage also reached the caller."""


def expected_of(case: Case) -> str:
    """The expected text without its indentation."""
    return inspect.cleandoc(case.expected)


def rows(sdk: Sdk, cases: Iterable[Case]) -> list[Any]:
    """The parameters of a test: each case in each of its modes, under a telling id."""
    return [
        pytest.param(case, mode, id=f"{sdk.name}-{case.api}-{mode}-{case.name}")
        for case in cases
        for mode in MODES
        if case.mode in ("", mode)
    ]


def spans_of(sdk: Sdk, case: Case, mode: str) -> str:
    """Run a row with us and without us, check what holds of all rows, and return its spans."""
    if case.needs and not has(sdk.client(mode, None), case.needs):
        pytest.skip(f"this version of {sdk.name} has no {case.needs}")
    telemetry = Telemetry()
    instrumentor = sdk.instrumentor()
    instrumentor.instrument(settings=case.settings, **telemetry.providers)
    try:
        types, sent = _run(sdk, case, mode)
        spans = telemetry.spans(case.calls)
    finally:
        instrumentor.uninstrument()
    assert len(spans) == case.calls
    _check_metrics(spans, telemetry)
    if case.is_read:
        assert _tokens(spans) == sent
    if case.settings.content == "NO_CONTENT":
        told = telemetry.everything()
        assert PROMPT not in told
        assert ANSWER not in told
    telemetry.shut_down()
    if case.settings == DEFAULTS:
        assert types == _run(sdk, case, mode)[0]
    return spans_as_text(spans)


def _run(sdk: Sdk, case: Case, mode: str) -> tuple[list[type], tuple[int, int]]:
    caller = MODES[mode]()
    gc.freeze()  # only what a test makes is looked through for what it drops
    with ModelServer() as server:
        client = sdk.client(mode, server)
        run = Run(caller, server, client)
        server.script(*case.replies)
        case.shape(run)
        gc.collect()
        caller.call(client.close)
        sent = _sent([told.usage for told in server.sent if told.usage])
    caller.shut_down()
    with warnings.catch_warnings():
        # A stream that nobody closed leaves its socket to the collector: here, not in other tests.
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()
    gc.unfreeze()
    return caller.types, sent


def has(client: Any, path: str) -> bool:
    """Whether a client has a method or resource at a path."""
    found = client
    for name in path.split("."):
        found = getattr(found, name, None)
    return found is not None


def _sent(usages: list[Mapping[str, Any]]) -> tuple[int, int]:
    # Anthropic tells apart what went through a cache.
    inputs = (
        *("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens"),
        "prompt_tokens",
    )
    read = sum(told.get(name, 0) for told in usages for name in inputs)
    written = sum(told.get("output_tokens", told.get("completion_tokens", 0)) for told in usages)
    return read, written


def _tokens(spans: list[ReadableSpan]) -> tuple[int, int]:
    return _total(spans, "gen_ai.usage.input_tokens"), _total(spans, "gen_ai.usage.output_tokens")


def _total(spans: list[ReadableSpan], key: str) -> int:
    return sum(int((span.attributes or {}).get(key, 0)) for span in spans)  # type: ignore[arg-type]


def _check_metrics(spans: list[ReadableSpan], telemetry: Telemetry) -> None:
    points = telemetry.points()
    assert _count(points, "gen_ai.client.operation.duration") == len(spans)
    seconds = sum(((span.end_time or 0) - (span.start_time or 0)) / 1e9 for span in spans)
    # The two clocks are read one after the other, on a machine that may be busy in between.
    assert _sum(points, "gen_ai.client.operation.duration") == pytest.approx(seconds, abs=0.5)
    tokens = "gen_ai.client.token.usage"
    told = {kind: _sum(points, tokens, kind) for kind in ("input", "output")}
    assert (told["input"], told["output"]) == _tokens(spans)
    streamed = [span for span in spans if _is_streamed_inference(span)]
    first = _count(points, "gen_ai.client.operation.time_to_first_chunk")
    later = _count(points, "gen_ai.client.operation.time_per_output_chunk")
    assert first == len(streamed)
    assert later == _total(streamed, "agentel.stream.chunk_count") - first


def _is_streamed_inference(span: ReadableSpan) -> bool:
    told = span.attributes or {}
    is_inference = told["gen_ai.operation.name"] in ("chat", "text_completion")
    return is_inference and "gen_ai.response.time_to_first_chunk" in told


Points = Mapping[str, list[tuple[Mapping[str, object], int, float]]]


def _count(points: Points, name: str) -> int:
    return sum(count for _, count, _ in points.get(name, ()))


def _sum(points: Points, name: str, token_type: str | None = None) -> float:
    return sum(
        total
        for attributes, _, total in points.get(name, ())
        if token_type in (None, attributes.get("gen_ai.token.type"))
    )
