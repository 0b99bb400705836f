"""Knows whether watching keeps anything: memory after many calls and abandoned streams."""

from __future__ import annotations

import gc
import itertools
import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from statistics import median

from bench import copies, payloads
from bench.children import Unmeasured
from bench.pipeline import Telemetry
from bench.subjects import OURS, install
from bench.transport import client
from bench.workloads import SHORT, WORKLOADS

_FLUSHED = 256
"""Calls between two flushes: few, so that what waits for one is small beside what would be kept."""
_PARTS = 10
"""Parts of the work, after each of which the memory is looked at."""
_EARLY, _LATE = slice(1, 4), slice(7, 10)
"""The parts that are compared; in the first one, everything bounded reaches its bound."""
_BETWEEN = 0.6
"""How much of the work lies between the two."""


@dataclass(frozen=True, slots=True)
class Held:
    """What the process holds at one moment."""

    resident: int
    """Bytes."""
    blocks: int
    """Live allocations of the interpreter."""

    @classmethod
    def now(cls) -> Held:
        """Collect the garbage, then look."""
        for _ in range(3):
            gc.collect()
        return cls(_resident(), sys.getallocatedblocks())


@dataclass(frozen=True, slots=True)
class Growth:
    """What came on top between the early parts and the late ones."""

    calls: int
    streams: int
    resident: int
    """Bytes."""
    blocks: int

    @property
    def is_none(self) -> bool:
        """Whether no call can have left even one object in a hundred, or 2 MiB in all.

        The interpreter's own caches go on growing for a while, by a few hundred objects in all.
        """
        work = (self.calls + self.streams) * _BETWEEN
        return self.blocks < max(500, work / 100) and self.resident < 2 * 1024**2


def growth(calls: int, streams: int) -> Growth:
    """Make that many calls, and begin that many streams and drop them, all watched by ours.

    Every answer has an id of its own, because what is kept is often kept by id. Run it in a process
    of its own. Raises `Unmeasured` when a call or stream was not recorded.
    """
    telemetry = Telemetry()
    install(OURS, WORKLOADS["W1"], telemetry)
    telemetry.forget()
    call, abandon = _call(), _abandon()
    seen: list[Held] = []
    for _ in range(_PARTS):
        _repeat(call, calls // _PARTS, telemetry)
        _repeat(abandon, streams // _PARTS, telemetry)
        seen.append(Held.now())
    expected = _PARTS * (calls // _PARTS + streams // _PARTS)
    if telemetry.spans.items != expected:
        raise Unmeasured(f"{telemetry.spans.items} spans for {expected} calls and streams")
    early, late = seen[_EARLY], seen[_LATE]
    return Growth(
        calls,
        streams,
        _middle(one.resident for one in late) - _middle(one.resident for one in early),
        _middle(one.blocks for one in late) - _middle(one.blocks for one in early),
    )


def _middle(values: Iterable[int]) -> int:
    return int(median(values))


def _repeat(step: Callable[[], None], times: int, telemetry: Telemetry) -> None:
    for number in range(times):
        step()
        if number % _FLUSHED == _FLUSHED - 1:
            telemetry.flush()
    gc.collect()  # a dropped stream ends when it is collected
    telemetry.flush()


def _call() -> Callable[[], None]:
    """Return a step that calls chat, and responses every fifth time."""
    sdk = copies.named("openai")
    chat = client(sdk, _numbered(payloads.chat_answer(), payloads.CHAT_ID)).chat.completions.create
    responses = client(
        sdk, _numbered(payloads.responses_answer(), payloads.RESPONSE_ID)
    ).responses.create
    messages = payloads.question()
    numbers = itertools.count()

    def step() -> None:
        if next(numbers) % 5:
            chat(model=payloads.MODEL, messages=messages)
        else:
            responses(model=payloads.MODEL, input=payloads.ASKED)

    return step


def _numbered(body: bytes, identity: str) -> Callable[[], bytes]:
    before, after = body.split(identity.encode())
    numbers = itertools.count()
    return lambda: before + b"%s-%d" % (identity.encode(), next(numbers)) + after


def _abandon() -> Callable[[], None]:
    sdk = copies.named("openai")
    create = client(sdk, payloads.chat_events(SHORT)).chat.completions.create
    messages = payloads.question()

    def step() -> None:
        stream = create(model=payloads.MODEL, messages=messages, stream=True)
        for _ in range(3):
            next(stream)

    return step


def _resident() -> int:
    """Return the resident memory, in bytes: now on Linux, elsewhere the most so far."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        import resource

        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most if sys.platform == "darwin" else most * 1024
