from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import openai
import pytest

from agentel.core import gate
from agentel.core.fields import Fields
from agentel.libraries import instrumentor_for
from support.model_server import ModelServer
from support.telemetry import Telemetry

CHAT: dict[str, Any] = {"model": "gpt-5", "messages": [{"role": "user", "content": "hi"}]}


class OverBudget(Exception):
    """What a check raises."""


@pytest.fixture
def watched(telemetry: Telemetry) -> Iterator[Telemetry]:
    instrumentor = instrumentor_for("openai")()
    instrumentor.instrument(**telemetry.providers)
    yield telemetry
    instrumentor.uninstrument()


@pytest.fixture
def asked() -> Iterator[list[tuple[str, Fields]]]:
    """What a check that stops everything was asked."""
    asked: list[tuple[str, Fields]] = []

    def check(operation: str, fields: Fields) -> None:
        asked.append((operation, fields))
        raise OverBudget

    remove = gate.install(check)
    yield asked
    remove()
    remove()


def test_nothing_is_asked_by_default() -> None:
    assert gate.checks == []


def test_check_stops_a_call_before_its_request(watched: Telemetry, asked: list[Any]) -> None:
    with ModelServer() as server:
        client = openai.OpenAI(api_key="none", base_url=server.openai_url)
        with pytest.raises(OverBudget):
            client.chat.completions.create(**CHAT)
        client.close()
        assert server.requests == []
    [span] = watched.spans(1)
    assert span.attributes["agentel.outcome"] == "error"
    assert span.attributes["error.type"] == "OverBudget"
    [(operation, fields)] = asked
    assert (operation, fields["request_model"]) == ("inference", "gpt-5")


def test_check_stops_an_async_call_before_its_request(watched: Telemetry, asked: list[Any]) -> None:
    async def ask(url: str) -> None:
        async with openai.AsyncOpenAI(api_key="none", base_url=url) as client:
            await client.chat.completions.create(**CHAT)

    with ModelServer() as server:
        with pytest.raises(OverBudget):
            asyncio.run(ask(server.openai_url))
        assert server.requests == []
    assert len(watched.spans(1)) == len(asked) == 1


def test_removed_check_is_asked_no_more(watched: Telemetry) -> None:
    def check(operation: str, fields: Fields) -> None:
        raise OverBudget

    gate.install(check)()
    with ModelServer() as server:
        client = openai.OpenAI(api_key="none", base_url=server.openai_url)
        assert client.chat.completions.create(**CHAT).id
        client.close()
