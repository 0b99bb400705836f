"""Knows how a test says what the server answers next: one function for each kind of reply.

One value serves every endpoint: the endpoint's own module renders it in its wire format.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

from support.model_server.answers import (
    Answer,
    Broken,
    Disconnect,
    Failure,
    Hang,
    Part,
    Raw,
    Refusal,
    Text,
    Thinking,
    ToolCall,
    Usage,
    WebSearch,
)

DEFAULT_PARTS = (Text("A cut answer that is long enough to be cut"),)


def text(said: str, **delivery: object) -> Answer:
    """Answer with plain text; further arguments are fields of `Answer`."""
    return parts(Text(said), **delivery)


def parts(*content: Part, **delivery: object) -> Answer:
    """Answer with these parts in this order; further arguments are fields of `Answer`."""
    return Answer(content, **delivery)  # type: ignore[arg-type]  # field names are checked by it


def thinking(thought: str, said: str, **delivery: object) -> Answer:
    """Answer with reasoning and then text."""
    delivery.setdefault("usage", Usage(output_tokens=27, reasoning=20))
    return parts(Thinking(thought), Text(said), **delivery)


def tool_calls(
    calls: Sequence[tuple[str, Mapping[str, object] | str]], said: str = "", **delivery: object
) -> Answer:
    """Answer by asking for tools: (name, arguments) each, a string being sent as it is."""
    asked = [
        ToolCall(name, arguments if isinstance(arguments, str) else _json(arguments))
        for name, arguments in calls
    ]
    spoken = [Text(said)] if said else []
    return parts(*spoken, *asked, **delivery)


def json_object(value: object, **delivery: object) -> Answer:
    """Answer with `value` as JSON text, as a structured output is."""
    return text(_json(value), **delivery)


def refusal(words: str = "I can't help with that.", **delivery: object) -> Answer:
    """Decline."""
    return parts(Refusal(words), **delivery)


def web_search(
    query: str, said: str, results: Sequence[tuple[str, str]] = (), **delivery: object
) -> Answer:
    """Answer after one search run by the provider; `results` are (title, url) pairs."""
    delivery.setdefault("usage", Usage(input_tokens=320, web_search_requests=1))
    found = tuple((title, url) for title, url in results)
    return parts(WebSearch(query, found), Text(said), **delivery)


def choices(first: Answer, *others: Answer) -> Answer:
    """Let the choices of one answer differ; usage and delivery are those of `first`."""
    return replace(first, also=others)


def error(status: int, message: str | None = None, **details: object) -> Failure:
    """Fail with `status`; further arguments are fields of `Failure`."""
    return Failure(status, message, **details)  # type: ignore[arg-type]  # as in `parts`


def raw(body: bytes | str | object, status: int = 200, **details: object) -> Raw:
    """Send bytes, or a text, or anything else as JSON; further arguments are fields of `Raw`."""
    if not isinstance(body, bytes):
        body = (body if isinstance(body, str) else _json(body)).encode()
    return Raw(body, status, **details)  # type: ignore[arg-type]  # as in `parts`


def html(status: int = 200, title: str = "Just a moment...") -> Raw:
    """Send a web page, as proxies, captive portals and bot checks do."""
    page = (
        f"<!DOCTYPE html>\n<html>\n<head><title>{title}</title></head>\n"
        f"<body><h1>{title}</h1></body>\n</html>\n"
    )
    return Raw(page.encode(), status, "text/html; charset=UTF-8")


def empty(status: int = 200) -> Raw:
    """Send a body of no bytes."""
    return Raw(b"", status)


def cut(after_chunks: int = 2, of: Answer | None = None, reset: bool = False) -> Answer:
    """Close the connection in the middle of `of`, as an RST if `reset`."""
    return _broken(of, Broken("reset" if reset else "cut", after_chunks))


def eof(after_chunks: int = 2, of: Answer | None = None) -> Answer:
    """End the body of `of` properly, but before its last events."""
    return _broken(of, Broken("eof", after_chunks))


def stream_error(
    after_chunks: int = 2,
    message: str | None = None,
    *,
    of: Answer | None = None,
    **details: object,
) -> Answer:
    """Send an error event in the middle of `of`; an answer in one piece becomes that error.

    The failure's status is by default the one of an overloaded provider.
    """
    details.setdefault("status", 529)
    failure = Failure(message=message, **details)  # type: ignore[arg-type]  # as in `parts`
    return _broken(of, Broken("error", after_chunks, failure))


def disconnect(reset: bool = False) -> Disconnect:
    """Close the connection before any byte of an answer."""
    return Disconnect(reset)


def hang(seconds: float) -> Hang:
    """Say nothing for `seconds`, then close the connection."""
    return Hang(seconds)


def _broken(answer: Answer | None, ending: Broken) -> Answer:
    return replace(answer or Answer(DEFAULT_PARTS), ending=ending)


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
