"""Knows the effective settings, where each came from, and what in them loses telemetry."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from agentel.config import SETTINGS, Setting, default_of
from agentel.diagnosis.finding import Finding, note, ok, problem
from agentel.diagnosis.secrets import shown
from agentel.diagnosis.surroundings import Surroundings

__all__ = ["check_environment", "check_settings"]

INHERITED = ("TRACEPARENT", "TRACESTATE")
"""Variables of others with which a program continues a trace."""


def check_settings(seen: Surroundings) -> Iterator[Finding]:
    """Tell every setting of agentel, and every variable of OpenTelemetry that is set.

    Secrets are masked. A value that cannot be read is a problem: its default is in effect.
    """
    for setting in SETTINGS:
        yield _setting(setting, seen.environ)
    ours = {setting.variable for setting in SETTINGS}
    for variable in sorted(seen.environ):
        if variable in ours or not (
            variable.startswith(("OTEL_", "AGENTEL_")) or variable in INHERITED
        ):
            continue
        value = shown(variable, seen.environ[variable])
        yield ok(variable, value, source="environment", value=value)


def _setting(setting: Setting, environ: Mapping[str, str]) -> Finding:
    text = environ.get(setting.variable, "")
    default = _told(default_of(setting.field))
    if not text.strip():
        return ok(setting.variable, default or "not set", source="default", value=default)
    value = shown(setting.variable, text.strip())
    try:
        setting.parse(text)
    except ValueError:
        return problem(
            setting.variable,
            f"{value!r} cannot be read; the default is in effect: {default or 'none'}",
            expected=setting.expected,
            advice=f"set it to {setting.expected}, or unset it",
            source="default",
            value=default,
        )
    return ok(setting.variable, value, source="environment", value=value)


def _told(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None or value == () else str(value)


def check_environment(seen: Surroundings) -> Iterator[Finding]:
    """Tell what in the environment switches telemetry off, replaces it, or falsifies counts."""
    if seen.value("OTEL_SDK_DISABLED").lower() == "true":
        yield problem(
            "OTEL_SDK_DISABLED",
            "true: nothing is recorded",
            expected="not set, or false",
            advice="unset OTEL_SDK_DISABLED",
        )
    if seen.value("OTEL_CONFIG_FILE"):
        yield note(
            "OTEL_CONFIG_FILE",
            "that file decides where telemetry goes; all other variables about it are ignored",
            "unset OTEL_CONFIG_FILE to let the environment decide",
        )
    sampler = seen.told.get("sampler")
    if sampler:
        yield note(
            "sampling",
            f"OTEL_TRACES_SAMPLER ({sampler}) drops spans at their start, so numbers that are "
            "counted from spans are too low; agentel's metrics count every call",
            "record all spans here, and sample in the collector behind what counts them",
            expected="always_on",
        )
    redaction = seen.told.get("redaction")
    if redaction:
        yield problem(
            "AGENTEL_REDACT",
            f"no such function can be imported ({redaction}), so no content is recorded",
            expected="module:function",
            advice="make the module importable where the program starts, or unset AGENTEL_REDACT",
        )
    if seen.trouble:
        yield problem(
            "agentel",
            f"it cannot be loaded: {seen.trouble}",
            expected="a package that can be imported",
            advice="install agentel and what it requires anew; the versions are listed here",
        )
