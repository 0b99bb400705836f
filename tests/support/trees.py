"""Knows how spans hang together: prints them as trees of names, outcomes and chosen attributes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from opentelemetry.sdk.trace import ReadableSpan


def trees_as_text(spans: Sequence[ReadableSpan], *keys: str) -> str:
    """One line a span, children below their parent in the order of their start.

    A line is the span's name, its outcome, and those of `keys` that it has. A span whose parent is
    not among `spans` is a root.
    """
    known = {span.context.span_id for span in spans}
    roots = [s for s in spans if s.parent is None or s.parent.span_id not in known]
    return "\n".join(line for root in roots for line in _lines(root, spans, keys, ""))


def _lines(
    span: ReadableSpan, spans: Iterable[ReadableSpan], keys: tuple[str, ...], indent: str
) -> Iterable[str]:
    attributes = span.attributes or {}
    told = [f"{key}={attributes[key]}" for key in keys if key in attributes]
    yield indent + " ".join([span.name, f"[{attributes.get('agentel.outcome')}]", *told])
    for child in spans:
        if child.parent is not None and child.parent.span_id == span.context.span_id:
            yield from _lines(child, spans, keys, indent + "  ")
