"""Knows one start: the SDK's three signals are imported, then ours is loaded. Prints the times.

It is a program of its own, and imports nothing that either side might import, before the clock.
"""

from __future__ import annotations

import sys
import time

SDKS = ("openai", "anthropic", "groq", "together")
"""None of them may be imported because of us."""


def main() -> None:
    begun = _now()
    import opentelemetry.sdk._logs
    import opentelemetry.sdk.metrics
    import opentelemetry.sdk.trace  # noqa: F401 - its import is what is timed

    loaded = _now()
    from bench.instrumentors import entry_points

    instrumentors = entry_points()  # the search is the launcher's, with us or without
    before = _now()
    for entry_point in instrumentors:
        entry_point.load()().instrument()
    after = _now()
    imported = [sdk for sdk in SDKS if sdk in sys.modules]
    if sys.argv[1:] == ["--check"]:
        _check()
    import json

    added_ms, sdk_ms = _between(before, after), _between(begun, loaded)
    print(json.dumps({"added_ms": added_ms, "sdk_ms": sdk_ms, "imported": imported}))


def _now() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


def _between(before: tuple[float, float], after: tuple[float, float]) -> float:
    """Return the time between two moments, in ms, without what other processes took."""
    return min(late - early for early, late in zip(before, after, strict=True)) * 1e3


def _check() -> None:
    """Import an SDK after the clock has stopped: it must be watched now."""
    from openai._base_client import SyncAPIClient

    if not hasattr(SyncAPIClient.request, "__wrapped__"):
        raise SystemExit("openai is not watched after instrument()")


if __name__ == "__main__":
    main()
