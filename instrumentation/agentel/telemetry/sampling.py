"""Knows whether spans are dropped at their start, which falsifies what is counted from them later.

Source: `get_description` of the samplers in opentelemetry-sdk 1.39 to 1.45, and the values of
`OTEL_TRACES_SAMPLER` in the OpenTelemetry specification of environment variables.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Mapping

from opentelemetry.trace import ProxyTracerProvider, TracerProvider

from agentel.core.safety import guarded

_ROOT = re.compile(r"(?:ParentBased\{root:|ComposableParentThreshold\{root=)?(\w+(?:\{[\d.]+\})?)")
"""The sampler that decides where there is no parent; with a parent, that one has decided."""

_KEEPS_ALL = ("AlwaysOnSampler", "ComposableAlwaysOn", "TraceIdRatioBased{1.0}")

_ALL = ("", "1", "1.0")
"""Ratios that drop nothing; none given is 1."""

_logger = logging.getLogger(__name__)
_has_warned = False


def warn_of_sampling(provider: TracerProvider) -> None:
    """Warn, once in a process, if `provider` records only some of the traces that begin here.

    Metrics of ours are not concerned: they count every call. Never raises.
    """
    global _has_warned
    sampler = guarded("look at the sampler", dropping_sampler, provider, os.environ)
    if sampler is None or _has_warned:
        return
    _has_warned = True
    _logger.warning(
        "agentel: spans are sampled at their start (%s), so numbers that are counted from spans "
        "will be wrong; agentel's own metrics still count every call. Record all spans here, and "
        "sample in the collector behind the step that derives metrics from them.",
        sampler,
    )


def dropping_sampler(provider: TracerProvider, environ: Mapping[str, str]) -> str | None:
    """Return what samples at the start of a trace, or None if nothing does.

    A provider that nobody has set yet is judged by what the environment will make of it.
    """
    if isinstance(provider, ProxyTracerProvider):
        return named_sampler(environ)
    describe = getattr(getattr(provider, "sampler", None), "get_description", None)
    if describe is None:
        return None
    told = str(describe())
    root = _ROOT.match(told)
    name = told if root is None else root[1]
    return None if name in _KEEPS_ALL else name


def named_sampler(environ: Mapping[str, str]) -> str | None:
    """Return what `environ` asks to sample at the start of a trace, or None if nothing."""
    name = environ.get("OTEL_TRACES_SAMPLER", "").strip().lower()
    ratio = environ.get("OTEL_TRACES_SAMPLER_ARG", "").strip()
    kind = name.removeprefix("parentbased_")
    if kind in ("", "always_on") or (kind == "traceidratio" and ratio in _ALL):
        return None
    return f"{name} {ratio}".strip()
