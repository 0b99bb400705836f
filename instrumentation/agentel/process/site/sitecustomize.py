"""Knows how an interpreter below `agentel run` begins: as without us, and watched.

`agentel run` puts this folder in front of `PYTHONPATH`, so every Python that starts below it
imports this module. Where agentel is not installed, it only gives way to what it hides.
"""

import os
import sys
from importlib import import_module
from importlib.machinery import PathFinder
from importlib.util import find_spec, module_from_spec

_HERE = os.path.dirname(os.path.abspath(__file__))
_VARIABLE = "PYTHONPATH"


def _begin() -> None:
    sys.path[:] = [entry for entry in sys.path if entry != _HERE]
    given = os.environ.get(_VARIABLE, "")
    rest = os.pathsep.join(entry for entry in given.split(os.pathsep) if entry != _HERE)
    # A process that is started while we begin must not begin in the same way.
    os.environ[_VARIABLE] = rest
    try:
        _begin_others()
    finally:
        _begin_ours()
        if os.environ.get(_VARIABLE) == rest:
            os.environ[_VARIABLE] = given


def _begin_others() -> None:
    """Run the `sitecustomize` that this one hides, if there is one, and let it have the name."""
    # OpenTelemetry's would begin what we begin.
    path = [entry for entry in sys.path if os.path.basename(entry) != "auto_instrumentation"]
    spec = PathFinder.find_spec(__name__, path)
    if spec is None or spec.loader is None:
        return
    hidden = module_from_spec(spec)
    sys.modules[__name__] = hidden
    spec.loader.exec_module(hidden)


def _begin_ours() -> None:
    if find_spec("agentel") is None or find_spec("opentelemetry") is None:
        return
    loader = import_module("opentelemetry.instrumentation.auto_instrumentation")
    loader.initialize()


_begin()
