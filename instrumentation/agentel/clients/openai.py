"""OpenAI's Python SDK (Stainless), and every server that is called with it.

Source: openai-python, `resources/`. Checked with 1.26 and 3.54.
"""

from __future__ import annotations

from agentel.families import stainless
from agentel.formats import openai_chat
from agentel.instrumentor import instrumentor_for

LIBRARY = stainless.library(
    name="openai",
    requires="openai>=1.26,<4",
    provider="openai",
    provider_of={"AzureOpenAI": "azure.ai.openai", "AsyncAzureOpenAI": "azure.ai.openai"},
    endpoints={"POST /chat/completions": openai_chat.OPENAI_ENDPOINT},
)
Instrumentor = instrumentor_for(LIBRARY)
