from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentel.cli.wording import clock, duration, escaped


@pytest.mark.parametrize(
    ("nanoseconds", "expected"),
    [
        (0, "0.0ms"),
        (140_000, "0.1ms"),
        (9_940_000, "9.9ms"),
        (9_960_000, "10ms"),
        (999_400_000, "999ms"),
        (999_900_000, "1.00s"),
        (1_000_000_000, "1.00s"),
        (59_990_000_000, "59.99s"),
        (59_999_000_000, "1m00s"),
        (125_000_000_000, "2m05s"),
        (3_599_600_000_000, "1h00m"),
        (7_380_000_000_000, "2h03m"),
    ],
    ids=str,
)
def test_durations_have_the_unit_a_person_would_say(nanoseconds, expected):
    assert duration(nanoseconds) == expected


@pytest.mark.parametrize(
    ("nanoseconds", "expected"),
    [
        (0, "unknown"),
        (10**9, "1970-01-01 00:00:01Z"),
        (2**63, "2262-04-11 23:47:16Z"),
        (10**30, "unknown"),
    ],
    ids=["none", "early", "latest", "impossible"],
)
def test_times_are_utc_to_the_second(nanoseconds, expected):
    assert clock(nanoseconds) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain ü 漢字 🦀", "plain ü 漢字 🦀"),
        ("a\nb\r\tc", r"a\nb\r\tc"),
        ("\x1b[31mred\x9b0m", r"\x1b[31mred\x9b0m"),
        ("\u202eevil\u2066", r"\u202eevil\u2066"),
        ("\ud800", r"\ud800"),
        ("a\u2028b\u0000", r"a\u2028b\x00"),
        ("👩\u200d💻\u00a0\u3000", "👩\u200d💻\u00a0\u3000"),
    ],
    ids=["plain", "breaks", "escapes", "bidi", "surrogate", "separators", "joiners"],
)
def test_text_from_anywhere_is_harmless(text, expected):
    assert escaped(text) == expected


@settings(deadline=None)
@given(st.text(st.characters()))
def test_escaped_text_is_one_line_without_controls(text):
    shown = escaped(text)
    assert shown.splitlines() in ([], [shown])
    assert not any(ord(char) < 32 or 0x7F <= ord(char) < 0xA0 for char in shown)
