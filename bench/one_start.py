"""Knows one start: the SDK's three signals are imported, then ours is loaded. Prints the times.

It is a program of its own, and imports nothing that either side might import, before the clock.
"""

from __future__ import annotations

import sys
import time

SDKS = ("openai", "anthropic", "groq", "together")
"""None of them may be imported because of us."""


def main() -> None:
    begun = time.perf_counter()
    import opentelemetry.sdk._logs
    import opentelemetry.sdk.metrics
    import opentelemetry.sdk.trace  # noqa: F401 - its import is what is timed

    loaded = time.perf_counter()
    from bench.instrumentors import entry_points

    instrumentors = entry_points()  # the search is the launcher's, with us or without
    before = time.perf_counter()
    for entry_point in instrumentors:
        entry_point.load()().instrument()
    after = time.perf_counter()
    imported = [sdk for sdk in SDKS if sdk in sys.modules]
    _check()
    import json

    added, sdk = after - before, loaded - begun
    print(json.dumps({"added_ms": added * 1e3, "sdk_ms": sdk * 1e3, "imported": imported}))


def _check() -> None:
    """Import an SDK after the clock has stopped: it must be watched now."""
    from openai._base_client import SyncAPIClient

    if not hasattr(SyncAPIClient.request, "__wrapped__"):
        raise SystemExit("openai is not watched after instrument()")


if __name__ == "__main__":
    main()
