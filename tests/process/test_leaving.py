from __future__ import annotations

import socket
from time import monotonic

import pytest

from process.conftest import Place
from process.test_forks import ASK
from process.totals import in_metrics, in_spans, truth

pytestmark = pytest.mark.process

LEAVES = {
    "os._exit": ("os._exit(7)", 7),
    "raise_signal": ("signal.raise_signal(signal.SIGHUP)", -1),
    "restored": (
        "signal.signal(signal.SIGTERM, signal.SIG_DFL); signal.raise_signal(signal.SIGTERM)",
        -15,
    ),
}
LEAVING = """
import os, signal
from ask import ask

signal.signal(signal.SIGUSR1, lambda number, frame: ask())
ask(2)
signal.raise_signal(signal.SIGUSR1)
signal.raise_signal(signal.SIGCHLD)
{leave}
"""


@pytest.mark.parametrize(("leave", "code"), LEAVES.values(), ids=list(LEAVES))
def test_process_that_leaves_at_once_delivers_first(place: Place, leave: str, code: int) -> None:
    place.write(ASK, "ask.py")
    ran = place.launch(LEAVING.format(leave=leave), AGENTEL_QUIET="1")
    assert (ran.out, ran.err, ran.code) == ("", "", code)
    assert in_spans(place) == in_metrics(place) == truth(place)
    assert truth(place).calls == 3


HUNG = """
import os, time
from ask import ask

ask()
begun = time.monotonic()
try:
    os._exit("not a number")
except TypeError:
    print(time.monotonic() - begun)
"""


def test_exporter_that_hangs_delays_it_no_longer_than_set(place: Place) -> None:
    place.write(ASK, "ask.py")
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}"
        begun = monotonic()
        ran = place.launch(
            HUNG, OTEL_EXPORTER_OTLP_ENDPOINT=url, AGENTEL_EXIT_TIMEOUT="0.5", AGENTEL_QUIET="1"
        )
        took = monotonic() - begun
    assert 0.5 <= float(ran.out) < 2
    assert ran.code == 0
    assert took < 10


LOOKS = """
import inspect, os, pickle, signal
import agentel

names = [os._exit, signal.raise_signal]


def looks():
    return [
        (f.__name__, f.__qualname__, f.__doc__, str(inspect.signature(f)))
        for f in (os._exit, signal.raise_signal)
    ]


before = looks()
agentel.start()
assert looks() == before
assert os._exit is not names[0]
assert pickle.loads(pickle.dumps(os._exit)) is os._exit
for call in (os._exit, signal.raise_signal):
    for arguments in ((), ("a",), (1, 2)):
        try:
            call(*arguments)
        except TypeError:
            pass
        else:
            raise AssertionError(call)
agentel.shutdown()
assert [os._exit, signal.raise_signal] == names
"""


def test_functions_look_fail_and_come_back_as_they_were(place: Place) -> None:
    ran = place.plain(LOOKS, AGENTEL_QUIET="1")
    assert (ran.err, ran.code) == ("", 0)
