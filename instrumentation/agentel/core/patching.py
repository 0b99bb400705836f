"""Knows how targets are found, wrapped when their module is imported, and restored."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from importlib import metadata
from inspect import getattr_static
from types import ModuleType
from typing import Any

import wrapt

from agentel.core.library import Library, Target, Watch
from agentel.core.safety import guarded
from agentel.core.versions import distribution_of, standing
from agentel.core.wrapper import Recorder, hook_for

Complain = Callable[[str, str], None]
"""Told about an unsupported version or a missing target: what was found and expected, and what
that means for the program. What it raises or ends is its own affair."""

_logger = logging.getLogger(__name__)
_ABSENT = object()
_WRAPPER: type = wrapt.FunctionWrapper


def warn(found: str, meaning: str) -> None:
    """Complain as a warning."""
    _logger.warning("agentel: %s. %s", found, meaning)


class Wrapped(wrapt.FunctionWrapper):  # pyright: ignore[reportMissingTypeArgument]
    """A function that we wrapped: recognised, so that it is never wrapped twice."""


class Patches:
    """What has been changed in one library, and how to undo it."""

    def __init__(self, library: Library, recorder: Recorder, complain: Complain = warn) -> None:
        self.library = library
        self.missing: list[str] = []
        """Targets that the installed version lacks."""
        self.foreign: list[str] = []
        """Targets that somebody else had wrapped before us."""
        self._recorder = recorder
        self._complain = complain
        self._undo: list[tuple[Any, str, Any, Wrapped]] = []
        self._is_supported: bool | None = None

    def apply(self) -> None:
        """Wrap every target now, or when the application imports its module.

        Imports nothing of the library. Each module is looked at once.
        """
        for module in dict.fromkeys(
            target.path.partition(":")[0] for target in self.library.targets
        ):
            loaded = sys.modules.get(module)
            if loaded is not None:
                guarded("patch a library", self._patch, loaded)
            else:
                wrapt.register_post_import_hook(self._imported, module)

    def remove(self) -> None:
        """Restore what is still ours. Where somebody wrapped us since, we only call through."""
        for owner, name, before, ours in reversed(self._undo):
            if vars(owner).get(name) is not ours:  # pyright: ignore[reportUnknownMemberType]
                continue
            if before is _ABSENT:
                delattr(owner, name)
            else:
                setattr(owner, name, before)
        self._undo.clear()

    def _imported(self, module: ModuleType) -> None:
        if self._recorder.is_active:
            guarded("patch a library", self._patch, module)

    def _patch(self, module: ModuleType) -> None:
        if self._is_supported is None:
            self._is_supported = self._check_version()
        if not self._is_supported:
            return
        for target in self.library.targets:
            if target.path.partition(":")[0] == module.__name__:
                self._wrap(module, target)
        if self.missing:
            self._complain(
                f"{self.library.name} lacks {', '.join(self.missing)}, which agentel needs to "
                f"watch it (expected in {self.library.requires})",
                "Calls work as ever but may not be recorded; `agentel doctor` tells more.",
            )

    def _wrap(self, module: ModuleType, target: Target) -> None:
        qualified = target.path.partition(":")[2]
        *parents, name = qualified.split(".")
        owner: Any = module
        for parent in parents:
            owner = getattr(owner, parent, None)
        function: Any = getattr(owner, name, None) if owner is not None else None
        if function is None:
            if not (isinstance(target, Watch) or getattr(target, "optional", False)):
                self.missing.append(target.path)
            return
        before = vars(owner).get(name, _ABSENT)
        if isinstance(before, Wrapped):
            return
        # Read from a class, a wrapper gives a bound one of another type instead of itself.
        if isinstance(getattr_static(owner, name, None), _WRAPPER):
            self.foreign.append(target.path)
            _logger.info("agentel: %s is also wrapped by somebody else.", target.path)
        wrapped: Any = function if before is _ABSENT else before
        ours = Wrapped(wrapped, hook_for(target, self._recorder, function))
        setattr(owner, name, ours)
        self._undo.append((owner, name, before, ours))

    def _check_version(self) -> bool:
        """Tell whether the installed version is to be patched; complain if it was never tested."""
        requires = self.library.requires
        name = distribution_of(requires)
        try:
            found = metadata.version(name)
        except metadata.PackageNotFoundError:
            return True  # vendored or built in place: the targets themselves decide
        how = standing(requires, found)
        if how != "tested":
            recorded = "recorded, which is untested" if how == "newer" else "not recorded"
            self._complain(
                f"found {name} {found}, but knows {requires}",
                f"Calls are not affected; they are {recorded}.",
            )
        return how != "older"
