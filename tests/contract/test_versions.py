from __future__ import annotations

import pytest

REQUEST = {"model": "tiny-1", "messages": []}


def test_version_in_the_range_is_recorded_in_silence(tiny, warnings_of) -> None:
    tiny.install("2.4.1")
    tiny.instrument()
    assert tiny.client().Client().request(REQUEST) == {"id": "resp-1", "model": "tiny-1"}
    assert len(tiny.telemetry.spans(1)) == 1
    assert warnings_of() == []


def test_version_below_the_range_is_left_alone_with_one_warning(tiny, warnings_of) -> None:
    tiny.install("1.9")
    tiny.instrument("tinysdk.client:Client.request", "tinysdk.client:Client.inherited")
    client = tiny.client().Client
    assert type(vars(client)["request"]).__name__ == "function"
    assert client().request(REQUEST) == {"id": "resp-1", "model": "tiny-1"}
    assert tiny.telemetry.spans(0) == []
    [warning] = warnings_of()
    for told in ("tinysdk", "1.9", "tinysdk>=2,<3", "not recorded", "not affected"):
        assert told in warning


def test_version_above_the_range_is_recorded_with_one_warning(tiny, warnings_of) -> None:
    tiny.install("3.0.1")
    tiny.instrument()
    tiny.client().Client().request(REQUEST)
    assert len(tiny.telemetry.spans(1)) == 1
    [warning] = warnings_of()
    for told in ("tinysdk", "3.0.1", "tinysdk>=2,<3", "untested", "not affected"):
        assert told in warning


def test_pre_release_in_the_range_is_recorded_in_silence(tiny, warnings_of) -> None:
    tiny.install("2.5.0b1")
    tiny.instrument()
    tiny.client().Client().request(REQUEST)
    assert len(tiny.telemetry.spans(1)) == 1
    assert warnings_of() == []


def test_sdk_without_metadata_is_recorded_in_silence(tiny, warnings_of) -> None:
    tiny.install(None)
    tiny.instrument()
    tiny.client().Client().request(REQUEST)
    assert len(tiny.telemetry.spans(1)) == 1
    assert warnings_of() == []


def test_version_that_is_none_is_no_reason_to_fail(tiny, warnings_of) -> None:
    tiny.install("not-a-version")
    tiny.instrument()
    assert tiny.client().Client().request(REQUEST) == {"id": "resp-1", "model": "tiny-1"}
    assert len(warnings_of()) <= 1


def test_missing_targets_are_told_once_and_the_others_recorded(tiny, warnings_of) -> None:
    tiny.install("2.0")
    tiny.instrument(
        "tinysdk.client:Gone.request", "tinysdk.client:Client.gone", "tinysdk.client:Client.request"
    )
    tiny.client().Client().request(REQUEST)
    assert len(tiny.telemetry.spans(1)) == 1
    [warning] = warnings_of()
    for told in ("tiny ", "tinysdk.client:Gone.request", "tinysdk.client:Client.gone"):
        assert told in warning


@pytest.mark.parametrize("source", ["raise OSError('half installed')", "def broken(:"])
def test_sdk_that_cannot_be_imported_fails_as_without_us(tiny, warnings_of, source: str) -> None:
    tiny.install("2.0", source)
    with pytest.raises((OSError, SyntaxError)) as without:
        tiny.client()
    tiny.instrument()
    with pytest.raises((OSError, SyntaxError)) as given:
        tiny.client()
    assert (given.type, str(given.value)) == (without.type, str(without.value))
    assert warnings_of() == []
