from __future__ import annotations

import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentel.core.safety import Watch, guarded, report, reraise_in_tests, succeeds

SECRET = "planted text"


@pytest.fixture
def swallowing() -> None:
    reraise_in_tests(False)


@pytest.fixture
def kind() -> type[Exception]:
    return type("Fault", (Exception,), {})


def fail(kind: type[BaseException]) -> None:
    raise kind(SECRET)


def test_result_is_returned() -> None:
    assert guarded("add", lambda a, b: a + b, 1, 2) == 3
    assert succeeds("add", lambda a, b: a + b, 1, 2)


def test_failure_gives_the_default(swallowing, kind) -> None:
    assert guarded("fail", fail, kind) is None
    assert guarded("fail", fail, kind, default=7) == 7
    assert not succeeds("fail", fail, kind)


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit, GeneratorExit])
def test_what_ends_a_program_passes_through(swallowing, kind: type[BaseException]) -> None:
    with pytest.raises(kind):
        guarded("fail", fail, kind)
    with pytest.raises(kind):
        succeeds("fail", fail, kind)


def test_cause_is_told_once_and_then_at_debug(swallowing, kind, caplog) -> None:
    caplog.set_level(logging.DEBUG, "agentel")
    for _ in range(3):
        guarded("do this", fail, kind)
    guarded("do that", fail, kind)
    assert [(r.levelname, "do this" in r.getMessage()) for r in caplog.records] == [
        ("WARNING", True),
        ("DEBUG", True),
        ("DEBUG", True),
        ("WARNING", False),
    ]


def test_message_says_where_and_quotes_nothing(swallowing, kind, caplog) -> None:
    guarded("do this", fail, kind)
    [record] = caplog.records
    said = record.getMessage()
    assert SECRET not in said
    assert record.exc_info is None
    for told in ("do this", "Fault", "test_safety.py:", "not affected"):
        assert told in said


def test_error_that_was_never_raised_can_be_told(swallowing, kind, caplog) -> None:
    report("do this", kind(SECRET))
    assert "unknown place" in caplog.text


def test_our_own_suite_sees_failures(kind) -> None:
    with pytest.raises(kind):
        guarded("fail", fail, kind)


class Chunks:
    """Looks at chunks, and fails at one of them."""

    def __init__(self, bad: int, kind: type[Exception]) -> None:
        self.seen: list[int] = []
        self._bad = bad
        self._kind = kind

    def look(self, chunk: int) -> None:
        self.seen.append(chunk)
        if chunk == self._bad:
            raise self._kind(SECRET)


@given(st.integers(0, 9), st.integers(0, 9))
def test_failing_look_costs_no_chunk(bad: int, count: int) -> None:
    reraise_in_tests(False)
    kind = type("Fault", (Exception,), {})
    for drive in (_through_generator, _one_by_one):
        chunks = Chunks(bad, kind)
        watch = Watch(chunks.look)
        assert drive(watch, count) == list(range(count))
        assert chunks.seen == list(range(min(count, bad + 1)))
        assert (watch.count, watch.is_blind) == (count, bad < count)


def _through_generator(watch: Watch, count: int) -> list[int]:
    return list(watch.each(iter(range(count))))


def _one_by_one(watch: Watch, count: int) -> list[int]:
    return [chunk for chunk in range(count) if watch.see(chunk)]


@pytest.mark.parametrize("drive", [_through_generator, _one_by_one])
def test_hidden_chunk_is_looked_at_and_kept_back(drive) -> None:
    seen: list[int] = []
    watch = Watch(seen.append, lambda chunk: chunk == 1)
    assert drive(watch, 3) == [0, 2]
    assert (seen, watch.count) == ([0, 1, 2], 3)


@pytest.mark.parametrize("drive", [_through_generator, _one_by_one])
def test_chunk_is_passed_on_where_hiding_fails(drive, swallowing, kind) -> None:
    watch = Watch(lambda chunk: None, lambda chunk: fail(kind))
    assert drive(watch, 3) == [0, 1, 2]


@pytest.mark.parametrize("drive", [_through_generator, _one_by_one])
def test_times_are_bounded_and_chunks_counted(drive, monkeypatch) -> None:
    monkeypatch.setattr(Watch, "MOST", 4)
    watch = Watch(None)
    assert len(drive(watch, 10)) == 10
    assert (len(watch.times), watch.count) == (4, 10)
    assert watch.times == sorted(watch.times)
