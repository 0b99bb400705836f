"""Knows the rules that names and references of the model keep beyond their syntax.

Weaver resolves references but does not notice a name that is both a key and a namespace, nor any
rule about our annotations.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import chain

from model import OURS, Document, Event, Metric, Model, Node, Span

_NAMED_BY = {"attributes": "key", "spans": "type", "events": "name", "metrics": "name"}
_REFINED = {
    "span_refinements": "spans",
    "event_refinements": "events",
    "metric_refinements": "metrics",
}
_IDENTIFIED_BY = {**_NAMED_BY, "attribute_groups": "id", **dict.fromkeys(_REFINED, "id")}


def duplicates(documents: list[Document]) -> Iterator[str]:
    """Yield every name that one section defines again, in whichever file."""
    for section, by in _IDENTIFIED_BY.items():
        first: dict[str, str] = {}
        for path, node in _nodes(documents, section):
            name = node[by]
            if name in first:
                yield f"{path}: {name}: is also in {section} of {first[name]}"
            first.setdefault(name, path)


def unresolved(documents: list[Document]) -> Iterator[str]:
    """Yield every reference that leads nowhere or to itself, and every clash of two groups."""
    keys = {node["key"] for _, node in _nodes(documents, "attributes")}
    groups = {node["id"]: node for _, node in _nodes(documents, "attribute_groups")}
    for section in ("attribute_groups", *_NAMED_BY, *_REFINED):
        for path, node in _nodes(documents, section):
            label = f"{path}: {node[_IDENTIFIED_BY[section]]}"
            for entry in node.get("attributes", ()):
                if "ref" in entry and entry["ref"] not in keys:
                    yield f"{label}: refers to the unknown attribute {entry['ref']}"
                if "ref_group" in entry and entry["ref_group"] not in groups:
                    yield f"{label}: refers to the unknown group {entry['ref_group']}"
            yield from (f"{label}: {clash}" for clash in _clashes(node, groups))
    yield from _unrefined(documents)


def namespaces(documents: list[Document]) -> Iterator[str]:
    """Yield every name defined in the wrong folder: ours and only ours are below `agentel.`."""
    for section, by in _IDENTIFIED_BY.items():
        for path, node in _nodes(documents, section):
            name = node[by].removeprefix("attributes.")
            is_ours = name.startswith(f"{OURS}.")
            if path.startswith(f"{OURS}/") and not is_ours:
                yield f"{path}: {name}: a name of ours outside {OURS}."
            if not path.startswith(f"{OURS}/") and is_ours:
                yield f"{path}: {name}: a name of ours among upstream's; it belongs in {OURS}/"


def names(model: Model) -> Iterator[str]:
    """Yield keys that are also namespaces, and keys that share a Python name."""
    by_field: defaultdict[str, list[str]] = defaultdict(list)
    for key, attribute in model.attributes.items():
        by_field[attribute.field].append(key)
        below = sorted(other for other in model.attributes if other.startswith(f"{key}."))
        if below:
            yield f"{key}: is a key and the namespace of {', '.join(below)}"
    for field, keys in by_field.items():
        if len(keys) > 1:
            yield f"{', '.join(keys)}: share the field name {field}"


def signals(model: Model) -> Iterator[str]:
    """Yield attributes whose signals, phase or marks contradict how signals refer to them."""
    used: dict[str, set[str]] = {
        "span": _keys(model.spans.values()),
        "metric": _keys(model.metrics.values()),
        "event": _keys(model.events.values()),
    }
    for key, attribute in model.attributes.items():
        for signal, keys in used.items():
            if signal in attribute.signals and key not in keys:
                yield f"{key}: has the signal {signal}, but no {signal} refers to it"
            if signal not in attribute.signals and key in keys:
                yield f"{key}: lacks the signal {signal}, but a {signal} refers to it"
        if attribute.is_context and (attribute.phase, attribute.signals[0]) != ("start", "span"):
            yield f"{key}: a context attribute must be on spans from their start"
    for span in model.spans.values():
        for reference in span.attributes:
            if reference.is_sampling_relevant and model.attributes[reference.key].phase != "start":
                yield f"{span.type}: {reference.key} is sampling relevant, its phase is not start"


def metrics(model: Model) -> Iterator[str]:
    """Yield metrics with wrong buckets or with attributes that no metric may carry."""
    for metric in model.metrics.values():
        if bool(metric.buckets) != (metric.instrument == "histogram"):
            yield f"{metric.name}: a {metric.instrument} with {len(metric.buckets)} buckets"
        for reference in metric.attributes:
            if reference.key.endswith(".id"):
                yield f"{metric.name}: carries the id {reference.key}; ids have no bound"
            if model.attributes[reference.key].is_content:
                yield f"{metric.name}: carries the content {reference.key}"


def _nodes(documents: list[Document], section: str) -> Iterator[tuple[str, Node]]:
    for document in documents:
        for node in document.each(section):
            yield document.path, node


def _keys(signals: Iterable[Span | Event | Metric]) -> set[str]:
    references = chain.from_iterable(signal.attributes for signal in signals)
    return {reference.key for reference in references}


def _clashes(node: Node, groups: dict[str, Node]) -> Iterator[str]:
    """Yield keys that two groups of one node bring; Weaver cannot tell which one wins."""
    origin: dict[str, str] = {}
    for entry in node.get("attributes", ()):
        name = entry.get("ref_group")
        if name not in groups:
            continue
        keys = _group_keys(name, groups, ())
        if keys is None:
            yield f"the group {name} contains itself"
            continue
        for key in keys:
            if key in origin:
                yield f"gets {key} from {origin[key]} and from {name}"
            origin[key] = name


def _group_keys(name: str, groups: dict[str, Node], path: tuple[str, ...]) -> set[str] | None:
    """Return the keys of a group, or None if it contains itself."""
    if name in path:
        return None
    keys: set[str] = set()
    for entry in groups.get(name, {}).get("attributes", ()):
        if "ref" in entry:
            keys.add(entry["ref"])
            continue
        inner = _group_keys(entry["ref_group"], groups, (*path, name))
        if inner is None:
            return None
        keys |= inner
    return keys


def _unrefined(documents: list[Document]) -> Iterator[str]:
    for section, base in _REFINED.items():
        known = {node[_NAMED_BY[base]] for _, node in _nodes(documents, base)}
        for path, node in _nodes(documents, section):
            if node["ref"] not in known:
                yield f"{path}: {node['id']}: refines {node['ref']}, which is not among the {base}"
