"""Knows which distribution `opentelemetry-instrument` takes when several are installed.

It takes the first on the path, and the configurator apart from it, unless `OTEL_PYTHON_DISTRO` and
`OTEL_PYTHON_CONFIGURATOR` name them. OpenTelemetry's own `opentelemetry-distro` only sets defaults:
where it stands first, everything would go out over gRPC, and nothing of ours would be set up. So we
name ourselves where nobody named another, unless there is a vendor's distribution, which somebody
installed for what it does.

The launcher imports this module before it becomes the program, as an entry point of the group
`opentelemetry_environment_variables`. It makes an option of every name here that begins with
`OTEL_`, so there is none. Source: opentelemetry-instrumentation 0.60b0 to 0.66b2,
`auto_instrumentation/__init__.py` and `_load.py`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, MutableMapping
from importlib.metadata import EntryPoint

from agentel.process.installed import entry_points

__all__ = ["choose"]

_DISTRO = "OTEL_PYTHON_DISTRO"
_CONFIGURATOR = "OTEL_PYTHON_CONFIGURATOR"
_OURS = "agentel"
_STOCK = "opentelemetry.distro:"


def choose(distros: Iterable[EntryPoint], environ: MutableMapping[str, str]) -> None:
    """Name our distribution in `environ`, if no other is named there or was meant."""
    if environ.get(_DISTRO) or environ.get(_CONFIGURATOR, _OURS) != _OURS:
        return
    if all(one.name == _OURS or one.value.startswith(_STOCK) for one in distros):
        environ[_DISTRO] = environ[_CONFIGURATOR] = _OURS


choose(entry_points(group="opentelemetry_distro"), os.environ)
