"""What the runner of the examples gives to a program, and what it keeps from it."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

RUNNER = Path(__file__).resolve().parents[2] / "examples" / "run.py"


@pytest.fixture(scope="module")
def runner() -> ModuleType:
    spec = importlib.util.spec_from_file_location("examples_runner", RUNNER)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    "name",
    [
        "OPENAI_API_KEY",
        "OPENAI_ORG_ID",
        "OPENAI_BASE_URL",
        "ANTHROPIC_API_KEY",
        "ANTHROPIC_AUTH_TOKEN",
        "AZURE_OPENAI_ENDPOINT",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "GOOGLE_APPLICATION_CREDENTIALS",
        "HF_TOKEN",
        "MY_LLM_KEY",
        "newprovider_api_key",
    ],
)
def test_providers_variables_are_dropped(runner: ModuleType, name: str):
    assert name not in runner.environment({name: "planted"}, [], real=False)


@pytest.mark.parametrize("name", ["HOME", "LANG", "KEYBOARD", "TERM", "SSL_CERT_FILE", "COLUMNS"])
def test_other_variables_are_kept(runner: ModuleType, name: str):
    assert runner.environment({name: "kept"}, [], real=False)[name] == "kept"


def test_real_run_keeps_the_users_providers(runner: ModuleType):
    given = {"OPENAI_API_KEY": "planted", "OPENAI_BASE_URL": "http://localhost"}
    kept = runner.environment(given, [runner.PROVIDERS["openai"]], real=True)
    assert given.items() <= kept.items()


def test_missing_sdk_is_named(runner: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "main.py").write_text("from groq import Groq\n", "utf-8")
    monkeypatch.setitem(sys.modules, "groq", None)
    example = runner.Example("lost", tmp_path, {}, ["python", "main.py"])
    with pytest.raises(runner.Unusable, match="lost needs the SDK 'groq'; install it"):
        _ = example.providers
