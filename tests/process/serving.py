"""Knows how a server runs, and how whoever deploys it ends it."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Timer

from process.conftest import LONGEST, Place


@contextmanager
def running(place: Place, command: tuple[str, ...], *fds: int) -> Iterator[subprocess.Popen[str]]:
    """Run a server, which inherits `fds`, and see to it that nothing of it stays."""
    server = subprocess.Popen(
        command,
        cwd=place.folder,
        env={**place.environ, "AGENTEL_QUIET": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        pass_fds=fds,
    )
    too_long = Timer(LONGEST, os.killpg, (server.pid, signal.SIGKILL))
    too_long.start()
    try:
        yield server
    finally:
        too_long.cancel()
        with suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGKILL)
        server.communicate()


def stop(server: subprocess.Popen[str]) -> str:
    """End a server and all of its workers; return what it said on standard error."""
    server.send_signal(signal.SIGTERM)
    _, said = server.communicate(timeout=LONGEST)
    return said
