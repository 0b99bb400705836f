"""Which distribution sets telemetry up, and what happens where an exporter cannot be had."""

from __future__ import annotations

import os
import shutil
import sys
from importlib.metadata import distribution
from pathlib import Path

import pytest

from process.conftest import AGENT, LAUNCHER, SOURCE, Place

pytestmark = pytest.mark.process

FOREIGN = Path(sys.prefix) / "opentelemetry-distro"
"""OpenTelemetry's own distribution, in a folder of its own: `make` installs it there."""

WORK = "import agentel\nwith agentel.agent('planner'):\n    print('worked')\n"
PARENT = "import subprocess, sys\nsubprocess.run([sys.executable, 'child.py'])\n"
AUTOMATIC = "opentelemetry/instrumentation/auto_instrumentation"
PLANNED = ["invoke_agent planner"]


@pytest.fixture(params=["before", "after"])
def beside_another(request: pytest.FixtureRequest, place: Place, tmp_path: Path) -> Place:
    """Put the other distribution before ours on the path, or after it."""
    assert FOREIGN.is_dir(), "make installs opentelemetry-distro there"
    ours = tmp_path / "ours"
    folder = Path(str(distribution("agentel").locate_file("")))
    for about in folder.glob("agentel-*.dist-info"):
        shutil.copytree(about, ours / about.name)
    order = [str(FOREIGN), str(ours)]
    path = [*(order if request.param == "before" else reversed(order)), SOURCE]
    place.environ["PYTHONPATH"] = os.pathsep.join(path)
    return place


def names(place: Place) -> list[str]:
    return [span["name"] for span in place.spans()]


def test_ours_sets_up_beside_opentelemetrys_own(beside_another: Place) -> None:
    ran = beside_another.launch(WORK)
    assert (ran.out, ran.err, ran.code) == ("worked\n", "", 0)
    assert names(beside_another) == PLANNED


def test_named_distribution_is_left_in_charge(beside_another: Place) -> None:
    ran = beside_another.launch(
        WORK + AGENT,
        OTEL_PYTHON_DISTRO="distro",
        OTEL_TRACES_EXPORTER="console",
        OTEL_METRICS_EXPORTER="none",
        OTEL_LOGS_EXPORTER="none",
        OTEL_PYTHON_CONFIGURATOR="configurator",
    )
    assert '"name": "invoke_agent planner"' in ran.out
    assert '"name": "chat gpt-5"' in ran.out
    assert "telemetry.distro.name" not in ran.out
    assert (ran.code, beside_another.files()) == (0, [])


def test_what_another_distribution_asks_for_in_vain_goes_to_files(beside_another: Place) -> None:
    ran = beside_another.launch(
        WORK, OTEL_PYTHON_DISTRO="distro", OTEL_PYTHON_CONFIGURATOR="agentel"
    )
    assert (ran.out, ran.code) == ("worked\n", 0)
    assert [line for line in ran.err.splitlines() if "not loaded because" not in line] == [
        GRPC.format(signals=ALL, folder=beside_another.folder / ".agentel")
    ]
    assert names(beside_another) == PLANNED


def test_without_the_launchers_command_ours_is_named_by_a_variable(beside_another: Place) -> None:
    site = str(Path(str(distribution("opentelemetry-instrumentation").locate_file(AUTOMATIC))))
    path = os.pathsep.join([site, beside_another.environ["PYTHONPATH"]])
    ran = beside_another.plain(WORK, PYTHONPATH=path, OTEL_PYTHON_DISTRO="agentel")
    assert (ran.out, ran.err, ran.code) == ("worked\n", "", 0)
    assert names(beside_another) == PLANNED


GRPC = (
    "agentel: OTLP over gRPC was asked for, and opentelemetry-exporter-otlp-proto-grpc is not "
    "installed. Install it, or set OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf and the endpoint's "
    "port for HTTP, 4318. Until then, {signals} go to files below {folder}."
)
ALL = "traces and metrics and logs"
UNAVAILABLE = {
    "grpc": (
        {
            "OTEL_EXPORTER_OTLP_ENDPOINT": "http://localhost:4317",
            "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc",
        },
        GRPC.replace("{signals}", ALL),
    ),
    "grpc-of-one-signal": (
        {
            "OTEL_TRACES_EXPORTER": "otlp",
            "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "grpc",
        },
        GRPC.replace("{signals}", "traces"),
    ),
    "grpc-by-name": (
        {"OTEL_TRACES_EXPORTER": "otlp_proto_grpc,agentel_file"},
        GRPC.replace("{signals}", "traces"),
    ),
    "unknown": (
        {"OTEL_TRACES_EXPORTER": "zipkin"},
        "agentel: no exporter 'zipkin' is installed; there are agentel_file, console, "
        "otlp_proto_http. Correct OTEL_TRACES_EXPORTER, or install it. Until then, traces go to "
        "files below {folder}.",
    ),
    "protocol": (
        {"OTEL_TRACES_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_PROTOCOL": "http/json"},
        "agentel: OTEL_EXPORTER_OTLP_PROTOCOL='http/json' is not grpc or http/protobuf. Correct "
        "it. Until then, traces go to files below {folder}.",
    ),
    "settings": (
        {
            "OTEL_EXPORTER_OTLP_ENDPOINT": "http://localhost:1",
            "OTEL_PYTHON_EXPORTER_OTLP_HTTP_CREDENTIAL_PROVIDER": "nobody",
        },
        "agentel: the exporter otlp_proto_http does not take its settings (RuntimeError: Requested "
        "component 'nobody' not found in entry point 'opentelemetry_otlp_credential_provider'). "
        "Correct the OTEL_EXPORTER_ variables. Until then, "
        f"{ALL} go to files below {{folder}}.",
    ),
}


@pytest.mark.parametrize(("given", "message"), UNAVAILABLE.values(), ids=UNAVAILABLE)
def test_what_cannot_be_had_is_one_message_and_files(
    given: dict[str, str], message: str, place: Place
) -> None:
    ran = place.launch(WORK, **given)
    assert (ran.out, ran.code) == ("worked\n", 0)
    assert ran.err == message.format(folder=place.folder / ".agentel") + "\n"
    assert names(place) == PLANNED


def test_children_do_not_repeat_the_message(place: Place) -> None:
    place.write(WORK, "child.py")
    ran = place.launch(PARENT, OTEL_TRACES_EXPORTER="zipkin")
    assert (ran.out, ran.err.count("zipkin")) == ("worked\n", 1)
    assert names(place) == PLANNED


def test_what_the_user_named_is_still_named_for_children(place: Place) -> None:
    shown = "import os\nprint(os.environ['OTEL_TRACES_EXPORTER'])"
    assert place.launch(shown, OTEL_TRACES_EXPORTER="agentel_file").out == "agentel_file\n"


def test_launcher_takes_its_command_line_as_before(place: Place) -> None:
    launcher, python = LAUNCHER
    ran = place.run((launcher, "--traces_exporter", "none", python, place.write(WORK)))
    assert (ran.out, ran.err, ran.code) == ("worked\n", "", 0)
    assert place.files("traces") == []
