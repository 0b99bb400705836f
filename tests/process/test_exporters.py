from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk import environment_variables

from process.conftest import AGENT, Place, Ran

pytestmark = pytest.mark.process

KNOWS_FILES = hasattr(environment_variables, "OTEL_CONFIG_FILE")
KINDS: dict[str, Any] = {
    "/v1/traces": ExportTraceServiceRequest,
    "/v1/metrics": ExportMetricsServiceRequest,
    "/v1/logs": ExportLogsServiceRequest,
}


class Receiver(ThreadingHTTPServer):
    """Takes OTLP over HTTP, as a collector does."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.got: dict[str, list[Any]] = {path: [] for path in KINDS}
        self.status = 200
        self.largest = 20 * 1024 * 1024
        """What a collector takes, in bytes."""
        self.answers = threading.Event()
        """Cleared, it leaves requests without an answer."""
        self.answers.set()

    @property
    def url(self) -> str:
        """The endpoint."""
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    """Decodes one request."""

    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.got[self.path].append(KINDS[self.path].FromString(body))
        self.server.answers.wait()
        is_taken = len(body) < self.server.largest
        self.send_response(self.server.status if is_taken else 413)
        self.send_header("content-type", "application/x-protobuf")
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.answers.set()
        server.shutdown()
        thread.join()


def names_of(receiver: Receiver) -> list[str]:
    return [
        span.name
        for request in receiver.got["/v1/traces"]
        for resource in request.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]


def test_endpoint_gets_everything_and_no_file_is_written(place: Place, receiver: Receiver) -> None:
    ran = place.launch(AGENT, OTEL_EXPORTER_OTLP_ENDPOINT=receiver.url)
    assert (ran.code, ran.err) == (0, "")
    assert names_of(receiver) == ["chat gpt-5"]
    assert receiver.got["/v1/metrics"]
    assert not (place.folder / ".agentel").exists()
    [resource] = {
        tuple((a.key, a.value.string_value) for a in resource.resource.attributes)
        for request in receiver.got["/v1/traces"]
        for resource in request.resource_spans
    }
    told = dict(resource)
    assert told["service.name"] == "agent"
    assert told["telemetry.distro.name"] == "agentel"
    assert {"service.instance.id", "agentel.run.id", "telemetry.distro.version"} <= set(told)


def test_endpoint_of_one_signal_leaves_the_others_in_files(
    place: Place, receiver: Receiver
) -> None:
    ran = place.launch(AGENT, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=f"{receiver.url}/v1/traces")
    assert (ran.code, ran.err) == (0, "")
    assert names_of(receiver) == ["chat gpt-5"]
    assert receiver.got["/v1/metrics"] == []
    assert [len(place.files(signal)) for signal in ("traces", "metrics")] == [0, 1]


def test_empty_endpoint_is_none(place: Place) -> None:
    ran = place.launch(AGENT, OTEL_EXPORTER_OTLP_ENDPOINT=" ")
    assert (ran.code, ran.err) == (0, "")
    assert [len(place.files(signal)) for signal in ("traces", "metrics")] == [1, 1]


def test_named_exporters_are_used_together(place: Place, receiver: Receiver) -> None:
    ran = place.launch(
        AGENT,
        OTEL_EXPORTER_OTLP_ENDPOINT=receiver.url,
        OTEL_TRACES_EXPORTER="otlp_proto_http,agentel_file",
    )
    assert (ran.code, ran.err) == (0, "")
    assert names_of(receiver) == ["chat gpt-5"]
    assert [span["name"] for span in place.spans()] == ["chat gpt-5"]


def test_otlp_stands_for_http(place: Place, receiver: Receiver) -> None:
    ran = place.launch(
        AGENT,
        OTEL_EXPORTER_OTLP_ENDPOINT=receiver.url,
        OTEL_TRACES_EXPORTER="otlp",
        OTEL_METRICS_EXPORTER="otlp",
        OTEL_LOGS_EXPORTER="otlp",
    )
    assert (ran.code, ran.err) == (0, "")
    assert names_of(receiver) == ["chat gpt-5"]


def test_none_is_none(place: Place) -> None:
    place.launch(AGENT, OTEL_TRACES_EXPORTER="none")
    assert [len(place.files(signal)) for signal in ("traces", "metrics")] == [0, 1]


def test_none_of_all_leaves_nothing(place: Place) -> None:
    off = dict.fromkeys((f"OTEL_{s}_EXPORTER" for s in ("TRACES", "METRICS", "LOGS")), "none")
    ran = place.launch(AGENT, **off)
    assert (ran.code, ran.err) == (0, "")
    assert not (place.folder / ".agentel").exists()


def test_console_is_the_console(place: Place) -> None:
    ran = place.launch(AGENT, OTEL_TRACES_EXPORTER="console")
    said, _, told = ran.out.partition("\n")
    assert said == "Hello"
    assert json.loads(told)["name"] == "chat gpt-5"
    assert [len(place.files(signal)) for signal in ("traces", "metrics")] == [0, 1]


BUSY = """
import logging
logging.basicConfig(format="%(name)s %(message)s")
import agentel
for number in range(3):
    with agentel.agent("planner"):
        print(number, flush=True)
    agentel.flush()
"""
REFUSALS = {
    "no-token": (401, "the receiver refuses the token"),
    "wrong-token": (403, "the receiver refuses the token"),
    "wrong-path": (404, "nothing takes telemetry at this path"),
    "too-large": (413, "a batch is too large"),
    "broken": (500, "the receiver does not take more now"),
}
SHORT = {"OTEL_EXPORTER_OTLP_TIMEOUT": "1", "OTEL_METRICS_EXPORTER": "none"}


def told(ran: Ran) -> list[str]:
    """What a program that delivers nothing says of it; nothing of others may be on its stderr."""
    lines = ran.err.splitlines()
    assert [line for line in lines if "agentel: " not in line] == []
    assert (ran.out, ran.code) == ("0\n1\n2\n", 0)
    return [line for line in lines if "telemetry cannot be delivered" in line]


@pytest.mark.parametrize(("status", "meaning"), REFUSALS.values(), ids=REFUSALS)
def test_refused_telemetry_is_one_line_that_says_what_to_do(
    place: Place, receiver: Receiver, status: int, meaning: str
) -> None:
    receiver.status = status
    ran = place.launch(BUSY, OTEL_EXPORTER_OTLP_ENDPOINT=receiver.url, **SHORT)
    [line] = told(ran)
    assert f"to {receiver.url}: {meaning}" in line
    assert len(receiver.got["/v1/traces"]) >= 3


def test_collector_that_is_not_there_is_one_line(place: Place) -> None:
    with Receiver() as gone:
        url = gone.url
    [line] = told(place.launch(BUSY, OTEL_EXPORTER_OTLP_ENDPOINT=url, **SHORT))
    assert f"to {url}: nothing answers there" in line


def test_connection_without_tls_is_one_line(place: Place, receiver: Receiver) -> None:
    url = receiver.url.replace("http:", "https:")
    [line] = told(place.launch(BUSY, OTEL_EXPORTER_OTLP_ENDPOINT=url, **SHORT))
    assert f"to {url}: no TLS connection" in line


def test_collector_that_does_not_answer_is_one_line(place: Place, receiver: Receiver) -> None:
    receiver.answers.clear()
    [line] = told(place.launch(BUSY, OTEL_EXPORTER_OTLP_ENDPOINT=receiver.url, **SHORT))
    assert f"to {receiver.url}: no answer in time" in line


LONG = """
from opentelemetry import trace
for number in range(40):
    trace.get_tracer("t").start_span(str(number), attributes={"text": "x" * 1_000_000}).end()
"""


def test_batches_are_split_below_what_a_collector_takes(place: Place, receiver: Receiver) -> None:
    ran = place.launch(LONG, OTEL_EXPORTER_OTLP_ENDPOINT=receiver.url)
    assert (ran.err, ran.code) == ("", 0)
    assert names_of(receiver) == [str(number) for number in range(40)]
    assert len(receiver.got["/v1/traces"]) == 3


CROWD = """
from opentelemetry import trace
for _ in range(100):
    trace.get_tracer("t").start_span("s").end()
print("went on")
"""


def test_what_a_slow_collector_has_no_room_for_is_counted(place: Place, receiver: Receiver) -> None:
    receiver.answers.clear()
    ran = place.launch(
        CROWD,
        OTEL_EXPORTER_OTLP_ENDPOINT=receiver.url,
        OTEL_BSP_MAX_QUEUE_SIZE="10",
        OTEL_BSP_MAX_EXPORT_BATCH_SIZE="10",
        **SHORT,
    )
    assert (ran.out, ran.code) == ("went on\n", 0)
    [line] = ran.err.splitlines()
    assert line.startswith(f"agentel: 100 spans could not be delivered to {receiver.url}: ")


def test_secrets_of_an_endpoint_are_not_told(place: Place, receiver: Receiver) -> None:
    receiver.status = 401
    url = receiver.url.replace("//", "//user:planted-secret@")
    ran = place.launch(BUSY, OTEL_EXPORTER_OTLP_ENDPOINT=url, **SHORT)
    assert f"to {receiver.url}: " in ran.err
    assert "planted-secret" not in ran.err


def test_disabled_sdk_leaves_nothing(place: Place) -> None:
    without = place.plain(AGENT)
    ran = place.launch(AGENT, OTEL_SDK_DISABLED="true")
    assert (ran.out, ran.err, ran.code) == (without.out, "", 0)
    assert not (place.folder / ".agentel").exists()


@pytest.mark.skipif(KNOWS_FILES, reason="this release of the SDK reads OTEL_CONFIG_FILE")
def test_declared_configuration_that_the_sdk_does_not_read_is_told(place: Place) -> None:
    ran = place.launch(AGENT, OTEL_CONFIG_FILE="otel.yaml")
    assert (ran.out, ran.code) == ("Hello\n", 0)
    [said] = ran.err.splitlines()
    assert said.startswith("agentel: OTEL_CONFIG_FILE='otel.yaml' is not read by this release")
    assert [span["name"] for span in place.spans()] == ["chat gpt-5"]


@pytest.mark.skipif(not KNOWS_FILES, reason="this release of the SDK has no OTEL_CONFIG_FILE")
def test_declared_configuration_is_left_to_the_sdk(place: Place) -> None:
    place.write('file_format: "1.0"', "otel.yaml")
    ran = place.launch(AGENT, OTEL_CONFIG_FILE="otel.yaml")
    assert (ran.out, ran.code) == ("Hello\n", 0)
    [said] = ran.err.splitlines()
    assert said.startswith("agentel: what OTEL_CONFIG_FILE='otel.yaml' says cannot be set up (")
    assert "opentelemetry-configuration is not installed" in said  # the SDK has looked at it
    assert not (place.folder / ".agentel").exists()


def test_what_the_sdk_does_not_take_is_one_message(place: Place) -> None:
    ran = place.launch(AGENT, OTEL_PYTHON_ID_GENERATOR="nobody")
    assert (ran.out, ran.code) == ("Hello\n", 0)
    [said] = ran.err.splitlines()
    assert said.startswith("agentel: telemetry cannot be set up (RuntimeError: ")
    assert "'nobody'" in said
