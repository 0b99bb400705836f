"""Knows how a program is met while it runs, and what it may send its telemetry to in vain."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import create_server
from threading import Thread
from types import TracebackType

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from process.conftest import LAUNCHER, LONGEST, Place, Ran

CALLS = """
import os, signal, sys, threading, time
import openai

QUESTION = [{"role": "user", "content": "q"}]


def client(kind=openai.OpenAI):
    return kind(base_url=os.environ["MODEL_URL"], api_key="k", max_retries=0)


def call():
    answer = client().chat.completions.create(model="gpt-5", messages=QUESTION)
    return answer.choices[0].message.content


def stream():
    return client().chat.completions.create(model="gpt-5", messages=QUESTION, stream=True)


def ready():
    print("ready", flush=True)
"""
"""What programs of these tests begin with."""


@dataclass(frozen=True)
class Ended:
    """A program's end: what it printed, how it ended, and how long its ending took, in s."""

    ran: Ran
    took: float


class Running:
    """A program that runs, under the launcher unless `launched` says otherwise; `with` kills it."""

    def __init__(
        self,
        place: Place,
        source: str,
        environ: Mapping[str, str] | None = None,
        *,
        launched: bool = True,
        shell: str = "",
    ) -> None:
        name = place.write(CALLS + source)
        command = [*LAUNCHER, name] if launched else [sys.executable, name]
        if shell:
            command = ["sh", "-c", f'{shell}; exec "$@"', "sh", *command]
        self._process = subprocess.Popen(
            command,
            cwd=place.folder,
            env={**place.environ, **(environ or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )
        self._said = ""

    def __enter__(self) -> Running:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.communicate()

    def until(self, line: str = "ready") -> Running:
        """Wait until the program prints a line; raises AssertionError if it ends without it."""
        assert self._process.stdout is not None
        for said in self._process.stdout:
            self._said += said
            if said == f"{line}\n":
                return self
        raise AssertionError(self._process.communicate()[1])

    def send(self, number: int) -> Running:
        """Send a signal to it."""
        os.kill(self._process.pid, number)
        return self

    def is_over(self, seconds: float) -> bool:
        """Tell whether it ends within `seconds`."""
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def end(self) -> Ended:
        """Wait for its end, from now on."""
        begin = time.monotonic()
        out, err = self._process.communicate(timeout=LONGEST)
        took = time.monotonic() - begin
        return Ended(Ran(self._said + out, err, self._process.returncode), took)


def killed(place: Place, source: str, number: int = signal.SIGTERM, **environ: str) -> Ended:
    """Run a program until it is ready, and send it a signal."""
    with Running(place, source, environ) as running:
        return running.until().send(number).end()


def wait_until(happened: Callable[[], bool]) -> None:
    """Wait until something that tells nobody has happened; raises AssertionError if it does not."""
    latest = time.monotonic() + LONGEST
    while not happened():
        assert time.monotonic() < latest, "it never happened"
        time.sleep(0.01)


@contextmanager
def nobody() -> Generator[str]:
    """An endpoint at which nothing listens."""
    with create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    yield f"http://127.0.0.1:{port}"


@contextmanager
def silence() -> Generator[str]:
    """An endpoint that takes connections and never answers."""
    with create_server(("127.0.0.1", 0), backlog=64) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


@contextmanager
def refusal() -> Generator[str]:
    """An endpoint that asks to be tried again in half a minute."""
    with _serving(_Refusing) as server:
        yield server


@contextmanager
def taking(names: list[str]) -> Generator[str]:
    """An endpoint that takes everything, and appends the names of the spans that come."""

    class Taking(_Refusing):
        status = 200

        def take(self, body: bytes) -> None:
            if self.path == "/v1/traces":
                message = ExportTraceServiceRequest.FromString(body)
                for resource in message.resource_spans:
                    for scope in resource.scope_spans:
                        names.extend(span.name for span in scope.spans)

    with _serving(Taking) as server:
        yield server


@contextmanager
def _serving(handler: type[BaseHTTPRequestHandler]) -> Generator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


class _Refusing(BaseHTTPRequestHandler):
    status = 503

    def do_POST(self) -> None:
        self.take(self.rfile.read(int(self.headers["content-length"])))
        self.send_response(self.status)
        self.send_header("retry-after", "30")
        self.send_header("content-length", "0")
        self.end_headers()

    def take(self, body: bytes) -> None:
        """Look at what came."""

    def log_message(self, format: str, *args: object) -> None:
        pass
