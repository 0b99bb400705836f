from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from agentel import libraries
from support.anthropic_clients import CHAT, client
from support.model_server import ModelServer
from support.telemetry import Telemetry


@pytest.fixture
def _collected_by_hand() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def dropped() -> tuple[bool, bool]:
    """Whether a dropped stream's connection is free at once, and after a collection."""
    with ModelServer() as server:
        made = client("sync", server)
        stream = made.messages.create(**CHAT, stream=True)
        next(stream)
        response = stream.response
        del stream
        at_once = response.is_closed
        gc.collect()
        found = (at_once, response.is_closed)
        made.close()
    return found


@pytest.mark.usefixtures("_collected_by_hand")
def test_dropped_stream_frees_its_connection_as_without_us() -> None:
    without = dropped()
    telemetry = Telemetry()
    libraries.anthropic().instrument(**telemetry.providers)
    watched = dropped()
    spans = telemetry.spans(1)
    libraries.anthropic().uninstrument()
    assert watched == without
    assert [(span.attributes or {})["agentel.outcome"] for span in spans] == ["abandoned"]
