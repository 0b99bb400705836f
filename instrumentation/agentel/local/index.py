"""Knows what is worth listing about each trace, gathered in one pass over any number of records."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from agentel import semconv
from agentel.local import facts
from agentel.local.records import LogRecord, Record, SpanRecord
from agentel.local.tree import NOT_ENDED, begun_name

__all__ = ["Head", "heads"]


@dataclass(slots=True)
class Head:
    """One trace in a few numbers.

    `name` and `outcome` are those of the earliest root: a span without a parent, or one that began
    and did not end. Tokens are None as long as no call said any.
    """

    trace_id: str
    start_ns: int = 0
    end_ns: int = 0
    calls: int = 0
    input_tokens: int | None = None
    output_tokens: int | None = None
    run_id: str = ""
    _roots: list[tuple[int, str, str]] = field(default_factory=list[tuple[int, str, str]])
    _begun: dict[str, tuple[int, str]] = field(default_factory=dict[str, tuple[int, str]])
    _ended: set[str] = field(default_factory=set[str])

    @property
    def name(self) -> str:
        """The name of the earliest root, or ''."""
        return self._first()[1]

    @property
    def outcome(self) -> str:
        """The outcome of the earliest root; `not ended` without one."""
        return self._first()[2]

    def add(self, record: SpanRecord | LogRecord) -> None:
        """Take in one more record of this trace."""
        self.run_id = self.run_id or facts.run_id(record.resource)
        if isinstance(record, SpanRecord):
            self._add_span(record)
        elif record.event_name == semconv.EVENT_AGENTEL_STARTED:
            self._see(record.time_ns)
            self._begun[record.span_id] = (record.time_ns, begun_name(record))

    def _add_span(self, span: SpanRecord) -> None:
        self._see(span.start_ns)
        self.end_ns = max(self.end_ns, span.end_ns)
        self._ended.add(span.span_id)
        if not span.parent_id:
            self._roots.append((span.start_ns, span.name, facts.outcome(span)))
        if facts.is_inference(span):
            self.calls += 1
            used = facts.tokens(span)
            self.input_tokens = facts.plus(self.input_tokens, used.input)
            self.output_tokens = facts.plus(self.output_tokens, used.output)

    def _see(self, time_ns: int) -> None:
        if time_ns:
            self.start_ns = min(self.start_ns or time_ns, time_ns)

    def _first(self) -> tuple[int, str, str]:
        open_ones = [
            (time_ns, name, NOT_ENDED)
            for span_id, (time_ns, name) in self._begun.items()
            if span_id not in self._ended
        ]
        return min(self._roots + open_ones, default=(0, "", NOT_ENDED))


def heads(records: Iterable[Record]) -> dict[str, Head]:
    """Return a head for every trace id among `records`."""
    found: dict[str, Head] = {}
    for record in records:
        if isinstance(record, (SpanRecord, LogRecord)) and record.trace_id:
            head = found.get(record.trace_id)
            if head is None:
                head = found[record.trace_id] = Head(record.trace_id)
            head.add(record)
    # Plain log lines carry trace ids too; without a time of a span there is nothing to list.
    return {trace_id: head for trace_id, head in found.items() if head.start_ns}
