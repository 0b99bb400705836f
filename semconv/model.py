"""Knows the semantic convention model: reads the YAML and resolves it into flat definitions.

The files are in Weaver's `definition/2` syntax. What Weaver has no word for (signals and phase of
an attribute, bucket boundaries, metric generation, severity) is under `annotations.agentel`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

OURS = "agentel"
"""The root namespace of every name of ours, and the folder that defines them."""

Node = Mapping[str, Any]
"""One YAML mapping, its shape already checked by `syntax.problems`."""


@dataclass(frozen=True, slots=True)
class Document:
    """One model file: its path below the model folder and its parsed content."""

    path: str
    content: Any

    def each(self, section: str) -> Iterator[Node]:
        """Yield the objects of one top-level section."""
        yield from self.content.get(section) or ()


@dataclass(frozen=True, slots=True)
class Member:
    """One value of an enumeration."""

    id: str
    value: str
    brief: str


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute key and how it is recorded."""

    key: str
    type: str
    members: tuple[Member, ...]
    brief: str
    note: str
    examples: tuple[object, ...]
    stability: str
    signals: tuple[str, ...]
    phase: str
    is_context: bool
    is_content: bool

    @property
    def field(self) -> str:
        """Return the Python name of the attribute."""
        return field_name(self.key)

    @property
    def is_template(self) -> bool:
        """Return whether the key is a prefix that callers complete."""
        return self.type.startswith("template[")


@dataclass(frozen=True, slots=True)
class Reference:
    """One attribute as a signal uses it."""

    key: str
    level: str
    condition: str
    is_sampling_relevant: bool

    @property
    def field(self) -> str:
        """Return the Python name of the attribute."""
        return field_name(self.key)


@dataclass(frozen=True, slots=True)
class Span:
    """One span type with upstream's and our attributes."""

    type: str
    kind: str
    name: str
    brief: str
    note: str
    attributes: tuple[Reference, ...]


@dataclass(frozen=True, slots=True)
class Event:
    """One event."""

    name: str
    severity: str
    brief: str
    note: str
    attributes: tuple[Reference, ...]


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric; `buckets` are in its unit and empty unless it is a histogram."""

    name: str
    instrument: str
    value: str
    unit: str
    brief: str
    note: str
    buckets: tuple[float, ...]
    generation: str
    attributes: tuple[Reference, ...]


@dataclass(frozen=True, slots=True)
class Model:
    """The whole model, everything sorted by name."""

    attributes: dict[str, Attribute]
    spans: dict[str, Span]
    events: dict[str, Event]
    metrics: dict[str, Metric]


def field_name(key: str) -> str:
    """Return the Python name of an attribute key: without our or GenAI's prefix, `_` for dots."""
    for prefix in ("gen_ai.", f"{OURS}."):
        if key.startswith(prefix):
            key = key.removeprefix(prefix)
            break
    return key.replace(".", "_")


def read(folder: Path) -> list[Document]:
    """Return every definition file below `folder`, sorted by path; the manifest is not one.

    Raises:
        yaml.YAMLError: a file is not YAML, or a mapping in it says one key twice.
    """
    return [read_file(folder, path) for path in sorted(folder.glob("*/*.yaml"))]


def read_file(folder: Path, path: Path) -> Document:
    """Return one file; raises as `read` does."""
    content = yaml.load(path.read_text("utf-8"), _Loader)
    return Document(path.relative_to(folder).as_posix(), content)


class _Loader(yaml.SafeLoader):
    """Refuses a key said twice, as Weaver does; PyYAML would keep the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key.value} is there twice", key.start_mark
                )
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def build(documents: Iterable[Document]) -> Model:
    """Return the resolved model of documents that have no problems.

    A refinement's attributes are added to the signal that it refines. The order of references is
    that of the files: inherited ones first, later ones override earlier ones of the same key.

    Raises:
        KeyError: a reference leads nowhere; `rules.unresolved` reports these.
    """
    resolve = _Resolver(list(documents))
    attributes = [_attribute(node) for node in resolve.nodes("attributes")]
    spans = [_span(node, resolve.signal(node, "span")) for node in resolve.nodes("spans")]
    events = [_event(node, resolve.signal(node, "event")) for node in resolve.nodes("events")]
    metrics = [_metric(node, resolve.signal(node, "metric")) for node in resolve.nodes("metrics")]
    return Model(
        attributes={item.key: item for item in sorted(attributes, key=lambda item: item.key)},
        spans={item.type: item for item in sorted(spans, key=lambda item: item.type)},
        events={item.name: item for item in sorted(events, key=lambda item: item.name)},
        metrics={item.name: item for item in sorted(metrics, key=lambda item: item.name)},
    )


class _Resolver:
    """Follows references between documents."""

    def __init__(self, documents: list[Document]) -> None:
        self._documents = documents
        self._groups = {node["id"]: node for node in self.nodes("attribute_groups")}

    def nodes(self, section: str) -> Iterator[Node]:
        for document in self._documents:
            yield from document.each(section)

    def signal(self, node: Node, kind: str) -> tuple[Reference, ...]:
        """Return the references of a signal, those of its refinements included."""
        name = node.get("type") or node["name"]
        found = self._references(node)
        for refinement in self.nodes(f"{kind}_refinements"):
            if refinement["ref"] == name:
                found |= self._references(refinement)
        return tuple(found.values())

    def _references(self, node: Node) -> dict[str, Reference]:
        grouped: dict[str, Reference] = {}
        inline: dict[str, Reference] = {}
        for entry in node.get("attributes") or ():
            if "ref_group" in entry:
                grouped |= self._references(self._groups[entry["ref_group"]])
            else:
                inline[entry["ref"]] = _reference(entry)
        return grouped | inline


def _reference(node: Node) -> Reference:
    level = node.get("requirement_level", "recommended")
    condition = ""
    if not isinstance(level, str):
        ((level, condition),) = level.items()
    return Reference(node["ref"], level, condition, bool(node.get("sampling_relevant")))


def _annotations(node: Node) -> Node:
    return node.get("annotations", {}).get(OURS, {})


def _attribute(node: Node) -> Attribute:
    kind, ours = node["type"], _annotations(node)
    members = () if isinstance(kind, str) else tuple(_member(item) for item in kind["members"])
    return Attribute(
        key=node["key"],
        type="string" if members else kind,
        members=members,
        brief=node["brief"],
        note=node.get("note", ""),
        examples=tuple(node.get("examples", ())),
        stability=node["stability"],
        signals=tuple(ours["signals"]),
        phase=ours["phase"],
        is_context=ours.get("context", False),
        is_content=ours.get("content", False),
    )


def _member(node: Node) -> Member:
    return Member(node["id"], node.get("value", node["id"]), node.get("brief", ""))


def _span(node: Node, attributes: tuple[Reference, ...]) -> Span:
    name, note = node["name"]["note"], node.get("note", "")
    return Span(node["type"], node["kind"], name, node["brief"], note, attributes)


def _event(node: Node, attributes: tuple[Reference, ...]) -> Event:
    severity = _annotations(node)["severity"]
    return Event(node["name"], severity, node["brief"], node.get("note", ""), attributes)


def _metric(node: Node, attributes: tuple[Reference, ...]) -> Metric:
    ours = _annotations(node)
    return Metric(
        name=node["name"],
        instrument=node["instrument"],
        value=node["annotations"]["code_generation"]["metric_value_type"],
        unit=node["unit"],
        brief=node["brief"],
        note=node.get("note", ""),
        buckets=tuple(float(boundary) for boundary in ours.get("buckets", ())),
        generation=ours["generation"],
        attributes=attributes,
    )
