"""agentel watches LLM agents with OpenTelemetry.

Programs mark their own work with `agent`, `workflow`, `task`, `tool`, `inference`, `embeddings`,
`retrieval` and `memory`, give ids with `session`, and tell more with `current`, `event` and
`decision`. `bind` and `child_environment` take the context to threads and processes. `instrument`
watches the libraries that agentel knows; `start` also sets telemetry up, for programs that
`opentelemetry-instrument` does not launch.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from agentel._version import __version__

if TYPE_CHECKING:
    from agentel.byhand.binding import bind
    from agentel.byhand.calls import embeddings, inference, memory, retrieval
    from agentel.byhand.current import Current, current
    from agentel.byhand.events import decision, event
    from agentel.byhand.sessions import session, suppress
    from agentel.decorators import agent, task, tool, workflow
    from agentel.telemetry.propagation import child_environment

__all__ = [
    "Current",
    "__version__",
    "agent",
    "bind",
    "child_environment",
    "current",
    "decision",
    "embeddings",
    "event",
    "flush",
    "inference",
    "instrument",
    "memory",
    "retrieval",
    "session",
    "shutdown",
    "start",
    "suppress",
    "task",
    "tool",
    "uninstrument",
    "workflow",
]

_LOADED_ON_USE = {
    "Current": "agentel.byhand.current",
    "agent": "agentel.decorators",
    "bind": "agentel.byhand.binding",
    "child_environment": "agentel.telemetry.propagation",
    "current": "agentel.byhand.current",
    "decision": "agentel.byhand.events",
    "embeddings": "agentel.byhand.calls",
    "event": "agentel.byhand.events",
    "inference": "agentel.byhand.calls",
    "memory": "agentel.byhand.calls",
    "retrieval": "agentel.byhand.calls",
    "session": "agentel.byhand.sessions",
    "suppress": "agentel.byhand.sessions",
    "task": "agentel.decorators",
    "tool": "agentel.decorators",
    "workflow": "agentel.decorators",
}
"""Public name to its module. Our entry points import this package in every program that is
launched, and most of them mark nothing by hand."""


def __getattr__(name: str) -> Any:
    if name not in _LOADED_ON_USE:
        raise AttributeError(f"module 'agentel' has no attribute {name!r}")
    value = getattr(importlib.import_module(_LOADED_ON_USE[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


# Setting telemetry up takes the whole SDK, which programs that only mark their work do not need.


def instrument(*names: str, **kwargs: Any) -> None:
    """Watch every library that agentel knows, or the named ones; imports none of them.

    Keyword arguments are `tracer_provider`, `meter_provider`, `logger_provider` and `settings`;
    work marked by hand goes there too. Raises ValueError for a name that agentel does not know.
    """
    from agentel import distro
    from agentel.telemetry.hand import source

    distro.instrument(*names, **kwargs)
    if kwargs or not names:
        source.use(**kwargs)


def uninstrument(*names: str) -> None:
    """Stop watching every library, or the named ones, and restore them.

    Work marked by hand goes to the process's own providers again. Raises ValueError for a name
    that agentel does not know.
    """
    from agentel import distro
    from agentel.telemetry.hand import source

    distro.uninstrument(*names)
    if not names:
        source.use()


def start(**kwargs: Any) -> None:
    """Set telemetry up and watch every library: what `opentelemetry-instrument` does, from code.

    Providers that the program has set already are used as they are. Calling it again does nothing.
    Keyword arguments are those of `instrument`.
    """
    from agentel import distro
    from agentel.telemetry.hand import source

    distro.start(**kwargs)
    if kwargs:
        source.use(**kwargs)


def flush() -> None:
    """Hand everything that has ended to the exporters. Blocks until they have it."""
    from agentel import distro

    distro.flush()


def shutdown() -> None:
    """Undo `start`: deliver what has ended, and restore every library."""
    from agentel import distro
    from agentel.telemetry.hand import source

    distro.shutdown()
    source.use()
