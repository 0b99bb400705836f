"""Knows how a library's declaration meets telemetry: the composition root.

One instrumentor a library, each an entry point of its own in `opentelemetry_instrumentor`.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from opentelemetry import context as otel
from opentelemetry.instrumentation.instrumentor import BaseInstrumentor

from agentel.config import Settings, is_switched_on, read_settings
from agentel.core.library import Call, Library
from agentel.core.patching import Patches
from agentel.core.safety import guarded
from agentel.telemetry import context
from agentel.telemetry.calls import CallRecording
from agentel.telemetry.pipeline import Pipeline


class LibraryRecorder:
    """What the hooks of one library need of telemetry."""

    def __init__(self, pipeline: Pipeline, *, asks_for_native: bool = False) -> None:
        self.is_active = True
        self._pipeline = pipeline
        self._asks_for_native = asks_for_native

    def is_wanted(self) -> bool:
        """Whether nobody asked for silence, and no call of ours is running around this one."""
        current = otel.get_current()
        return not current or not context.is_suppressed(current)

    def begin(self, call: Call) -> CallRecording:
        """Open the recording of a call."""
        if self._asks_for_native and call.native == "on":
            call.native = "asked"
        return CallRecording(self._pipeline, call)

    def current(self) -> CallRecording | None:
        """Return the library call that is running now."""
        leaf = otel.get_current().get(context.LEAF_KEY)
        return leaf if isinstance(leaf, CallRecording) else None


def instrumentor_for(library: Library) -> type[BaseInstrumentor]:
    """Return the instrumentor class of one library.

    It is a direct subclass of `BaseInstrumentor`, which makes a singleton of each class that is
    instantiated, and would make one of all subclasses of a class of ours.
    """

    class Instrumentor(BaseInstrumentor):  # pyright: ignore[reportUntypedBaseClass]
        """Watches one library. `instrument` imports nothing of it and raises nothing."""

        library: Library
        _patches: Patches | None = None
        _recorder: LibraryRecorder | None = None

        def instrumentation_dependencies(self) -> Collection[str]:
            """Return nothing: the version is checked when the application imports the library."""
            return ()

        def _instrument(self, **kwargs: Any) -> None:
            guarded(f"instrument {library.name}", self._begin, kwargs)

        def _begin(self, given: dict[str, Any]) -> None:
            settings: Settings = given.get("settings") or read_settings()
            if settings.sdk_disabled or not is_enabled(library.name, settings):
                return
            pipeline = Pipeline(
                f"agentel.{library.name}",
                settings,
                tracer_provider=given.get("tracer_provider"),
                meter_provider=given.get("meter_provider"),
                logger_provider=given.get("logger_provider"),
            )
            native = library.native
            self._recorder = LibraryRecorder(
                pipeline, asks_for_native=native is not None and is_switched_on(native.switch)
            )
            self._patches = Patches(library, self._recorder)
            self._patches.apply()

        def _uninstrument(self, **kwargs: Any) -> None:
            guarded(f"uninstrument {library.name}", self._end)

        def _end(self) -> None:
            if self._recorder is not None:
                self._recorder.is_active = False
            if self._patches is not None:
                self._patches.remove()
            self._recorder = self._patches = None

    Instrumentor.library = library
    Instrumentor.__qualname__ = "Instrumentor"
    return Instrumentor


def is_enabled(name: str, settings: Settings) -> bool:
    """Tell whether the settings leave a library on."""
    if name in settings.disabled_libraries:
        return False
    return not settings.libraries or name in settings.libraries
