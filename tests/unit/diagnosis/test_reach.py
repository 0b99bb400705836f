"""How real servers on the loopback interface look from outside."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from agentel.diagnosis import reach as reaching
from agentel.diagnosis.reach import Endpoint, Outcome, reach

LONGEST = 10.0


class Receiver(BaseHTTPRequestHandler):
    """Answers as an OTLP receiver whose token is `right`, and remembers what it got."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.got.append((self.path, self.headers["content-type"], body))  # type: ignore[attr-defined]
        is_known = self.headers.get("authorization") in ("Bearer right", "Basic bWU6cmlnaHQ=")
        statuses = {"/moved": 307, "/busy": 503, "/nowhere": 404}
        self.send_response(statuses.get(self.path, 200 if is_known else 401))
        if self.path == "/moved":
            self.send_header("location", "/v1/traces")
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def serving(context: ssl.SSLContext | None = None) -> Iterator[HTTPServer]:
    with HTTPServer(("127.0.0.1", 0), Receiver) as server:
        server.got = []  # type: ignore[attr-defined]
        if context is not None:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join(LONGEST)


@pytest.fixture(scope="module")
def receiver() -> Iterator[HTTPServer]:
    with serving() as server:
        yield server


@contextmanager
def answering(answer: Callable[[socket.socket], None]) -> Iterator[int]:
    """Listen, and let `answer` have the first connection; yields the port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def take() -> None:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                answer(connection)

        thread = threading.Thread(target=take)
        thread.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(LONGEST)


def port(server: HTTPServer) -> int:
    return server.server_address[1]


RIGHT = {"authorization": "Bearer right"}
STATUSES = {
    "right-token": ("/v1/traces", RIGHT, 200),
    "wrong-token": ("/v1/traces", {"authorization": "Bearer wrong"}, 401),
    "no-token": ("/v1/traces", {}, 401),
    "wrong-path": ("/nowhere", RIGHT, 404),
    "busy": ("/busy", RIGHT, 503),
    "moved": ("/moved", RIGHT, 307),
}


@pytest.mark.parametrize("case", STATUSES)
def test_answer_is_told_by_its_status(receiver: HTTPServer, case: str) -> None:
    path, headers, status = STATUSES[case]
    url = f"http://127.0.0.1:{port(receiver)}{path}"
    assert reach(Endpoint(url, headers)) == Outcome("answered", status)


def test_account_in_the_address_is_used_as_the_exporter_does(receiver: HTTPServer) -> None:
    outcome = reach(Endpoint(f"http://me:right@127.0.0.1:{port(receiver)}/v1/traces"))
    assert outcome == Outcome("answered", 200)


def test_request_is_an_empty_otlp_message(receiver: HTTPServer) -> None:
    reach(Endpoint(f"http://127.0.0.1:{port(receiver)}/v1/logs", RIGHT))
    assert receiver.got[-1] == ("/v1/logs", "application/x-protobuf", b"")  # type: ignore[attr-defined]


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


@pytest.mark.parametrize("is_grpc", [False, True], ids=["http", "grpc"])
def test_closed_port_refuses(is_grpc: bool) -> None:
    outcome = reach(Endpoint(f"http://127.0.0.1:{closed_port()}", is_grpc=is_grpc))
    assert outcome.kind == "refused"


def test_server_that_leaves_without_a_word_is_odd() -> None:
    with answering(lambda connection: connection.recv(1000) and None) as place:
        assert reach(Endpoint(f"http://127.0.0.1:{place}")).kind == "odd"


def test_server_that_speaks_something_else_is_odd() -> None:
    def speak(connection: socket.socket) -> None:
        connection.recv(1000)
        connection.sendall(b"\x00\x00\x12\x04\x00\x00\x00\x00\x00\r\n")

    with answering(speak) as place:
        assert reach(Endpoint(f"http://127.0.0.1:{place}")).kind == "odd"


@pytest.mark.parametrize("is_grpc", [False, True], ids=["http", "grpc"])
def test_tls_to_a_plain_port_is_told(receiver: HTTPServer, is_grpc: bool) -> None:
    outcome = reach(Endpoint(f"https://127.0.0.1:{port(receiver)}/v1/traces", is_grpc=is_grpc))
    assert outcome.kind == "tls"
    assert outcome.told


def test_slow_server_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reaching, "TIMEOUT", 0.2)
    given_up = threading.Event()
    with answering(lambda connection: given_up.wait(LONGEST) and None) as place:
        assert reach(Endpoint(f"http://127.0.0.1:{place}")) == Outcome("silent")
        given_up.set()


def test_server_that_answers_byte_by_byte_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reaching, "DEADLINE", 0.5)
    given_up = threading.Event()

    def drip(connection: socket.socket) -> None:
        while not given_up.wait(0.05):
            connection.sendall(b"H")

    with answering(drip) as place:
        began = time.monotonic()
        assert reach(Endpoint(f"http://127.0.0.1:{place}")) == Outcome("silent")
        assert time.monotonic() - began < LONGEST / 2
        given_up.set()


UNUSABLE = ["ftp://127.0.0.1", "file:///etc/passwd", "", "http://[", "http://:-1/", "//"]


@pytest.mark.parametrize("is_grpc", [False, True], ids=["http", "grpc"])
@pytest.mark.parametrize("url", UNUSABLE)
def test_address_that_is_none_does_not_raise(url: str, is_grpc: bool) -> None:
    assert reach(Endpoint(url, is_grpc=is_grpc)).kind in ("unusable", "unknown", "refused")


@pytest.mark.parametrize("value", ["planted\n", "planted\u20ac", "\ud800planted"])
def test_header_that_cannot_be_sent_is_told_without_it(receiver: HTTPServer, value: str) -> None:
    outcome = reach(Endpoint(f"http://127.0.0.1:{port(receiver)}", {"authorization": value}))
    assert outcome.kind == "unusable"
    assert "planted" not in outcome.told


def test_name_without_an_address_is_unknown() -> None:
    # An interface that is not there: no name server is asked.
    assert reach(Endpoint("http://[fe80::1%nowhere]:4318")).kind == "unknown"


def test_grpc_is_connected_to_and_no_more() -> None:
    with answering(lambda connection: None) as place:
        endpoint = Endpoint(f"127.0.0.1:{place}", is_grpc=True)
        assert reach(endpoint) == Outcome("connected")


def test_file_of_certificates_that_is_not_there_is_told(tmp_path: Path) -> None:
    endpoint = Endpoint("https://127.0.0.1:1", certificate=str(tmp_path / "none.pem"))
    assert reach(endpoint).kind == "unusable"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 that nobody has signed, with its key in the same file."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("needs openssl to make a certificate")
    file = tmp_path_factory.mktemp("tls") / "server.pem"
    key = file.with_suffix(".key")
    subprocess.run(
        [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", str(key), "-out",
         str(file), "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"],
        check=True,
        capture_output=True,
    )  # fmt: skip
    file.write_text(file.read_text() + key.read_text())
    return file


@pytest.fixture
def tls_receiver(certificate: Path) -> Iterator[HTTPServer]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with serving(context) as server:
        yield server


def test_certificate_that_nobody_signed_is_told(tls_receiver: HTTPServer) -> None:
    outcome = reach(Endpoint(f"https://127.0.0.1:{port(tls_receiver)}/v1/traces", RIGHT))
    assert outcome.kind == "tls"
    assert "not trusted" in outcome.told


def test_certificate_that_the_user_names_is_trusted(
    tls_receiver: HTTPServer, certificate: Path
) -> None:
    url = f"https://127.0.0.1:{port(tls_receiver)}/v1/traces"
    outcome = reach(Endpoint(url, RIGHT, certificate=str(certificate)))
    assert outcome == Outcome("answered", 200)
