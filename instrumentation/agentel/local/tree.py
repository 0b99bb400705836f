"""Knows how spans and events of one trace form a tree, also when some of them never came."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from agentel import semconv
from agentel.local import facts
from agentel.local.records import EventRecord, LogRecord, SpanRecord

__all__ = ["ELSEWHERE", "NOT_ENDED", "UNSEEN", "Node", "Trace", "begun_name", "build"]

NOT_ENDED = "not ended"
"""The outcome of what began (an `agentel.started` event says so) and has no span yet."""

UNSEEN = "not seen"
"""The outcome of a parent that others name, and of which nothing says where it is."""

ELSEWHERE = "elsewhere"
"""The outcome of a parent in another process, of which nothing was read."""


@dataclass(slots=True)
class Node:
    """One place in the tree.

    `span` is None where no ended span was read: `outcome` then says why, `name` and `attributes`
    are those of the begin event, if there was one.
    """

    span_id: str
    name: str
    start_ns: int
    outcome: str
    attributes: Mapping[str, object]
    span: SpanRecord | None = None
    events: list[EventRecord] = field(default_factory=list[EventRecord])
    children: list[Node] = field(default_factory=list["Node"])

    def walk(self) -> Iterator[Node]:
        """Yield this node and all below it, parents first."""
        waiting: list[Node] = [self]
        while waiting:
            node = waiting.pop()
            yield node
            waiting.extend(reversed(node.children))


@dataclass(frozen=True, slots=True)
class Trace:
    """One trace: its roots in order of time, and what its resources say."""

    trace_id: str
    roots: tuple[Node, ...]
    service: str
    run_id: str

    def nodes(self) -> Iterator[Node]:
        """Yield every node, parents first."""
        for root in self.roots:
            yield from root.walk()

    def spans(self) -> Iterator[SpanRecord]:
        """Yield every ended span."""
        return (node.span for node in self.nodes() if node.span is not None)

    @property
    def start_ns(self) -> int:
        """When the earliest node began; 0 when nobody knows."""
        return min((node.start_ns for node in self.nodes() if node.start_ns), default=0)

    @property
    def end_ns(self) -> int:
        """When the last span ended; 0 when none did."""
        return max((span.end_ns for span in self.spans()), default=0)

    @property
    def outcome(self) -> str:
        """The outcome of the first root that is known; `not ended` as long as there is none.

        What a remote caller called into stands for it.
        """
        entries = [
            child for root in self.roots if root.outcome == ELSEWHERE for child in root.children
        ]
        known = [root for root in self.roots if root.outcome not in (UNSEEN, ELSEWHERE)]
        return next((node.outcome for node in [*known, *entries]), NOT_ENDED)


def build(trace_id: str, records: Iterable[SpanRecord | LogRecord]) -> Trace:
    """Return the tree of `records`, all of which belong to the trace.

    A parent that is named but was not read becomes a node without a span. It is `NOT_ENDED` if its
    begin was read or if a child says that it is of the child's own process, `ELSEWHERE` if the
    children say that it is of another one, and `UNSEEN` if they do not say. Siblings are in order
    of their start.
    """
    everything = list(records)
    spans = [record for record in everything if isinstance(record, SpanRecord)]
    logs = [record for record in everything if isinstance(record, LogRecord)]
    nodes = {span.span_id: _ended(span) for span in spans}
    for log in logs:
        if log.event_name == semconv.EVENT_AGENTEL_STARTED and log.span_id not in nodes:
            nodes[log.span_id] = _begun(log)
    _attach_events(nodes, logs)
    roots = sorted(_link(nodes), key=_order)
    ordered = [root.span for root in roots if root.span is not None] + everything
    return Trace(
        trace_id,
        tuple(roots),
        service=_first(facts.service(record.resource) for record in ordered),
        run_id=_first(facts.run_id(record.resource) for record in ordered),
    )


def _first(words: Iterable[str]) -> str:
    return next((word for word in words if word), "")


def _ended(span: SpanRecord) -> Node:
    return Node(
        span.span_id,
        span.name,
        span.start_ns,
        facts.outcome(span),
        span.attributes,
        span=span,
        events=list(span.events),
    )


def _begun(log: LogRecord) -> Node:
    return Node(log.span_id, begun_name(log), log.time_ns, NOT_ENDED, log.attributes)


def begun_name(log: LogRecord) -> str:
    """Return the name that the span would have had, by the conventions' rule."""
    said = log.attributes
    task = facts.text(said, semconv.AGENTEL_TASK_TYPE)
    operation = facts.text(said, semconv.GEN_AI_OPERATION_NAME)
    if not operation:
        return f"task {task}".rstrip()
    subject = (
        facts.text(said, semconv.GEN_AI_WORKFLOW_NAME)
        if operation == "invoke_workflow"
        else facts.text(said, semconv.GEN_AI_AGENT_NAME)
    )
    return f"{operation} {subject}".rstrip()


def _attach_events(nodes: Mapping[str, Node], logs: Iterable[LogRecord]) -> None:
    """Add event records to their spans' events; one that comes twice is there only once."""
    known = {
        (node.span_id, event.name, event.time_ns)
        for node in nodes.values()
        for event in node.events
    }
    for log in logs:
        node = nodes.get(log.span_id)
        identity = (log.span_id, log.event_name, log.time_ns)
        if node is not None and log.event_name and identity not in known:
            known.add(identity)
            node.events.append(EventRecord(log.event_name, log.time_ns, log.attributes))
    for node in nodes.values():
        node.events.sort(key=lambda event: event.time_ns)


def _parent_id(node: Node) -> str:
    if node.span is not None:
        return node.span.parent_id
    return facts.text(node.attributes, semconv.AGENTEL_PARENT_SPAN_ID)


def _link(nodes: dict[str, Node]) -> list[Node]:
    """Hang every node below its parent and return the rest, the roots."""
    below: set[str] = set()
    for child in list(nodes.values()):
        parent_id = _parent_id(child)
        if not parent_id or parent_id == child.span_id:
            continue
        parent = nodes.get(parent_id)
        if parent is None:
            parent = nodes[parent_id] = Node(parent_id, "", child.start_ns, UNSEEN, {})
        if parent.span is None and not parent.name:
            parent.start_ns = min(parent.start_ns, child.start_ns)
            parent.outcome = _whereabouts(parent, child)
        parent.children.append(child)
        below.add(child.span_id)
    for node in nodes.values():
        node.children.sort(key=_order)
    roots = [node for key, node in nodes.items() if key not in below]
    return roots + _cut_circles(nodes, roots)


def _whereabouts(parent: Node, child: Node) -> str:
    """Return what is known of a parent that was not read, by one more child of it."""
    is_remote = child.span.parent_is_remote if child.span is not None else None
    if is_remote is None or parent.outcome == NOT_ENDED:
        return parent.outcome
    return ELSEWHERE if is_remote else NOT_ENDED


def _cut_circles(nodes: Mapping[str, Node], roots: Iterable[Node]) -> list[Node]:
    """Return new roots, so that spans which name each other as parents are shown too."""
    reached = {node.span_id for root in roots for node in root.walk()}
    found: list[Node] = []
    for node in sorted(nodes.values(), key=_order):
        if node.span_id not in reached:
            for other in nodes.values():
                other.children = [child for child in other.children if child is not node]
            found.append(node)
            reached.update(below.span_id for below in node.walk())
    return found


def _order(node: Node) -> tuple[int, str]:
    return node.start_ns, node.span_id
