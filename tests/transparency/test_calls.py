from __future__ import annotations

import gc
import logging
from collections.abc import Iterator

import pytest

from agentel import libraries
from agentel.config import Settings
from support.callers import AsyncCaller, SyncCaller
from support.model_server import ModelServer
from support.telemetry import Telemetry
from transparency.scenarios import SCENARIOS, Scenario, client
from transparency.witness import Witness

MODES = {"sync": SyncCaller, "async": AsyncCaller}
POLICIES = {"plain": Settings(), "content": Settings(content="SPAN_AND_EVENT")}
CASES = [
    pytest.param(scenario, mode, id=f"{scenario.sdk}-{mode}-{scenario.name}")
    for scenario in SCENARIOS
    for mode in MODES
]


def seen_in(
    scenario: Scenario, mode: str, caplog: pytest.LogCaptureFixture
) -> tuple[list[object], list[object], list[object]]:
    """Run a program; return what it saw, what its server saw, and what others logged."""
    caplog.clear()
    caller = MODES[mode]()
    try:
        with ModelServer() as server:
            server.script(*scenario.replies)
            witness = Witness(caller, server, client(scenario.sdk, mode == "async", server))
            if scenario.needs and not witness.has(scenario.needs):
                pytest.skip(f"this version of {scenario.sdk} has no {scenario.needs}")
            scenario.program(witness)
            caller.call(witness.client.close)
            gc.collect()
            requests = witness.requests()
    finally:
        caller.shut_down()
    logged = [
        (record.name, record.levelname, record.msg.split()[0])  # the rest tells ports and addresses
        for record in caplog.records
        if not record.name.startswith(("agentel", "opentelemetry", "asyncio", "httpcore"))
    ]
    return witness.seen, requests, logged


@pytest.fixture(autouse=True)
def _only_what_is_new_is_collected() -> Iterator[None]:
    # Four SDKs fill the heap; going through all of it after each program takes longer than it.
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.mark.parametrize(("scenario", "mode"), CASES)
def test_program_sees_the_same_with_and_without_us(
    scenario: Scenario, mode: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    without = seen_in(scenario, mode, caplog)
    instrumentor = getattr(libraries, scenario.sdk)()
    for settings in POLICIES.values():
        telemetry = Telemetry()
        instrumentor.instrument(settings=settings, **telemetry.providers)
        try:
            given = seen_in(scenario, mode, caplog)
        finally:
            instrumentor.uninstrument()
            telemetry.shut_down()
        assert given == without
