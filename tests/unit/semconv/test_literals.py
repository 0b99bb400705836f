"""Literals of the package that look like convention names must be in the model."""

from __future__ import annotations

from pathlib import Path

import pytest

import check
import literals

MODULE = "instrumentation/agentel/clients/planted.py"

UNKNOWN = {
    "gen-ai-key": ('span.set_attribute("gen_ai.request.mood", 1)', "gen_ai.request.mood"),
    "key-of-ours": ('KEY = "agentel.mood"', "agentel.mood"),
    "openai-key": ('FIELDS = {"openai.response.mood": 1}', "openai.response.mood"),
    "misspelt-metric": ('NAME = "gen_ai.client.token.usages"', "gen_ai.client.token.usages"),
    "namespace-as-key": ('KEY = "gen_ai.usage"', "gen_ai.usage"),
    "default-argument": ('def f(key="agentel.mood"): ...', "agentel.mood"),
    "f-string": ('def f(x): return f"gen_ai.mood.{x}"', "gen_ai.mood."),
    "module-that-is-not-there": ('MODULE = "agentel.clients.absent"', "agentel.clients.absent"),
}


def plant(repository: Path, source: str) -> None:
    path = repository / MODULE
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(source + "\n", "utf-8")


@pytest.mark.parametrize(("source", "literal"), UNKNOWN.values(), ids=UNKNOWN)
def test_unknown_name_is_found(repository: Path, source: str, literal: str) -> None:
    plant(repository, source)

    assert list(check.problems(repository)) == [f"{MODULE}:1: {literal!r} is not in the model"]


KNOWN = {
    "key": 'KEY = "gen_ai.request.model"',
    "key-of-ours": 'KEY = "agentel.outcome"',
    "metric": 'NAME = "gen_ai.client.token.usage"',
    "event": 'NAME = "agentel.started"',
    "template": 'KEY = "gen_ai.prompt.variable.city"',
    "f-string-of-template": 'def f(x): return f"gen_ai.prompt.variable.{x}"',
    "f-string-of-namespace": 'def f(x): return f"gen_ai.usage.{x}.input_tokens"',
    "prefix": 'PREFIX = "gen_ai."',
    "sentence": 'TEXT = "Set agentel.mood to be happy."',
    "module": 'MODULE = "agentel.clients.planted"',
    "package": 'MODULE = "agentel.clients"',
    "sdk-module": 'MODULE = "openai.resources.chat"',
    "logger": 'import logging; LOG = logging.getLogger("agentel.mood")',
    "scope": 'def f(provider): return provider.get_tracer("agentel.groq", "1")',
    "scope-f-string": 'def f(provider, x): return provider.get_meter(f"agentel.mood.{x}")',
    "json-path": 'PATHS = {"usage.prompt_tokens": "response.model"}',
}


@pytest.mark.parametrize("source", KNOWN.values(), ids=KNOWN)
def test_what_is_known_or_no_name_is_let_be(repository: Path, source: str) -> None:
    plant(repository, source)

    assert list(check.problems(repository)) == []


def test_allowed_literal_that_is_gone_is_found(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(repository, 'KEY = "agentel.outcome"')
    monkeypatch.setitem(literals.ALLOWED, ("clients/planted.py", "agentel.mood"), "a test")

    assert list(check.problems(repository)) == [
        "instrumentation/agentel/clients/planted.py: "
        "allows 'agentel.mood', which it does not contain"
    ]


def test_allowed_literal_is_let_be(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(repository, 'KEY = "agentel.mood"')
    monkeypatch.setitem(literals.ALLOWED, ("clients/planted.py", "agentel.mood"), "a test")

    assert list(check.problems(repository)) == []
