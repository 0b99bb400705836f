"""Each check finds its fault, planted into a copy of the model."""

from __future__ import annotations

from pathlib import Path

import pytest

import check

OURS = "semconv/model/agentel/registry.yaml"
EVENTS = "semconv/model/agentel/events.yaml"
METRICS = "semconv/model/agentel/metrics.yaml"
SPANS = "semconv/model/agentel/spans.yaml"
GEN_AI = "semconv/model/upstream/gen_ai.yaml"
UPSTREAM_METRICS = "semconv/model/upstream/metrics.yaml"

ATTRIBUTE = """
  - key: KEY
    type: int
    brief: Planted.
    stability: development
    annotations: {agentel: {signals: [resource], phase: end}}
"""


def edit(repository: Path, file: str, old: str, new: str) -> None:
    path = repository / file
    text = path.read_text("utf-8")
    assert text.count(old) >= 1, f"{file} has no {old!r} to replace"
    path.write_text(text.replace(old, new, 1), "utf-8")


def append(repository: Path, file: str, text: str) -> None:
    path = repository / file
    path.write_text(path.read_text("utf-8") + text, "utf-8")


def test_copy_without_fault_has_no_problem(repository: Path) -> None:
    assert list(check.problems(repository)) == []


def test_repository_has_no_problem(root: Path) -> None:
    assert list(check.problems(root)) == []


REPLACED = {
    "unknown-key": (
        METRICS,
        "    unit: ",
        "    unti: ",
        f"{METRICS}: agentel.agent.active has the unknown key unti",
    ),
    "missing-key": (
        METRICS,
        '    unit: "{agent}"\n',
        "",
        f"{METRICS}: agentel.agent.active lacks unit",
    ),
    "unknown-section": (
        METRICS,
        "\nmetrics:\n",
        "\nmeters:\n",
        f"{METRICS}: unknown section meters",
    ),
    "wrong-format": (
        METRICS,
        "definition/2",
        "definition/1",
        f"{METRICS}: file_format is not definition/2",
    ),
    "wrong-instrument": (
        METRICS,
        "updowncounter",
        "upanddown",
        f"{METRICS}: agentel.agent.active: instrument is 'upanddown', "
        "expected one of counter, updowncounter, gauge, histogram",
    ),
    "wrong-type": (
        OURS,
        "key: agentel.task.attempt\n    type: int",
        "key: agentel.task.attempt\n    type: integer",
        f"{OURS}: agentel.task.attempt: type is 'integer', expected one of "
        "string, int, double, boolean, string[], int[], double[], boolean[], any",
    ),
    "example-of-another-type": (
        OURS,
        "examples: [0.0123]",
        'examples: ["0.0123"]',
        f"{OURS}: agentel.cost.amount: the example '0.0123' is not of type double",
    ),
    "member-lacks-value": (
        OURS,
        "          value: completed\n",
        "",
        f"{OURS}: agentel.outcome: type: completed lacks value",
    ),
    "unknown-annotation": (
        OURS,
        "signals: [span, event], phase: end",
        "signals: [span, event], fase: end",
        f"{OURS}: agentel.outcome: annotations: agentel has the unknown key fase",
    ),
    "wrong-signal": (
        OURS,
        "signals: [resource]",
        "signals: [process]",
        f"{OURS}: agentel.run.id: annotations: agentel: signals is ['process'], "
        "expected a list of some of span, metric, event, resource, in this order",
    ),
    "long-brief": (
        OURS,
        "brief: What was chosen.",
        f"brief: {'x' * 91}",
        f"{OURS}: agentel.decision.selected: brief is {'x' * 91!r}, "
        "expected a line of 1 to 90 characters, no double quotes or backslashes",
    ),
    "unresolved-attribute": (
        EVENTS,
        "ref: agentel.decision.selected",
        "ref: agentel.decision.taken",
        f"{EVENTS}: agentel.decision: refers to the unknown attribute agentel.decision.taken",
    ),
    "unresolved-group": (
        SPANS,
        "ref_group: attributes.agentel.error",
        "ref_group: attributes.agentel.mistake",
        f"{SPANS}: attributes.agentel.span: refers to the unknown group attributes.agentel.mistake",
    ),
    "unresolved-refinement": (
        SPANS,
        "ref: gen_ai.memory.client",
        "ref: gen_ai.memory.server",
        f"{SPANS}: agentel.memory.client: refines gen_ai.memory.server, "
        "which is not among the spans",
    ),
    "group-in-itself": (
        SPANS,
        "ref_group: attributes.agentel.error",
        "ref_group: attributes.agentel.span",
        f"{SPANS}: attributes.agentel.span: the group attributes.agentel.span contains itself",
    ),
    "key-from-two-groups": (
        SPANS,
        "- ref_group: attributes.agentel.error",
        "- ref_group: attributes.agentel.error\n      - ref_group: attributes.agentel.call",
        f"{SPANS}: attributes.agentel.span: the group attributes.agentel.call contains itself",
    ),
    "histogram-without-buckets": (
        METRICS,
        "updowncounter",
        "histogram",
        "agentel.agent.active: a histogram with 0 buckets",
    ),
    "id-on-a-metric": (
        METRICS,
        "ref: gen_ai.agent.name",
        "ref: gen_ai.agent.id",
        "agentel.agent.active: carries the id gen_ai.agent.id; ids have no bound",
    ),
    "content-on-a-metric": (
        METRICS,
        "ref: gen_ai.agent.name",
        "ref: gen_ai.retrieval.query.text",
        "agentel.agent.active: carries the content gen_ai.retrieval.query.text",
    ),
    "buckets-out-of-order": (
        UPSTREAM_METRICS,
        "buckets: [1, 5, 10",
        "buckets: [5, 1, 10",
        f"{UPSTREAM_METRICS}: gen_ai.invoke_workflow.duration: annotations: agentel: "
        "buckets is [5, 1, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200], "
        "expected a list of rising numbers",
    ),
    "signal-that-nothing-has": (
        GEN_AI,
        "signals: [metric], phase: end",
        "signals: [metric, event], phase: end",
        "gen_ai.token.type: has the signal event, but no event refers to it",
    ),
    "signal-not-said": (
        GEN_AI,
        "signals: [span, metric, event], phase: start",
        "signals: [span, event], phase: start",
        "gen_ai.operation.name: lacks the signal metric, but a metric refers to it",
    ),
    "sampling-relevant-at-the-end": (
        GEN_AI,
        "signals: [span, metric, event], phase: start",
        "signals: [span, metric, event], phase: end",
        "gen_ai.client.inference: gen_ai.operation.name is sampling relevant, "
        "its phase is not start",
    ),
    "context-at-the-end": (
        OURS,
        "phase: start, context: true",
        "phase: end, context: true",
        "agentel.phase: a context attribute must be on spans from their start",
    ),
    "manifest-without-url": (
        "semconv/model/manifest.yaml",
        "schema_url: ",
        "schema: ",
        "semconv/model/manifest.yaml: manifest lacks schema_url",
    ),
}


@pytest.mark.parametrize(("file", "old", "new", "problem"), REPLACED.values(), ids=REPLACED)
def test_replaced_text_is_found(
    repository: Path, file: str, old: str, new: str, problem: str
) -> None:
    edit(repository, file, old, new)

    assert problem in list(check.problems(repository))


APPENDED = {
    "ours-outside-agentel": (
        OURS,
        "agent.mood",
        "semconv/model/agentel/registry.yaml: agent.mood: a name of ours outside agentel.",
    ),
    "foreign-key-in-ours": (
        OURS,
        "gen_ai.mood.level",
        "semconv/model/agentel/registry.yaml: gen_ai.mood.level: a name of ours outside agentel.",
    ),
    "ours-among-upstream": (
        GEN_AI,
        "agentel.mood",
        "semconv/model/upstream/gen_ai.yaml: agentel.mood: a name of ours among upstream's; "
        "it belongs in agentel/",
    ),
    "defined-twice": (
        OURS,
        "agentel.task.id",
        "semconv/model/agentel/registry.yaml: agentel.task.id: is also in attributes of "
        "agentel/registry.yaml",
    ),
    "key-that-is-a-namespace": (
        OURS,
        "agentel.outcome.reason",
        "agentel.outcome: is a key and the namespace of agentel.outcome.reason",
    ),
    "namespace-that-is-a-key": (
        OURS,
        "agentel.task",
        "agentel.task: is a key and the namespace of agentel.task.attempt, agentel.task.id, "
        "agentel.task.priority, agentel.task.title, agentel.task.type",
    ),
    "field-of-another-key": (
        OURS,
        "agentel.agent.name",
        "agentel.agent.name, gen_ai.agent.name: share the field name agent_name",
    ),
    "not-generated": (
        OURS,
        "agentel.mood",
        "instrumentation/agentel/semconv.py: "
        "differs from what semconv/model gives; run python semconv/generate.py",
    ),
}


@pytest.mark.parametrize(("file", "key", "problem"), APPENDED.values(), ids=APPENDED)
def test_added_attribute_is_found(repository: Path, file: str, key: str, problem: str) -> None:
    append(repository, file, ATTRIBUTE.replace("KEY", key))

    assert problem in list(check.problems(repository))


def test_key_said_twice_in_a_mapping_is_found(repository: Path) -> None:
    edit(repository, METRICS, '    unit: "{agent}"\n', '    unit: "{agent}"\n    unit: s\n')

    (problem,) = check.problems(repository)

    assert "the key unit is there twice" in problem


def test_torn_yaml_is_one_line(repository: Path) -> None:
    append(repository, METRICS, "\n  - [\n")

    (problem,) = check.problems(repository)

    assert problem.startswith("semconv/model: cannot be read: ")
    assert "\n" not in problem


def test_edited_output_is_found(repository: Path) -> None:
    append(repository, "semconv/docs/events.md", "By hand.\n")

    assert list(check.problems(repository)) == [
        "semconv/docs/events.md: "
        "differs from what semconv/model gives; run python semconv/generate.py"
    ]
