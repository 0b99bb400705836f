"""Knows how a server for many connections starts, answers and stops, on loopback only."""

from __future__ import annotations

import socket
import threading
from collections import deque
from contextlib import suppress
from types import TracebackType

from support.model_server.answers import Reply
from support.model_server.conversation import converse
from support.model_server.exchange import Request
from support.model_server.ledger import Ledger, Sent


class ModelServer:
    """The providers' HTTP APIs on 127.0.0.1, at a port of the system's choice.

    Use it as a context manager, or `start` and `stop` it. Each request that a model answers takes
    the next scripted reply, or else says a sentence of its own. A fault of this server itself is
    answered with status 500 and raised again by `stop`.
    """

    def __init__(self, port: int = 0) -> None:
        self._ledger = Ledger()
        self._listener = socket.create_server(("127.0.0.1", port), backlog=128)
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._connections: dict[socket.socket, threading.Thread] = {}
        self._acceptor = threading.Thread(target=self._accept, name="model-server", daemon=True)

    def __enter__(self) -> ModelServer:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> ModelServer:
        """Begin to accept connections."""
        self._acceptor.start()
        return self

    def stop(self) -> None:
        """Close everything and wait for all threads; raises the first fault of the server."""
        if self._stopping.is_set():
            return
        self._stopping.set()
        if self._acceptor.is_alive():
            # Closing a socket does not wake a thread that waits on it; a connection does.
            socket.create_connection(("127.0.0.1", self.port)).close()
            self._acceptor.join()
        self._listener.close()
        with self._lock:
            open_now = list(self._connections.items())
        for connection, _ in open_now:
            _shut(connection)
        for _, thread in open_now:
            thread.join()
        if self._ledger.faults:
            raise self._ledger.faults[0]

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._listener.getsockname()[1])

    @property
    def url(self) -> str:
        """The root of everything."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def openai_url(self) -> str:
        """`base_url` of `openai.OpenAI`."""
        return f"{self.url}/v1"

    @property
    def anthropic_url(self) -> str:
        """`base_url` of `anthropic.Anthropic`."""
        return self.url

    @property
    def azure_url(self) -> str:
        """`azure_endpoint` of `openai.AzureOpenAI`; with `/openai/v1` a `base_url` of `OpenAI`."""
        return f"{self.url}/azure"

    @property
    def groq_url(self) -> str:
        """`base_url` of `groq.Groq`, which adds `/openai/v1` itself."""
        return f"{self.url}/groq"

    @property
    def together_url(self) -> str:
        """`base_url` of `together.Together`, which adds `/v1` (OpenAI's client does not)."""
        return f"{self.url}/together"

    @property
    def openrouter_url(self) -> str:
        """`base_url` of an OpenAI client that talks to OpenRouter."""
        return f"{self.url}/api/v1"

    def script(self, *replies: Reply) -> None:
        """Queue replies for the next requests that a model answers, wherever they arrive."""
        with self._ledger.lock:
            self._ledger.script.extend(replies)

    def route(self, path: str, *replies: Reply, always: Reply | None = None) -> None:
        """Queue replies for one path (`*` matches anything), then `always` if given.

        They go before the common script, and to endpoints where no model answers too.
        """
        with self._ledger.lock:
            self._ledger.by_path.setdefault(path, deque()).extend(replies)
            if always is not None:
                self._ledger.always[path] = always

    @property
    def requests(self) -> list[Request]:
        """What arrived so far, in order."""
        return self._ledger.all_requests()

    @property
    def sent(self) -> list[Sent]:
        """What models answered so far, in the order of the requests."""
        return self._ledger.all_sent()

    def _accept(self) -> None:
        while True:
            connection, address = self._listener.accept()
            if self._stopping.is_set():
                return connection.close()
            worker = threading.Thread(
                target=self._serve, args=(connection, address), name="model-server", daemon=True
            )
            with self._lock:
                self._connections[connection] = worker
            worker.start()

    def _serve(self, connection: socket.socket, address: object) -> None:
        try:
            converse(connection, address, self._ledger)
        except OSError:
            pass  # the client left, or a reply closed the connection
        except Exception as fault:
            self._ledger.faults.append(fault)
        finally:
            with self._lock:
                del self._connections[connection]
            connection.close()


def _shut(connection: socket.socket) -> None:
    with suppress(OSError):  # it may have ended by itself meanwhile
        connection.shutdown(socket.SHUT_RDWR)
