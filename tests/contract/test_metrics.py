from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import openai
import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF

from agentel import libraries
from agentel.config import Settings, read_settings
from support.model_server import ModelServer
from support.telemetry import Telemetry

CHAT: dict[str, Any] = {"model": "gpt-5", "messages": [{"role": "user", "content": "hi"}]}
LATEST = Settings(latest_conventions=True)
CURRENT_NAMES = {
    "gen_ai.client.operation.duration",
    "gen_ai.client.token.usage",
    "gen_ai.client.operation.time_to_first_chunk",
    "gen_ai.client.operation.time_per_output_chunk",
}
LATEST_NAMES = {
    "gen_ai.client.inference.duration",
    "gen_ai.client.inference.usage.input_tokens",
    "gen_ai.client.inference.usage.output_tokens",
    "gen_ai.client.inference.usage.cache_read.input_tokens",
    "gen_ai.client.inference.usage.reasoning.output_tokens",
    "gen_ai.client.inference.operation.input_tokens",
    "gen_ai.client.inference.operation.output_tokens",
    "gen_ai.client.inference.time_to_first_chunk",
    "gen_ai.client.inference.time_per_output_chunk",
}


@pytest.fixture
def measured() -> Iterator[Callable[..., tuple[Telemetry, dict[str, Any]]]]:
    """Chat once in one piece and once as a stream; return the spans and the metrics by name."""
    instrumentor = libraries.openai()
    made: list[Telemetry] = []

    def run(
        settings: Settings | None = None, sampler: Any = None
    ) -> tuple[Telemetry, dict[str, Any]]:
        telemetry, reader = Telemetry(sampler), InMemoryMetricReader()
        made.append(telemetry)
        provider = MeterProvider([reader])
        given = {**telemetry.providers, "meter_provider": provider}
        instrumentor.instrument(settings=settings, **given)
        with (
            ModelServer() as server,
            openai.OpenAI(api_key="none", base_url=server.openai_url) as client,
        ):
            client.chat.completions.create(**CHAT)
            options = {"include_usage": True}
            list(client.chat.completions.create(**CHAT, stream=True, stream_options=options))
        instrumentor.uninstrument()
        metrics = {
            metric.name: metric
            for resource in reader.get_metrics_data().resource_metrics
            for scope in resource.scope_metrics
            for metric in scope.metrics
        }
        provider.shutdown()
        return telemetry, metrics

    yield run
    for telemetry in made:
        telemetry.shut_down()


def gen_ai(metrics: dict[str, Any]) -> set[str]:
    return {name for name in metrics if name.startswith("gen_ai.")}


def numbers(metrics: dict[str, Any]) -> dict[str, list[tuple[Any, ...]]]:
    """What does not depend on the clock: names, attributes but the port, and counts."""
    return {
        name: sorted(
            (
                sorted((k, v) for k, v in point.attributes.items() if k != "server.port"),
                getattr(point, "count", None),
                point.sum if "token" in name and hasattr(point, "sum") else None,
            )
            for point in metric.data.data_points
        )
        for name, metric in metrics.items()
    }


@pytest.mark.parametrize(
    ("settings", "names"),
    [
        pytest.param(Settings(), CURRENT_NAMES, id="current"),
        pytest.param(LATEST, LATEST_NAMES, id="latest"),
    ],
)
def test_one_generation_of_names_is_used(measured, settings: Settings, names: set[str]) -> None:
    _, metrics = measured(settings)
    assert gen_ai(metrics) == names


def test_environment_chooses_the_generation(measured, monkeypatch) -> None:
    monkeypatch.setenv("OTEL_SEMCONV_STABILITY_OPT_IN", "http, gen_ai_latest_experimental")
    _, metrics = measured(read_settings())
    assert gen_ai(metrics) == LATEST_NAMES


@pytest.mark.parametrize("settings", [Settings(), LATEST], ids=["current", "latest"])
def test_call_that_is_not_sampled_is_measured_alike(measured, settings: Settings) -> None:
    sampled, there = measured(settings)
    unsampled, here = measured(settings, ALWAYS_OFF)
    assert (len(sampled.spans(2)), unsampled.spans(0)) == (2, [])
    assert numbers(here) == numbers(there)


@pytest.mark.parametrize("settings", [Settings(), LATEST], ids=["current", "latest"])
def test_exemplars_lead_to_the_spans(measured, settings: Settings) -> None:
    telemetry, metrics = measured(settings)
    spans = {(s.context.trace_id, s.context.span_id) for s in telemetry.spans(2)}
    for name in gen_ai(metrics):
        exemplars = [e for p in metrics[name].data.data_points for e in getattr(p, "exemplars", ())]
        assert {(e.trace_id, e.span_id) for e in exemplars} <= spans
        is_counter = not hasattr(metrics[name].data.data_points[0], "bucket_counts")
        assert exemplars or is_counter, name


@pytest.mark.parametrize("settings", [Settings(), LATEST], ids=["current", "latest"])
def test_no_metric_carries_an_id(measured, settings: Settings) -> None:
    telemetry, metrics = measured(settings)
    ids = {
        value
        for span in telemetry.spans(2)
        for key, value in span.attributes.items()
        if key.endswith((".id", "_id"))
    }
    points = [point for metric in metrics.values() for point in metric.data.data_points]
    assert ids
    assert [k for p in points for k in p.attributes if k.endswith((".id", "_id"))] == []
    assert ids & {value for point in points for value in point.attributes.values()} == set()


@pytest.mark.parametrize("settings", [Settings(), LATEST], ids=["current", "latest"])
def test_metrics_have_units_and_descriptions(measured, settings: Settings) -> None:
    _, metrics = measured(settings)
    assert {
        name for name, metric in metrics.items() if not (metric.unit and metric.description)
    } == set()
