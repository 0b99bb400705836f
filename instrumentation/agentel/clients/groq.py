"""Groq's Python SDK (Stainless). Speaks OpenAI's formats.

Source: groq-python, `resources/`. Checked with 0.9 and 1.7.
"""

from __future__ import annotations

from agentel.families import stainless
from agentel.formats import openai_audio, openai_chat, openai_embeddings

LIBRARY = stainless.library(
    name="groq",
    requires="groq>=0.9,<2",
    provider="groq",
    endpoints={
        "POST /openai/v1/chat/completions": openai_chat.ENDPOINT,
        "POST /openai/v1/embeddings": openai_embeddings.ENDPOINT,
        "POST /openai/v1/audio/speech": openai_audio.SPEECH,
        "POST /openai/v1/audio/transcriptions": openai_audio.TRANSCRIPTIONS,
        "POST /openai/v1/audio/translations": openai_audio.TRANSLATIONS,
    },
)
