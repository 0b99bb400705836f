"""Knows how what all processes of a run wrote is added up, and what the model server saw of it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from process.conftest import Place

DURATION = "gen_ai.client.operation.duration"
TOKENS = "gen_ai.client.token.usage"


@dataclass(frozen=True)
class Totals:
    """What there was of model calls: in spans, in metrics, or in truth."""

    calls: int
    input_tokens: int
    output_tokens: int


def truth(place: Place) -> Totals:
    """What the model server answered, and what it billed."""
    sent = place.server.sent
    return Totals(
        len(sent),
        sum(answer.billed.input_tokens for answer in sent),
        sum(answer.billed.output_tokens for answer in sent),
    )


def in_spans(place: Place) -> Totals:
    """What the spans of all processes say; each span id counts as often as it was written."""
    calls = [attributes(span) for span in place.spans() if span["name"].startswith("chat")]
    return Totals(
        len(calls),
        sum(int(call["gen_ai.usage.input_tokens"]) for call in calls),
        sum(int(call["gen_ai.usage.output_tokens"]) for call in calls),
    )


def in_metrics(place: Place) -> Totals:
    """The last cumulative value of each process, added up."""
    found: Counter[str] = Counter()
    for file in place.files("metrics"):
        found.update(_last_of(file))
    return Totals(found["calls"], found["input"], found["output"])


def _last_of(file: Path) -> dict[str, int]:
    *_, last = resources(file, "Metrics")
    found: Counter[str] = Counter()
    for metric in (metric for scope in last["scopeMetrics"] for metric in scope["metrics"]):
        for point in metric.get("histogram", {}).get("dataPoints", ()):
            if metric["name"] == DURATION:
                found["calls"] += int(point["count"])
            elif metric["name"] == TOKENS:
                found[attributes(point)["gen_ai.token.type"]] += int(point["sum"])
    return found


def resources(file: Path, signal: str) -> Iterator[dict[str, Any]]:
    """Each `resourceSpans` (or `Metrics`, `Logs`) of a file, in order."""
    for line in file.read_text().splitlines():
        yield from json.loads(line)[f"resource{signal}"]


def instances(place: Place) -> list[set[str]]:
    """The ids of the processes behind each file, one set for each process's files."""
    found: dict[str, set[str]] = {}
    for file in place.files():
        signal, pid, _ = file.stem.split("-")
        ids = {
            attributes(one["resource"])["service.instance.id"]
            for one in resources(file, {"traces": "Spans"}.get(signal, signal.title()))
        }
        found.setdefault(pid, set()).update(ids)
    return list(found.values())


def services(place: Place) -> set[str]:
    """The names that the processes gave themselves."""
    return {
        attributes(one["resource"])["service.name"]
        for file in place.files("traces")
        for one in resources(file, "Spans")
    }


def attributes(owner: dict[str, Any]) -> dict[str, Any]:
    """The attributes of a span, a point or a resource, each as its plain value."""
    return {a["key"]: next(iter(a["value"].values())) for a in owner["attributes"]}
