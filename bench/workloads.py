"""Knows what is measured: the calls, under which settings, and what they may cost."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Literal

from bench import payloads
from bench.transport import client

LONG, SHORT = 200, 20
"""Chunks of a stream; the difference of the two tells what one chunk costs."""
TOGETHER = 50
"""Concurrent calls of one step of W6."""
REPEATED = 200
"""Calls of a decorated function in one step: one alone is too short for the clock."""

Step = Callable[[], object]
Decorate = Callable[[Callable[..., Any]], Callable[..., Any]]


@dataclass(frozen=True, slots=True)
class Workload:
    """One kind of call. `block` is how many steps are timed between two flushes."""

    name: str
    title: str
    make: Callable[[Any], Step]
    """Makes the step from a copy of the SDK, or from a decorator."""
    sdk: str | None
    target: float
    """Added wall time of ours, at most, as a ratio to the floor's."""
    block: int = 100
    calls: int = 1
    """Calls in one step."""
    chunks: int = 0
    has_content: bool = False
    mode: Literal["on", "sampled out", "disabled"] = "on"
    short: str = ""
    """The same with a short stream."""
    is_row: bool = True
    measures_noise: bool = False


def _chat(sdk: ModuleType) -> Step:
    create, messages = (
        client(sdk, payloads.chat_answer()).chat.completions.create,
        payloads.question(),
    )

    def step() -> object:
        return create(
            model=payloads.MODEL, messages=messages, temperature=0.7, max_completion_tokens=2048
        )

    return step


def _long_chat(sdk: ModuleType) -> Step:
    create = client(sdk, payloads.chat_answer()).chat.completions.create
    request: dict[str, Any] = {"messages": payloads.conversation(), "tools": payloads.tools()}

    def step() -> object:
        return create(model=payloads.MODEL, temperature=0.7, max_completion_tokens=2048, **request)

    return step


def _chat_stream(chunks: int) -> Callable[[ModuleType], Step]:
    def make(sdk: ModuleType) -> Step:
        create = client(sdk, payloads.chat_events(chunks)).chat.completions.create
        request: dict[str, Any] = {"stream": True, "stream_options": {"include_usage": True}}

        def step() -> None:
            for _ in create(
                model=payloads.MODEL,
                messages=payloads.question(),
                temperature=0.7,
                max_completion_tokens=2048,
                **request,
            ):
                pass

        return step

    return make


def _responses(sdk: ModuleType) -> Step:
    create = client(sdk, payloads.responses_answer()).responses.create
    question = payloads.question()[0]["content"]

    def step() -> object:
        return create(model=payloads.MODEL, input=question, temperature=0.7, max_output_tokens=2048)

    return step


def _embeddings(sdk: ModuleType) -> Step:
    create = client(sdk, payloads.embeddings_answer()).embeddings.create
    text = f"{payloads.ASKED} {payloads.prose(400, 4)}"

    def step() -> object:
        return create(model=payloads.EMBEDDING_MODEL, input=text)

    return step


def _concurrent_chats(sdk: ModuleType) -> Step:
    create = client(sdk, payloads.chat_answer(), is_async=True).chat.completions.create
    messages = payloads.question()
    loop = asyncio.new_event_loop()

    async def one() -> None:
        await create(
            model=payloads.MODEL, messages=messages, temperature=0.7, max_completion_tokens=2048
        )

    async def together() -> None:
        await asyncio.gather(*[one() for _ in range(TOGETHER)])

    return lambda: loop.run_until_complete(together())


def _message(sdk: ModuleType) -> Step:
    create = client(sdk, payloads.claude_answer()).messages.create
    messages = payloads.question()

    def step() -> object:
        return create(
            model=payloads.CLAUDE, max_tokens=2048, messages=messages, stop_sequences=["END"]
        )

    return step


def _long_message(sdk: ModuleType) -> Step:
    create = client(sdk, payloads.claude_answer()).messages.create
    system, messages = payloads.claude_conversation()
    request: dict[str, Any] = {"system": system, "tools": payloads.claude_tools()}

    def step() -> object:
        return create(
            model=payloads.CLAUDE,
            max_tokens=2048,
            messages=messages,
            stop_sequences=["END"],
            **request,
        )

    return step


def _message_stream(chunks: int) -> Callable[[ModuleType], Step]:
    def make(sdk: ModuleType) -> Step:
        create = client(sdk, payloads.claude_events(chunks)).messages.create

        def step() -> None:
            for _ in create(
                model=payloads.CLAUDE,
                max_tokens=2048,
                messages=payloads.question(),
                stop_sequences=["END"],
                stream=True,
            ):
                pass

        return step

    return make


def find_order(number: int, note: str) -> dict[str, Any]:
    return {"number": number, "note": note, "found": payloads.ANSWERED}


async def find_order_async(number: int, note: str) -> dict[str, Any]:
    return {"number": number, "note": note, "found": payloads.ANSWERED}


def _decorated(decorate: Decorate) -> Step:
    function = decorate(find_order)

    def step() -> None:
        for _ in range(REPEATED):
            function(7, note=payloads.ASKED)

    return step


def _decorated_async(decorate: Decorate) -> Step:
    function = decorate(find_order_async)
    loop = asyncio.new_event_loop()

    async def repeatedly() -> None:
        for _ in range(REPEATED):
            await function(7, note=payloads.ASKED)

    return lambda: loop.run_until_complete(repeatedly())


_LONG_CHAT = "20 messages and 5 tools, content on"

_TABLE = (
    Workload("W1", "chat", _chat, "openai", 0.7, measures_noise=True),
    Workload("W2", f"chat: {_LONG_CHAT}", _long_chat, "openai", 0.7, 40, has_content=True),
    Workload(
        *("W2off", "the same, every trace sampled out", _long_chat, "openai", 0.6, 40),
        has_content=True,
        mode="sampled out",
    ),
    Workload(
        *("W2noop", "the same, OTEL_SDK_DISABLED=true", _long_chat, "openai", 0.1, 40),
        has_content=True,
        mode="disabled",
    ),
    Workload(
        *("W3", f"chat: stream of {LONG} chunks", _chat_stream(LONG), "openai", 0.9, 12),
        chunks=LONG,
        short="W3s",
        measures_noise=True,
    ),
    Workload(
        *("W3s", "chat: short stream", _chat_stream(SHORT), "openai", 0.9, 50),
        chunks=SHORT,
        is_row=False,
    ),
    Workload("W4", "responses", _responses, "openai", 0.7),
    Workload("W5", "embeddings", _embeddings, "openai", 0.7),
    Workload(
        *("W6", f"chat: {TOGETHER} concurrent, async", _concurrent_chats, "openai", 0.7, 4),
        calls=TOGETHER,
    ),
    Workload("A1", "messages", _message, "anthropic", 0.7),
    Workload(
        "A2", f"messages: {_LONG_CHAT}", _long_message, "anthropic", 0.7, 40, has_content=True
    ),
    Workload(
        *("A3", f"messages: stream of {LONG} chunks", _message_stream(LONG), "anthropic", 0.9, 12),
        chunks=LONG,
        short="A3s",
    ),
    Workload(
        *(
            "A3s",
            "messages: short stream",
            _message_stream(SHORT),
            "anthropic",
            0.9,
            50,
        ),
        chunks=SHORT,
        is_row=False,
    ),
    Workload("T1", "decorated function", _decorated, None, 1.2, 4, REPEATED),
    Workload("T2", "decorated async function", _decorated_async, None, 1.2, 4, REPEATED),
)

WORKLOADS = {workload.name: workload for workload in _TABLE}
ROWS = tuple(workload.name for workload in _TABLE if workload.is_row)
"""The workloads that one can ask for."""
