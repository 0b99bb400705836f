"""Knows every place where telemetry code runs on the host's thread, and how to make it raise there.

Nothing of agentel is replaced: what raises is what it was given, or what it calls.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import opentelemetry.context
from opentelemetry.metrics import MeterProvider

from agentel.config import Settings
from agentel.core.library import Call, CallSeam, Endpoint, Library, Watch

SECRET = "planted text that no log may quote"


def new_fault() -> type[Exception]:
    """A kind of exception that nobody has met so far: it is told of once a process."""
    return type("Fault", (Exception,), {})


class Raising:
    """Something that raises whatever is done with it."""

    def __init__(self, kind: type[Exception]) -> None:
        self._kind = kind

    def __call__(self, *args: object, **kwargs: object) -> Any:
        raise self._kind(SECRET)


class Faulty:
    """Stands for an object of the telemetry SDK; the named methods raise, the rest is passed on."""

    def __init__(
        self, real: Any, names: tuple[str, ...], fault: Raising, path: tuple[str, ...] = ()
    ) -> None:
        self._real = real
        self._names = names
        self._fault = fault
        self._path = path

    def __getattr__(self, name: str) -> Any:
        if name in self._names and not self._path:
            return self._fault
        found = getattr(self._real, name)
        if self._path and name == self._path[0]:
            return lambda *args, **kwargs: Faulty(
                found(*args, **kwargs), self._names, self._fault, self._path[1:]
            )
        return found


class FaultyMeterProvider(Faulty, MeterProvider):
    """The same for a meter provider, whose type is asked for."""

    get_meter = property(lambda self: Faulty.__getattr__(self, "get_meter"))  # type: ignore[assignment]


WATCHFUL = Settings(content="SPAN_AND_EVENT", redact="safety.faults:kept")
"""Settings with which every step is taken."""


@dataclass
class Bench:
    """What a fault may break before a library is watched."""

    library: Library
    providers: dict[str, Any]
    raising: Raising
    settings: Settings = WATCHFUL
    undo: list[Callable[[], object]] = field(default_factory=list)

    def change_calls(self, change: Callable[[Call], object]) -> None:
        """Let `change` see every call that a seam routes."""

        def changed(route: Any) -> Any:
            def routed(client: Any, args: Any, kwargs: Any) -> Call | None:
                call = route(client, args, kwargs)
                if call is not None:
                    change(call)
                return call

            return routed

        self.change_targets(CallSeam, lambda t: replace(t, route=changed(t.route)))

    def change_targets(self, kind: type, change: Callable[[Any], Any]) -> None:
        """Declare the library anew, with other targets of one kind."""
        targets = [change(t) if isinstance(t, kind) else t for t in self.library.targets]
        self.library = replace(self.library, targets=tuple(targets))

    def break_provider(self, name: str, names: tuple[str, ...], *path: str) -> None:
        """Let methods raise of what a provider makes, `path` of calls away from it."""
        kind = FaultyMeterProvider if name == "meter_provider" else Faulty
        self.providers[name] = kind(self.providers[name], names, self.raising, path)


def kept(name: str, value: object) -> object:
    """Redact nothing."""
    return value


def fails_to_redact(name: str, value: object) -> object:
    """Redact nothing, and fail."""
    return redacts_with[-1]()


redacts_with: list[Raising] = []


@dataclass(frozen=True)
class Fault:
    """One step that raises, and which signals must still tell of each call."""

    name: str
    install: Callable[[Bench], object]
    spans: bool = True
    metrics: bool = True
    events: bool = True
    not_of: tuple[str, ...] = ()
    """SDKs whose formats have no such step."""


def _endpoint(name: str) -> Fault:
    def install(bench: Bench) -> None:
        def change(call: Call) -> None:
            if getattr(call.endpoint, name) is not None:
                call.endpoint = replace(call.endpoint, **{name: bench.raising})

        bench.change_calls(change)

    return Fault(f"endpoint-{name}", install)


def _table(name: str) -> Fault:
    def install(bench: Bench) -> None:
        def change(call: Call) -> None:
            table = dict.fromkeys(("model", "id", "usage", "choices", "content"), bench.raising)
            call.endpoint = replace(call.endpoint, **{name: table})

        bench.change_calls(change)

    return Fault(f"endpoint-{name}", install)


def _deltas(name: str) -> Fault:
    def broken(endpoint: Endpoint, raising: Raising) -> Callable[[bool], Any]:
        def make(keep: bool) -> Any:
            return Faulty(endpoint.deltas(keep), (name,), raising)  # type: ignore[misc]

        return make

    def install(bench: Bench) -> None:
        def change(call: Call) -> None:
            if call.endpoint.deltas is not None:
                deltas = broken(call.endpoint, bench.raising)
                call.endpoint = replace(call.endpoint, deltas=deltas)

        bench.change_calls(change)

    return Fault(f"deltas-{name}", install)


def _watch(name: str) -> Fault:
    def install(bench: Bench) -> None:
        def change(target: Watch) -> Watch:
            there = getattr(target, name) is not None
            return replace(target, **{name: bench.raising}) if there else target

        bench.change_targets(Watch, change)

    return Fault(f"watch-{name}", install)


def _route(bench: Bench) -> None:
    bench.change_targets(CallSeam, lambda target: replace(target, route=bench.raising))


def _settle(bench: Bench) -> None:
    bench.change_calls(lambda call: setattr(call, "settle", bench.raising))


def _body(bench: Bench) -> None:
    bench.change_calls(
        lambda call: setattr(call, "body", Faulty({}, ("get", "items"), bench.raising, ()))
    )


class _FaultyResponse:
    """An HTTP response that can be asked for nothing that we want of it."""

    def __init__(self, raising: Raising) -> None:
        self._raising = raising

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        self._raising()


def _response(bench: Bench) -> None:
    def change(target: Watch) -> Watch:
        if target.before is None:
            return target
        before = target.before

        def give(recording: Any, args: Any, kwargs: Any) -> None:
            before(recording, (), {"response": _FaultyResponse(bench.raising)})

        return replace(target, before=give)

    bench.change_targets(Watch, change)


def _redaction(bench: Bench) -> None:
    redacts_with.append(bench.raising)
    bench.settings = replace(bench.settings, redact="safety.faults:fails_to_redact")


class _FaultyRuntimeContext:
    def __init__(self, real: Any, name: str, raising: Raising) -> None:
        self._real = real
        setattr(self, name, raising)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


def _context(name: str) -> Callable[[Bench], None]:
    def install(bench: Bench) -> None:
        real = opentelemetry.context._RUNTIME_CONTEXT
        opentelemetry.context._RUNTIME_CONTEXT = _FaultyRuntimeContext(real, name, bench.raising)
        bench.undo.append(lambda: setattr(opentelemetry.context, "_RUNTIME_CONTEXT", real))

    return install


def _span(*names: str) -> Callable[[Bench], None]:
    return lambda bench: bench.break_provider("tracer_provider", names, "get_tracer", "start_span")


def _instrument(kind: str, name: str) -> Callable[[Bench], None]:
    return lambda bench: bench.break_provider("meter_provider", (name,), "get_meter", kind)


def _meter(name: str) -> Callable[[Bench], None]:
    return lambda bench: bench.break_provider("meter_provider", (name,), "get_meter")


def _faults() -> Iterator[Fault]:
    yield Fault("route", _route, spans=False, metrics=False, events=False)
    yield Fault("body", _body)
    yield replace(_table("request"), spans=False, metrics=False, events=False)
    yield _table("response")
    for name in ("measure", "input", "output", "deltas"):
        yield _endpoint(name)
    yield replace(_endpoint("output_size"), not_of=("openai", "groq", "together"))
    yield replace(_endpoint("finish"), not_of=("anthropic",))
    for name in ("add", "read", "output"):
        yield _deltas(name)
    yield _watch("before")
    yield _watch("after")
    yield Fault("settle", _settle)
    yield Fault("response", _response)
    yield Fault("redaction", _redaction)
    # The SDK attaches a context of its own to hand a log record over.
    yield Fault("context-attach", _context("attach"), events=False)
    yield Fault("context-read", _context("get_current"), spans=False, metrics=False, events=False)
    yield Fault(
        "tracer",
        lambda bench: bench.break_provider("tracer_provider", ("start_span",), "get_tracer"),
        spans=False,
    )
    for name in ("is_recording", "set_attributes", "set_status", "add_event"):
        yield Fault(f"span-{name}", _span(name))
    yield Fault("span-end", _span("end"), spans=False)
    yield Fault("span-everything", _span("set_attributes", "set_status", "end"), spans=False)
    yield Fault("histogram", _instrument("create_histogram", "record"), metrics=False)
    yield Fault("meter", _meter("create_histogram"), metrics=False)
    yield Fault(
        "logger",
        lambda bench: bench.break_provider("logger_provider", ("emit",), "get_logger"),
        events=False,
    )


FAULTS = list(_faults())
