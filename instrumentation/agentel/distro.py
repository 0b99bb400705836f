"""Knows what `opentelemetry-instrument` loads: which exporters, which resource, which libraries.

`start` does the same for a program that is not launched by it: a notebook, a test, a script.
"""

from __future__ import annotations

import logging
import os
import uuid
from collections.abc import Mapping
from functools import partial
from importlib.metadata import EntryPoint
from typing import Any, cast

from opentelemetry import _logs, metrics, trace
from opentelemetry.instrumentation.distro import BaseDistro
from opentelemetry.sdk import environment_variables
from opentelemetry.sdk._configuration import (
    _OTelSDKConfigurator,  # pyright: ignore[reportPrivateUsage]  (every distribution subclasses it)
)

from agentel._version import __version__
from agentel.config import read_settings
from agentel.core.hooks import begin_run
from agentel.core.safety import guarded, outcome_of
from agentel.local import runs
from agentel.local.runs import program_name, storage_from_environment
from agentel.process import children, ends, forks, leaving, signals, strict
from agentel.process.announcement import announce, whereabouts
from agentel.process.delivery import spare_stderr
from agentel.process.destinations import SIGNALS, connect, destination, destinations, unnamed
from agentel.process.inheritance import inherit
from agentel.process.installed import entry_points
from agentel.process.ticket import place
from agentel.telemetry import deferred

__all__ = [
    "SIGNALS",
    "Configurator",
    "Distro",
    "destination",
    "instrument",
    "shutdown",
    "start",
    "uninstrument",
]

_LAUNCHER = "opentelemetry.instrumentation.auto_instrumentation._load"

_logger = logging.getLogger(__name__)
_started = False


class Configurator(_OTelSDKConfigurator):
    """Sets the OpenTelemetry SDK up; a declarative `OTEL_CONFIG_FILE` wins over all of it."""

    def _configure(self, **kwargs: Any) -> None:
        _ignore_rivals()
        settings = read_settings()
        place(os.environ)  # first, so that a launcher knows that we were here
        strict.check(settings, strict.leave)
        guarded("begin a run", _begin_run)
        if not place(os.environ).speaks:
            spare_stderr()
        declared = os.environ.get("OTEL_CONFIG_FILE", "").strip()
        if declared and not hasattr(environment_variables, "OTEL_CONFIG_FILE"):
            _tell(
                f"agentel: OTEL_CONFIG_FILE={declared!r} is not read by this release of "
                "opentelemetry-sdk (expected: one that knows it). Install a newer one; until then "
                "the other variables hold."
            )
            declared = ""
        if declared:
            where = "where OTEL_CONFIG_FILE says"
            is_set_up = self._set_up(f"what OTEL_CONFIG_FILE={declared!r} says", kwargs)
        else:
            where, is_set_up = self._set_up_by_variables(kwargs)
        if is_set_up:
            guarded("deliver at exit", _deliver_at_exit)
            guarded("announce", announce, where, settings)

    def _set_up_by_variables(self, kwargs: dict[str, Any]) -> tuple[str, bool]:
        """Return where telemetry goes, and whether it does."""
        storage = storage_from_environment()
        found, problems = destinations(os.environ, storage.directory)
        for problem in problems:
            _tell(problem)
        names = [one.name for one in found if one.signal == "metrics"]
        attributes: dict[str, Any] = {
            **(kwargs.get("resource_attributes") or {}),
            **resource_attributes(os.environ),
        }
        ours: dict[str, Any] = {"metric_exporter_names": names, "resource_attributes": attributes}
        with unnamed(os.environ):
            is_set_up = self._set_up("telemetry", {**kwargs, **ours})
        if is_set_up:
            guarded("connect the exporters", connect, found)
        return whereabouts(found, storage.run_id), is_set_up

    def _set_up(self, what: str, kwargs: dict[str, Any]) -> bool:
        """Let the SDK set itself up. One message, and no traceback, says that it cannot."""
        _, error = outcome_of(partial(cast("Any", super())._configure, **kwargs))
        if error is not None:
            _tell(
                f"agentel: {what} cannot be set up ({type(error).__name__}: {error}). The program "
                "is not affected, and not watched. Correct the variable that is at fault, or unset "
                "it; `agentel doctor` lists them."
            )
        return error is None


def _tell(problem: str) -> None:
    """Warn of what keeps telemetry from being set up, in the process that may speak."""
    _logger.log(logging.WARNING if place(os.environ).speaks else logging.DEBUG, "%s", problem)


def _begin_run() -> None:
    """Join the run and the trace that the environment names, or begin a run of one's own."""
    begins = place(os.environ).begins
    begin_run(is_root=begins)
    storage = storage_from_environment()
    if begins:
        runs.begin(storage)
    inherit(os.environ)
    forks.watch()
    children.watch()
    leaving.watch()


def _deliver_at_exit() -> None:
    """Deliver when the process ends, and on SIGTERM if it was launched: a program owns its own."""
    if read_settings().sdk_disabled:
        return
    if not _started:
        signals.deliver_on_sigterm()
    ends.finish_at_exit(speaks=place(os.environ).speaks)


def resource_attributes(environ: Mapping[str, str]) -> dict[str, str]:
    """Return what identifies this process: instance, run, distribution, and its program's name.

    The command line is never part of it: it may hold secrets.
    """
    attributes = {
        "service.instance.id": str(uuid.uuid4()),
        "agentel.run.id": storage_from_environment().run_id,
        "telemetry.distro.name": "agentel",
        "telemetry.distro.version": __version__,
    }
    given = environ.get("OTEL_RESOURCE_ATTRIBUTES", "")
    if not environ.get("OTEL_SERVICE_NAME", "").strip() and "service.name=" not in given:
        attributes["service.name"] = program_name()
    return attributes


class Distro(BaseDistro):
    """Chooses our configurator, and OTLP over HTTP, where the user chose nothing."""

    def _configure(self, **kwargs: Any) -> None:
        os.environ.setdefault("OTEL_PYTHON_CONFIGURATOR", "agentel")
        os.environ.setdefault("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")
        _ignore_rivals()

    def load_instrumentor(self, entry_point: EntryPoint, **kwargs: Any) -> None:
        """Load one instrumentor. One that fails is reported and does not keep the others out."""
        load = cast("Any", super().load_instrumentor)  # pyright: ignore[reportUnknownMemberType]
        guarded(f"load {entry_point.name}", partial(load, entry_point, **kwargs))


def _ignore_rivals() -> None:
    """Keep the launcher from warning of each other configurator that is installed."""
    logging.getLogger(_LAUNCHER).addFilter(_is_no_rival)


def _is_no_rival(record: logging.LogRecord) -> bool:
    return not str(record.msg).startswith("Configuration of %s not loaded")


def own_entry_points() -> list[EntryPoint]:
    """Return the entry points of our own instrumentors."""
    found = entry_points(group="opentelemetry_instrumentor")
    return sorted((e for e in found if e.value.startswith("agentel.")), key=lambda e: e.name)


def instrument(*names: str, **kwargs: Any) -> None:
    """Watch every library that agentel knows, or the named ones. Imports none of them.

    Keyword arguments are `tracer_provider`, `meter_provider`, `logger_provider` and `settings`.
    Raises ValueError for a name that agentel does not know.
    """
    for entry_point in _chosen(names):
        instrumentor = entry_point.load()()
        if not instrumentor.is_instrumented_by_opentelemetry:
            instrumentor.instrument(skip_dep_check=True, **kwargs)


def uninstrument(*names: str) -> None:
    """Stop watching every library, or the named ones, and restore them."""
    for entry_point in _chosen(names):
        instrumentor = entry_point.load()()
        if instrumentor.is_instrumented_by_opentelemetry:
            instrumentor.uninstrument()


def _chosen(names: tuple[str, ...]) -> list[EntryPoint]:
    known = own_entry_points()
    unknown = sorted(set(names) - {e.name for e in known})
    if unknown:
        raise ValueError(
            f"agentel does not know {', '.join(unknown)}; "
            f"it knows {', '.join(e.name for e in known)}"
        )
    return [e for e in known if not names or e.name in names]


def start(**kwargs: Any) -> None:
    """Set telemetry up and watch every library: what `opentelemetry-instrument` does, from code.

    Providers that the program has set already are used as they are. Calling it again does nothing.
    Keyword arguments are those of `instrument`.
    """
    global _started
    settings = read_settings()
    if _started or settings.sdk_disabled:
        return
    strict.check(settings, strict.leave_politely)
    _started = True
    if isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider):
        Distro().configure()  # pyright: ignore[reportUnknownMemberType]
        Configurator().configure()  # pyright: ignore[reportUnknownMemberType]
    else:
        guarded("begin a run", _begin_run)
        guarded("announce", announce, "to the program's own providers", settings)
    forks.watch(*(value for name, value in kwargs.items() if name.endswith("_provider")))
    instrument(**kwargs)


def flush() -> None:
    """Hand everything that has ended to the exporters. Blocks until they have it."""
    deferred.drain()
    for provider in (
        trace.get_tracer_provider(),
        metrics.get_meter_provider(),
        _logs.get_logger_provider(),
    ):
        force_flush = getattr(provider, "force_flush", None)
        if force_flush is not None:
            guarded("flush telemetry", force_flush)


def shutdown() -> None:
    """Undo `start`: deliver what has ended, and restore every library.

    The OpenTelemetry API keeps its global providers for as long as the process lives.
    """
    global _started
    uninstrument()
    flush()
    children.unwatch()
    leaving.unwatch()
    _started = False
