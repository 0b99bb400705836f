"""Knows which packages of LLM programs are installed, without importing any.

Source: PyPA's specification "Recording installed projects": a distribution has a folder
`<name>-<version>.dist-info` on the path. Listing those takes about a millisecond; asking
`importlib.metadata` for each would take ten times as long, at the start of every run.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from agentel.config import Settings
from agentel.core.versions import distribution_of, normalized, standing

__all__ = ["UNWATCHED", "WATCHED", "Found", "installed", "look", "wanted"]

WATCHED: dict[str, str] = {
    "anthropic": "anthropic>=0.51,<3",
    "groq": "groq>=0.9,<2",
    "openai": "openai>=1.26,<4",
    "together": "together>=2,<4",
}
"""What the libraries' declarations require, by their names, so that none has to be loaded at the
start of a program; a contract test compares."""

UNWATCHED: tuple[str, ...] = (
    "ag2",
    "agno",
    "autogen-agentchat",
    "azure-ai-inference",
    "boto3",
    "cerebras-cloud-sdk",
    "claude-agent-sdk",
    "cohere",
    "crewai",
    "dspy",
    "fireworks-ai",
    "google-adk",
    "google-cloud-aiplatform",
    "google-genai",
    "google-generativeai",
    "haystack-ai",
    "huggingface-hub",
    "ibm-watsonx-ai",
    "langchain",
    "langchain-core",
    "langgraph",
    "litellm",
    "llama-index",
    "llama-index-core",
    "mcp",
    "mistralai",
    "ollama",
    "openai-agents",
    "pydantic-ai",
    "pydantic-ai-slim",
    "replicate",
    "semantic-kernel",
    "smolagents",
    "strands-agents",
    "writer-sdk",
)
"""Well-known distributions that call models or run agents and that agentel does not watch."""

_DISABLED = "OTEL_PYTHON_DISABLED_INSTRUMENTATIONS"
"""Entry points that the launcher does not load; `*` is all of them."""

_PARTS_OF = {
    "langchain-core": ("langchain", "langgraph"),
    "llama-index-core": ("llama-index",),
    "pydantic-ai-slim": ("pydantic-ai",),
}
"""Distributions that are not worth telling about beside those that are made of them."""

_FOLDER = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*?)-([^-]+)(?:-py[0-9.]+)?\.(?:dist|egg)-info")


@dataclass(frozen=True, slots=True)
class Found:
    """What is installed of the packages that are known. Versions are as their folders name them."""

    watched: tuple[str, ...]
    """`openai 3.54.0`; an untested version says so."""
    unsupported: tuple[str, ...]
    """`openai 1.2.0 (agentel knows openai>=1.26,<4)`."""
    unwatched: tuple[str, ...]
    """Names: agentel does not watch them, or is told not to."""


def wanted(settings: Settings, environ: Mapping[str, str]) -> list[str]:
    """Return the libraries that are left on, by the settings and by the launcher's own switch."""
    disabled = {name.strip() for name in environ.get(_DISABLED, "").split(",")}
    if "*" in disabled:
        return []
    return [name for name in WATCHED if settings.watches(name) and name not in disabled]


def look(libraries: Iterable[str], path: Sequence[str] | None = None) -> Found:
    """Return what is installed on `path`, by default the interpreter's.

    `libraries` are those that are left on. A folder that cannot be listed counts as empty.
    """
    versions = installed(path)
    left_on = frozenset(libraries)
    watched: list[str] = []
    unsupported: list[str] = []
    unwatched = [
        name
        for name in UNWATCHED
        if name in versions and not any(whole in versions for whole in _PARTS_OF.get(name, ()))
    ]
    for name, requires in WATCHED.items():
        version = versions.get(normalized(distribution_of(requires)))
        if version is None:
            continue
        how = standing(requires, version)
        if name not in left_on:
            unwatched.append(name)
        elif how == "older":
            unsupported.append(f"{name} {version} (agentel knows {requires})")
        else:
            watched.append(f"{name} {version}{' (untested)' if how == 'newer' else ''}")
    return Found(tuple(watched), tuple(unsupported), tuple(sorted(unwatched)))


def installed(path: Sequence[str] | None = None) -> dict[str, str]:
    """Return the distributions on `path` with their versions, by normalised name."""
    versions: dict[str, str] = {}
    for folder in sys.path if path is None else path:
        for entry in _names(folder):
            match = _FOLDER.fullmatch(entry) if entry.endswith("-info") else None
            if match is not None:
                # The first one on the path is the one that is imported.
                versions.setdefault(normalized(match[1]), match[2])
    return versions


def _names(folder: str) -> list[str]:
    try:
        return os.listdir(folder or os.curdir)
    except OSError:
        return []
