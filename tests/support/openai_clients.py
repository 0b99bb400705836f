"""Knows how tests make clients of OpenAI's SDK, and what they ask."""

from __future__ import annotations

import ssl
from functools import cache
from typing import Any

import openai

from agentel import libraries
from support.model_server import ModelServer
from support.shapes import PROMPT, Run, Sdk

CHAT: dict[str, Any] = {"model": "gpt-5", "messages": [{"role": "user", "content": PROMPT}]}
STREAM: dict[str, Any] = {**CHAT, "stream": True}
OLD = int(openai.__version__.split(".")[0]) < 2
CUT = "RemoteProtocolError" if OLD else "APIConnectionError"
"""What a stream raises where its connection is cut; old versions let the HTTP client speak."""


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


def _http(mode: str) -> Any:
    """A client of the SDK's own kind, that does not read all certificates each time."""
    kind = openai.DefaultHttpxClient if mode == "sync" else openai.DefaultAsyncHttpxClient
    return kind(verify=_tls())


def _openai(mode: str, server: ModelServer | None) -> Any:
    kind = openai.OpenAI if mode == "sync" else openai.AsyncOpenAI
    url = server.openai_url if server else None
    return kind(api_key="none", base_url=url, max_retries=0, http_client=_http(mode))


def _azure(mode: str, server: ModelServer | None) -> Any:
    kind = openai.AzureOpenAI if mode == "sync" else openai.AsyncAzureOpenAI
    url = server.azure_url if server else "http://127.0.0.1"
    return kind(
        api_key="none",
        azure_endpoint=url,
        api_version="2024-10-21",
        max_retries=0,
        http_client=_http(mode),
    )


def _openrouter(mode: str, server: ModelServer | None) -> Any:
    kind = openai.OpenAI if mode == "sync" else openai.AsyncOpenAI
    url = server.openrouter_url if server else None
    return kind(api_key="none", base_url=url, max_retries=0, http_client=_http(mode))


OPENAI = Sdk("openai", libraries.openai, _openai)
AZURE = Sdk("azure", libraries.openai, _azure)
OPENROUTER = Sdk("openrouter", libraries.openai, _openrouter)


def chat(run: Run) -> None:
    """Ask, and wait for the answer."""
    run.call("chat.completions.create", **CHAT)


def chat_stream(run: Run) -> None:
    """Ask, and read the answer as it comes."""
    run.caller.drain(run.call("chat.completions.create", **STREAM))


def chat_stream_usage(run: Run) -> None:
    """The same, and ask for the usage too."""
    told = {"stream_options": {"include_usage": True}}
    run.caller.drain(run.call("chat.completions.create", **STREAM, **told))


def chat_fails(run: Run) -> None:
    """Ask in vain."""
    run.fails(lambda: chat(run))
