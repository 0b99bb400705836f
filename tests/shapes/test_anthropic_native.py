from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import anthropic
import pytest

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(
        not hasattr(anthropic._base_client, "start_api_call_span"),
        reason="this version of anthropic has no spans of its own",
    ),
]
OURS = {
    "spans": ["chat claude-opus-5 < app"],
    "calls": 1,
    "tokens": [12, 7],
    "event of": ["chat claude-opus-5"],
}
NATIVE = {
    "spans": ["anthropic.messages.create < app"],
    "calls": 1,
    "tokens": [12, 7],
    "event of": ["anthropic.messages.create"],
}
UNSEEN = {"calls": 0, "tokens": [], "event of": []}
EXPECTED = {
    "default": OURS,
    "default-early": OURS,
    "default-async": OURS,
    "default-stream": OURS,
    "default-helper": OURS,
    "default-raw": OURS,
    "default-middleware": OURS,
    "default-tools": {
        "spans": [
            "anthropic.messages.tool_runner < app",
            "chat claude-opus-5 < anthropic.messages.tool_runner",
            "anthropic.custom_tool_use add < anthropic.messages.tool_runner",
            "chat claude-opus-5 < anthropic.messages.tool_runner",
        ],
        "calls": 2,
        "tokens": [24, 14],
        "event of": ["chat claude-opus-5", "chat claude-opus-5"],
    },
    "default-refused": {**OURS, "tokens": []},
    "default-suppressed": {**UNSEEN, "spans": ["anthropic.messages.create < app"]},
    "default-count-tokens": {**UNSEEN, "spans": ["anthropic.messages.count_tokens < app"]},
    "default-unwatched": {**UNSEEN, "spans": ["anthropic.messages.create < app"]},
    "default-marked": OURS,
    "switch-true": NATIVE,
    "switch-true-early": NATIVE,
    "switch-true-async": NATIVE,
    "switch-true-stream": NATIVE,
    "switch-true-break": {**NATIVE, "tokens": [12]},
    "switch-true-helper": NATIVE,
    "switch-true-refused": {**NATIVE, "tokens": []},
    "switch-true-marked": OURS,
    "switch-false": OURS,
    "option-false": OURS,
    "option-true": OURS,
    "option-content": NATIVE,
    "option-provider": NATIVE,
    "switch-true-option-false": OURS,
}


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    """What each scenario told, from a process whose global tracer provider is set."""
    ran = subprocess.run(
        [sys.executable, "-m", "support.native_spans"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(ran.stdout)


@pytest.mark.parametrize("name", EXPECTED)
def test_one_model_span_and_one_count_whoever_was_asked(name: str, told: dict[str, Any]) -> None:
    assert told[name] == EXPECTED[name]


def test_every_scenario_is_expected(told: dict[str, Any]) -> None:
    assert list(told) == list(EXPECTED)
