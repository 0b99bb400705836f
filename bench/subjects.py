"""Knows who can watch the calls: nobody, the floor, ours."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bench.children import Unmeasured
from bench.floor import Floor
from bench.instrumentors import entry_points
from bench.pipeline import Telemetry
from bench.workloads import Decorate, Workload

PLAIN, FLOOR, FLOOR_CHUNK, OURS = "plain", "floor", "floor_chunk", "ours"


def install(subject: str, workload: Workload, telemetry: Telemetry) -> Decorate | None:
    """Patch the SDK that the workload calls, or return the decorator that it wants.

    Raises `Unmeasured` when the subject cannot watch this workload.
    """
    if subject == PLAIN:
        return undecorated if workload.sdk is None else None
    if subject == OURS:
        return _our_tool() if workload.sdk is None else _instrument(workload.sdk, telemetry)
    floor = Floor(
        telemetry.providers,
        has_content=workload.has_content,
        records_chunks=subject == FLOOR_CHUNK,
    )
    if workload.sdk is None:
        return floor.decorate
    floor.install_openai() if workload.sdk == "openai" else floor.install_anthropic()
    return None


def _instrument(sdk: str, telemetry: Telemetry) -> None:
    for entry_point in entry_points():
        if entry_point.name == sdk:
            entry_point.load()().instrument(**telemetry.providers)
            return
    raise Unmeasured(f"agentel has no instrumentor for {sdk}")


def _our_tool() -> Decorate:
    from agentel import tool

    return tool


def undecorated(function: Callable[..., Any]) -> Callable[..., Any]:
    """Leave a function as it is."""
    return function
