from __future__ import annotations

import json
import signal
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest

from process.conftest import Place, Ran
from process.running import CALLS, Running, killed, nobody, refusal, silence, taking, wait_until
from support.model_server import hang, text

pytestmark = pytest.mark.process

WORDS = text("Hello you there, how are you")
SLOW = text("Hello you there", chunk_delay_s=20)

ENDINGS = {
    "ctrl_c_in_a_call": ("ready(); call()", hang(20), ["cancelled"]),
    "ctrl_c_in_a_stream": (
        "for chunk in stream(): threading.Timer(0.5, ready).start()",
        SLOW,
        ["cancelled"],
    ),
    "ctrl_c_between_chunks": (
        "answer = stream()\nfor chunk in answer: ready(); time.sleep(20)",
        WORDS,
        ["abandoned"],
    ),
    "ctrl_c_in_an_agent": (
        "import agentel\nwith agentel.agent('a'): ready(); time.sleep(20)",
        WORDS,
        ["cancelled"],
    ),
    "ctrl_c_that_is_caught": (
        "try: ready(); call()\nexcept KeyboardInterrupt: print('bye'); sys.exit(3)",
        hang(20),
        ["cancelled"],
    ),
    "ctrl_c_in_a_task": (
        "import asyncio\n"
        "async def main():\n"
        "    ready()\n"
        "    await client(openai.AsyncOpenAI).chat.completions.create(\n"
        "        model='gpt-5', messages=QUESTION)\n"
        "asyncio.run(main())",
        hang(20),
        ["cancelled"],
    ),
}
"""Program, what the model answers, and the outcomes that are recorded; each gets a Ctrl-C."""

EXITS = {
    "exit_in_a_stream": ("for chunk in stream(): sys.exit(4)", ["abandoned"]),
    "exit_with_a_stream_held": (
        "answer = stream()\nfor chunk in answer: sys.exit('enough')",
        ["abandoned"],
    ),
    "exit_in_an_agent": (
        "import agentel\nwith agentel.agent('a'): call(); sys.exit(2)",
        ["cancelled", "completed"],
    ),
    "exit_in_a_thread": (
        "def work():\n"
        "    for chunk in stream(): sys.exit(5)\n"
        "thread = threading.Thread(target=work); thread.start(); thread.join(); print(call())",
        ["abandoned", "completed"],
    ),
    "exception_in_a_stream": (
        "answer = stream()\nfor chunk in answer: raise ValueError('boom')",
        ["abandoned"],
    ),
    "thread_that_outlives_the_main_one": (
        "threading.Thread(target=lambda: (time.sleep(0.3), print(call()))).start()",
        ["completed"],
    ),
    "stream_left_open": ("answer = iter(stream()); next(answer); print('end')", ["abandoned"]),
    "stream_of_a_daemon_thread": (
        "going = threading.Event()\n"
        "def work():\n"
        "    for chunk in stream(): going.set(); time.sleep(20)\n"
        "threading.Thread(target=work, daemon=True).start(); going.wait(); print('end')",
        ["abandoned"],
    ),
    "stream_closed_while_the_interpreter_ends": (
        "class Reader:\n"
        "    def __init__(self): self.answer = stream(); next(iter(self.answer))\n"
        "    def __del__(self): self.answer.close(); print('closed')\n"
        "reader = Reader(); print('end')",
        ["abandoned"],
    ),
    "cancelled_task": (
        "import asyncio\n"
        "async def ask():\n"
        "    await client(openai.AsyncOpenAI).chat.completions.create(\n"
        "        model='gpt-5', messages=QUESTION)\n"
        "async def main():\n"
        "    try: await asyncio.wait_for(ask(), 0.5)\n"
        "    except asyncio.TimeoutError: print('late')\n"
        "asyncio.run(main())",
        ["cancelled"],
    ),
    "call_at_exit": ("import atexit; atexit.register(lambda: print(call()))", ["completed"]),
    "os_exit": ("for chunk in stream(): os._exit(7)", ["abandoned"]),
}
"""Program, and the outcomes that are recorded."""

FIVE = """
import agentel
for number in range(5):
    with agentel.agent("a"):
        pass
ready()
"""

COUNT = """
import agentel
number = 0
while True:
    with agentel.agent(f"a{number}"):
        print(f"{number} {time.time()}", flush=True)
    if number == 30:
        ready()
    number += 1
    time.sleep(0.05)
"""

RETRIES = """
import agentel
until = time.monotonic() + 3
while time.monotonic() < until:
    with agentel.agent("a"):
        time.sleep(0.05)
"""

Endpoint = Callable[[], AbstractContextManager[str]]
endpoints = pytest.mark.parametrize("endpoint", [nobody, silence, refusal])
REASONS: dict[Endpoint, str] = {
    nobody: "nothing answers there (",
    silence: "the process ended first.",
    refusal: "the receiver does not take more now (",
}


def outcomes(place: Place) -> list[str]:
    return sorted(
        attribute["value"]["stringValue"]
        for span in place.spans()
        for attribute in span["attributes"]
        if attribute["key"] == "agentel.outcome"
    )


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no signals")
@pytest.mark.parametrize("ending", ENDINGS)
def test_ctrl_c_is_recorded_and_ends_the_program_as_ever(place: Place, ending: str) -> None:
    source, answer, expected = ENDINGS[ending]
    place.server.route("*/chat/completions", always=answer)
    plain, launched = (interrupted(place, source, launched=one) for one in (False, True))
    assert (launched.out, launched.code) == (plain.out, plain.code)
    assert launched.err.splitlines()[-1:] == plain.err.splitlines()[-1:]
    assert "agentel could not" not in launched.err
    assert outcomes(place) == expected


def interrupted(place: Place, source: str, *, launched: bool) -> Ran:
    """Run a program until it is ready, and its call, if it makes one, is under way."""
    asked = len(place.server.requests) + ("QUESTION" in source or "call()" in source)
    with Running(place, source, launched=launched) as running:
        running.until()
        wait_until(lambda: len(place.server.requests) >= asked)
        return running.send(signal.SIGINT).end().ran


@pytest.mark.parametrize("ending", EXITS)
def test_ending_is_recorded_and_is_what_it_was(place: Place, ending: str) -> None:
    source, expected = EXITS[ending]
    answer = hang(20) if ending == "cancelled_task" else WORDS
    place.server.route("*/chat/completions", always=answer)
    without = place.plain(CALLS + source)
    assert place.launch(CALLS + source) == without
    assert outcomes(place) == expected


def test_program_that_aborts_keeps_what_ended_a_while_ago(place: Place) -> None:
    source = f"{CALLS}\ncall(); time.sleep(1.5); os.abort()"
    ran = place.launch(source)
    assert (ran.out, ran.err, ran.code) == ("", "", -signal.SIGABRT)
    assert outcomes(place) == ["completed"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no signals")
def test_kill_loses_at_most_the_last_second_and_tears_no_line(place: Place) -> None:
    ran = killed(place, COUNT, signal.SIGKILL).ran
    said = [line.split() for line in ran.out.splitlines() if line != "ready"]
    last = float(said[-1][1])
    [file] = place.files("traces")
    *whole, rest = file.read_text().split("\n")
    written = {span["name"] for line in whole for span in spans_of(json.loads(line))}
    assert written >= {f"invoke_agent a{number}" for number, at in said if float(at) < last - 1}
    assert rest == ""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no signals")
def test_kill_loses_at_most_the_last_second_of_what_is_sent(place: Place) -> None:
    taken: list[str] = []
    with taking(taken) as url:
        ran = killed(place, COUNT, signal.SIGKILL, OTEL_EXPORTER_OTLP_ENDPOINT=url).ran
    said = [line.split() for line in ran.out.splitlines() if line != "ready"]
    last = float(said[-1][1])
    assert set(taken) >= {f"invoke_agent a{number}" for number, at in said if float(at) < last - 1}


def spans_of(line: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        span
        for resource in line["resourceSpans"]
        for scope in resource["scopeSpans"]
        for span in scope["spans"]
    ]


@endpoints
@pytest.mark.parametrize("start", ["", "import agentel; agentel.start()"], ids=["run", "start"])
def test_exporter_that_is_down_costs_the_limit_and_one_line(
    place: Place, endpoint: Endpoint, start: str
) -> None:
    with endpoint() as url:
        environ = {"OTEL_EXPORTER_OTLP_ENDPOINT": url, "AGENTEL_EXIT_TIMEOUT": "1"}
        with Running(place, start + FIVE, environ, launched=not start) as running:
            ended = running.until().end()
    assert (ended.ran.out, ended.ran.code) == ("ready\n", 0)
    assert ended.took < 5  # with what the interpreter takes on a busy machine
    [line] = ended.ran.err.splitlines()
    assert line.startswith(
        "agentel: 5 spans and 5 log records and 1 collection of metrics could not be delivered to "
        f"{url}: {REASONS[endpoint]}"
    )


def test_files_are_whole_although_an_exporter_hangs(place: Place) -> None:
    with silence() as url:
        ran = place.launch(
            CALLS + FIVE,
            OTEL_EXPORTER_OTLP_ENDPOINT=url,
            OTEL_TRACES_EXPORTER="otlp,agentel_file",
            AGENTEL_EXIT_TIMEOUT="1",
        )
    assert ran.code == 0
    assert len(place.spans()) == 5


@endpoints
def test_retries_say_one_line_a_minute(place: Place, endpoint: Endpoint) -> None:
    with endpoint() as url:
        ran = place.launch(
            CALLS + RETRIES,
            OTEL_EXPORTER_OTLP_ENDPOINT=url,
            OTEL_EXPORTER_OTLP_TIMEOUT="1",
            OTEL_BSP_SCHEDULE_DELAY="100",
            OTEL_BLRP_SCHEDULE_DELAY="100",
            OTEL_METRIC_EXPORT_INTERVAL="100",
            AGENTEL_EXIT_TIMEOUT="0.5",
        )
    once, at_the_end = ran.err.splitlines()
    assert once.startswith("agentel: telemetry cannot be delivered to")
    assert "could not be delivered to" in at_the_end


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no signals")
def test_second_ctrl_c_does_not_wait(place: Place) -> None:
    with silence() as url:
        environ = {"OTEL_EXPORTER_OTLP_ENDPOINT": url, "AGENTEL_EXIT_TIMEOUT": "50"}
        with Running(place, FIVE + "time.sleep(30)", environ) as running:
            waiting = running.until().send(signal.SIGINT)
            assert not waiting.is_over(0.5)
            ended = waiting.send(signal.SIGINT).end()
    assert ended.took < 5
    assert ended.ran.code == -signal.SIGINT
    assert ended.ran.err.count("KeyboardInterrupt") == 1
