"""Knows what only an import can tell; runs in a process of its own, and prints JSON.

`python -m agentel.diagnosis.probe` reads the environment to judge as a JSON object from standard
input. Without an argument it tells what agentel makes of it; with a library's name it imports that
SDK and tells which hooks are in place. What the imported packages print goes to standard error.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from functools import partial
from importlib import import_module
from importlib.metadata import entry_points
from importlib.util import find_spec
from inspect import getattr_static
from typing import Any

from agentel.core.safety import outcome_of

__all__ = ["hooks", "main", "program"]


def program(environ: Mapping[str, str]) -> dict[str, Any]:
    """Tell where `environ` sends each signal, what it samples, and which libraries are known."""
    from agentel.process.destinations import SIGNALS, destination
    from agentel.telemetry.sampling import named_sampler

    return {
        "chosen": _chosen(environ),
        "destinations": {signal: destination(signal, environ) for signal in SIGNALS},
        "exporters": {signal: _exporters(signal) for signal in SIGNALS},
        "sampler": named_sampler(environ),
        "redaction": _redaction(environ.get("AGENTEL_REDACT", "").strip()),
        "libraries": [_declared(name) for name in _names()],
    }


def _chosen(environ: Mapping[str, str]) -> dict[str, str]:
    """Return what our part of the launcher sets, where it is installed."""
    found = entry_points(group="opentelemetry_environment_variables")
    if not any(entry.value.startswith("agentel.") for entry in found):
        return {}
    from agentel.process.rivals import choose

    changed = dict(environ)
    choose(entry_points(group="opentelemetry_distro"), changed)
    return {name: value for name, value in changed.items() if environ.get(name) != value}


def _names() -> list[str]:
    found = entry_points(group="opentelemetry_instrumentor")
    return sorted({entry.name for entry in found if entry.value.startswith("agentel.")})


def _exporters(signal: str) -> list[str]:
    return sorted({entry.name for entry in entry_points(group=f"opentelemetry_{signal}_exporter")})


def _redaction(name: str) -> str:
    """Return why the redaction cannot be had, or '' if it can or none is named."""
    if not name:
        return ""
    module, _, attribute = name.partition(":")
    loaded, error = outcome_of(partial(import_module, module))
    if error is not None:
        return _told(error)
    is_there = callable(getattr(loaded, attribute, None))
    return "" if is_there else f"{module} has no function {attribute!r}"


def _declared(name: str) -> dict[str, Any]:
    from agentel import libraries

    instrumentor = getattr(libraries, name)
    library = instrumentor.declaration()
    native = library.native
    return {
        "name": library.name,
        "requires": library.requires,
        "package": library.package,
        "switch": None if native is None else native.switch,
        "is_importable": find_spec(library.package.partition(".")[0]) is not None,
    }


class _Silent:
    """A recorder that nobody listens to: the hooks are put in place, and record nothing."""

    is_active = True

    def begin(self, route: object, instance: object, args: object, kwargs: object) -> None:
        """Open no recording."""

    def current(self) -> None:
        """Return that none is running."""


def hooks(name: str) -> dict[str, Any]:
    """Import the SDK of one library and tell which of its hooks are in place.

    Every target is under one of `applied`, `missing` (the SDK lacks it, and calls are not recorded
    without it) and `absent` (this version lacks it, and some do); `foreign` are those of them that
    somebody else had wrapped before us. `error` says why the SDK cannot be imported.
    """
    from agentel import libraries
    from agentel.core.library import Silence
    from agentel.core.patching import Patches

    library = getattr(libraries, name).declaration()
    patches = Patches(library, _Silent())
    patches.apply()
    told: dict[str, Any] = {"error": "", "file": ""}
    modules = [library.package, *(target.path.partition(":")[0] for target in library.targets)]
    for module in dict.fromkeys(modules):
        told["error"] = told["error"] or _import_error(module)
    told["file"] = getattr(sys.modules.get(library.package), "__file__", None) or ""
    applied = [target for target in library.targets if _is_ours(target.path)]
    paths = [target.path for target in applied]
    told["applied"] = paths
    told["missing"] = patches.missing
    told["foreign"] = patches.foreign
    told["absent"] = [
        t.path for t in library.targets if t.path not in paths and t.path not in patches.missing
    ]
    told["has_native"] = any(isinstance(target, Silence) for target in applied)
    return told


def _import_error(module: str) -> str:
    _, error = outcome_of(partial(import_module, module))
    return "" if error is None else _told(error)


def _told(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}".partition("\n")[0]


def _is_ours(path: str) -> bool:
    from agentel.core.patching import Wrapped

    module, _, qualified = path.partition(":")
    *parents, name = qualified.split(".")
    owner: Any = sys.modules.get(module)
    for parent in parents:
        owner = getattr(owner, parent, None)
    # Read from a class, a wrapped function gives a bound one instead of itself.
    return isinstance(getattr_static(owner, name, None), Wrapped)


def main(arguments: list[str]) -> None:
    """Print the answer as one line of JSON, and nothing else, on standard output."""
    answer = os.dup(1)
    os.dup2(2, 1)
    environ = json.load(sys.stdin)
    told = hooks(arguments[0]) if arguments else program(environ)
    with os.fdopen(answer, "w", encoding="utf-8") as out:
        json.dump(told, out)


if __name__ == "__main__":
    main(sys.argv[1:])
