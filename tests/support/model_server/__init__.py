"""Knows the names under which tests, demo and examples use the imitation of the providers' APIs.

with ModelServer() as server:
    server.script(text("Hello"), error(429, retry_after=0.01), tool_calls([("add", {"a": 1})]))
    client = openai.OpenAI(base_url=server.openai_url, api_key="none")
"""

from __future__ import annotations

from support.model_server.answers import (
    Answer,
    Broken,
    Disconnect,
    Failure,
    Hang,
    Part,
    Raw,
    Refusal,
    Reply,
    Text,
    Thinking,
    ToolCall,
    Usage,
    WebSearch,
)
from support.model_server.exchange import Request
from support.model_server.ledger import Sent
from support.model_server.replies import (
    choices,
    cut,
    disconnect,
    empty,
    eof,
    error,
    hang,
    html,
    json_object,
    parts,
    raw,
    refusal,
    stream_error,
    text,
    thinking,
    tool_calls,
    web_search,
)
from support.model_server.server import ModelServer

__all__ = [
    "Answer",
    "Broken",
    "Disconnect",
    "Failure",
    "Hang",
    "ModelServer",
    "Part",
    "Raw",
    "Refusal",
    "Reply",
    "Request",
    "Sent",
    "Text",
    "Thinking",
    "ToolCall",
    "Usage",
    "WebSearch",
    "choices",
    "cut",
    "disconnect",
    "empty",
    "eof",
    "error",
    "hang",
    "html",
    "json_object",
    "parts",
    "raw",
    "refusal",
    "stream_error",
    "text",
    "thinking",
    "tool_calls",
    "web_search",
]
