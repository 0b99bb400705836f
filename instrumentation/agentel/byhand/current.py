"""Knows what a program can say about the work that it is in the middle of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from agentel.byhand.attributes import checked, warn_once
from agentel.byhand.events import emit_here
from agentel.core.safety import guarded
from agentel.telemetry import context as keys

if TYPE_CHECKING:
    from agentel.telemetry.recording import Recording

__all__ = ["Current", "current"]

_COUNTS = (
    "input_tokens",
    "output_tokens",
    "cache_read_input_tokens",
    "cache_write_input_tokens",
    "reasoning_output_tokens",
)


class Current:
    """The agent, workflow, tool, task or call that is running here; inert where none is.

    Every method may be called at any time and raises nothing; after the end they do nothing.
    """

    __slots__ = ("_recording",)

    def __init__(self, recording: Recording | None) -> None:
        self._recording = recording if recording is not None and recording.is_open else None

    @property
    def trace_id(self) -> str:
        """The id of its trace, as 32 hex digits, or ''."""
        return self._ids()[0]

    @property
    def span_id(self) -> str:
        """The id of its span, as 16 hex digits, or ''."""
        return self._ids()[1]

    def set(self, attributes: Mapping[str, object] | None = None, /, **named: object) -> None:
        """Set attributes under the program's own names: texts, numbers, booleans, lists of one."""
        guarded("set attributes", self._set, attributes, named)

    def event(self, name: str, attributes: Mapping[str, object] | None = None) -> None:
        """Write an event that belongs to it."""
        if self._is_open():
            guarded("write an event", emit_here, name, attributes, self._recording)

    def result(
        self,
        *,
        success: bool | None = None,
        exit_code: int | None = None,
        value: object = None,
    ) -> None:
        """Say how it went: whether it did what it was to do, and for a command its exit code.

        `value` is the result of a tool in a `with` block, for its size and, where wanted, content.
        """
        if self._is_open():
            guarded("note a result", self._result, success, exit_code, value)

    def response(
        self,
        *,
        model: str | None = None,
        id: str | None = None,
        finish_reasons: list[str] | tuple[str, ...] | None = None,
    ) -> None:
        """Say what a model call by hand was answered with."""
        self._found(response_model=model, response_id=id, response_finish_reasons=finish_reasons)

    def usage(
        self,
        *,
        input_tokens: int | None = None,
        output_tokens: int | None = None,
        cache_read_input_tokens: int | None = None,
        cache_write_input_tokens: int | None = None,
        reasoning_output_tokens: int | None = None,
    ) -> None:
        """Say what the provider counted for a model call by hand; nothing where it counted none.

        `input_tokens` include the cached ones, `output_tokens` those of reasoning.
        """
        given: tuple[object, ...] = (
            input_tokens,
            output_tokens,
            cache_read_input_tokens,
            cache_write_input_tokens,
            reasoning_output_tokens,
        )
        guarded("note usage", self._usage, dict(zip(_COUNTS, given, strict=True)))

    def _is_open(self) -> bool:
        return self._recording is not None and self._recording.is_open

    def _found(self, **fields: object) -> None:
        recording = self._recording
        if recording is not None and recording.is_open:
            recording.found.update({k: v for k, v in fields.items() if v is not None})

    def _set(self, attributes: object, named: dict[str, object]) -> None:
        recording = self._recording
        if recording is not None and recording.is_open:
            recording.span.set_attributes({**checked(attributes), **checked(named)})

    def _result(self, success: object, exit_code: object, value: object) -> None:
        if success is not None and not isinstance(success, bool):
            warn_once("result success", "result(success=...) is True or False.")
            success = None
        if exit_code is not None and (
            not isinstance(exit_code, int) or isinstance(exit_code, bool)
        ):
            warn_once("result exit_code", "result(exit_code=...) is a whole number.")
            exit_code = None
        self._found(result_success=success, process_exit_code=exit_code)
        saw_result: Any = getattr(self._recording, "saw_result", None)
        if value is not None and saw_result is not None:
            saw_result(value)

    def _usage(self, given: dict[str, object]) -> None:
        counts: dict[str, object] = {}
        for name, count in given.items():
            if count is None:
                continue
            if isinstance(count, int) and not isinstance(count, bool) and count >= 0:
                counts[f"usage_{name}"] = count
            else:
                warn_once(f"usage {name}", "usage(%s=...) is a number of tokens.", name)
        self._found(**counts)

    def _ids(self) -> tuple[str, str]:
        span = None if self._recording is None else self._recording.span
        return keys.ids_of(span)


def current() -> Current:
    """Return the agent, workflow, tool, task or call that is running here; inert where none is.

    Without one, its ids are those of the span that is current, if any.
    """
    return guarded("find a recording", _current, default=_NOTHING)


def _current() -> Current:
    recording = keys.current_recording()
    return _NOTHING if recording is None else Current(recording)


_NOTHING = Current(None)
