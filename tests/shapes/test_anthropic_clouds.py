from __future__ import annotations

import base64
import json
import struct
import zlib
from collections.abc import Iterator
from typing import Any

import anthropic
import pytest

from agentel import libraries
from support.anthropic_clients import CHAT
from support.model_server import ModelServer, Raw, raw
from support.telemetry import Telemetry

MESSAGE: dict[str, Any] = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "claude-opus-5",
    "content": [{"type": "text", "text": "Hi"}],
    "stop_reason": "end_turn",
    "usage": {"input_tokens": 3, "output_tokens": 1},
}
EVENTS = [
    {"type": "message_start", "message": {**MESSAGE, "content": [], "stop_reason": None}},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hi"}},
    {"type": "content_block_stop", "index": 0},
    {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 5}},
    {"type": "message_stop"},
]
CLOUDS = [
    ("AnthropicVertex", "gcp.vertex_ai", {"region": "r", "project_id": "p", "access_token": "t"}),
    ("AnthropicFoundry", "azure.ai.inference", {"api_key": "none"}),
    ("AnthropicBedrockMantle", "aws.bedrock", {"api_key": "none", "aws_region": "r"}),
    ("AnthropicAWS", "anthropic", {"api_key": "none", "aws_region": "r", "workspace_id": "w"}),
    ("AnthropicGoogleCloud", "anthropic", {"skip_auth": True, "project": "p"}),
]
KEYS = {"aws_access_key": "none", "aws_secret_key": "none", "aws_region": "r"}
TOLD = (
    "gen_ai.provider.name",
    "gen_ai.request.model",
    "gen_ai.response.finish_reasons",
    "gen_ai.usage.output_tokens",
    "server.address",
    "server.port",
    "agentel.provider.request_id",
)


@pytest.fixture
def telemetry() -> Iterator[Telemetry]:
    telemetry = Telemetry()
    libraries.anthropic().instrument(**telemetry.providers)
    yield telemetry
    libraries.anthropic().uninstrument()
    telemetry.shut_down()


def told(telemetry: Telemetry, count: int = 1) -> list[tuple[object, ...]]:
    spans = telemetry.spans(count)
    return [tuple((span.attributes or {}).get(key) for key in TOLD) for span in spans]


def answer(server: ModelServer, reply: Raw) -> int:
    """Let the server answer every request so; return its port."""
    server.route("*", always=reply)
    return int(server.url.rpartition(":")[2])


def framed(event: object) -> bytes:
    """One message of an AWS event stream (Amazon's encoding: lengths, checksums, headers)."""
    kinds = {
        ":event-type": "chunk",
        ":content-type": "application/json",
        ":message-type": "event",
    }
    headers = b"".join(
        bytes([len(name)])
        + name.encode()
        + b"\x07"
        + struct.pack(">H", len(value))
        + value.encode()
        for name, value in kinds.items()
    )
    told = base64.b64encode(json.dumps(event).encode()).decode()
    payload = json.dumps({"bytes": told}).encode()
    prelude = struct.pack(">II", 16 + len(headers) + len(payload), len(headers))
    message = prelude + struct.pack(">I", zlib.crc32(prelude)) + headers + payload
    return message + struct.pack(">I", zlib.crc32(message))


@pytest.mark.parametrize(
    ("name", "provider", "arguments"), CLOUDS, ids=[name for name, _, _ in CLOUDS]
)
def test_client_of_a_cloud_has_that_clouds_name(
    telemetry: Telemetry, name: str, provider: str, arguments: dict[str, Any]
) -> None:
    if not hasattr(anthropic, name):
        pytest.skip(f"this version of anthropic has no {name}")
    with ModelServer() as server:
        port = answer(server, raw(MESSAGE, headers={"request-id": "r-1"}))
        client = getattr(anthropic, name)(base_url=server.url, max_retries=0, **arguments)
        client.messages.create(**CHAT)
        client.close()
    assert told(telemetry) == [
        (provider, "claude-opus-5", ("stop",), 1, "127.0.0.1", port, "r-1"),
    ]


def test_bedrock_is_recorded_in_one_piece_and_streamed(telemetry: Telemetry) -> None:
    pytest.importorskip("boto3")
    events = raw(
        b"".join(framed(event) for event in EVENTS),
        content_type="application/vnd.amazon.eventstream",
        headers={"x-amzn-requestid": "r-2"},
    )
    with ModelServer() as server:
        port = answer(server, raw(MESSAGE, headers={"x-amzn-requestid": "r-1"}))
        client = anthropic.AnthropicBedrock(base_url=server.url, max_retries=0, **KEYS)
        client.messages.create(**CHAT)
        answer(server, events)
        assert len(list(client.messages.create(**CHAT, stream=True))) == len(EVENTS)
        with client.messages.stream(**CHAT) as stream:
            stream.get_final_message()
        client.close()
    bedrock = ("aws.bedrock", "claude-opus-5", ("stop",))
    assert told(telemetry, 3) == [
        (*bedrock, 1, "127.0.0.1", port, "r-1"),
        (*bedrock, 5, "127.0.0.1", port, "r-2"),
        (*bedrock, 5, "127.0.0.1", port, "r-2"),
    ]


class Late(anthropic.Anthropic):
    """A client that learns from its credentials where its server is, as Google Cloud's may."""

    server = ""

    def _prepare_options(self, options: Any) -> Any:
        self.base_url = self.server
        return super()._prepare_options(options)


def test_server_that_is_known_late_is_told(telemetry: Telemetry) -> None:
    with ModelServer() as server:
        port = answer(server, raw(MESSAGE))
        client = Late(api_key="none", base_url="", max_retries=0)
        client.server = server.url
        for _ in range(2):
            client.messages.create(**CHAT)
        client.close()
    found = [(address, where) for *_, address, where, _ in told(telemetry, 2)]
    assert found == [("127.0.0.1", port)] * 2
    durations = telemetry.points()["gen_ai.client.operation.duration"]
    assert [(attributes["server.address"], count) for attributes, count, _ in durations] == [
        ("127.0.0.1", 2)
    ]
