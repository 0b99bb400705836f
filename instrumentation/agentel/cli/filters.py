"""Knows how traces are chosen by time, service, agent, model, outcome and run."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from fnmatch import fnmatchcase
from typing import TypeVar

import click

from agentel.local.index import Head
from agentel.local.tree import NOT_ENDED

__all__ = ["Filters", "filter_options", "filters_from", "moment"]

_Function = TypeVar("_Function", bound=Callable[..., object])

_AGO = re.compile(r"(\d{1,6}(?:\.\d{1,6})?)\s*([smhdw])")
_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_OUTCOMES = ("completed", "error", "cut", "cancelled", "abandoned", "not-ended")
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def moment(text: str) -> int:
    """Return the time that a person typed, in nanoseconds since 1970 (UTC).

    It is ISO 8601 (UTC unless it says otherwise) or how long ago. Raises ValueError.
    """
    ago = _AGO.fullmatch(text.strip())
    if ago is not None:
        seconds = float(ago.group(1)) * _SECONDS[ago.group(2)]
        return _nanoseconds(datetime.now(timezone.utc) - timedelta(seconds=seconds))
    # Python 3.10 does not know the Z.
    when = datetime.fromisoformat(re.sub(r"[zZ]$", "+00:00", text.strip()))
    return _nanoseconds(when if when.tzinfo else when.replace(tzinfo=timezone.utc))


def _moment(context: click.Context, option: click.Parameter, value: str | None) -> int | None:
    try:
        return None if value is None else moment(value)
    except (ValueError, OverflowError):
        raise click.BadParameter(
            f"'{value}' is no time; expected ISO 8601 in UTC, such as 2026-01-31 or "
            "2026-01-31T08:00:00Z, or how long ago, such as 90s, 15m, 2h, 3d or 1w.",
            context,
            option,
        ) from None


def _nanoseconds(when: datetime) -> int:
    return (when - _EPOCH) // timedelta(microseconds=1) * 1_000


@dataclass(frozen=True, slots=True)
class Filters:
    """What a trace must be like to be listed. Times are nanoseconds; '' and 0 take everything."""

    since_ns: int = 0
    until_ns: int = 0
    service: str = ""
    agent: str = ""
    model: str = ""
    outcome: str = ""
    run_id: str = ""

    def take(self, head: Head) -> bool:
        """Return whether a trace is like that."""
        return (
            head.start_ns >= self.since_ns
            and (not self.until_ns or head.start_ns < self.until_ns)
            and self.outcome in ("", head.outcome)
            and self.run_id in ("", head.run_id)
            and _is_among(self.service, head.services)
            and _is_among(self.agent, head.agents)
            and _is_among(self.model, head.models)
        )


def _is_among(pattern: str, names: Iterable[str]) -> bool:
    return not pattern or any(fnmatchcase(name.lower(), pattern.lower()) for name in names)


_OPTIONS = (
    click.option(
        "--since",
        callback=_moment,
        metavar="TIME",
        help="Begun then or later: ISO 8601 in UTC, or how long ago, such as 2h.",
    ),
    click.option("--until", callback=_moment, metavar="TIME", help="Begun before then."),
    click.option("--service", metavar="NAME", help="With spans of this service; '*' is any text."),
    click.option("--agent", metavar="NAME", help="With spans of this agent."),
    click.option("--model", metavar="NAME", help="With calls that asked for it or got it."),
    click.option(
        "--outcome", type=click.Choice(_OUTCOMES, case_sensitive=False), help="Ended like that."
    ),
    click.option("--run", "run_id", metavar="ID", help="Of this run: its id, or 'last'."),
)


def filter_options(function: _Function) -> _Function:
    """Add the options of all filters to a command, which takes them as keyword arguments."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def filters_from(chosen: dict[str, int | str | None]) -> Filters:
    """Return the filters from the options' values."""
    given: dict[str, object] = {key: value for key, value in chosen.items() if value is not None}
    return Filters(
        since_ns=_int(given.get("since")),
        until_ns=_int(given.get("until")),
        service=str(given.get("service", "")),
        agent=str(given.get("agent", "")),
        model=str(given.get("model", "")),
        outcome=str(given.get("outcome", "")).replace("not-ended", NOT_ENDED),
        run_id=str(given.get("run_id", "")),
    )


def _int(value: object) -> int:
    return value if isinstance(value, int) else 0
