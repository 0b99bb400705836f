"""Knows how to have an SDK twice in one process: one copy to patch, one that nobody can find.

Plain and watched calls can then alternate in one process, where drift of the machine hits both.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType

_ASIDE = "_plain_"
_LAZY = {
    "openai": ("chat.completions", "responses", "embeddings"),
    "anthropic": ("messages",),
}
"""Resources that an SDK imports when a client's attribute is first read."""

_plain: dict[str, ModuleType] = {}


def load(name: str) -> None:
    """Import an SDK twice. The second copy gets the name."""
    _plain[name] = _import_all(name)
    _set_aside(name)
    _import_all(name)


def is_loaded(name: str) -> bool:
    """Tell whether both copies are there."""
    return name in _plain


def plain(name: str) -> ModuleType:
    """Return the copy that is never patched."""
    return _plain[name]


def named(name: str) -> ModuleType:
    """Return the copy that the import system knows, which subjects patch."""
    return sys.modules[name]


def _import_all(name: str) -> ModuleType:
    """Import it with the modules that it would import on first use."""
    sdk = importlib.import_module(name)
    for resources in _LAZY[name]:
        importlib.import_module(f"{name}.resources.{resources}")
    return sdk


def _set_aside(name: str) -> None:
    """Take its modules out of the import system, under names where they still find each other."""
    for module_name in [key for key in sys.modules if key.partition(".")[0] == name]:
        module = sys.modules.pop(module_name)
        sys.modules[_ASIDE + module_name] = module
        module.__name__ = _ASIDE + module.__name__
        if module.__package__:
            module.__package__ = _ASIDE + module.__package__
        if module.__spec__ is not None:
            module.__spec__.name = _ASIDE + module.__spec__.name
