"""Knows what a model can answer and how that can go wrong, in words of no provider."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias


@dataclass(frozen=True)
class Usage:
    """What one answer is billed for, in tokens, whatever a provider calls them.

    `input_tokens` holds everything that was read, cached or not; `output_tokens` everything that
    was generated, reasoning included. The other token counts are parts of these two. A renderer
    subtracts where its provider does (Anthropic's `input_tokens` are without cache).
    """

    input_tokens: int = 12
    output_tokens: int = 7
    cache_read: int = 0
    cache_write_5m: int = 0
    cache_write_1h: int = 0
    reasoning: int = 0
    audio_input: int = 0
    audio_output: int = 0
    image_input: int = 0
    image_output: int = 0
    accepted_prediction: int = 0
    rejected_prediction: int = 0
    web_search_requests: int = 0
    web_fetch_requests: int = 0
    cost: float | None = None
    """US dollars, told only by providers that tell a price; computed by those if None."""

    @property
    def cache_write(self) -> int:
        """Tokens written to a cache, of any lifetime."""
        return self.cache_write_5m + self.cache_write_1h


@dataclass(frozen=True)
class Text:
    """Plain text that the model says."""

    text: str


@dataclass(frozen=True)
class Thinking:
    """Reasoning shown before the answer; formats that do not show it leave it out."""

    text: str
    signature: str = "c2lnbmF0dXJlLW9mLXRoZS1tb2RlbC1zZXJ2ZXI="


@dataclass(frozen=True)
class ToolCall:
    """A call the model asks for; `arguments` is the JSON text as sent, valid or not."""

    name: str
    arguments: str
    id: str | None = None


@dataclass(frozen=True)
class WebSearch:
    """A search that the provider ran itself; `results` are (title, url) pairs."""

    query: str
    results: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Refusal:
    """The model declines, in these words."""

    text: str


Part: TypeAlias = "Text | Thinking | ToolCall | WebSearch | Refusal"


@dataclass(frozen=True)
class Broken:
    """How an answer fails to arrive whole.

    `cut` closes the connection in the middle of a chunk, `reset` makes that an RST, `eof` ends the
    body properly but too early, `error` puts an error event in the stream and then ends it.
    """

    kind: Literal["cut", "reset", "eof", "error"]
    after: int
    """Number of stream events sent in full before."""
    failure: Failure | None = None


def _content(part: Part) -> str:
    """The text of a part that a stream sends in pieces."""
    if isinstance(part, ToolCall):
        return part.arguments
    return "" if isinstance(part, WebSearch) else part.text


Ending: TypeAlias = "Broken | None"


@dataclass(frozen=True)
class Answer:
    """A model's answer and how it is delivered."""

    parts: tuple[Part, ...]
    usage: Usage = Usage()
    model: str | None = None
    """The model that answers; None is the provider's usual answer to the one requested."""
    finish: str = ""
    """`stop`, `length`, `tool_calls`, `content_filter`, `refusal`, `failed` or, as it is, a
    provider's own word; empty means what follows from the parts."""
    tier: str | None = None
    delay_s: float = 0
    """Seconds before the first byte."""
    chunks: int | tuple[str, ...] | None = None
    """In how many (or which) pieces a stream sends each text; None is one a word.

    Named pieces go for the text that they make up, and there must be one.
    """
    chunk_delay_s: float = 0
    """Seconds before each event of a stream but the first."""
    ending: Ending = None
    headers: Mapping[str, str] = field(default_factory=dict)
    also: tuple[Answer, ...] = ()
    """What further choices say when more than one is asked for; used in turn after this one."""

    def __post_init__(self) -> None:
        """Refuse chunks that could not be sent."""
        if isinstance(self.chunks, int) and self.chunks < 1:
            raise ValueError(f"chunks: wanted at least 1, found {self.chunks}")
        if isinstance(self.chunks, tuple) and "".join(self.chunks) not in map(_content, self.parts):
            raise ValueError(f"chunks: {self.chunks} make up no text of this answer")

    @property
    def text(self) -> str:
        """Everything said, without reasoning, refusals and tool calls."""
        return "".join(part.text for part in self.parts if isinstance(part, Text))

    @property
    def tools(self) -> tuple[ToolCall, ...]:
        """The tool calls, in order."""
        return tuple(part for part in self.parts if isinstance(part, ToolCall))

    @property
    def refused(self) -> str | None:
        """The words of the refusal, if it is one."""
        return next((part.text for part in self.parts if isinstance(part, Refusal)), None)

    def choice(self, index: int) -> Answer:
        """The answer that the choice number `index` shows."""
        everything = (self, *self.also)
        return everything[index % len(everything)]


@dataclass(frozen=True)
class Failure:
    """An error of the provider; fields left None take the provider's usual value for `status`."""

    status: int = 500
    message: str | None = None
    type: str | None = None
    code: str | None = None
    param: str | None = None
    retry_after: float | None = None
    """Seconds; a fraction is also sent as `retry-after-ms`."""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Raw:
    """Bytes sent as they are, whatever was asked for."""

    body: bytes
    status: int = 200
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Disconnect:
    """The connection is closed before any byte; as an RST if `reset`."""

    reset: bool = False


@dataclass(frozen=True)
class Hang:
    """Nothing is sent for `seconds`, or until the client or the server gives up; then closed."""

    seconds: float


Reply: TypeAlias = "Answer | Failure | Raw | Disconnect | Hang"
