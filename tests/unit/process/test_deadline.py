from __future__ import annotations

import time
from threading import Barrier, Event

from agentel.core.safety import reraise_in_tests
from agentel.process.deadline import at_once


def test_all_are_called_at_once() -> None:
    together = Barrier(3)
    assert at_once("wait", [lambda: together.wait(10)] * 3, 10)


def test_nobody_waits_for_longer_than_was_said() -> None:
    release = Event()
    done = Event()
    begin = time.monotonic()
    assert not at_once("wait", [lambda: release.wait(10), done.set], 0.05)
    assert time.monotonic() - begin < 5
    assert done.wait(10)
    release.set()


def test_what_takes_too_long_goes_on() -> None:
    release, done = Event(), Event()
    assert not at_once("wait", [lambda: release.wait(10) and done.set()], 0.01)
    release.set()
    assert done.wait(10)


def test_failure_is_back_too() -> None:
    reraise_in_tests(False)  # the fixture of all tests switches it on again

    def fail() -> None:
        raise ValueError

    assert at_once("fail on purpose", [fail], 10)


def test_nothing_to_do_takes_no_time() -> None:
    assert at_once("do nothing", [], 0)
