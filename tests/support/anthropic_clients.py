"""Knows how the tests make a client of Anthropic's library, and what they ask it."""

from __future__ import annotations

import anthropic

from agentel import libraries
from support.model_server import ModelServer, Usage, text
from support.shapes import ANSWER, PROMPT, Sdk

CHAT: dict[str, object] = {
    "model": "claude-opus-5",
    "max_tokens": 64,
    "messages": [{"role": "user", "content": PROMPT}],
}
OLD = anthropic.__version__.startswith("0.")
CACHED = Usage(320, 7, cache_read=200, cache_write_5m=30, cache_write_1h=50)
SAID = text(ANSWER, usage=CACHED)


def client(mode: str, server: ModelServer | None) -> anthropic.Anthropic | anthropic.AsyncAnthropic:
    """A client that gives up at the first error."""
    kind = anthropic.Anthropic if mode == "sync" else anthropic.AsyncAnthropic
    url = server.anthropic_url if server else None
    return kind(api_key="none", base_url=url, max_retries=0)


ANTHROPIC = Sdk("anthropic", libraries.anthropic, client)
