"""Knows how child processes begin, and how each is told which work it belongs to.

A child of the work that is being recorded gets its context in a copy of its environment. One that
`multiprocessing` starts anew is told before its own code runs, and is watched as its parent is.
Neither what the caller passed nor `os.environ` is changed.
"""

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial, wraps
from types import ModuleType
from typing import Any, cast

import wrapt
from opentelemetry import trace

from agentel.config import read_settings
from agentel.core.safety import guarded
from agentel.process import ends
from agentel.process.forks import change_resource, resource_of
from agentel.process.inheritance import VARIABLES, handed_down, inherit

__all__ = ["begin", "unwatch", "watch"]

_is_watching = False
_hooked: set[str] = set()
_undo: list[tuple[Any, str, Any, Any]] = []
"""Owner, name, what it had there itself (None if it inherits), and ours."""


def watch() -> None:
    """Tell children which work they belong to, until `unwatch`. Never raises.

    It holds for `subprocess` and what is built on it (asyncio's subprocesses too, with uvloop and
    without), for `multiprocessing`, and for `os.posix_spawn`, `os.exec*` and `os.spawn*`.
    """
    global _is_watching
    if _is_watching or read_settings().sdk_disabled:
        return
    _is_watching = True
    for name, change in _CHANGES.items():
        module = sys.modules.get(name)
        if module is not None:
            _change(change, module)
        elif name not in _hooked:
            _hooked.add(name)
            wrapt.register_post_import_hook(partial(_change, change), name)


def unwatch() -> None:
    """Restore what `watch` changed; where somebody else has since, only call through."""
    global _is_watching
    _is_watching = False
    for owner, name, before, ours in reversed(_undo):
        if _own(owner, name) is not ours:
            continue
        if before is None:
            delattr(owner, name)
        else:
            setattr(owner, name, before)
    _undo.clear()


def _change(change: Callable[[Any], None], module: ModuleType) -> None:
    if _is_watching:
        guarded("watch how processes begin", change, module)


def _replace(owner: Any, name: str, wrapper: Callable[[Any], Any]) -> None:
    function = getattr(owner, name, None)
    if function is None:
        return
    before = _own(owner, name)
    ours = wraps(function)(wrapper(function))
    if isinstance(owner, ModuleType):
        ours.__module__ = owner.__name__  # so that it is pickled as what it stands for
    setattr(owner, name, ours)
    _undo.append((owner, name, before, ours))


def _own(owner: Any, name: str) -> Any:
    return cast("dict[str, Any]", vars(owner)).get(name)


# --- environments ------------------------------------------------------------------------------


def _passing(position: int | None, function: Callable[..., Any]) -> Callable[..., Any]:
    """Return `function` with another environment: its `position`th argument, or its keyword."""

    def wrapper(*args: Any, **kwargs: Any) -> Any:
        args, kwargs = _told(position, args, kwargs)
        return function(*args, **kwargs)

    return wrapper


def _passing_async(function: Callable[..., Any]) -> Callable[..., Any]:
    async def wrapper(*args: Any, **kwargs: Any) -> Any:
        args, kwargs = _told(None, args, kwargs)
        return await function(*args, **kwargs)

    return wrapper


def _told(
    position: int | None, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    if not _is_watching:
        return args, kwargs
    if position is not None and len(args) > position:
        given = args[position]
        environ = guarded("hand the context down", handed_down, given, default=given)
        return (*args[:position], environ, *args[position + 1 :]), kwargs
    given = kwargs.get("env")
    environ = guarded("hand the context down", handed_down, given, default=given)
    return args, kwargs if environ is given else {**kwargs, "env": environ}


def _change_subprocess(module: Any) -> None:
    # Inside the class, which stays the class that it is and may have been derived from already.
    inner = module.Popen._execute_child
    position = list(inspect.signature(inner).parameters).index("env")
    _replace(module.Popen, "_execute_child", partial(_passing, position))


def _change_uvloop(module: Any) -> None:
    for name in ("subprocess_exec", "subprocess_shell"):
        _replace(module.Loop, name, _passing_async)


def _change_os(module: Any) -> None:
    for name in ("posix_spawn", "posix_spawnp"):
        _replace(module, name, partial(_passing, 2))
    execve = module.execve
    _replace(module, "execv", partial(_leaving, execve))
    _replace(module, "execve", partial(_leaving, execve))


def _leaving(execve: Callable[..., Any], function: Callable[..., Any]) -> Callable[..., Any]:
    """Return `os.execv` or `os.execve` that delivers first: the program ends there."""

    def wrapper(*args: Any, **kwargs: Any) -> Any:
        guarded("leave for another program", _leave, execve, args, kwargs)
        return function(*args, **kwargs)

    return wrapper


def _leave(execve: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """Leave, if all is well; else return, and the real function says what is wrong."""
    if not _is_watching or not args or not os.access(args[0], os.X_OK):
        return
    ends.flush_before_exit(read_settings().exit_timeout)
    given = args[2] if len(args) > 2 else kwargs.get("env")
    environ = handed_down(given)
    if environ is not given:
        with suppress(OSError, TypeError, ValueError):
            execve(*args[:2], env=environ)


# --- multiprocessing ---------------------------------------------------------------------------

_BEGIN = """
import os, sys
for name, value in told.items():
    if value is None:
        os.environ.pop(name, None)
    else:
        os.environ[name] = value
before, sys.path = sys.path, path
try:
    import agentel
    from agentel.process.children import begin
except ImportError:
    sys.path = before
else:
    begin(agentel.start if starts else None, argv, service)
"""
"""What a child does before anything of its program: in text, for it may not find our modules."""


class _Letter:
    """What a child reads, and thereby does, before the program's own modules are imported."""

    def __init__(self, **known: Any) -> None:
        self._known = known

    def __reduce__(self) -> tuple[Any, ...]:
        return exec, (_BEGIN, self._known)


def _change_multiprocessing(module: Any) -> None:
    _replace(module, "get_preparation_data", _with_letter)


def _with_letter(function: Callable[..., Any]) -> Callable[..., Any]:
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        data = function(*args, **kwargs)
        if not _is_watching:
            return data
        letter = guarded("hand the context down", _letter, data)
        return data if letter is None else {"agentel": letter, **data}

    return wrapper


def _letter(data: Mapping[str, Any]) -> _Letter:
    environ = handed_down(None)
    resource = resource_of(trace.get_tracer_provider())
    attributes: Mapping[str, Any] = {} if resource is None else resource.attributes
    return _Letter(
        told={} if environ is None else {name: environ.get(name) for name in VARIABLES},
        path=data["sys_path"],
        argv=data["sys_argv"],
        service=attributes.get("service.name"),
        # A program that has set telemetry up by itself does so in its children.
        starts=attributes.get("telemetry.distro.name") == "agentel",
    )


def begin(start: Callable[[], None] | None, argv: list[str], service: str | None) -> None:
    """Watch this process as its parent is watched, in a child that `multiprocessing` began anew.

    `start` is what sets telemetry up, `argv` the program's arguments, `service` its name. Never
    raises.
    """
    if start is None:
        return
    before, sys.argv = sys.argv, argv
    guarded("watch a child process", start)
    sys.argv = before
    guarded("join a trace", inherit, os.environ)
    if service:
        change_resource({"service.name": service})


_CHANGES: dict[str, Callable[[Any], None]] = {
    "os": _change_os,
    "subprocess": _change_subprocess,
    "multiprocessing.spawn": _change_multiprocessing,
    "uvloop": _change_uvloop,
}
"""Module to what is changed in it; nothing is imported for it."""
