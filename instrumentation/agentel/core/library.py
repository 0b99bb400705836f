"""Knows the words in which an instrumented library is declared: data, and pure functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from agentel.core.fields import Fields, Table
from agentel.core.http import Response
from agentel.core.invocation import Operation
from agentel.core.safety import Watch as StreamWatch

Content = dict[str, object]
"""Content field (`input_messages`, `system_instructions`, `tool_definitions`) to its JSON shape."""


class Deltas(Protocol):
    """What a wire format collects from the chunks of one stream.

    Made once per stream as `deltas(keep)`, where `keep` says whether the messages are wanted.
    """

    is_complete: bool
    """Whether the provider has said that the answer is over."""

    def add(self, chunk: Any) -> None:
        """Look at one chunk. Runs once per chunk: no allocation beyond a list append."""

    def read(self, into: Fields) -> None:
        """Put what the chunks said into `into`; `error_code` too, if they ended in an error."""

    def output(self) -> list[object]:
        """Return the output messages in the conventions' JSON; empty unless content was kept."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Endpoint:
    """What one operation of a wire format means: pure data in, convention fields out."""

    operation: Operation
    name: str
    """Value of `gen_ai.operation.name`."""
    request: Table
    """Request body (a JSON object, as the SDK is about to send it) to fields."""
    response: Table
    """Response (the SDK's model, or the JSON object) to fields.

    Where it sets `error_code`, the answer tells of a failure and is recorded as one.
    """
    finish: Callable[[Fields], None] | None = None
    """Settles response fields that need several others, once all have been read."""
    deltas: Callable[[bool], Deltas] | None = None
    measure: Callable[[Mapping[str, Any]], tuple[int, int]] | None = None
    """Request body to (bytes of text, number of messages)."""
    input: Callable[[Mapping[str, Any]], Content] | None = None
    """Request body to content. Runs only where content is wanted."""
    output: Callable[[Any], list[object]] | None = None
    """Response to output messages. Runs only where content, or valid JSON, is wanted."""
    output_size: Callable[[Any], int] | None = None
    """Response to bytes of text."""
    answers_json: bool = True
    """Whether a good answer is JSON, so that anything else is no answer of a model."""
    with_usage: Callable[[Mapping[str, Any]], dict[str, Any] | None] | None = None
    """A stream's body to what has to be added so that it asks for usage; None if it does."""
    is_usage_only: Callable[[Any], bool] | None = None
    """Whether a chunk exists only because usage was asked for."""
    fixed: Mapping[str, object] = field(default_factory=dict[str, object])
    """Fields that every call of this endpoint has."""


@dataclass(slots=True)
class Call:
    """One call of a library, as its seam saw it arrive."""

    endpoint: Endpoint
    body: Mapping[str, Any]
    """The request as a JSON object. Never changed, never consumed."""
    provider: str
    is_stream: bool = False
    address: str | None = None
    """Host of the server behind the call."""
    port: int | None = None
    fields: Fields = field(default_factory=dict[str, object])
    """What only the seam knows: ids in the path, for one."""
    settle: Callable[[Watched, Any], None] | None = None
    """Looks at what came back and decides who ends the recording. None: it is over now."""
    options: Any = None
    """The SDK's own description of the request, made for this call alone: where it keeps
    `json_data`, another body can be put in place, for what the user asked us to add."""
    native: NativeState = "off"
    """Whether the library emits a span for it too."""


class Watched(Protocol):
    """A recording, as seams and followers see it. Every method guards itself."""

    call: Call

    def complete(self, result: Any) -> None:
        """End it with the answer: the SDK's model, or the JSON object."""

    def fail(self, error: BaseException) -> None:
        """End it with the exception that the caller is about to see."""

    def refuse(self, error: Exception) -> None:
        """End it with what the SDK raised because it can make nothing of the stream's answer."""

    def end_stream(self) -> None:
        """End it because its stream ran out."""

    def abandon(self, *, later: bool = False) -> None:
        """End it because nobody will read the rest. `later` where locks may be held."""

    def complete_unread(self) -> None:
        """End it because its body went past us unread, but whole."""

    def saw_response(self, response: Response) -> None:
        """Remember the HTTP response behind the answer."""

    def retry(self, delay: float) -> None:
        """Count an attempt that failed; the next one begins in `delay` s."""

    def follow(self) -> StreamWatch:
        """Expect chunks from now on; return what looks at each."""
        ...

    @property
    def has_native_span(self) -> bool:
        """Whether the library's own span stands for it."""
        ...

    def adopt(self, span: Any) -> None:
        """Link what is told apart from the span to the library's own span."""


Route = Callable[[Any, tuple[Any, ...], dict[str, Any]], "Call | None"]


@dataclass(frozen=True, slots=True)
class CallSeam:
    """A callable through which every call goes once. `route` returns None for what is not ours."""

    path: str
    """`module:Qualified.name`; its module is patched when the application imports it."""
    route: Route


@dataclass(frozen=True, slots=True)
class Watch:
    """A callable inside such a call whose arguments or result say more about it."""

    path: str
    before: Callable[[Watched, tuple[Any, ...], dict[str, Any]], None] | None = None
    after: Callable[[Watched, Any], None] | None = None
    optional: bool = False
    """Whether some supported versions lack it."""


@dataclass(frozen=True, slots=True)
class Silence:
    """A callable of the library's own telemetry, which stays silent inside a call of ours."""

    path: str
    optional: bool = True


Target = CallSeam | Watch | Silence


NativeState = Literal["off", "on", "asked"]
"""Whether a client emits spans of its own, and whether its user asked that one to."""


@dataclass(frozen=True, slots=True)
class Native:
    """Telemetry that the library emits by itself. To be reviewed with each new version of it.

    A span that is merely on is silenced inside a call of ours. Where the user asked for it, by the
    switch or at the client, it is the call's only span, and only metrics and events are ours.
    Asking without a tracer provider for the library to emit to leaves the call without a span.
    """

    switch: str
    """Environment variable with which its user asks for it; read when the library is imported."""
    scope: str
    """Instrumentation scope of its spans."""
    state: Callable[[Any], NativeState]
    """Client to state."""


@dataclass(frozen=True, slots=True)
class Library:
    """Everything that agentel knows about one library."""

    name: str
    """Entry point's name, and the last part of the instrumentation scope's."""
    requires: str
    """PEP 508 requirement: the versions it is tested with."""
    targets: tuple[Target, ...]
    package: str
    """Top-level import name."""
    native: Native | None = None
