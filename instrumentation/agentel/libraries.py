"""Knows how a library waits for the application to import it: what our entry points load.

`agentel.libraries:openai` is the instrumentor of the library `openai`, declared in
`agentel.clients.openai` and imported by its users under that same name. A library whose import
name is another one has a line here: `google_genai = instrumentor_for("google_genai",
"google.genai")`.

Until the application imports the package nothing of the declaration is loaded, and nothing of
telemetry: programs that never use a library do not pay for it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import TYPE_CHECKING, Any

import wrapt
from opentelemetry.instrumentation.instrumentor import BaseInstrumentor

from agentel.config import Settings, read_settings
from agentel.core.safety import guarded

if TYPE_CHECKING:
    from agentel.core.library import Library
    from agentel.instrumentor import Watching

_CLIENTS = "agentel.clients"


def __getattr__(name: str) -> type[BaseInstrumentor]:
    """Return the instrumentor of a library that is imported by its own name."""
    if find_spec(f"{_CLIENTS}.{name}") is None:
        raise AttributeError(f"agentel knows no library {name!r}")
    return globals().setdefault(name, instrumentor_for(name))


class Waiting:
    """One library that is to be watched as soon as it is imported, until `end`."""

    def __init__(
        self, name: str, settings: Settings, load: Callable[[], Library], **providers: Any
    ) -> None:
        self._name = name
        self._settings = settings
        self._load = load
        self._providers = providers
        self._is_over = False
        self._watching: Watching | None = None

    def imported(self, package: ModuleType) -> None:
        """Begin to watch, on the application's thread. Never raises."""
        if not self._is_over:
            guarded(f"instrument {self._name}", self._begin)

    def _begin(self) -> None:
        from agentel.instrumentor import Watching

        self._watching = Watching(self._load(), self._settings, **self._providers)

    def end(self) -> None:
        """Restore the library, or leave it alone when it is imported."""
        self._is_over = True
        if self._watching is not None:
            self._watching.end()


def instrumentor_for(
    name: str, package: str = "", load: Callable[[], Library] | None = None
) -> type[BaseInstrumentor]:
    """Return the instrumentor class of one library: its name, and its import name if it differs.

    `load` returns the declaration; by default it is that of the client module of that name. The
    class is a direct subclass of `BaseInstrumentor`, which makes a singleton of each class that is
    instantiated, and would make one of all subclasses of a class of ours.
    """

    class Instrumentor(BaseInstrumentor):  # pyright: ignore[reportUntypedBaseClass]
        """Watches one library. `instrument` imports nothing of it and raises nothing."""

        _waiting: Waiting | None = None

        def instrumentation_dependencies(self) -> Collection[str]:
            """Return nothing: the version is checked when the application imports the library."""
            return ()

        def _instrument(self, **kwargs: Any) -> None:
            guarded(f"instrument {name}", self._begin, kwargs)

        def _begin(self, given: dict[str, Any]) -> None:
            settings: Settings = given.get("settings") or read_settings()
            if settings.sdk_disabled or not is_enabled(name, settings):
                return
            providers = {key: given.get(key) for key in _PROVIDERS}
            self._waiting = Waiting(name, settings, load or _declared(name), **providers)
            wrapt.register_post_import_hook(self._waiting.imported, package or name)

        def _uninstrument(self, **kwargs: Any) -> None:
            guarded(f"uninstrument {name}", self._end)

        def _end(self) -> None:
            if self._waiting is not None:
                self._waiting.end()
            self._waiting = None

    Instrumentor.__qualname__ = "Instrumentor"
    return Instrumentor


_PROVIDERS = ("tracer_provider", "meter_provider", "logger_provider")


def _declared(name: str) -> Callable[[], Library]:
    return lambda: import_module(f"{_CLIENTS}.{name}").LIBRARY


def is_enabled(name: str, settings: Settings) -> bool:
    """Tell whether the settings leave a library on."""
    if name in settings.disabled_libraries:
        return False
    return not settings.libraries or name in settings.libraries
