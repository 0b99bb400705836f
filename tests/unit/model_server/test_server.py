from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest

from support.model_server import ModelServer, error, raw, text


@contextmanager
def post(server: ModelServer, path: str, body: object) -> Iterator[http.client.HTTPResponse]:
    with closing(http.client.HTTPConnection("127.0.0.1", server.port)) as connection:
        connection.request("POST", path, json.dumps(body), {"content-type": "application/json"})
        yield connection.getresponse()


CHAT = {"model": "m", "messages": []}


def test_connection_is_kept_for_further_requests(server: ModelServer) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    connection.connect()
    first_socket = connection.sock
    for _ in range(3):
        connection.request("POST", "/v1/chat/completions", json.dumps({**CHAT, "stream": True}))
        response = connection.getresponse()
        assert response.getheader("transfer-encoding") == "chunked"
        assert response.read().endswith(b"data: [DONE]\n\n")
    assert connection.sock is first_socket
    connection.close()


def test_request_is_kept_as_it_arrived(server: ModelServer) -> None:
    with post(server, "/v1/chat/completions?x=1", CHAT):
        pass

    (request,) = server.requests
    assert request.method == "POST"
    assert request.path == "/v1/chat/completions"
    assert request.query == {"x": "1"}
    assert request.json == CHAT
    assert request.headers["content-type"] == "application/json"


def test_route_goes_before_the_common_script_and_keeps_its_last_word(server: ModelServer) -> None:
    server.script(text("common"))
    server.route("/v1/chat/*", error(500), always=error(404))

    statuses = []
    for _ in range(3):
        with post(server, "/v1/chat/completions", CHAT) as response:
            statuses.append(response.status)

    assert statuses == [500, 404, 404]


def test_raw_reply_is_sent_as_it_is(server: ModelServer) -> None:
    server.script(raw({"odd": [1]}, status=418, headers={"x-odd": "yes"}))

    with post(server, "/v1/chat/completions", CHAT) as response:
        assert (response.status, response.read()) == (418, b'{"odd":[1]}')
        assert response.getheader("x-odd") == "yes"


def test_unknown_path_says_so(server: ModelServer) -> None:
    with post(server, "/v1/nothing", {}) as response:
        body = json.loads(response.read())

    assert response.status == 404
    assert body["error"]["message"] == "Unknown request URL: POST /v1/nothing."


def test_stop_interrupts_a_slow_stream_and_joins_all_threads() -> None:
    before = threading.active_count()
    server = ModelServer().start()
    server.script(text("one two", chunk_delay_s=600))
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    connection.request("POST", "/v1/chat/completions", json.dumps({**CHAT, "stream": True}))
    stream = connection.getresponse()
    stream.readline()

    server.stop()

    with pytest.raises(http.client.IncompleteRead):
        stream.read()
    connection.close()
    assert threading.active_count() == before


def test_fault_of_the_server_itself_is_raised_at_its_end() -> None:
    server = ModelServer().start()
    server.script(text("x", usage="none"))

    with post(server, "/v1/chat/completions", CHAT) as response:
        assert response.status == 500
    with pytest.raises(AttributeError):
        server.stop()


@pytest.mark.parametrize("chunks", [0, ("Hel", "l")], ids=["none", "other-text"])
def test_chunks_that_cannot_be_sent_are_refused_at_once(chunks: object) -> None:
    with pytest.raises(ValueError, match="chunks: "):
        text("Hello", chunks=chunks)
