from __future__ import annotations

from collections.abc import Iterator

import pytest
from opentelemetry import context as otel

from agentel.byhand import attributes
from agentel.config import Settings
from agentel.telemetry import context, deferred, propagation
from agentel.telemetry.arguments import run_key
from agentel.telemetry.hand import source
from support.telemetry import Telemetry

KEY = "0123456789abcdef" * 2


@pytest.fixture
def telemetry() -> Iterator[Telemetry]:
    collected = Telemetry()
    source.use(settings=Settings(), **collected.providers)
    yield collected
    source.use()
    deferred.drain()
    collected.shut_down()


@pytest.fixture
def content_on(telemetry: Telemetry) -> Telemetry:
    source.use(settings=Settings(content="SPAN_ONLY"), **telemetry.providers)
    return telemetry


@pytest.fixture(autouse=True)
def one_run(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Give every test the same digests, its own warnings, and the context that it began with."""
    before = run_key.hand_over()
    run_key.adopt(KEY)
    monkeypatch.setattr(attributes, "_warned", set())
    monkeypatch.setattr(propagation, "_warned", set())
    current = otel.get_current()
    yield
    assert otel.get_current() == current
    run_key.adopt(before)
    context.inherited = None
