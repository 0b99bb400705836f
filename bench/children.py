"""Knows how one measurement runs in a process of its own: a fork that has the SDKs loaded."""

from __future__ import annotations

import multiprocessing
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any, TypeVar

T = TypeVar("T")

_processes = multiprocessing.get_context("fork")


class Unmeasured(Exception):
    """There is no figure, for the reason given."""


def in_child(function: Callable[..., T], *arguments: object, timeout: float) -> T:
    """Call a function in a fork and return what it returns.

    Raises `Unmeasured` when it raises, dies or takes longer than `timeout` s.
    """
    receiver, sender = _processes.Pipe(duplex=False)
    process = _processes.Process(target=_answer, args=(sender, function, arguments), daemon=True)
    process.start()
    sender.close()
    try:
        if not receiver.poll(timeout):
            process.kill()
            raise Unmeasured(f"no result within {timeout:.0f} s")
        value, reason = receiver.recv()
    except EOFError:
        process.join()
        raise Unmeasured(f"the process ended with code {process.exitcode}") from None
    finally:
        receiver.close()
    process.join()
    if reason is not None:
        raise Unmeasured(reason)
    return value


def _answer(sender: Connection, function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    try:
        sender.send((function(*arguments), None))
    except Unmeasured as reason:
        sender.send((None, str(reason)))
    except Exception:
        sender.send((None, traceback.format_exc()))
