from __future__ import annotations

import socket

import pytest
from opentelemetry.util.re import parse_env_headers

from agentel.diagnosis.exporters import GRPC, HTTP, check_exporters, endpoint_of
from agentel.diagnosis.finding import Finding
from agentel.diagnosis.surroundings import Surroundings

INSTALLED = ["agentel_file", HTTP, GRPC]


def seen(names: list[str], environ: dict[str, str], installed: list[str]) -> Surroundings:
    """An environment in which traces go to `names` and the rest nowhere."""
    told = {
        "destinations": {"traces": names, "metrics": [], "logs": []},
        "exporters": dict.fromkeys(("traces", "metrics", "logs"), installed),
    }
    return Surroundings(environ, "/", told=told)


def traces(names: list[str], installed: list[str] = INSTALLED, **environ: str) -> list[Finding]:
    findings = check_exporters(seen(names, environ, installed))
    return [finding for finding in findings if finding.subject == "traces"]


ENDPOINTS = {
    "default": (HTTP, {}, "http://localhost:4318/v1/traces"),
    "default-grpc": (GRPC, {}, "http://localhost:4317"),
    "general": (
        HTTP,
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://host:1/base/"},
        "http://host:1/base/v1/traces",
    ),
    "general-grpc": (GRPC, {"OTEL_EXPORTER_OTLP_ENDPOINT": "host:1"}, "host:1"),
    "own-is-taken-as-it-is": (
        HTTP,
        {
            "OTEL_EXPORTER_OTLP_ENDPOINT": "http://host:1",
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://own:2/in",
        },
        "http://own:2/in",
    ),
    "blank-is-not-set": (
        HTTP,
        {"OTEL_EXPORTER_OTLP_ENDPOINT": " "},
        "http://localhost:4318/v1/traces",
    ),
}


@pytest.mark.parametrize("case", ENDPOINTS)
def test_endpoint_is_the_one_that_the_exporter_takes(case: str) -> None:
    name, environ, url = ENDPOINTS[case]
    assert endpoint_of(Surroundings(environ, "/"), "traces", name).url == url


def test_what_is_set_for_the_signal_goes_before_what_is_set_for_all() -> None:
    environ = {
        "OTEL_EXPORTER_OTLP_HEADERS": "a=general",
        "OTEL_EXPORTER_OTLP_TRACES_HEADERS": "a=own%20one, b = c=d,no pair",
        "OTEL_EXPORTER_OTLP_CERTIFICATE": "general.pem",
        "OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE": "own.pem",
        "REQUESTS_CA_BUNDLE": "other.pem",
    }
    endpoint = endpoint_of(Surroundings(environ, "/"), "traces", HTTP)
    assert endpoint.headers == {"a": "own one", "b": "c=d"}
    assert (endpoint.certificate, endpoint.client_certificate) == ("general.pem", "own.pem")


HEADERS = {
    "plain": "a=b",
    "encoded": "authorization=Bearer%20token, B = c%3Dd",
    "blanks-inside": "authorization=Bearer 100%25 token",
    "equals-signs": "a=b=c==",
    "as-in-http": "authorization: Bearer token=",
    "no-pair": "token",
    "blank-name": " =b",
    "not-ascii": "a=b\u20ac",
    "quoted": 'a="b"',
    "empty-parts": ",a=b,,",
    "empty-value": "a=",
}


@pytest.mark.parametrize("case", HEADERS)
def test_headers_are_read_as_the_exporter_reads_them(case: str) -> None:
    environ = {"OTEL_EXPORTER_OTLP_HEADERS": HEADERS[case]}
    read = endpoint_of(Surroundings(environ, "/"), "traces", HTTP).headers
    assert read == parse_env_headers(HEADERS[case], liberal=True)
    said = [f for f in check_exporters(seen([], environ, INSTALLED)) if f.state == "problem"]
    assert bool(said) == (len(read) < len([p for p in HEADERS[case].split(",") if p.strip()]))


def test_headers_that_are_not_sent_are_told_without_what_they_hold() -> None:
    environ = {"OTEL_EXPORTER_OTLP_LOGS_HEADERS": "a=b,authorization: planted"}
    [finding] = [f for f in check_exporters(seen([], environ, INSTALLED)) if f.state == "problem"]
    assert finding.subject == "OTEL_EXPORTER_OTLP_LOGS_HEADERS"
    assert finding.found.startswith("1 of 2 headers")
    assert "planted" not in repr(finding)


def test_endpoint_is_never_shown_with_its_secrets() -> None:
    environ = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": "http://me:planted@h",
        "OTEL_EXPORTER_OTLP_HEADERS": "a=planted",
    }
    assert "planted" not in repr(endpoint_of(Surroundings(environ, "/"), "traces", HTTP))


def test_grpc_is_only_connected_to() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        [finding] = traces(
            ["otlp"],
            OTEL_EXPORTER_OTLP_PROTOCOL="grpc",
            OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=address,
        )
    assert (finding.state, finding.found) == ("ok", f"{address} can be connected to")


def test_every_exporter_of_a_signal_is_told() -> None:
    findings = traces(["agentel_file", "console", "nowhere"])
    assert [(f.state, f.details["exporter"]) for f in findings] == [
        ("ok", "agentel_file"),
        ("ok", "console"),
        ("problem", "nowhere"),
    ]


def test_grpc_that_is_not_installed_is_told_with_both_ways_out() -> None:
    [finding] = traces(["otlp"], [HTTP], OTEL_EXPORTER_OTLP_TRACES_PROTOCOL="grpc")
    assert finding.state == "problem"
    assert "opentelemetry-exporter-otlp-proto-grpc" in finding.advice
    assert "http/protobuf" in finding.advice


def test_files_that_the_metadata_does_not_name_are_a_problem() -> None:
    [finding] = traces(["agentel_file"], [HTTP])
    assert (finding.state, finding.found) == (
        "problem",
        "the exporter 'agentel_file' is not installed",
    )
    assert "install agentel anew" in finding.advice


def test_declared_configuration_is_left_alone() -> None:
    assert traces(["otlp"], OTEL_CONFIG_FILE="otel.yaml") == []


def test_nothing_is_told_where_agentel_could_not_be_asked() -> None:
    assert list(check_exporters(Surroundings({}, "/"))) == []
