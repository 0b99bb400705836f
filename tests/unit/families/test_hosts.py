"""Hosts: who answers there, and when that is not known."""

from __future__ import annotations

import pytest

from agentel.families.hosts import provider_at


@pytest.mark.parametrize(
    ("host", "provider"),
    [
        ("api.openai.com", "openai"),
        ("API.OpenAI.com.", "openai"),
        ("eu.api.openai.com", "openai"),
        ("mine.openai.azure.com", "azure.ai.openai"),
        ("mine.services.ai.azure.com", "azure.ai.inference"),
        ("bedrock-runtime.eu-west-1.amazonaws.com", "aws.bedrock"),
        ("bedrock-runtime-fips.us-gov-west-1.amazonaws.com", "aws.bedrock"),
        ("bedrock-runtime.cn-north-1.amazonaws.com.cn", "aws.bedrock"),
        ("bedrock-mantle.us-east-1.api.aws", "aws.bedrock"),
        ("bedrock-runtime.eusc-de-east-1.amazonaws.eu", "aws.bedrock"),
        ("s3.us-east-1.amazonaws.com", None),
        ("aiplatform.googleapis.com", "gcp.vertex_ai"),
        ("europe-west4-aiplatform.googleapis.com", "gcp.vertex_ai"),
        ("aiplatform.eu.rep.googleapis.com", "gcp.vertex_ai"),
        ("storage.googleapis.com", None),
        ("openrouter.ai", "openrouter"),
        ("notopenrouter.ai", None),
        ("openrouter.ai.example", None),
        ("127.0.0.1", None),
        ("", None),
    ],
)
def test_host_tells_its_provider(host: str, provider: str | None) -> None:
    assert provider_at(host) == provider
