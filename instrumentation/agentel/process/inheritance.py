"""Knows whether a context is to be read or handed down, so that nothing of it is loaded before.

Most programs are started with none, and most children outside of any work that is recorded.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import Any

__all__ = ["VARIABLES", "handed_down", "inherit"]

VARIABLES = ("TRACEPARENT", "TRACESTATE", "AGENTEL_CONTEXT")
"""What `agentel.telemetry.propagation` reads and writes."""

_PROPAGATION = "agentel.telemetry.propagation"
_RECORDING = "agentel.telemetry.recording"


def inherit(environ: Mapping[str, str] = os.environ) -> None:
    """Make what the environment gives the parent of every recording that has no other."""
    if _PROPAGATION not in sys.modules and not any(name in environ for name in VARIABLES):
        return
    from agentel.telemetry import propagation

    propagation.inherit(environ)


def handed_down(environ: Mapping[Any, Any] | None) -> Any:
    """Return the environment of a child process that begins here, as `propagation` has it."""
    if _RECORDING not in sys.modules:
        return environ
    from agentel.telemetry import propagation

    return propagation.handed_down(environ)
