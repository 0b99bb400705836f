"""Knows how a program runs in the place of the process that started it: signals, terminal, exit.

The program is in our process group and has our terminal, so a key like Ctrl-C reaches it from the
kernel, as without us. What another process sends to us is passed on; that cannot be told from what
it sends to the whole group, which so reaches the program twice. We stop when the program stops.
Dispositions, signal mask and open files are those that we were given, except that what Python
itself ignores is not ignored in the program.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress

__all__ = ["exit_code", "leave_like", "run"]

_PASSED_ON = (
    "SIGALRM",
    "SIGCONT",
    "SIGHUP",
    "SIGINT",
    "SIGQUIT",
    "SIGTERM",
    "SIGTSTP",
    "SIGTTIN",
    "SIGTTOU",
    "SIGUSR1",
    "SIGUSR2",
    "SIGWINCH",
)
"""What tells a process something. We do nothing of it ourselves."""

_FROM_TERMINAL = ("SIGHUP", "SIGINT", "SIGQUIT", "SIGTSTP", "SIGTTIN", "SIGTTOU", "SIGWINCH")
"""What a terminal sends to all of a process group."""

_IGNORED_BY_PYTHON = ("SIGPIPE", "SIGXFSZ")


def run(path: str, arguments: Sequence[str], environ: Mapping[str, str]) -> int:
    """Run the program at `path` to its end and return how it ended.

    That is its exit code, or minus the number of the signal that ended it. `arguments` begin with
    the program's name. To be called from the main thread of a process without other children.
    Raises OSError if the program cannot be started.
    """
    if not hasattr(os, "posix_spawn"):
        return _run_without_signals(path, arguments, environ)
    passed_on = _numbers(_PASSED_ON)
    waited = {number for number in passed_on if signal.getsignal(number) != signal.SIG_IGN}
    waited.add(signal.SIGCHLD)
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, waited)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    try:
        child = os.posix_spawn(
            path,
            list(arguments),
            environ,
            setsigmask=mask,
            setsigdef=_numbers(_IGNORED_BY_PYTHON),
        )
        return _attend(child, waited)
    finally:
        _forget_pending(waited)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)


def exit_code(ended: int) -> int:
    """Return what a shell calls that end: 128 and the signal's number for a signal."""
    return 128 - ended if ended < 0 else ended


def leave_like(ended: int) -> int:
    """End this process by the same signal, as if the program had been here in its place.

    Return the exit code where that is not to be: for an ordinary end, and for a first process of a
    container, which no signal ends.
    """
    if ended >= 0 or not hasattr(os, "posix_spawn"):
        return exit_code(ended)
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError, AttributeError):
            stream.flush()
    _leave_no_core()
    number = -ended
    with suppress(OSError, ValueError):  # SIGKILL and SIGSTOP have no disposition to restore
        signal.signal(number, signal.SIG_DFL)
    with suppress(OSError):
        os.kill(os.getpid(), number)
    return exit_code(ended)


def _attend(child: int, waited: set[int]) -> int:
    """Pass signals on to `child` until it has ended; return how."""
    while True:
        number, is_for_us_alone = _next(waited, child)
        if number == signal.SIGCHLD:
            ended = _reap(child)
            if ended is not None:
                return ended
        elif is_for_us_alone:
            # It cannot be anybody else: its process id is taken until `_reap` has seen it.
            with suppress(OSError):
                os.kill(child, number)


def _next(waited: set[int], child: int) -> tuple[int, bool]:
    """Return the next signal, and whether the child did not get it from whoever sent it."""
    if not hasattr(signal, "sigwaitinfo"):
        number = int(signal.sigwait(waited))
        return number, not (number in _numbers(_FROM_TERMINAL) and _has_terminal())
    said = signal.sigwaitinfo(waited)
    # Above 0 is the kernel: a key, a hang-up or a new size went to all of our group.
    return said.si_signo, said.si_code <= 0 and said.si_pid != child


def _reap(child: int) -> int | None:
    """Take leave of every process that has ended; return how `child` did, None if it goes on.

    The first process of a container gets orphans as its children.
    """
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG | os.WUNTRACED)
        except ChildProcessError:
            return None
        if pid == 0:
            return None
        if pid == child and os.WIFSTOPPED(status):
            _stop_too()
        elif pid == child:
            return os.waitstatus_to_exitcode(status)


def _stop_too() -> None:
    """Stop with the child, where a shell has job control over us: it is to take its terminal back.

    Each stop is reported once, and whatever continues us continues the child, so nobody is left
    behind. Without such a shell nobody would continue us.
    """
    shell = os.getppid()
    with suppress(OSError):
        if os.getsid(shell) == os.getsid(0) and os.getpgid(shell) != os.getpgrp():
            os.kill(os.getpid(), signal.SIGSTOP)


def _has_terminal() -> bool:
    return any(os.isatty(descriptor) for descriptor in range(3))


def _forget_pending(waited: set[int]) -> None:
    """Drop what was meant for the program and came while it ended."""
    pending = waited & set(signal.sigpending())
    for number in pending:
        signal.sigwait({number})


def _leave_no_core() -> None:
    import resource

    with suppress(OSError, ValueError):
        _, most = resource.getrlimit(resource.RLIMIT_CORE)
        resource.setrlimit(resource.RLIMIT_CORE, (0, most))


def _numbers(names: Sequence[str]) -> set[int]:
    """Return the signals of these names that this system has."""
    found = (getattr(signal, name, None) for name in names)
    return {int(number) for number in found if number is not None}


def _run_without_signals(path: str, arguments: Sequence[str], environ: Mapping[str, str]) -> int:
    """Run a program where there are no signals to pass on; Ctrl-C reaches it from the console."""
    import subprocess

    with subprocess.Popen(arguments, executable=path, env=environ) as program:
        while True:
            try:
                return program.wait()
            except KeyboardInterrupt:
                continue
