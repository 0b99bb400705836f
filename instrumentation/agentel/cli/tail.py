"""Knows the command `agentel tail`: what begins and ends while programs run."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing, suppress
from pathlib import Path

import click

from agentel import semconv
from agentel.cli.describing import add_event, add_span
from agentel.cli.failure import NOT_FOUND, Failure
from agentel.cli.record_json import record_json
from agentel.cli.screen import Line, reader_is_gone, show
from agentel.cli.sources import complain, from_option, own_files, telemetry_folder
from agentel.cli.wording import clock, escaped
from agentel.local import facts
from agentel.local.follow import Follower
from agentel.local.lines import read_lines
from agentel.local.pieces import LineDecoder
from agentel.local.read import STANDARD_INPUT, SourceError, find_files
from agentel.local.records import LogRecord, SpanRecord
from agentel.local.tree import begun_name

__all__ = ["command", "record_line"]

_PAUSE = 0.2
"""Seconds between two looks at the files, which are written to once a second."""

_SHORT_ID = 8
_Tell = Callable[[Sequence[SpanRecord | LogRecord]], bool]


@click.command("tail")
@click.option(
    "-n",
    "--lines",
    "limit",
    type=click.IntRange(min=0),
    default=10,
    show_default=True,
    metavar="N",
    help="With how many of the last spans and events to begin.",
)
@click.option("--run", "run_id", metavar="ID", help="Only of this run: its id, or its beginning.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
@from_option
def command(*, limit: int, run_id: str | None, as_json: bool, sources: tuple[str, ...]) -> int:
    r"""Follow what is recorded while programs run.

    Prints each span when it has ended, each agent, workflow and task when it begins, and each
    event, of every process and every new run, until you press Ctrl-C. With '-', until standard
    input ends.

    \b
    Examples:
      agentel tail
      agentel tail -n 0 --json
      agentel tail --from collector/
    """
    if STANDARD_INPUT in sources and len(sources) > 1:
        raise click.UsageError("follow standard input or files, not both.")

    def tell(records: Iterable[SpanRecord | LogRecord]) -> bool:
        wanted = (record for record in records if _is_of_run(record, run_id))
        if as_json:
            return show(Line().add(record_json(record)) for record in wanted)
        return show(map(record_line, wanted))

    # Ctrl-C is how it is meant to end.
    with suppress(KeyboardInterrupt):
        if STANDARD_INPUT in sources:
            _follow_input(tell)
        else:
            _follow_files(_finder(sources), limit, tell)
    return 0


def _finder(sources: Sequence[str]) -> Callable[[], list[Path]]:
    """Return what finds the files to follow.

    Raises SourceError for a source that is not there, Failure for a folder that is not ours.
    """
    named = list(sources)
    if named:
        find_files(named)
    else:
        folder = telemetry_folder()
        named = [str(folder / "runs")]
        try:
            own_files()
        except Failure as failure:
            if failure.code != NOT_FOUND:
                raise
            print(f"agentel: waiting for telemetry in {escaped(str(folder))}.", file=sys.stderr)

    def find() -> list[Path]:
        try:
            return find_files(named)
        except SourceError:
            return []

    return find


def _follow_files(find: Callable[[], list[Path]], limit: int, tell: _Tell) -> None:
    with closing(Follower(find)) as follower:
        backlog = [record for record in follower.poll() if _is_told(record)]
        is_read = tell(sorted(backlog, key=_time_ns)[-limit:] if limit else [])
        while is_read and not reader_is_gone():
            time.sleep(_PAUSE)
            is_read = tell(sorted(filter(_is_told, follower.poll()), key=_time_ns))


def _follow_input(tell: _Tell) -> None:
    decoder = LineDecoder(without_metrics=True)
    for number, (line, _) in enumerate(read_lines(sys.stdin.buffer), 1):
        place = ("standard input", number)
        if not line:
            decoder.skip_long(place)
        found = [
            record
            for record in decoder.records(line, place)
            if isinstance(record, (SpanRecord, LogRecord)) and _is_told(record)
        ]
        if not tell(found):
            break
    complain(decoder.skipped)


def _is_told(record: SpanRecord | LogRecord) -> bool:
    """Return whether a record is a span or an event that says more than its span will."""
    if isinstance(record, SpanRecord):
        return True
    return record.event_name not in ("", semconv.EVENT_GEN_AI_CLIENT_INFERENCE_OPERATION_DETAILS)


def _is_of_run(record: SpanRecord | LogRecord, run_id: str | None) -> bool:
    return not run_id or facts.run_id(record.resource).startswith(run_id)


def _time_ns(record: SpanRecord | LogRecord) -> int:
    return record.end_ns if isinstance(record, SpanRecord) else record.time_ns


def record_line(record: SpanRecord | LogRecord) -> Line:
    """Return a span that ended, something that began, or an event, with its time and its trace."""
    time_of_day = clock(_time_ns(record)).rpartition(" ")[2]
    line = Line(lead="").add(time_of_day, "dim").add("  ")
    line.add(record.trace_id[:_SHORT_ID].ljust(_SHORT_ID), "dim").add("  ")
    if isinstance(record, SpanRecord):
        return add_span(line.add(escaped(record.name) or f"span {record.span_id}", "bold"), record)
    if record.event_name == semconv.EVENT_AGENTEL_STARTED:
        return line.add(escaped(begun_name(record)), "bold").add("  begins", "dim")
    return add_event(line.add("• ", "dim"), record.event_name, record.attributes)
