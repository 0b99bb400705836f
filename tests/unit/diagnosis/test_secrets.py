from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentel.diagnosis.secrets import HIDDEN, shown, without_credentials

SECRETS = {
    "OTEL_EXPORTER_OTLP_HEADERS": "authorization=Bearer%20planted",
    "OTEL_EXPORTER_OTLP_TRACES_HEADERS": "api-key=planted,x=planted",
    "OTEL_EXPORTER_OTLP_LOGS_HEADERS": "planted without an equals sign",
    "otel_exporter_otlp_headers": "planted",
    "OTEL_VENDOR_TOKEN": "planted",
    "OTEL_VENDOR_API_KEY": "https://planted.example",
    "OTEL_PYTHON_AUTH": "planted",
    "AGENTEL_CONTEXT": '{"user": "planted"}',
    "OTEL_EXPORTER_OTLP_ENDPOINT": "https://me:planted@host:4318/v1?token=planted#planted",
    "OTEL_RESOURCE_ATTRIBUTES": "team=x,vendor.api_key=planted planted,b=c",
}


@pytest.mark.parametrize("variable", SECRETS)
def test_no_secret_is_shown(variable: str) -> None:
    told = shown(variable, SECRETS[variable])
    assert "planted" not in told
    assert HIDDEN in told


PLAIN = {
    "OTEL_SERVICE_NAME": "my service",
    "OTEL_EXPORTER_OTLP_ENDPOINT": "http://localhost:4318",
    "OTEL_EXPORTER_OTLP_CLIENT_KEY": "/etc/otel/client.key",
    "OTEL_EXPORTER_OTLP_CERTIFICATE": "ca.pem",
    "OTEL_RESOURCE_ATTRIBUTES": "service.version=1,deployment.environment.name=test",
}


@pytest.mark.parametrize("variable", PLAIN)
def test_what_is_no_secret_is_shown(variable: str) -> None:
    assert shown(variable, PLAIN[variable]) == PLAIN[variable]


def test_rest_of_a_list_with_a_secret_is_shown() -> None:
    told = shown("OTEL_RESOURCE_ATTRIBUTES", "team=x,my.token=planted,b=c")
    assert told == "team=x,my.token=***,b=c"


def test_address_keeps_host_and_path() -> None:
    told = without_credentials("https://me:planted@host:4318/v1/traces?key=planted")
    assert told == "https://***@host:4318/v1/traces?***"


def test_address_that_cannot_be_read_is_not_shown() -> None:
    assert without_credentials("http://[planted") == HIDDEN


@given(st.text(max_size=50))
def test_headers_are_never_shown(value: str) -> None:
    assert shown("OTEL_EXPORTER_OTLP_HEADERS", value) == HIDDEN


@given(st.text(max_size=50))
def test_any_address_can_be_given(value: str) -> None:
    assert isinstance(without_credentials(f"http://{value}"), str)
