"""OpenAI's Python SDK (Stainless), and every server that is called with it.

Source: openai-python, `resources/`. Checked with 1.26 and 3.54. Moderations, stored completions,
files and batches are no calls of a model; realtime does not pass through `request`.
"""

from __future__ import annotations

from agentel.families import stainless
from agentel.formats import (
    openai_audio,
    openai_chat,
    openai_completions,
    openai_embeddings,
    openai_images,
    openai_responses,
)

_CLOUDS = {"AzureOpenAI": "azure.ai.openai", "BedrockOpenAI": "aws.bedrock"}

LIBRARY = stainless.library(
    name="openai",
    requires="openai>=1.26,<4",
    provider="openai",
    provider_of={**_CLOUDS, **{f"Async{name}": cloud for name, cloud in _CLOUDS.items()}},
    endpoints={
        "POST /chat/completions": openai_chat.OPENAI_ENDPOINT,
        "POST /completions": openai_completions.OPENAI_ENDPOINT,
        "POST /responses": openai_responses.ENDPOINT,
        "POST /responses/compact": openai_responses.COMPACTION,
        "GET /responses/{response_id}": openai_responses.FETCH,
        "POST /embeddings": openai_embeddings.ENDPOINT,
        "POST /images/generations": openai_images.ENDPOINT,
        "POST /images/edits": openai_images.ENDPOINT,
        "POST /images/variations": openai_images.ENDPOINT,
        "POST /audio/speech": openai_audio.SPEECH,
        "POST /audio/transcriptions": openai_audio.TRANSCRIPTIONS,
        "POST /audio/translations": openai_audio.TRANSLATIONS,
    },
)
