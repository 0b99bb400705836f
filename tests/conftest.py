"""Knows what holds for every test: nothing is swallowed, and nothing of the outside gets in."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from agentel.core.safety import reraise_in_tests

OUTSIDE = (
    "OTEL_",
    "AGENTEL_",
    "OPENAI_",
    "ANTHROPIC_",
    "GROQ_",
    "TOGETHER_",
    "OPENROUTER_",
    "AZURE_OPENAI_",
)
"""What the environment variables begin with that could reach into a test, keys included."""

NAMES = ("TRACEPARENT", "TRACESTATE")


def _clear(environ: os._Environ[str]) -> None:
    for name in tuple(environ):
        if name.startswith(OUTSIDE) or name in NAMES:
            del environ[name]


# Some of it is read when a module is imported, which is before any fixture.
_clear(os.environ)


def pytest_configure(config: pytest.Config) -> None:
    # OpenTelemetry's SDK 1.39 warns about classes of its own when it is imported.
    config.addinivalue_line(
        "filterwarnings", "ignore:You should use `.*since version 1.39:DeprecationWarning"
    )


@pytest.fixture(autouse=True)
def clean_environment() -> Iterator[None]:
    """Take away what a test, or what it tested, left in the environment."""
    yield
    _clear(os.environ)


@pytest.fixture(autouse=True)
def nothing_is_swallowed() -> Iterator[None]:
    """Let what agentel would only report fail the test; `safety` has its own, which does not."""
    reraise_in_tests(True)
    yield
    reraise_in_tests(False)
