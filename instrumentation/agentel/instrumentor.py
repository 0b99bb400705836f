"""Knows how a library's declaration meets telemetry: the composition root."""

from __future__ import annotations

from typing import Any

from opentelemetry import context as otel

from agentel.config import Settings, is_switched_on
from agentel.core.library import Library, Route
from agentel.core.patching import Complain, Patches, warn
from agentel.telemetry import context
from agentel.telemetry.calls import CallRecording
from agentel.telemetry.marked import InnerCall, marked_around
from agentel.telemetry.pipeline import Pipeline


class LibraryRecorder:
    """What the hooks of one library need of telemetry."""

    def __init__(self, pipeline: Pipeline, *, asks_for_native: bool = False) -> None:
        self.is_active = True
        self._pipeline = pipeline
        self._asks_for_native = asks_for_native

    def begin(
        self, route: Route, instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> CallRecording | None:
        """Open the recording of a call, or of its part in one that the program marked.

        Returns None where it is none of ours, somebody asked for silence, or a call of a library
        is running around it.
        """
        current = otel.get_current()
        outer = None
        if current and context.is_suppressed(current):
            outer = marked_around(current)
            if outer is None:
                return None
        call = route(instance, args, kwargs)
        if call is None:
            return None
        if self._asks_for_native and call.native == "on":
            call.native = "asked"
        if outer is None:
            return CallRecording(self._pipeline, call, current)
        return InnerCall(self._pipeline, call, current, outer) if outer.includes(call) else None

    def current(self) -> CallRecording | None:
        """Return the library call that is running now."""
        leaf = otel.get_current().get(context.LEAF_KEY)
        return leaf if isinstance(leaf, CallRecording) else None


class Watching:
    """One library that is being watched, until `end`."""

    def __init__(self, library: Library, settings: Settings, **providers: Any) -> None:
        native = library.native
        self._recorder = LibraryRecorder(
            Pipeline(f"agentel.{library.name}", settings, **providers),
            asks_for_native=native is not None and is_switched_on(native.switch),
        )
        self._patches = Patches(library, self._recorder, _complaints(settings))
        self._patches.apply()

    def end(self) -> None:
        """Restore the library; what cannot be restored only calls through."""
        self._recorder.is_active = False
        self._patches.remove()


def _complaints(settings: Settings) -> Complain:
    """Return what is done about a library that differs from the tested ones."""
    if not settings.strict:
        return warn
    from agentel.process.strict import complain

    return complain
