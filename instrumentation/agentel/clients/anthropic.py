"""Anthropic's Python SDK (Stainless), also where a cloud serves the models.

Counting tokens and submitting, polling or cancelling a batch run no model here: no span. Reading a
batch's results is a fetched response, which counts no tokens.

Source: anthropic-python, `resources/messages/`, `lib/{bedrock,vertex,foundry}`, `_tracing.py`.
Checked with 0.51 and 2.12.
"""

from __future__ import annotations

from typing import Any

from agentel.core.library import Native, NativeState, Silence
from agentel.families import stainless
from agentel.formats import anthropic_messages

_CLOUDS = {
    "AnthropicBedrock": "aws.bedrock",
    "AnthropicBedrockMantle": "aws.bedrock",
    "AnthropicVertex": "gcp.vertex_ai",
    "AnthropicFoundry": "azure.ai.inference",
}


def _native_state(client: Any) -> NativeState:
    """Read a client's resolved `open_telemetry` option, which versions before 1.14 lack."""
    option = getattr(client, "_open_telemetry", None)
    if option is None or not option["traces"]["enabled"]:
        return "off"
    if "tracer_provider" in option or option["traces"]["content_mode"] == "content":
        return "asked"
    return "on"


LIBRARY = stainless.library(
    name="anthropic",
    requires="anthropic>=0.51,<3",
    provider="anthropic",
    provider_of={**_CLOUDS, **{f"Async{name}": cloud for name, cloud in _CLOUDS.items()}},
    endpoints={
        "POST /v1/messages": anthropic_messages.MESSAGES,
        "GET /v1/messages/batches/{response_id}/results": anthropic_messages.BATCH_RESULTS,
    },
    native=Native(
        switch="ANTHROPIC_OPEN_TELEMETRY",
        scope="com.anthropic.sdk.python",
        state=_native_state,
    ),
    extra=(Silence("anthropic._base_client:start_api_call_span"),),
)
