"""Knows what is worth listing about each trace, gathered in one pass over any number of records."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from agentel import semconv
from agentel.local import facts
from agentel.local.records import LogRecord, Record, SpanRecord
from agentel.local.seen import SeenSpans
from agentel.local.tree import NOT_ENDED, begun_name

__all__ = ["Head", "Index", "heads"]

_Candidate = tuple[int, int, str, str]
"""What may be the root: how unlike a root it is, when it began, its name and its outcome."""

_ROOT, _ENTRY, _INNER = range(3)
_UNKNOWN: _Candidate = (_INNER, 0, "", NOT_ENDED)


@dataclass(slots=True)
class Head:
    """One trace in a few numbers and names. There may be a million of them: they are kept small.

    `name` and `outcome` are those of the earliest root: a span without a parent, or one that began
    and did not end; without any, of where the trace came in from elsewhere. Tokens are None as
    long as no call said any. `models` has what was asked for and what answered.
    """

    trace_id: str
    start_ns: int = 0
    end_ns: int = 0
    calls: int = 0
    input_tokens: int | None = None
    output_tokens: int | None = None
    run_id: str = ""
    services: tuple[str, ...] = ()
    agents: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    _root: _Candidate | None = None
    _begun: dict[str, _Candidate] | None = None

    @property
    def name(self) -> str:
        """The name of the root, or ''."""
        return self._first()[2]

    @property
    def outcome(self) -> str:
        """The outcome of the root; `not ended` without one."""
        return self._first()[3]

    def add(self, record: SpanRecord | LogRecord, ended: SeenSpans) -> None:
        """Take in one more record of this trace; `ended` is shared by all traces."""
        if isinstance(record, SpanRecord):
            self._add_span(record, ended)
        elif record.event_name == semconv.EVENT_AGENTEL_STARTED:
            self._see(record.time_ns)
            if not ended.has(self.trace_id, record.span_id):
                self._begin(record)
        else:
            return
        self.run_id = self.run_id or sys.intern(facts.run_id(record.resource))
        self.services = _with(self.services, facts.service(record.resource))
        self.agents = _with(self.agents, facts.text(record.attributes, semconv.GEN_AI_AGENT_NAME))

    def _add_span(self, span: SpanRecord, ended: SeenSpans) -> None:
        self._see(span.start_ns)
        self.end_ns = max(self.end_ns, span.end_ns)
        if span.is_entry:
            rank = _ENTRY if span.parent_id else _ROOT
            outcome = sys.intern(facts.outcome(span))
            root = (rank, span.start_ns, sys.intern(span.name), outcome)
            self._root = min(self._root or root, root)
        if facts.is_inference(span):
            self._add_call(span)
        elif span.is_entry or facts.announces_itself(span):
            # Its begin may come later: files are read in any order.
            ended.add(self.trace_id, span.span_id)
            if self._begun is not None:
                self._begun.pop(span.span_id, None)

    def _add_call(self, span: SpanRecord) -> None:
        used = facts.tokens(span)
        self.calls += 1
        self.input_tokens = facts.plus(self.input_tokens, used.input)
        self.output_tokens = facts.plus(self.output_tokens, used.output)
        self.models = _with(self.models, facts.text(span.attributes, semconv.GEN_AI_REQUEST_MODEL))
        self.models = _with(self.models, facts.model(span))

    def _begin(self, log: LogRecord) -> None:
        has_parent = facts.text(log.attributes, semconv.AGENTEL_PARENT_SPAN_ID)
        begun = (_INNER if has_parent else _ROOT, log.time_ns, begun_name(log), NOT_ENDED)
        self._begun = {} if self._begun is None else self._begun
        self._begun[log.span_id] = begun

    def _see(self, time_ns: int) -> None:
        if time_ns:
            self.start_ns = min(self.start_ns or time_ns, time_ns)

    def _first(self) -> _Candidate:
        candidates = list((self._begun or {}).values())
        if self._root is not None:
            candidates.append(self._root)
        return min(candidates, default=_UNKNOWN)


@lru_cache(maxsize=1024)
def _with(names: tuple[str, ...], name: str) -> tuple[str, ...]:
    # Cached, so that traces with the same names share them.
    return names if not name or name in names else (*names, name)


class Index:
    """The heads of all traces among the records that it was given."""

    def __init__(self) -> None:
        self._heads: dict[str, Head] = {}
        self._ended = SeenSpans()

    def add(self, record: Record) -> None:
        """Take in one more record."""
        if isinstance(record, (SpanRecord, LogRecord)) and record.trace_id:
            head = self._heads.get(record.trace_id)
            if head is None:
                head = self._heads[record.trace_id] = Head(record.trace_id)
            head.add(record, self._ended)

    def heads(self) -> Iterator[Head]:
        """Yield the head of every trace."""
        # Plain log lines carry trace ids too; without a time of a span there is nothing to list.
        return (head for head in self._heads.values() if head.start_ns)


def heads(records: Iterable[Record]) -> list[Head]:
    """Return a head for every trace among `records`."""
    index = Index()
    for record in records:
        index.add(record)
    return list(index.heads())
