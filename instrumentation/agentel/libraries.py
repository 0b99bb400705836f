"""Knows how a library waits for the application to import it: what our entry points load.

`agentel.libraries:openai` is the instrumentor of the library `openai`, which is declared in
`agentel.clients.openai` and imported under the same name. A library that is imported under another
name has a line here, `google_genai = instrumentor_for("google_genai", "google.genai")`.

Until the application imports it, nothing of its declaration is loaded, and nothing of telemetry:
programs that never use a library do not pay for it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import TYPE_CHECKING, Any, ClassVar

import wrapt

from agentel.config import Settings, read_settings
from agentel.core.safety import guarded

if TYPE_CHECKING:
    from agentel.core.library import Library
    from agentel.instrumentor import Watching

_logger = logging.getLogger(__name__)
_CLIENTS = "agentel.clients"


def __getattr__(name: str) -> type[Instrumentor]:
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


class Instrumentor:
    """What OpenTelemetry calls an instrumentor: watches one library, once in the process.

    It has the methods of `BaseInstrumentor` and passes for one, but does not import it.
    """

    library: ClassVar[str]
    package: ClassVar[str]
    """Import name of the library."""
    _instance: ClassVar[Instrumentor]
    _waiting: Waiting | None = None
    _is_instrumented = False

    def __new__(cls) -> Instrumentor:
        """Return the one instrumentor of the library."""
        if "_instance" not in vars(cls):
            cls._instance = super().__new__(cls)
        return cls._instance

    @classmethod
    def declaration(cls) -> Library:
        """Load the declaration of the library."""
        return import_module(f"{_CLIENTS}.{cls.library}").LIBRARY

    @property
    def is_instrumented_by_opentelemetry(self) -> bool:
        """Whether `instrument` was called, and `uninstrument` was not since."""
        return self._is_instrumented

    def instrumentation_dependencies(self) -> Collection[str]:
        """Return nothing: the version is checked when the application imports the library."""
        return ()

    def instrument(self, **kwargs: Any) -> None:
        """Watch the library when it is imported, or now. Imports nothing of it, raises nothing.

        Keyword arguments are `settings`, `tracer_provider`, `meter_provider` and
        `logger_provider`; those of `BaseInstrumentor` that are about dependencies do nothing.
        """
        if self._is_instrumented:
            _logger.warning("agentel: %s is instrumented already.", self.library)
            return
        guarded(f"instrument {self.library}", self._begin, kwargs)
        self._is_instrumented = True

    def _begin(self, given: dict[str, Any]) -> None:
        settings: Settings = given.get("settings") or read_settings()
        if settings.sdk_disabled or not settings.watches(self.library):
            return
        providers = {key: given.get(key) for key in _PROVIDERS}
        self._waiting = Waiting(self.library, settings, self.declaration, **providers)
        wrapt.register_post_import_hook(self._waiting.imported, self.package)

    def uninstrument(self, **kwargs: Any) -> None:
        """Restore the library. Raises nothing."""
        if not self._is_instrumented:
            _logger.warning("agentel: %s is not instrumented.", self.library)
            return
        guarded(f"uninstrument {self.library}", self._end)
        self._is_instrumented = False

    def _end(self) -> None:
        if self._waiting is not None:
            self._waiting.end()
        self._waiting = None


_PROVIDERS = ("tracer_provider", "meter_provider", "logger_provider")


def instrumentor_for(name: str, package: str = "") -> type[Instrumentor]:
    """Return the instrumentor class of one library: its name, and its import name if it differs."""
    return type("Instrumentor", (Instrumentor,), {"library": name, "package": package or name})


def _adopt(module: ModuleType) -> None:
    module.BaseInstrumentor.register(Instrumentor)


# Importing that module takes longer than all the rest of a start.
wrapt.register_post_import_hook(_adopt, "opentelemetry.instrumentation.instrumentor")
