"""Knows Weaver's `definition/2` syntax and the shape of our annotations inside it.

Source: schemas/semconv.schema.v2.json and definition-manifest.v2.json of open-telemetry/weaver.
Where we are stricter than Weaver the checker says why.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import values
from model import OURS, Document
from values import Check


@dataclass(frozen=True, slots=True)
class Shape:
    """The keys of one kind of mapping; a nested shape or list of shapes stands for its values."""

    required: Mapping[str, Check | Shape | list[Shape]]
    optional: Mapping[str, Check | Shape | list[Shape]] = field(default_factory=dict)
    is_open: bool = False


_STABILITY = values.one_of(
    "stable", "development", "deprecated", "alpha", "beta", "release_candidate"
)
_SIGNAL_LEVEL = values.one_of("recommended", "opt_in")
_DEPRECATED = Shape(
    {"reason": values.one_of("renamed", "obsoleted", "uncategorized")},
    {"note": values.text, "renamed_to": values.name},
)
_ANNOTATIONS = Shape({}, is_open=True)
_OPTIONS = {"note": values.text, "deprecated": _DEPRECATED, "annotations": _ANNOTATIONS}


def _annotated(required: Mapping[str, Check], optional: Mapping[str, Check] | None = None) -> Shape:
    """Return annotations with ours in them; Weaver takes any others beside them."""
    return Shape({OURS: Shape(required, optional or {})}, is_open=True)


_MEMBER = Shape(
    {"id": values.identifier, "value": values.text, "stability": _STABILITY},
    {"brief": values.line, **_OPTIONS},
)
_ATTRIBUTE = Shape(
    {
        "key": values.name,
        "type": values.attribute_type,
        "brief": values.line,
        "stability": _STABILITY,
        "annotations": _annotated(
            {"signals": values.signals, "phase": values.one_of("start", "end")},
            {"context": values.flag, "content": values.flag},
        ),
    },
    {**_OPTIONS, "examples": values.examples},
)
_ENUMERATION = Shape(
    {**_ATTRIBUTE.required, "type": Shape({"members": [_MEMBER]})}, _ATTRIBUTE.optional
)
_REFERENCE = Shape(
    {"ref": values.name},
    {
        **_OPTIONS,
        "requirement_level": values.level,
        "brief": values.line,
        "examples": values.examples,
        "stability": _STABILITY,
    },
)
_SPAN_REFERENCE = Shape(
    _REFERENCE.required, {**_REFERENCE.optional, "sampling_relevant": values.flag}
)
_GROUP_REFERENCE = Shape({"ref_group": values.name})
_GROUP = Shape(
    {"id": values.name, "visibility": values.one_of("internal"), "attributes": [_REFERENCE]}
)
_PUBLIC_GROUP = Shape(
    {
        "id": values.name,
        "visibility": values.one_of("public"),
        "brief": values.line,
        "stability": _STABILITY,
        "attributes": [_REFERENCE],
    },
    _OPTIONS,
)
_SIGNAL = {"brief": values.line, "stability": _STABILITY, "requirement_level": _SIGNAL_LEVEL}
_SIGNAL_OPTIONS = {**_OPTIONS, "entity_associations": values.names}
_SPAN = Shape(
    {
        **_SIGNAL,
        "type": values.name,
        "kind": values.one_of("client", "server", "producer", "consumer", "internal"),
        "name": Shape({"note": values.text}),
    },
    {**_SIGNAL_OPTIONS, "attributes": [_SPAN_REFERENCE]},
)
_SEVERITY = values.one_of("DEBUG", "INFO", "WARN", "ERROR")
_EVENT = Shape(
    {**_SIGNAL, "name": values.name, "annotations": _annotated({"severity": _SEVERITY})},
    {**_SIGNAL_OPTIONS, "attributes": [_REFERENCE]},
)
_METRIC_ANNOTATIONS = Shape(
    {
        "code_generation": Shape({"metric_value_type": values.one_of("int", "double")}),
        OURS: Shape(
            {"generation": values.one_of("stable", "latest", "both")}, {"buckets": values.buckets}
        ),
    },
    is_open=True,
)
_METRIC = Shape(
    {
        **_SIGNAL,
        "name": values.name,
        "instrument": values.one_of("counter", "updowncounter", "gauge", "histogram"),
        "unit": values.text,
        "annotations": _METRIC_ANNOTATIONS,
    },
    {**_SIGNAL_OPTIONS, "attributes": [_REFERENCE]},
)
_REFINED = {**_OPTIONS, "brief": values.line, "stability": _STABILITY}
_REFINEMENT = Shape(
    {"id": values.name, "ref": values.name}, {**_REFINED, "attributes": [_REFERENCE]}
)
_SPAN_REFINEMENT = Shape(
    {"id": values.name, "ref": values.name},
    {**_REFINED, "name": Shape({"note": values.text}), "attributes": [_SPAN_REFERENCE]},
)

SECTIONS = {
    "attributes": _ATTRIBUTE,
    "attribute_groups": _GROUP,
    "spans": _SPAN,
    "events": _EVENT,
    "metrics": _METRIC,
    "span_refinements": _SPAN_REFINEMENT,
    "event_refinements": _REFINEMENT,
    "metric_refinements": _REFINEMENT,
}
"""Sections of a definition file. Entities and imports are left out until something needs them."""

_MANIFEST = Shape(
    {"schema_url": values.text},
    {"description": values.text, "stability": _STABILITY},
)


def problems(document: Document) -> Iterator[str]:
    """Yield one line for each thing in a definition file that Weaver or the generator refuses."""
    content = document.content
    if not isinstance(content, Mapping):
        yield f"{document.path}: is not a mapping"
        return
    if content.get("file_format") != "definition/2":
        yield f"{document.path}: file_format is not definition/2"
    for section, nodes in content.items():
        if section == "file_format":
            continue
        if section not in SECTIONS:
            yield f"{document.path}: unknown section {section}"
            continue
        for complaint in _list(nodes, SECTIONS[section], section):
            yield f"{document.path}: {complaint}"


def manifest_problems(document: Document) -> Iterator[str]:
    """Yield one line for each thing in the manifest that Weaver refuses."""
    for complaint in _mapping(document.content, _MANIFEST, "manifest"):
        yield f"{document.path}: {complaint}"


def _list(nodes: object, shape: Shape, where: str) -> Iterator[str]:
    if not isinstance(nodes, list) or not nodes:
        yield f"{where} is not a list with something in it"
        return
    for index, node in enumerate(nodes):
        yield from _mapping(node, _variant(node, shape), _label(node, f"{where}[{index}]"))


def _mapping(node: object, shape: Shape, where: str) -> Iterator[str]:
    if not isinstance(node, Mapping):
        yield f"{where} is not a mapping"
        return
    for key in shape.required:
        if key not in node:
            yield f"{where} lacks {key}"
    for key, value in node.items():
        expected = shape.required.get(key) or shape.optional.get(key)
        if expected is None:
            if not shape.is_open:
                yield f"{where} has the unknown key {key}"
        elif isinstance(expected, Shape):
            yield from _mapping(value, expected, f"{where}: {key}")
        elif isinstance(expected, list):
            yield from _list(value, expected[0], f"{where}: {key}")
        elif wanted := expected(value):
            yield f"{where}: {key} is {value!r}, expected {wanted}"
    if shape in (_ATTRIBUTE, _ENUMERATION):
        yield from _example_problems(node, where)


def _variant(node: object, shape: Shape) -> Shape:
    """Return the shape that a node of several possible ones claims to have."""
    if not isinstance(node, Mapping):
        return shape
    if shape is _ATTRIBUTE and isinstance(node.get("type"), Mapping):
        return _ENUMERATION
    if shape is _GROUP and node.get("visibility") == "public":
        return _PUBLIC_GROUP
    if shape in (_REFERENCE, _SPAN_REFERENCE) and "ref_group" in node:
        return _GROUP_REFERENCE
    return shape


def _label(node: object, fallback: str) -> str:
    if isinstance(node, Mapping):
        for key in ("key", "id", "name", "type", "ref", "ref_group"):
            if isinstance(node.get(key), str):
                return f"{fallback.rpartition(': ')[0]}: {node[key]}".removeprefix(": ")
    return fallback


def _example_problems(node: Mapping[str, object], where: str) -> Iterator[str]:
    """Weaver wants examples of string attributes, and examples of the attribute's own type."""
    kind, examples = node.get("type"), node.get("examples")
    if not isinstance(kind, str) or values.attribute_type(kind):
        return  # an enumeration shows its members
    if examples is None:
        if "string" in kind:
            yield f"{where} lacks examples"
        return
    for example in examples if isinstance(examples, list) else ():
        if not values.is_example(example, kind):
            yield f"{where}: the example {example!r} is not of type {kind}"
