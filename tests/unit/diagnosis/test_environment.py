from __future__ import annotations

import pytest

from agentel.config import SETTINGS
from agentel.diagnosis.environment import check_environment, check_settings
from agentel.diagnosis.finding import Finding
from agentel.diagnosis.surroundings import Surroundings


def settings(**environ: str) -> dict[str, Finding]:
    return {finding.subject: finding for finding in check_settings(Surroundings(environ, "/"))}


def environment(told: dict[str, object] | None = None, **environ: str) -> list[Finding]:
    return list(check_environment(Surroundings(environ, "/", told=told or {})))


def test_every_setting_is_told_with_its_default() -> None:
    found = settings(HOME="/root")
    assert list(found) == [setting.variable for setting in SETTINGS]
    assert {finding.details["source"] for finding in found.values()} == {"default"}
    assert {finding.state for finding in found.values()} == {"ok"}
    assert found["AGENTEL_CONTENT_ATTRIBUTE_LIMIT"].found == "65536"
    assert found["AGENTEL_SPAN_EVENTS"].found == "true"
    assert found["AGENTEL_REDACT"].found == "not set"


def test_setting_of_the_environment_is_told_with_its_source() -> None:
    finding = settings(AGENTEL_SPAN_EVENTS=" false ")["AGENTEL_SPAN_EVENTS"]
    assert (finding.state, finding.found) == ("ok", "false")
    assert finding.details["source"] == "environment"


def test_setting_of_blanks_is_at_its_default() -> None:
    assert settings(AGENTEL_SPAN_EVENTS=" ")["AGENTEL_SPAN_EVENTS"].details["source"] == "default"


def test_setting_that_cannot_be_read_is_a_problem_with_what_is_in_effect() -> None:
    finding = settings(AGENTEL_CONTENT_SPAN_LIMIT="many")["AGENTEL_CONTENT_SPAN_LIMIT"]
    assert finding.state == "problem"
    assert "'many'" in finding.found
    assert "524288" in finding.found
    assert finding.expected == "a number of bytes, 1 or more"


def test_variables_of_opentelemetry_are_told_without_secrets() -> None:
    found = settings(
        OTEL_SERVICE_NAME="mine",
        OTEL_EXPORTER_OTLP_HEADERS="authorization=planted",
        TRACEPARENT="00-1-2-3",
        UNRELATED="planted",
    )
    assert found["OTEL_SERVICE_NAME"].found == "mine"
    assert found["OTEL_EXPORTER_OTLP_HEADERS"].found == "***"
    assert found["TRACEPARENT"].found == "00-1-2-3"
    assert "planted" not in repr(found)


def test_plain_environment_has_nothing_to_tell() -> None:
    assert environment(HOME="/root", OTEL_SDK_DISABLED="false") == []


@pytest.mark.parametrize("value", ["true", " TRUE "])
def test_disabled_sdk_is_a_problem(value: str) -> None:
    [finding] = environment(OTEL_SDK_DISABLED=value)
    assert (finding.state, finding.advice) == ("problem", "unset OTEL_SDK_DISABLED")


def test_declared_configuration_is_a_note() -> None:
    [finding] = environment(OTEL_CONFIG_FILE="otel.yaml")
    assert (finding.subject, finding.state) == ("OTEL_CONFIG_FILE", "note")


def test_sampling_at_the_start_is_a_note() -> None:
    [finding] = environment({"sampler": "traceidratio 0.1"})
    assert (finding.subject, finding.state) == ("sampling", "note")
    assert "traceidratio 0.1" in finding.found


def test_redaction_that_cannot_be_had_is_a_problem() -> None:
    [finding] = environment({"redaction": "ModuleNotFoundError: nowhere"})
    assert (finding.subject, finding.state) == ("AGENTEL_REDACT", "problem")
    assert "no content is recorded" in finding.found


def test_agentel_that_cannot_be_loaded_is_a_problem() -> None:
    seen = Surroundings({}, "/", trouble="ImportError: no wrapt")
    [finding] = check_environment(seen)
    assert (finding.subject, finding.state) == ("agentel", "problem")
    assert "no wrapt" in finding.found
