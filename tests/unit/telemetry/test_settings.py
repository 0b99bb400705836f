from __future__ import annotations

import dataclasses

import pytest

from agentel.config import SETTINGS, Settings, default_of, read_settings

GOOD = {
    "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT": (
        " span_and_event ",
        {"content": "SPAN_AND_EVENT"},
    ),
    "AGENTEL_CONTENT_ATTRIBUTE_LIMIT": ("100", {"attribute_limit": 100}),
    "AGENTEL_CONTENT_SPAN_LIMIT": ("1", {"span_limit": 1}),
    "AGENTEL_REDACT": (" module:function ", {"redact": "module:function"}),
    "AGENTEL_LIBRARIES": ("openai, groq,", {"libraries": ("openai", "groq")}),
    "AGENTEL_DISABLED_LIBRARIES": (" groq", {"disabled_libraries": ("groq",)}),
    "AGENTEL_STREAM_USAGE": ("Yes", {"stream_usage": True}),
    "AGENTEL_SPAN_EVENTS": ("off", {"span_events": False}),
    "OTEL_SEMCONV_STABILITY_OPT_IN": (
        "http,gen_ai_latest_experimental",
        {"latest_conventions": True},
    ),
    "OTEL_SDK_DISABLED": ("TRUE", {"sdk_disabled": True}),
    "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT": ("50", {"sdk_attribute_limit": 50}),
    "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT": ("60", {"sdk_attribute_limit": 60}),
}


def test_nothing_set_is_the_defaults() -> None:
    assert read_settings({}) == Settings()


@pytest.mark.parametrize("variable", GOOD)
def test_value_is_read(variable: str) -> None:
    text, expected = GOOD[variable]
    assert read_settings({variable: text}) == dataclasses.replace(Settings(), **expected)


@pytest.mark.parametrize("variable", [setting.variable for setting in SETTINGS])
def test_empty_value_is_none(variable: str, caplog: pytest.LogCaptureFixture) -> None:
    assert read_settings({variable: "  "}) == Settings()
    assert caplog.records == []


def test_limit_for_spans_comes_before_the_general_one() -> None:
    both = {
        "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT": "60",
        "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT": "50",
    }
    assert read_settings(both).sdk_attribute_limit == 60


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", "true"),
        ("AGENTEL_CONTENT_ATTRIBUTE_LIMIT", "0"),
        ("AGENTEL_CONTENT_ATTRIBUTE_LIMIT", "1e3"),
        ("AGENTEL_CONTENT_SPAN_LIMIT", "-1"),
        ("AGENTEL_STREAM_USAGE", "perhaps"),
        ("AGENTEL_SPAN_EVENTS", "2"),
    ],
)
def test_value_that_cannot_be_read_is_told_and_not_used(
    variable: str, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert read_settings({variable: text, "AGENTEL_LIBRARIES": "groq"}) == Settings(
        libraries=("groq",)
    )
    [record] = caplog.records
    setting = next(s for s in SETTINGS if s.variable == variable)
    for told in (variable, repr(text), setting.expected, repr(default_of(setting.field))):
        assert told in record.getMessage()


def test_every_setting_is_described_and_has_a_default() -> None:
    names = {field.name for field in dataclasses.fields(Settings)}
    assert {setting.field for setting in SETTINGS} <= names
    assert [s.variable for s in SETTINGS if not (s.meaning and s.expected)] == []
    assert len({s.variable for s in SETTINGS}) == len(SETTINGS)
