"""Knows which provider answers at which host: the well-known servers that speak a shared format.

Names are the conventions' where they have one (`gen_ai.provider.name`), else the provider's own.
A host that is not here keeps the name of the client that calls it.
"""

from __future__ import annotations

import re
from functools import lru_cache

PROVIDERS = {
    "api.openai.com": "openai",
    "openai.azure.com": "azure.ai.openai",
    "cognitiveservices.azure.com": "azure.ai.openai",
    "services.ai.azure.com": "azure.ai.inference",
    "models.inference.ai.azure.com": "azure.ai.inference",
    "api.anthropic.com": "anthropic",
    "api.groq.com": "groq",
    "api.together.xyz": "together",
    "api.together.ai": "together",
    "api-inference.together.ai": "together",
    "openrouter.ai": "openrouter",
    "api.deepseek.com": "deepseek",
    "api.x.ai": "x_ai",
    "api.mistral.ai": "mistral_ai",
    "api.perplexity.ai": "perplexity",
    "api.moonshot.ai": "moonshot_ai",
    "api.moonshot.cn": "moonshot_ai",
    "api.cohere.ai": "cohere",
    "api.cohere.com": "cohere",
    "generativelanguage.googleapis.com": "gcp.gemini",
    "aiplatform.googleapis.com": "gcp.vertex_ai",
    "ml.cloud.ibm.com": "ibm.watsonx.ai",
    "api.fireworks.ai": "fireworks",
    "api.cerebras.ai": "cerebras",
    "api.sambanova.ai": "sambanova",
    "api.deepinfra.com": "deepinfra",
    "api.novita.ai": "novita",
    "api.hyperbolic.xyz": "hyperbolic",
    "api.studio.nebius.com": "nebius",
    "api.studio.nebius.ai": "nebius",
    "integrate.api.nvidia.com": "nvidia",
    "router.huggingface.co": "huggingface",
    "api-inference.huggingface.co": "huggingface",
    "dashscope.aliyuncs.com": "dashscope",
    "dashscope-intl.aliyuncs.com": "dashscope",
    "api.z.ai": "z_ai",
    "open.bigmodel.cn": "z_ai",
    "api.minimax.io": "minimax",
    "models.github.ai": "github",
    "api.replicate.com": "replicate",
    "api.lepton.ai": "lepton",
    "inference.baseten.co": "baseten",
    "ai-gateway.vercel.sh": "vercel",
    "gateway.ai.cloudflare.com": "cloudflare",
}
"""Host, or the end of one after a dot, to provider. Source: the providers' API references."""

_AWS = r"amazonaws\.(com(\.cn)?|eu)|api\.(aws|amazonwebservices\.(com\.cn|eu))"
_SHAPES = (
    (re.compile(rf"bedrock[\w-]*\.[\w-]+\.({_AWS})"), "aws.bedrock"),
    (re.compile(r"[\w-]+-aiplatform\.googleapis\.com"), "gcp.vertex_ai"),
    (re.compile(r"aiplatform\.[\w-]+\.rep\.googleapis\.com"), "gcp.vertex_ai"),
)
"""Hosts whose first part names a region or a service."""


@lru_cache(maxsize=256)
def provider_at(host: str) -> str | None:
    """Return the provider that answers at `host`, or None where that is not known."""
    name = host.lower().rstrip(".")
    for shape, provider in _SHAPES:
        if shape.fullmatch(name):
            return provider
    while name:
        provider = PROVIDERS.get(name)
        if provider is not None:
            return provider
        name = name.partition(".")[2]
    return None
