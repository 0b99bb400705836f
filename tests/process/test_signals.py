from __future__ import annotations

import os
import signal
import sys

import pytest

from process.conftest import Place
from process.running import CALLS, Running, killed, silence
from support.model_server import text

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no signals"),
]

ASKED = """
print(signal.getsignal(signal.SIGTERM) is signal.SIG_DFL)
call()
ready()
time.sleep(30)
"""

OWN = """
import agentel
call()
signal.signal(signal.SIGTERM, lambda *_: print("own") or sys.exit(9))
ready()
time.sleep(30)
"""

BEFORE_AND_AFTER = """
previous = signal.signal(signal.SIGTERM, signal.SIG_IGN)
print(previous is signal.SIG_DFL, signal.getsignal(signal.SIGTERM) is signal.SIG_IGN)
os.kill(os.getpid(), signal.SIGTERM)
signal.signal(signal.SIGTERM, previous)
ready()
time.sleep(30)
"""

LOOP = """
import asyncio


async def main():
    call()
    loop = asyncio.get_running_loop()
    asked = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, asked.set)
    ready()
    await asked.wait()
    print("asked", loop.remove_signal_handler(signal.SIGTERM))

asyncio.run(main())
"""

CHILDREN = """
import subprocess
shell = ["sh", "-c", "grep -E '^Sig(Blk|Ign|Cgt)' /proc/self/status; kill -TERM $$; sleep 30"]
child = subprocess.run(shell, stdout=subprocess.PIPE, text=True)
print(child.stdout, child.returncode)
"""

FORKS = """
import multiprocessing


def work(called):
    call()
    called.set()
    time.sleep(30)


if __name__ == "__main__":
    fork = multiprocessing.get_context("fork")
    codes = set()
    for _ in range(20):  # right after the fork, while the child gets ready
        child = fork.Process(target=time.sleep, args=(30,))
        child.start()
        child.terminate()
        child.join()
        codes.add(child.exitcode)
    print(codes)
    called = fork.Event()
    child = fork.Process(target=work, args=(called,))
    child.start()
    called.wait()
    child.terminate()
    child.join()
    print(child.exitcode)
"""

STREAMS = """
for chunk in stream():
    ready()
"""

FIRST_IN_A_THREAD = """
def work():
    call()
    ready()
    time.sleep(30)

threading.Thread(target=work).start()
"""

STARTED = """
import agentel
agentel.start()
import _signal
print(type(_signal.getsignal(signal.SIGTERM)), signal.getsignal(signal.SIGTERM) is signal.SIG_DFL)
ready()
time.sleep(30)
"""


@pytest.mark.parametrize("source", [ASKED, FIRST_IN_A_THREAD], ids=["main", "thread"])
def test_sigterm_ends_as_ever_and_loses_nothing(place: Place, source: str) -> None:
    with Running(place, source, launched=False) as running:
        plain = running.until().send(signal.SIGTERM).end().ran
    ended = killed(place, source).ran
    assert ended == plain
    assert ended.code == -signal.SIGTERM
    assert [span["name"] for span in place.spans()] == ["chat gpt-5"]
    assert len(place.files("metrics")) == 1


@pytest.mark.parametrize("source", [OWN, LOOP], ids=["signal", "asyncio"])
def test_handler_of_the_program_is_the_only_one(place: Place, source: str) -> None:
    with Running(place, source, launched=False) as running:
        plain = running.until().send(signal.SIGTERM).end().ran
    assert killed(place, source).ran == plain
    assert [span["name"] for span in place.spans()] == ["chat gpt-5"]


def test_program_that_changes_it_and_back_sees_the_default(place: Place) -> None:
    ended = killed(place, BEFORE_AND_AFTER).ran
    assert (ended.out, ended.err, ended.code) == ("True True\nready\n", "", -signal.SIGTERM)


def test_ignored_by_who_started_it_stays_ignored(place: Place) -> None:
    source = ASKED.replace("30", "0.5")
    with Running(place, source, shell="trap '' TERM") as running:
        ended = running.until().send(signal.SIGTERM).end().ran
    assert (ended.out, ended.err, ended.code) == ("False\nready\n", "", 0)


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="tells what a child inherits")
def test_children_inherit_nothing_of_it(place: Place) -> None:
    plain = place.plain(CALLS + CHILDREN)
    launched = place.launch(CALLS + CHILDREN)
    assert launched == plain
    assert launched.out.endswith(f"{-signal.SIGTERM}\n")


def test_forks_deliver_too_and_none_forgets_the_signal(place: Place) -> None:
    ran = place.launch(CALLS + FORKS)
    assert (ran.out, ran.err, ran.code) == ("{-15}\n-15\n", "", 0)
    assert [span["name"] for span in place.spans()] == ["chat gpt-5"]


def test_open_stream_is_recorded(place: Place) -> None:
    place.server.route("*/chat/completions", always=text("Hello you there", chunk_delay_s=10))
    ended = killed(place, STREAMS).ran
    assert (ended.err, ended.code) == ("", -signal.SIGTERM)
    [span] = place.spans()
    outcomes = [a["value"] for a in span["attributes"] if a["key"] == "agentel.outcome"]
    assert outcomes == [{"stringValue": "abandoned"}]


def test_exporter_that_hangs_delays_it_by_the_limit_and_a_second_signal_by_none(
    place: Place,
) -> None:
    with silence() as url:
        ended = killed(place, ASKED, OTEL_EXPORTER_OTLP_ENDPOINT=url, AGENTEL_EXIT_TIMEOUT="1")
        environ = {"OTEL_EXPORTER_OTLP_ENDPOINT": url, "AGENTEL_EXIT_TIMEOUT": "50"}
        with Running(place, ASKED, environ) as running:
            hurried = running.until().send(signal.SIGTERM)
            assert not hurried.is_over(0.5)
            again = hurried.send(signal.SIGTERM).end()
    assert (ended.ran.code, again.ran.code) == (-signal.SIGTERM, -signal.SIGTERM)
    assert 1 <= ended.took < 5
    assert again.took < 5
    [line] = ended.ran.err.splitlines()
    assert line.startswith("agentel: 1 span and 1 collection of metrics could not")


def test_sigterm_at_the_very_end_is_not_forgotten(place: Place) -> None:
    with silence() as url:
        environ = {"OTEL_EXPORTER_OTLP_ENDPOINT": url, "AGENTEL_EXIT_TIMEOUT": "3"}
        with Running(place, "call(); ready()", environ) as running:
            delivering = running.until()
            assert not delivering.is_over(0.5)
            ended = delivering.send(signal.SIGTERM).end()
    assert ended.ran.code == -signal.SIGTERM
    assert len(ended.ran.err.splitlines()) == 1


def test_program_that_starts_telemetry_itself_keeps_its_signals(place: Place) -> None:
    with Running(place, STARTED, launched=False) as running:
        ended = running.until().send(signal.SIGTERM).end().ran
    assert (ended.out, ended.err) == ("<class 'int'> True\nready\n", "")
    assert ended.code == -signal.SIGTERM


def test_without_any_time_nothing_is_done(place: Place) -> None:
    ended = killed(place, STARTED.replace("agentel.start()", ""), AGENTEL_EXIT_TIMEOUT="0").ran
    assert ended.out.startswith("<class 'int'> True\n")
