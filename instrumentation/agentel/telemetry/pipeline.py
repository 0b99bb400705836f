"""Knows the OpenTelemetry providers behind one instrumentation scope, and what is open in it."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from opentelemetry import _logs, metrics, trace
from opentelemetry.metrics import CallbackOptions, MeterProvider, Observation

from agentel._version import __version__
from agentel.config import Settings
from agentel.telemetry._semconv import METRICS, ROWS, SCHEMA_URL
from agentel.telemetry.content import Content
from agentel.telemetry.deferred import drain, finish_before_exit
from agentel.telemetry.metrics import Instruments
from agentel.telemetry.sampling import warn_of_sampling
from agentel.telemetry.sdk_spans import Spans

if TYPE_CHECKING:
    from opentelemetry._logs import LoggerProvider
    from opentelemetry.trace import TracerProvider

    from agentel.telemetry.recording import Recording

open_agents: dict[int, str] = {}
"""Identity of every agent's recording that is open now, and the agent's name."""

_observed: WeakKeyDictionary[Any, Any] = WeakKeyDictionary()


class Pipeline:
    """Tracer, instruments, logger and policy of one scope (`agentel.<library>`, or `agentel`)."""

    __slots__ = (
        "content",
        "instruments",
        "logger",
        "name",
        "settings",
        "spans",
        "tracer",
        "wants_event",
        "wants_span",
    )

    def __init__(
        self,
        name: str,
        settings: Settings,
        *,
        tracer_provider: TracerProvider | None = None,
        meter_provider: MeterProvider | None = None,
        logger_provider: LoggerProvider | None = None,
    ) -> None:
        self.name = name
        self.settings = settings
        self.content = content = Content.from_settings(settings)
        self.wants_event = content.wants_event
        """Whether the details event carries content."""
        self.wants_span = content.wants_span
        """Whether spans carry content."""
        self.tracer = trace.get_tracer(name, __version__, tracer_provider, SCHEMA_URL)
        self.spans = Spans(self.tracer)
        meter = metrics.get_meter(name, __version__, meter_provider, SCHEMA_URL)
        self.instruments = Instruments(meter, latest=settings.latest_conventions)
        self.logger = _logs.get_logger(
            name, __version__, logger_provider=logger_provider, schema_url=SCHEMA_URL
        )
        _observe(meter_provider or metrics.get_meter_provider())
        finish_before_exit()
        warn_of_sampling(tracer_provider or trace.get_tracer_provider())


def _observe(provider: MeterProvider) -> None:
    """Let the provider's readers see active agents, and drain what waits, on each collection."""
    if provider in _observed:
        return
    metric = METRICS["agentel.agent.active"]
    meter = provider.get_meter("agentel", __version__, SCHEMA_URL)
    _observed[provider] = meter.create_observable_up_down_counter(
        metric.name, [_active_agents], metric.unit, metric.brief
    )


def _active_agents(options: CallbackOptions) -> Iterable[Observation]:
    drain()
    key = ROWS["agent_name"].key
    running = Counter(list(open_agents.values()))
    _known_agents.update(running)
    return [Observation(running.get(name, 0), {key: name}) for name in sorted(_known_agents)]


_known_agents: set[str] = set()
"""Agents that were seen running once: they are reported as 0 afterwards, not as gone."""


def opened(recording: Recording, name: str) -> None:
    """Count an agent as active until `closed`."""
    open_agents[id(recording)] = name


def closed(recording: Recording) -> None:
    """Count it no more."""
    open_agents.pop(id(recording), None)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=open_agents.clear)  # they go on in the parent
