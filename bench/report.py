"""Knows how the figures are shown: as rows of ratios, in the terminal and in `docs/overhead.md`."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from datetime import datetime, timezone
from importlib import metadata

from bench.ratios import Row
from bench.session import Results
from bench.workloads import LONG

_PACKAGES = ("agentel", "opentelemetry-sdk", "openai", "anthropic", "httpx2", "httpx", "wrapt")
_HEADINGS = ("", "what is called", "ours", "at most", "met", "rounds", "total CPU")
_PAGE = """# What watching costs

Written by `{command}`; do not edit. {date}, {platform}, Python {python}.

{table}

{noise}

## How to read it

Every figure of a workload is a ratio: the time that ours adds to a call, divided by the time that
the *floor* adds to the same call in the same run. The floor is `bench/floor.py`: what one would
write by hand on the stock OpenTelemetry SDK, with one `start_span` with the request's attributes,
attach and detach round the call, one `set_attributes` with the answer's, three records on two
histograms, and content by `json.dumps`. 1.00 costs as much as that, 0.50 half. Times themselves
say more about a machine than about a library, so there are none, but for the cost of one chunk and
of the start.

- *ours* is wall time: what the caller waits for. Median over pairs of a plain and a watched call
  that follow each other in one process, then over the rounds; *rounds* is the lowest and the
  highest round.
- *total CPU* is that of all threads, with the measurements that are put off, the collection of the
  metrics and the export: what does not make the caller wait, but is paid for. For the streams of
  {long} chunks it is divided by that of a floor that records the conventions' chunk histograms, as
  ours does; the wall time is compared with a floor that does not.
- *sampled out* and *disabled* are divided by what the floor costs under the same setting.
- *noise* is an uninstrumented client in the place of ours: what differs from 0.00 is the machine.

Real clients are called over a transport inside the process. Spans, metrics and logs go through the
stock SDK and its batch processors to exporters that encode OTLP and drop it. Before anything is
timed, the exported bytes are searched for planted token counts and words: who says nothing is not
measured.

## Versions

{versions}
"""


def table(rows: Sequence[Row]) -> str:
    """Return the rows as a Markdown table whose columns are aligned."""
    cells = [
        _HEADINGS,
        *(
            (row.name, row.title, row.value, row.target, row.verdict, row.spread, row.cpu)
            for row in rows
        ),
    ]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = [
        "| "
        + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        + " |"
        for line in cells
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def noise_line(rows: Sequence[Row]) -> str:
    """Return what a client that nobody watches seems to cost, in one sentence."""
    if not rows:
        return "The noise of this run was not measured."
    figures = ", ".join(
        f"{row.name} {row.value}" + (f" ({row.spread})" if row.spread else "") for row in rows
    )
    return f"Noise, in the same ratio to the floor: {figures}."


def page(results: Results, command: str) -> str:
    """Return `docs/overhead.md`."""
    versions = "\n".join(f"- {name} {version}" for name in _PACKAGES if (version := _version(name)))
    return _PAGE.format(
        command=command,
        date=datetime.now(timezone.utc).date().isoformat(),
        platform=f"{platform.system()} {platform.machine()}",
        python=platform.python_version(),
        table=table(results.rows),
        noise=noise_line(results.noise),
        long=LONG,
        versions=versions,
    )


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
