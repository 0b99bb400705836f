from __future__ import annotations

import anthropic
import pytest

from agentel import libraries
from support.anthropic_clients import CHAT
from support.model_server import ModelServer, raw
from support.telemetry import Telemetry

MESSAGE = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "claude-opus-5",
    "content": [{"type": "text", "text": "Hi"}],
    "stop_reason": "end_turn",
    "usage": {"input_tokens": 3, "output_tokens": 1},
}
CLOUDS = [
    ("AnthropicVertex", "gcp.vertex_ai", {"region": "r", "project_id": "p", "access_token": "t"}),
    ("AnthropicFoundry", "azure.ai.inference", {"api_key": "none"}),
    ("AnthropicBedrockMantle", "aws.bedrock", {"api_key": "none", "aws_region": "r"}),
]


@pytest.mark.parametrize(
    ("name", "provider", "arguments"), CLOUDS, ids=[provider for _, provider, _ in CLOUDS]
)
def test_client_of_a_cloud_has_that_clouds_name(
    name: str, provider: str, arguments: dict[str, str]
) -> None:
    if not hasattr(anthropic, name):
        pytest.skip(f"this version of anthropic has no {name}")
    telemetry = Telemetry()
    libraries.anthropic().instrument(**telemetry.providers)
    with ModelServer() as server:
        server.route("*", always=raw(MESSAGE))
        client = getattr(anthropic, name)(base_url=server.url, max_retries=0, **arguments)
        client.messages.create(**CHAT)
        client.close()
    libraries.anthropic().uninstrument()
    told = telemetry.spans(1)[0].attributes or {}
    assert (told["gen_ai.provider.name"], told["gen_ai.request.model"]) == (
        provider,
        "claude-opus-5",
    )
