"""Knows how a real client is answered without a network: by a transport inside the process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from types import ModuleType
from typing import Any

from bench.payloads import HEADERS

_EVENTS = {**HEADERS, "content-type": "text/event-stream; charset=utf-8"}

Body = bytes | Callable[[], bytes]


def client(sdk: ModuleType, body: Body | list[bytes], *, is_async: bool = False) -> Any:
    """Return a client of one SDK that always gets this body, or these events.

    `sdk` is `openai` or `anthropic`, whatever name it was imported under; a callable body is
    called for each request.
    """
    base = vars(sdk)["_base_client"]
    http = getattr(base, "httpx2", None) or base.httpx
    name = "OpenAI" if hasattr(sdk, "OpenAI") else "Anthropic"
    make = getattr(sdk, f"Async{name}" if is_async else name)
    transport = _asynchronous(http, body) if is_async else _synchronous(http, body)
    opener = http.AsyncClient if is_async else http.Client
    return make(api_key="none", max_retries=0, http_client=opener(transport=transport))


def _synchronous(http: Any, body: Body | list[bytes]) -> Any:
    class Events(http.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            yield from body

    class Transport(http.BaseTransport):
        def handle_request(self, request: Any) -> Any:
            request.read()
            if isinstance(body, list):
                return http.Response(200, headers=_EVENTS, stream=Events())
            content = body if isinstance(body, bytes) else body()
            return http.Response(200, headers=HEADERS, content=content)

    return Transport()


def _asynchronous(http: Any, body: Body | list[bytes]) -> Any:
    class Events(http.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            for event in body:
                yield event

    class Transport(http.AsyncBaseTransport):
        async def handle_async_request(self, request: Any) -> Any:
            await request.aread()
            await asyncio.sleep(0)  # a socket would let the other tasks run here
            if isinstance(body, list):
                return http.Response(200, headers=_EVENTS, stream=Events())
            content = body if isinstance(body, bytes) else body()
            return http.Response(200, headers=HEADERS, content=content)

    return Transport()
