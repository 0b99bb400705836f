"""Knows how bytes reach a client over HTTP/1.1, and how they fail to."""

from __future__ import annotations

import selectors
import socket
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import formatdate
from http.client import responses

from support.model_server.answers import Broken, Failure, Raw
from support.model_server.exchange import Events, Exchange, Frame, Whole, pretty
from support.model_server.ledger import Ledger


class Gone(ConnectionError):
    """The connection is over, by plan or because the other side left."""


@dataclass
class Wire:
    """One connection, seen from the side that answers."""

    connection: socket.socket

    def wait(self, seconds: float) -> None:
        """Wait; raises Gone as soon as the client leaves or the server stops."""
        if seconds <= 0:
            return
        with selectors.DefaultSelector() as selector:
            selector.register(self.connection, selectors.EVENT_READ)
            if selector.select(seconds):
                raise Gone

    def write(self, data: bytes) -> None:
        """Send all of `data`; raises ConnectionError when nobody takes it."""
        self.connection.sendall(data)

    def hang_up(self, reset: bool = False) -> None:
        """Close now, without whatever should have followed; always raises Gone."""
        if reset:
            # A linger time of 0 makes close send an RST instead of a FIN.
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        raise Gone

    def head(self, status: int, headers: Mapping[str, str]) -> bytes:
        """Status line and headers."""
        reason = responses.get(status, "Overloaded" if status == 529 else "Unknown")
        lines = [f"HTTP/1.1 {status} {reason}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

    def send(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        """Send a body in one piece."""
        length = {} if status == 204 else {"content-length": str(len(body))}
        self.write(self.head(status, {**headers, **length}) + body)


def send_raw(wire: Wire, exchange: Exchange, reply: Raw) -> None:
    """Send bytes as a test gave them, with the provider's headers."""
    headers = _headers(exchange, reply.content_type, reply.headers)
    wire.send(reply.status, headers, reply.body)


def send_failure(wire: Wire, exchange: Exchange, failure: Failure) -> None:
    """Send an error in the provider's own shape."""
    passes = failure.status in (408, 409, 429) or failure.status > 499
    headers = {"x-should-retry": "true" if passes else "false"}
    if failure.retry_after is not None:
        # Whole seconds are all that `retry-after` can say; the clients know a finer header too.
        headers["retry-after"] = str(-int(-failure.retry_after // 1))
        if failure.retry_after != int(failure.retry_after):
            headers["retry-after-ms"] = f"{failure.retry_after * 1000:g}"
    body = pretty(exchange.provider.error_body(exchange, failure))
    headers = _headers(exchange, "application/json", {**headers, **failure.headers})
    wire.send(failure.status, headers, body)


def send_whole(wire: Wire, exchange: Exchange, whole: Whole, ledger: Ledger) -> None:
    """Send an answer in one piece, or as much of it as its ending lets through."""
    answer, body = exchange.answer, whole.body
    ending = answer.ending
    if ending and ending.kind == "error":
        return send_failure(wire, exchange, ending.failure or Failure())
    headers = _headers(exchange, whole.content_type, answer.headers)
    if ending is None:
        ledger.update(whole.answers or exchange.request.number, whole.usage, whole=True)
        return wire.send(200, headers, body)
    half = body[: len(body) // 2]
    if ending.kind == "eof":
        return wire.send(200, headers, half)
    wire.write(wire.head(200, {**headers, "content-length": str(len(body))}) + half)
    return wire.hang_up(reset=ending.kind == "reset")


def send_events(wire: Wire, exchange: Exchange, events: Events, ledger: Ledger) -> None:
    """Send a stream chunk by chunk, or as much of it as its ending lets through."""
    answer, number = exchange.answer, events.answers or exchange.request.number
    headers = _headers(exchange, events.content_type, answer.headers)
    wire.write(wire.head(200, {**headers, "transfer-encoding": "chunked"}))
    frames = events.frames if answer.ending is None else events.frames[: answer.ending.after]
    for position, frame in enumerate(frames):
        if position:
            wire.wait(answer.chunk_delay_s)
        # Noted first: a client that has seen the last byte may ask at once.
        last = answer.ending is None and position == len(events.frames) - 1
        ledger.update(number, frame.usage, whole=last)
        wire.write(_chunk(frame.data))
    if answer.ending:
        _break_off(wire, exchange, events.frames[answer.ending.after :], answer.ending)
    wire.write(b"0\r\n\r\n")


def _break_off(wire: Wire, exchange: Exchange, rest: list[Frame], ending: Broken) -> None:
    if ending.kind == "error":
        failure = ending.failure or Failure()
        wire.write(_chunk(exchange.provider.error_frame(exchange, failure, ending.after).data))
    elif ending.kind != "eof":
        unsent = _chunk(rest[0].data) if rest else b""
        wire.write(unsent[: len(unsent) // 2])
        wire.hang_up(reset=ending.kind == "reset")


def _headers(exchange: Exchange, content_type: str, own: Mapping[str, str]) -> dict[str, str]:
    """Headers of an answer; those that a test gave win."""
    return {
        "date": formatdate(exchange.created, usegmt=True),
        "content-type": content_type,
        "connection": "keep-alive",
        "server": "cloudflare",
        **exchange.provider.headers(exchange),
        **own,
    }


def _chunk(data: bytes) -> bytes:
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"
