"""Knows how the telemetry SDK's own spans keep attributes, and spares them a second look.

The SDK examines every value that it is given, and that costs more than all that was done to find
it. Ours are of the right types already. Where nothing could come of the SDK's look, because the
span is of its own class, no limit on values is in force and there is room for all, attributes are
put where it would have put them. Everywhere else it is asked, as everybody asks it. See decision
007; the contract tests compare both ways on every supported version.
"""

from __future__ import annotations

import sys
from typing import Any, cast

from opentelemetry.attributes import BoundedAttributes
from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind, Tracer

from agentel.core.safety import guarded

Attributes = dict[str, Any]

_SAMPLERS = ("StaticSampler", "TraceIdRatioBased", "ParentBased", "ParentBasedTraceIdRatio")
_PROCESSORS = ("SpanProcessor", "BatchSpanProcessor", "SimpleSpanProcessor")

_plain: dict[type, bool] = {}
"""Classes of spans met so far, and whether they keep attributes as the SDK's own class does."""


def write(span: Span, attributes: Attributes) -> None:
    """Set attributes on a recording span. Their values are of types that OpenTelemetry knows."""
    kind = type(span)
    is_plain = _plain.get(kind)
    if is_plain is None:
        is_plain = _plain[kind] = _is_plain(kind)
    if is_plain:
        held: Any = cast("Any", span)._attributes
        most: int | None = held.maxlen
        known: dict[str, Any] = held._dict
        if held.max_value_len is None and (most is None or len(known) + len(attributes) <= most):
            if span.is_recording():
                with held._lock:
                    known.update(attributes)
            return
    span.set_attributes(attributes)


def _is_plain(kind: type[Any]) -> bool:
    sdk: Any = sys.modules.get("opentelemetry.sdk.trace")
    if sdk is None or getattr(kind, "set_attributes", None) is not sdk.Span.set_attributes:
        return False
    held: Any = BoundedAttributes()
    return all(hasattr(held, name) for name in ("_dict", "_lock", "maxlen", "max_value_len"))


class Spans:
    """Starts the spans of one tracer.

    A sampler sees the attributes that a span starts with, and so does a processor. Where all of
    them are the SDK's own, which do not look, the span gets its attributes right afterwards.
    """

    __slots__ = ("_looks", "_processors", "_sampler", "_start", "_tracer")

    def __init__(self, tracer: Tracer) -> None:
        self._tracer: Any = tracer
        self._start = tracer.start_span
        self._sampler: object = None
        self._processors: object = None
        self._looks = True

    def begin(
        self, name: str, parent: Context, kind: SpanKind, attributes: Attributes
    ) -> tuple[Span, Attributes | None]:
        """Start a span; return it and what is still to be written on it. Raises as the tracer."""
        if self._is_looked_at():
            return self._start(name, parent, kind, attributes, (), None, False, False), None
        return self._start(name, parent, kind, None, (), None, False, False), attributes

    def start(self, name: str, parent: Context, kind: SpanKind, attributes: Attributes) -> Span:
        """Start a span. Raises what the tracer raises."""
        span, late = self.begin(name, parent, kind, attributes)
        if late:
            guarded("write a span", _fill, span, late)
        return span

    def _is_looked_at(self) -> bool:
        """Whether somebody may look at a span's attributes while it starts."""
        tracer = self._tracer
        sampler = getattr(tracer, "sampler", None)
        processors = getattr(getattr(tracer, "span_processor", None), "_span_processors", None)
        if sampler is not self._sampler or processors is not self._processors:
            self._looks = not (_is_own_sampler(sampler) and _are_own_processors(processors))
            self._sampler, self._processors = sampler, processors
        return self._looks


def _fill(span: Span, attributes: Attributes) -> None:
    if span.is_recording():
        write(span, attributes)


def _is_own_sampler(sampler: object) -> bool:
    sdk: Any = sys.modules.get("opentelemetry.sdk.trace.sampling")
    if sdk is None or type(sampler) not in [getattr(sdk, name, None) for name in _SAMPLERS]:
        return False
    inner = getattr(sampler, "__dict__", {}).values()
    return all(_is_own_sampler(one) for one in inner if isinstance(one, sdk.Sampler))


def _are_own_processors(processors: object) -> bool:
    if not isinstance(processors, tuple):
        return False
    modules = [sys.modules.get(f"opentelemetry.sdk.trace{part}") for part in ("", ".export")]
    kinds: list[Any] = [getattr(module, name, None) for module in modules for name in _PROCESSORS]
    own = [kind.on_start for kind in kinds if kind is not None]
    found: list[Any] = [type(one) for one in cast("tuple[object, ...]", processors)]
    return all(kind.on_start in own for kind in found)
