from __future__ import annotations

import gc
import importlib
import logging
from collections.abc import Iterator
from functools import cache

import pytest

from agentel.libraries import Instrumentor, instrumentor_for
from safety.faults import FAULTS, SECRET, Bench, Fault, Raising, new_fault
from support.callers import AsyncCaller, SyncCaller
from support.model_server import ModelServer, cut, eof, error, html, text
from support.telemetry import Telemetry
from transparency.scenarios import (
    broken,
    chat,
    client,
    creates,
    fails,
    message,
    raw_response,
    raw_stream,
    retries,
    streams,
    streams_and_closes,
    streams_and_forgets,
)
from transparency.witness import Witness

CREATE = "chat.completions.create"
SDKS = {
    "openai": (CREATE, chat),
    "anthropic": ("messages.create", message),
    "groq": (CREATE, chat),
    "together": (CREATE, chat),
}
MODES = {"sync": SyncCaller, "async": AsyncCaller}
REPLIES = (
    text("one"),
    text("two three four"),
    error(400, "a refusal"),
    error(429, retry_after=0.01),
    text("at last"),
    text("a b c"),
    text("a b c"),
    text("a b c"),
    text("a b c"),
    eof(2),
    cut(2),
    html(),
)
DETAILS = "gen_ai.client.inference.operation.details"
CALLS = 11
"""How many calls of a model the program makes."""

CASES = [
    pytest.param(fault, sdk, mode, id=f"{sdk}-{mode}-{fault.name}")
    for fault in FAULTS
    for sdk in SDKS
    if sdk not in fault.not_of
    for mode in MODES
]


def program(witness: Witness, sdk: str) -> None:
    """Call a model in ways that end in each place where a recording can."""
    path, make = SDKS[sdk]
    creates(path, make)(witness)
    streams(path, make)(witness)
    fails(path, make)(witness)
    retries(path, make)(witness)
    streams_and_closes(path, make)(witness)
    streams_and_forgets(path, make)(witness)
    raw_response(path, make)(witness)
    raw_stream(path, make)(witness)
    broken(path, make)(witness)
    broken(path, make)(witness)
    fails(path, make)(witness)


def seen(sdk: str, mode: str) -> tuple[list[object], list[object]]:
    """What a program and its server see."""
    caller = MODES[mode]()
    try:
        with ModelServer() as server:
            server.script(*REPLIES)
            witness = Witness(caller, server, client(sdk, mode == "async", server))
            program(witness, sdk)
            caller.call(witness.client.close)
            gc.collect()
            return witness.seen, witness.requests()
    finally:
        caller.shut_down()


@cache
def seen_without_us(sdk: str, mode: str) -> tuple[list[object], list[object]]:
    return seen(sdk, mode)


@pytest.fixture(autouse=True)
def _only_what_is_new_is_collected() -> Iterator[None]:
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.mark.parametrize(("fault", "sdk", "mode"), CASES)
def test_host_notices_nothing_of_a_fault(
    fault: Fault, sdk: str, mode: str, caplog: pytest.LogCaptureFixture
) -> None:
    without = seen_without_us(sdk, mode)
    telemetry = Telemetry()
    library = importlib.import_module(f"agentel.clients.{sdk}").LIBRARY
    bench = Bench(library, telemetry.providers, Raising(new_fault()))
    fault.install(bench)

    class Faulty(Instrumentor):
        library = package = sdk
        declaration = staticmethod(lambda: bench.library)

    instrumentor = Faulty()
    caplog.clear()
    try:
        instrumentor.instrument(settings=bench.settings, **bench.providers)
        given = seen(sdk, mode)
        telemetry.spans(CALLS if fault.spans else 0)  # an abandoned stream ends on a thread
    finally:
        instrumentor.uninstrument()
        for undo in bench.undo:
            undo()
    assert given == without
    _check_signals(fault, telemetry)
    _check_told(caplog)


def _check_told(caplog: pytest.LogCaptureFixture) -> None:
    told = [r.getMessage() for r in caplog.records if r.name.startswith("agentel")]
    warnings = [
        r.getMessage()
        for r in caplog.records
        if r.name.startswith("agentel") and r.levelno >= logging.WARNING
    ]
    assert [line for line in told if SECRET in line] == []
    assert warnings
    assert len(warnings) == len(set(warnings))
    assert [line for line in warnings if "not affected" not in line] == []


def _check_signals(fault: Fault, telemetry: Telemetry) -> None:
    spans = telemetry.spans(CALLS if fault.spans else 0)
    durations = telemetry.points().get("gen_ai.client.operation.duration", ())
    details = [r for r in telemetry.records() if r.event_name == DETAILS]
    told = (len(spans), sum(count for _, count, _ in durations), len(details))
    telemetry.shut_down()
    assert told == tuple(
        CALLS if tells else 0 for tells in (fault.spans, fault.metrics, fault.events)
    )


def test_program_without_a_fault_is_told_of_in_every_signal(
    caplog: pytest.LogCaptureFixture,
) -> None:
    fault = Fault("none", lambda bench: None)
    telemetry = Telemetry()
    library = importlib.import_module("agentel.clients.openai").LIBRARY
    instrumentor = instrumentor_for("openai")()
    bench = Bench(library, telemetry.providers, Raising(new_fault()))
    instrumentor.instrument(settings=bench.settings, **bench.providers)
    seen("openai", "sync")
    instrumentor.uninstrument()
    assert [r for r in caplog.records if r.name.startswith("agentel")] == []
    _check_signals(fault, telemetry)
