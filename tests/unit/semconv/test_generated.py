"""What is generated: equal on every run, well formed, and equal to the model."""

from __future__ import annotations

import ast
import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
import yaml

import generate
from loading import load
from model import field_name

TABLE = "instrumentation/agentel/telemetry/_semconv.py"
CONSTANTS = "instrumentation/agentel/semconv.py"

SECONDS = tuple(0.01 * 2**power for power in range(14))
TOKENS = tuple(float(4**power) for power in range(14))
AGENT_SECONDS = tuple(0.1 * 2**power for power in range(13))
WORKFLOW_SECONDS = (1, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200)
CALLS = tuple(2**power for power in range(8))

TIME = ("histogram", "double", "s")
SIZE = ("histogram", "int", "{token}")
TOTAL = ("counter", "int", "{token}")

METRICS = {
    "agentel.agent.active": ("updowncounter", "int", "{agent}", (), "both"),
    "gen_ai.client.inference.duration": (*TIME, SECONDS, "latest"),
    "gen_ai.client.inference.operation.input_tokens": (*SIZE, TOKENS, "latest"),
    "gen_ai.client.inference.operation.output_tokens": (*SIZE, TOKENS, "latest"),
    "gen_ai.client.inference.time_per_output_chunk": (*TIME, SECONDS, "latest"),
    "gen_ai.client.inference.time_to_first_chunk": (*TIME, SECONDS, "latest"),
    "gen_ai.client.inference.usage.cache_read.input_tokens": (*TOTAL, (), "latest"),
    "gen_ai.client.inference.usage.cache_write.input_tokens": (*TOTAL, (), "latest"),
    "gen_ai.client.inference.usage.input_tokens": (*TOTAL, (), "latest"),
    "gen_ai.client.inference.usage.output_tokens": (*TOTAL, (), "latest"),
    "gen_ai.client.inference.usage.reasoning.output_tokens": (*TOTAL, (), "latest"),
    "gen_ai.client.operation.duration": (*TIME, SECONDS, "both"),
    "gen_ai.client.operation.time_per_output_chunk": (*TIME, SECONDS, "stable"),
    "gen_ai.client.operation.time_to_first_chunk": (*TIME, SECONDS, "stable"),
    "gen_ai.client.token.usage": (*SIZE, TOKENS, "stable"),
    "gen_ai.execute_tool.duration": (*TIME, SECONDS, "both"),
    "gen_ai.invoke_agent.duration": (*TIME, AGENT_SECONDS, "both"),
    "gen_ai.invoke_agent.inference_calls": ("histogram", "int", "{inference_call}", CALLS, "both"),
    "gen_ai.invoke_agent.tool_calls": ("histogram", "int", "{tool_call}", CALLS, "both"),
    "gen_ai.invoke_workflow.duration": (*TIME, WORKFLOW_SECONDS, "both"),
}
"""Instrument, value, unit, boundaries and generation, as the conventions' documents have them."""


def run(script: str, *arguments: str, seed: str = "0") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, f"semconv/{script}", *arguments],
        cwd=generate.ROOT,
        env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def imported(path: Path) -> ModuleType:
    """Import a generated file by itself; what it needs must be in it."""
    spec = importlib.util.spec_from_file_location(f"generated_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def table() -> ModuleType:
    return imported(generate.ROOT / TABLE)


@pytest.mark.parametrize("seed", ["1", "2"])
def test_generator_gives_the_committed_files(repository: Path, seed: str) -> None:
    for path in generate.OUTPUTS:
        (repository / path).unlink()

    assert run("generate.py", "--root", str(repository), seed=seed).returncode == 0
    assert {path: (repository / path).read_bytes() for path in generate.OUTPUTS} == {
        path: (generate.ROOT / path).read_bytes() for path in generate.OUTPUTS
    }


def test_check_names_each_stale_file_and_writes_nothing(repository: Path) -> None:
    (repository / TABLE).write_text("edited\n", "utf-8")
    (repository / "semconv/docs/spans.md").unlink()

    checked = run("generate.py", "--check", "--root", str(repository))

    drift = "differs from what semconv/model gives; run python semconv/generate.py"
    assert checked.returncode == 1
    assert checked.stdout.splitlines() == [f"{TABLE}: {drift}", f"semconv/docs/spans.md: {drift}"]
    assert (repository / TABLE).read_text("utf-8") == "edited\n"
    assert not (repository / "semconv/docs/spans.md").exists()


def test_check_of_current_files_succeeds(repository: Path) -> None:
    assert run("generate.py", "--check", "--root", str(repository)).returncode == 0


def test_unsound_model_generates_nothing(repository: Path) -> None:
    (repository / "semconv/model/agentel/metrics.yaml").write_text("metrics: []\n", "utf-8")

    made = run("generate.py", "--root", str(repository))

    assert made.returncode == 2
    assert made.stdout.splitlines() == [
        "semconv/model/agentel/metrics.yaml: file_format is not definition/2",
        "semconv/model/agentel/metrics.yaml: metrics is not a list with something in it",
    ]
    assert made.stderr == ""


def test_check_command_prints_problems_and_fails(repository: Path) -> None:
    (repository / "semconv/docs/events.md").unlink()

    checked = run("check.py", "--root", str(repository))

    drift = "differs from what semconv/model gives; run python semconv/generate.py"
    assert (checked.returncode, checked.stdout) == (1, f"semconv/docs/events.md: {drift}\n")


@pytest.mark.parametrize("path", [TABLE, CONSTANTS])
@pytest.mark.parametrize("command", [["format", "--check"], ["check"]], ids=["format", "lint"])
def test_generated_python_passes_ruff(path: str, command: list[str]) -> None:
    ruff = [sys.executable, "-m", "ruff", *command, "--no-cache", path]

    done = subprocess.run(ruff, cwd=generate.ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", generate.OUTPUTS)
def test_generated_file_says_so_in_its_first_line(root: Path, path: str) -> None:
    first = (root / path).read_text("utf-8").splitlines()[0]

    assert "Generated by semconv/generate.py from semconv/model. Do not edit." in first


def test_table_imports_nothing_but_typing(root: Path) -> None:
    tree = ast.parse((root / TABLE).read_text("utf-8"))
    imports = [node for node in ast.walk(tree) if isinstance(node, (ast.Import, ast.ImportFrom))]

    assert [ast.unparse(node) for node in imports] == [
        "from __future__ import annotations",
        "from typing import NamedTuple",
    ]


def test_rows_are_the_attributes_of_the_files(root: Path, table: ModuleType) -> None:
    expected = {}
    for path in (root / "semconv/model").glob("*/*.yaml"):
        for node in yaml.safe_load(path.read_text("utf-8")).get("attributes", ()):
            ours = node["annotations"]["agentel"]
            kind = node["type"] if isinstance(node["type"], str) else "string"
            row = (node["key"], kind, frozenset(ours["signals"]), ours["phase"])
            expected[field_name(node["key"])] = row
    del expected["prompt_variable"]  # a template

    assert {field: tuple(row) for field, row in table.ROWS.items()} == expected


def test_metrics_are_those_of_the_conventions(table: ModuleType) -> None:
    found = {
        name: (item.instrument, item.value, item.unit, item.buckets, item.generation)
        for name, item in table.METRICS.items()
    }

    expected = {name: (*row[:3], pytest.approx(row[3]), row[4]) for name, row in METRICS.items()}
    assert found == expected


def test_metric_attributes_are_those_of_the_conventions(table: ModuleType) -> None:
    client = {
        *("operation_name", "provider_name", "request_model", "response_model"),
        *("server_address", "server_port"),
    }
    openai = {"openai_response_service_tier", "openai_response_system_fingerprint"}

    names = ("gen_ai.client.operation.duration", "gen_ai.client.token.usage")
    names += ("gen_ai.client.operation.time_to_first_chunk", "gen_ai.execute_tool.duration")
    names += ("gen_ai.invoke_agent.duration", "gen_ai.client.inference.usage.output_tokens")
    assert [set(table.METRICS[name].attributes) for name in names] == [
        client | openai | {"error_type"},
        client | openai | {"token_type"},
        client,
        {"tool_name", "agent_name", "tool_type", "error_type"},
        {"agent_name", "request_model", "error_type"},
        client | openai | {"token_modality"},
    ]


def test_signals_refer_to_rows(table: ModuleType) -> None:
    used = {field for item in table.METRICS.values() for field in item.attributes}
    used |= {field for item in table.EVENTS.values() for field in item.attributes}
    used |= {*table.CONTEXT, *table.CONTENT}

    assert used <= set(table.ROWS)


def test_context_is_what_every_span_gets(table: ModuleType) -> None:
    assert {table.ROWS[field].key for field in table.CONTEXT} == {
        "gen_ai.agent.name",
        "agentel.agent.type",
        "agentel.phase",
        "agentel.task.id",
        "agentel.task.type",
        "agentel.task.attempt",
        "gen_ai.conversation.id",
        "user.id",
        "agentel.executor.name",
        "agentel.executor.variant",
    }


def test_reserved_events_have_their_fields(table: ModuleType) -> None:
    names = ("decision", "fallback", "circuit_skip", "stream_override", "tool_override")

    assert {name: table.EVENTS[f"agentel.{name}"].attributes for name in names} == {
        "decision": ("decision_choices", "decision_selected"),
        "fallback": ("fallback_from", "fallback_to", "fallback_reason"),
        "circuit_skip": ("circuit_skip_route", "circuit_skip_reason"),
        "stream_override": ("stream_override_route", "stream_override_reason"),
        "tool_override": ("tool_override_route", "tool_override_reason"),
    }


@pytest.mark.parametrize(
    ("key", "field"),
    [
        ("gen_ai.request.model", "request_model"),
        ("agentel.task.id", "task_id"),
        ("agentel.usage.cache_write_5m.input_tokens", "usage_cache_write_5m_input_tokens"),
        ("server.address", "server_address"),
        ("error.type", "error_type"),
        ("openai.response.service_tier", "openai_response_service_tier"),
    ],
)
def test_field_name(key: str, field: str) -> None:
    assert field_name(key) == field


def test_constants_are_every_name_once(root: Path) -> None:
    module = imported(root / CONSTANTS)
    model = load(root)
    found = {name: value for name, value in vars(module).items() if name.isupper()}

    names = [*model.attributes, *model.events, *model.metrics]
    assert sorted(found.values()) == sorted(names)
    assert found["GEN_AI_REQUEST_MODEL"] == "gen_ai.request.model"
    assert found["AGENTEL_OUTCOME"] == "agentel.outcome"
    assert found["EVENT_AGENTEL_STARTED"] == "agentel.started"
    assert found["METRIC_GEN_AI_CLIENT_TOKEN_USAGE"] == "gen_ai.client.token.usage"


def test_enumerations_have_their_values(root: Path) -> None:
    module = imported(root / CONSTANTS)

    def values(name: str) -> set[str]:
        return {value for key, value in vars(getattr(module, name)).items() if key.isupper()}

    assert values("Outcome") == {"completed", "abandoned", "cancelled", "cut", "error"}
    assert values("UsageSource") == {"provider", "absent", "injected"}
    assert values("CostSource") == {"provider", "library", "computed"}
    assert values("TokenType") == {"input", "output"}
    assert module.ProviderName.AZURE_AI_OPENAI == "azure.ai.openai"
    assert module.OperationName.EXECUTE_TOOL == "execute_tool"
    assert module.ErrorCategory.HTML_ERROR == "html_error"


def test_docs_name_everything(root: Path) -> None:
    model = load(root)
    pages = {
        "attributes": model.attributes,
        "spans": model.spans,
        "events": model.events,
        "metrics": model.metrics,
    }
    missing = [
        name
        for page, names in pages.items()
        for name in names
        if f"`{name}`" not in (root / f"semconv/docs/{page}.md").read_text("utf-8")
    ]

    assert missing == []
