"""Together's Python SDK (Stainless since 2.0). Speaks OpenAI's formats.

Source: together-py, `resources/`. Checked with 2.0 and 3.1, whose paths begin with `/v1`.
"""

from __future__ import annotations

from agentel.families import stainless
from agentel.formats import (
    openai_audio,
    openai_chat,
    openai_completions,
    openai_embeddings,
    openai_images,
)

_ENDPOINTS = {
    "/chat/completions": openai_chat.ENDPOINT,
    "/completions": openai_completions.ENDPOINT,
    "/embeddings": openai_embeddings.ENDPOINT,
    "/images/generations": openai_images.ENDPOINT,
    "/audio/speech": openai_audio.SPEECH,
    "/audio/transcriptions": openai_audio.TRANSCRIPTIONS,
    "/audio/translations": openai_audio.TRANSLATIONS,
}
LIBRARY = stainless.library(
    name="together",
    requires="together>=2,<4",
    provider="together",
    endpoints={f"POST {root}{path}": e for root in ("", "/v1") for path, e in _ENDPOINTS.items()},
)
