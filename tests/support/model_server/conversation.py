"""Knows how one connection is served: requests are read, replies are chosen and sent."""

from __future__ import annotations

import socket
from http.server import BaseHTTPRequestHandler
from typing import cast

from support.model_server.answers import Answer, Disconnect, Failure, Hang, Raw
from support.model_server.delivery import (
    Gone,
    Wire,
    send_events,
    send_failure,
    send_raw,
    send_whole,
)
from support.model_server.exchange import Declined, Exchange, Request, Whole
from support.model_server.ledger import Ledger, Sent, usual_answer
from support.model_server.routes import Route, find_route, provider_of


def converse(connection: socket.socket, address: object, ledger: Ledger) -> None:
    """Answer the requests of one connection until it ends; raises OSError if it breaks."""
    _Handler(connection, address, ledger)  # type: ignore[arg-type]  # both are only kept


class _Handler(BaseHTTPRequestHandler):
    """Reads requests; its `server` is the ledger."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def __getattr__(self, name: str) -> object:
        if name.startswith("do_"):
            return self._handle
        raise AttributeError(name)

    def _handle(self) -> None:
        ledger = cast("Ledger", self.server)
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = ledger.accept(self.command, self.path, headers, self._body())
        try:
            _respond(request, Wire(self.connection), ledger)
        except Gone:
            self.close_connection = True

    def _body(self) -> bytes:
        if "chunked" not in self.headers.get("transfer-encoding", ""):
            return self.rfile.read(int(self.headers.get("content-length", 0)))
        body = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: what arrived is in `ModelServer.requests`."""


def _respond(request: Request, wire: Wire, ledger: Ledger) -> None:
    found = find_route(request)
    route, values = found or (None, {})
    reply = ledger.next_reply(request, is_model=bool(route and route.is_model))
    answer = reply if isinstance(reply, Answer) else usual_answer(request)
    provider = route.provider if route else provider_of(request)
    exchange = Exchange(request, provider, answer, ledger.store, values)
    try:
        if isinstance(reply, Disconnect):
            wire.hang_up(reply.reset)
        elif isinstance(reply, Hang):
            wire.wait(reply.seconds)
            wire.hang_up()
        elif isinstance(reply, Raw):
            send_raw(wire, exchange, reply)
        elif isinstance(reply, Failure):
            send_failure(wire, exchange, reply)
        else:
            _answer(route, wire, exchange, ledger)
    except Declined as declined:
        send_failure(wire, exchange, declined.failure)
    except OSError:
        raise
    except Exception as fault:
        ledger.faults.append(fault)
        send_failure(wire, exchange, Failure(500, f"fault of the test server: {fault!r}"))


def _answer(route: Route | None, wire: Wire, exchange: Exchange, ledger: Ledger) -> None:
    request = exchange.request
    if route is None:
        message = f"Unknown request URL: {request.method} {request.path}."
        raise Declined(Failure(404, message, code="unknown_url"))
    for name in route.required:
        if name not in request.json:
            message = f"Missing required parameter: '{name}'."
            raise Declined(Failure(400, message, code="missing_required_parameter", param=name))
    body = route.answer(exchange)
    if route.is_model and body.model is not None:
        streamed = not isinstance(body, Whole)
        ledger.record(
            Sent(
                request.number,
                request.path,
                exchange.provider.name,
                streamed,
                body.id,
                body.model,
                None,
                exchange.answer.usage,
            )
        )
    wire.wait(exchange.answer.delay_s)
    send = send_whole if isinstance(body, Whole) else send_events
    send(wire, exchange, body, ledger)  # type: ignore[arg-type]  # chosen by its type
