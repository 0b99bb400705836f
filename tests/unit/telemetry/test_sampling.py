from __future__ import annotations

import subprocess
import sys

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import (
    ALWAYS_OFF,
    ALWAYS_ON,
    DEFAULT_OFF,
    DEFAULT_ON,
    Decision,
    ParentBased,
    ParentBasedTraceIdRatio,
    Sampler,
    SamplingResult,
    TraceIdRatioBased,
)
from opentelemetry.trace import NoOpTracerProvider, ProxyTracerProvider

from agentel.telemetry.sampling import dropping_sampler


class HouseRule(Sampler):
    def should_sample(self, *args: object, **kwargs: object) -> SamplingResult:
        return SamplingResult(Decision.DROP)

    def get_description(self) -> str:
        return "HouseRule, of our own"


@pytest.mark.parametrize(
    ("sampler", "told"),
    [
        (ALWAYS_ON, None),
        (DEFAULT_ON, None),
        (TraceIdRatioBased(1.0), None),
        (ParentBasedTraceIdRatio(1.0), None),
        (ALWAYS_OFF, "AlwaysOffSampler"),
        (DEFAULT_OFF, "AlwaysOffSampler"),
        (TraceIdRatioBased(0.25), "TraceIdRatioBased{0.25}"),
        (ParentBasedTraceIdRatio(0.25), "TraceIdRatioBased{0.25}"),
        (ParentBased(HouseRule()), "HouseRule"),
        (HouseRule(), "HouseRule"),
    ],
    ids=lambda value: value.get_description()[:40] if isinstance(value, Sampler) else "",
)
def test_provider_is_judged_by_its_sampler_at_the_root(sampler: Sampler, told: str | None) -> None:
    assert dropping_sampler(TracerProvider(sampler=sampler, shutdown_on_exit=False), {}) == told


@pytest.mark.parametrize(
    ("environ", "told"),
    [
        ({}, None),
        ({"OTEL_TRACES_SAMPLER": "always_on"}, None),
        ({"OTEL_TRACES_SAMPLER": "parentbased_always_on"}, None),
        ({"OTEL_TRACES_SAMPLER": "traceidratio"}, None),
        ({"OTEL_TRACES_SAMPLER": "traceidratio", "OTEL_TRACES_SAMPLER_ARG": "1.0"}, None),
        ({"OTEL_TRACES_SAMPLER": "always_off"}, "always_off"),
        (
            {"OTEL_TRACES_SAMPLER": "parentbased_traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0.1"},
            "parentbased_traceidratio 0.1",
        ),
        ({"OTEL_TRACES_SAMPLER": "xray"}, "xray"),
    ],
    ids=str,
)
def test_provider_to_come_is_judged_by_the_environment(
    environ: dict[str, str], told: str | None
) -> None:
    assert dropping_sampler(ProxyTracerProvider(), environ) == told


def test_provider_without_sampler_is_not_judged() -> None:
    assert dropping_sampler(NoOpTracerProvider(), {"OTEL_TRACES_SAMPLER": "always_off"}) is None


def test_sampling_is_told_once_in_a_process() -> None:
    program = """
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import TraceIdRatioBased
import agentel
agentel.instrument(tracer_provider=TracerProvider(sampler=TraceIdRatioBased(0.1)))
import groq
import openai
"""
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    [line] = ran.stderr.splitlines()
    for told in ("TraceIdRatioBased{0.1}", "counted from spans", "collector", "every call"):
        assert told in line
