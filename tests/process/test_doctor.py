"""What `agentel doctor` tells of real environments, and that what it tells is so."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from agentel.diagnosis.child import ask
from agentel.diagnosis.diagnose import CHECKS
from process.conftest import BIN, SOURCE, Place
from support.distributions import install

pytestmark = pytest.mark.process

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "doctor.md").read_text("utf-8")

SDKS = ("anthropic", "groq", "openai", "together")
NOT_IN_ITS_OWN = (*SDKS, "opentelemetry.sdk", "opentelemetry.trace", "wrapt")
NO_SDK = {"AGENTEL_DISABLED_LIBRARIES": ",".join(SDKS)}
"""So that none has to be imported, which takes the longest."""
HAS_OWN_SPANS = "_tracing.py" in os.listdir(os.path.dirname(find_spec("anthropic").origin))
ONLY_GROQ = {"AGENTEL_LIBRARIES": "groq"}

Findings = dict[str, dict[str, Any]]


def doctor(place: Place, **environ: str) -> tuple[Findings, int]:
    """Return the findings by `check subject`, and the exit code."""
    ran = place.run((str(BIN / "agentel"), "doctor", "--json"), environ)
    assert ran.err == ""
    told = json.loads(ran.out)
    return {f"{f['check']} {f['subject']}": f for f in told["findings"]}, ran.code


def problems(findings: Findings) -> list[str]:
    return [key for key, finding in findings.items() if finding["state"] == "problem"]


def prefer(place: Place, folder: Path) -> None:
    """Put a folder before everything else on the path."""
    place.environ["PYTHONPATH"] = os.pathsep.join([str(folder), place.environ["PYTHONPATH"]])


# What is well.


def test_environment_without_a_fault_is_well(place: Place) -> None:
    findings, code = doctor(place)
    assert (problems(findings), code) == ([], 0)
    for sdk in SDKS:
        details = findings[f"libraries {sdk}"]["details"]
        assert details["applied"], sdk
        assert (details["missing"], details["foreign"], details["error"]) == ([], [], "")
        assert details["file"].endswith("__init__.py")
    has_native = findings["libraries anthropic"]["details"]["has_native"]
    assert ("libraries anthropic's own spans" in findings) == has_native
    assert findings["launch distro"]["details"]["winner"]["package"] == "agentel"
    assert findings["exporters traces"]["details"] == {"exporter": "agentel_file"}


def test_looking_leaves_nothing_behind_and_calls_no_model(place: Place) -> None:
    before = sorted(place.folder.iterdir())
    doctor(place, **ONLY_GROQ)
    assert sorted(place.folder.iterdir()) == before
    assert place.server.requests == []


def test_nothing_that_is_looked_at_is_imported_in_the_process_that_looks(place: Place) -> None:
    place.write(
        "import sys\nfrom agentel.cli import main\ncode = main(['doctor', '--json'])\n"
        f"print(code, [n for n in {NOT_IN_ITS_OWN!r} if n in sys.modules], file=sys.stderr)",
        "look.py",
    )
    assert place.run((sys.executable, "look.py"), ONLY_GROQ).err == "0 []\n"


def test_library_that_is_switched_off_is_told_with_the_switch(place: Place) -> None:
    ran = place.run((str(BIN / "agentel"), "doctor"), NO_SDK)
    assert "anthropic, groq, openai, together: switched off by AGENTEL_DISABLED_LIBR" in ran.out
    findings, _ = doctor(
        place, AGENTEL_LIBRARIES="openai", OTEL_PYTHON_DISABLED_INSTRUMENTATIONS="openai"
    )
    assert findings["libraries openai"]["found"] == (
        "switched off by OTEL_PYTHON_DISABLED_INSTRUMENTATIONS"
    )
    assert findings["libraries groq"]["found"] == "switched off by AGENTEL_LIBRARIES"


def test_it_can_be_run_as_the_program_is(place: Place) -> None:
    ran = place.run((str(BIN / "agentel"), "run", str(BIN / "agentel"), "doctor", "--json"), NO_SDK)
    told = json.loads(ran.out)
    assert (told["problems"], ran.code) == (0, 0)
    assert {"AGENTEL_FILES", "OTEL_PYTHON_DISTRO"} <= {f["subject"] for f in told["findings"]}


def test_person_reads_problems_first_each_with_what_to_do(place: Place) -> None:
    ran = place.run((str(BIN / "agentel"), "doctor"), {**NO_SDK, "OTEL_SDK_DISABLED": "true"})
    lines = ran.out.splitlines()
    assert (ran.code, ran.err) == (1, "")
    assert lines[0].startswith("agentel doctor · 1 problem, ")
    assert lines[2:5] == [
        "problem  OTEL_SDK_DISABLED: true: nothing is recorded",
        "         expected: not set, or false",
        "         do: unset OTEL_SDK_DISABLED",
    ]
    assert "AGENTEL_DISABLED_LIBRARIES: anthropic,groq,openai,together" in ran.out
    assert "AGENTEL_SPAN_EVENTS" not in ran.out


def test_defaults_are_listed_when_asked_for(place: Place) -> None:
    ran = place.run((str(BIN / "agentel"), "doctor", "--all"), NO_SDK)
    assert "AGENTEL_SPAN_EVENTS: true" in ran.out


# Who wins the launch: what is told is compared with what the launcher does.

VENDOR = """
import os
from opentelemetry.instrumentation.distro import BaseDistro

class Distro(BaseDistro):
    def _configure(self, **kwargs):
        os.environ["DISTRO"] = "vendor"

class Configurator:
    def configure(self, **kwargs):
        os.environ["CONFIGURATOR"] = "vendor"
"""
WINNERS = """
import os
from opentelemetry import trace
provider = trace.get_tracer_provider()
told = getattr(provider, "resource", None)
ours = told is not None and told.attributes.get("telemetry.distro.name") == "agentel"
print(os.environ.get("DISTRO", "agentel"))
print(os.environ.get("CONFIGURATOR", "agentel" if ours else "none"))
"""
CHOICES: dict[str, dict[str, str]] = {
    "nothing-set": {},
    "distro-set": {"OTEL_PYTHON_DISTRO": "agentel"},
    "configurator-set": {"OTEL_PYTHON_CONFIGURATOR": "agentel"},
    "both-set": {"OTEL_PYTHON_DISTRO": "agentel", "OTEL_PYTHON_CONFIGURATOR": "agentel"},
    "other-configurator-set": {
        "OTEL_PYTHON_DISTRO": "agentel",
        "OTEL_PYTHON_CONFIGURATOR": "vendor",
    },
    "nobody-set": {"OTEL_PYTHON_DISTRO": "agentel", "OTEL_PYTHON_CONFIGURATOR": "nobody"},
}


@pytest.mark.parametrize("choice", CHOICES)
def test_winner_is_the_one_that_the_launcher_takes(
    place: Place, tmp_path: Path, choice: str
) -> None:
    install(
        tmp_path / "site",
        "vendor-distro",
        entry_points={
            "opentelemetry_distro": {"vendor": "vendor_distro:Distro"},
            "opentelemetry_configurator": {"vendor": "vendor_distro:Configurator"},
        },
        modules={"vendor_distro.py": VENDOR},
    )
    prefer(place, tmp_path / "site")
    environ = CHOICES[choice]
    findings, code = doctor(place, **NO_SDK, **environ)
    told = [findings[f"launch {kind}"] for kind in ("distro", "configurator")]
    winners = [(f["details"]["winner"] or {"name": "none"})["name"] for f in told]
    assert place.launch(WINNERS, **environ).out.split() == winners
    is_problem = ["problem" if winner != "agentel" else "no problem" for winner in winners]
    assert [f["state"].replace("ok", "note").replace("note", "no problem") for f in told] == (
        is_problem
    )
    assert code == ("problem" in is_problem)


# Other vendors on the same SDK.


def test_other_instrumentation_of_the_same_sdk_is_told(place: Place, tmp_path: Path) -> None:
    install(
        tmp_path / "site",
        "opentelemetry-instrumentation-openai",
        "0.62.4",
        entry_points={
            "opentelemetry_instrumentor": {"openai": "opentelemetry.instrumentation.openai:I"}
        },
    )
    prefer(place, tmp_path / "site")
    findings, code = doctor(place, **NO_SDK)
    finding = findings["vendors openai"]
    assert (finding["state"], finding["details"]["same_name"], code) == ("note", True, 0)


LOADED = """
class I:
    def instrument(self, **kwargs):
        print("theirs")
"""


@pytest.mark.parametrize(("wanted", "is_loaded"), [("openai>=1", True), ("openai<1", False)])
def test_what_is_told_of_others_is_what_the_launcher_does(
    place: Place, tmp_path: Path, wanted: str, is_loaded: bool
) -> None:
    install(
        tmp_path / "site",
        "some-vendor",
        entry_points={"opentelemetry_instrumentor": {"openai": "some_vendor:I"}},
        requires=[f"{wanted}; extra == 'instruments'"],
        modules={"some_vendor.py": LOADED},
    )
    prefer(place, tmp_path / "site")
    findings, _ = doctor(place, **NO_SDK)
    assert (findings["vendors openai"]["state"] == "note") == is_loaded
    assert place.launch("pass").out == ("theirs\n" if is_loaded else "")


# Broken metadata.


def test_unreadable_entry_points_are_told_and_do_lose_everything(
    place: Place, tmp_path: Path
) -> None:
    bad = install(tmp_path / "site", "bad")
    (bad / "entry_points.txt").write_bytes(b"[caf\xe9]\nx = y\n")
    prefer(place, tmp_path / "site")
    findings, code = doctor(place, **NO_SDK)
    assert "versions bad-1.0.dist-info" in problems(findings)
    assert code == 1
    place.launch("import agentel\nwith agentel.agent('planner'):\n    pass\n")
    assert place.spans() == []


def test_unreadable_metadata_is_told_and_loses_nothing(place: Place, tmp_path: Path) -> None:
    bad = install(tmp_path / "site", "bad")
    (bad / "METADATA").write_bytes(b"Name: caf\xe9\n")
    prefer(place, tmp_path / "site")
    findings, code = doctor(place, **NO_SDK)
    assert findings["versions bad-1.0.dist-info"]["state"] == "note"
    assert (problems(findings), code) == ([], 0)
    place.launch("import agentel\nwith agentel.agent('planner'):\n    pass\n")
    assert [span["name"] for span in place.spans()] == ["invoke_agent planner"]


# SDKs that are not as they should be.

BROKEN_SDKS: dict[str, tuple[str, dict[str, str], str, str]] = {
    "too-old": ("0.1.0", {"groq/__init__.py": ""}, "problem", "0.1.0 is too old"),
    "fails": ("1.0", {"groq/__init__.py": "import nowhere"}, "problem", "No module named"),
    "raises": ("1.0", {"groq/__init__.py": "1 / 0"}, "problem", "ZeroDivisionError"),
    "ends-the-process": (
        "1.0",
        {"groq/__init__.py": "import os; os._exit(3)"},
        "problem",
        "it ended with code 3",
    ),
    "dies": (
        "1.0",
        {"groq/__init__.py": "import os; os.kill(os.getpid(), 9)"},
        "problem",
        "it was ended by signal 9",
    ),
    "has-no-hooks": (
        "1.0",
        {"groq/__init__.py": "print('{}')", "groq/_base_client.py": "class SyncAPIClient: ..."},
        "problem",
        "lacks groq._base_client:SyncAPIClient.request",
    ),
}


@pytest.mark.parametrize("case", BROKEN_SDKS)
def test_sdk_that_cannot_be_watched_is_told(place: Place, tmp_path: Path, case: str) -> None:
    version, modules, state, text = BROKEN_SDKS[case]
    install(tmp_path / "site", "groq", version, modules=modules)
    prefer(place, tmp_path / "site")
    findings, code = doctor(place, **ONLY_GROQ)
    assert text in findings["libraries groq"]["found"]
    assert (findings["libraries groq"]["state"], code) == (state, 1)
    assert findings["libraries groq"]["advice"]


def test_import_that_does_not_end_is_ended(tmp_path: Path) -> None:
    forever = {"groq/__init__.py": "import threading; threading.Event().wait()"}
    install(tmp_path, "groq", "1.0", modules=forever)
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), SOURCE])}
    assert ask(environ, "groq", longest=2.0).trouble == "it was not done after 2 s"


def test_newer_sdk_is_a_note(place: Place, tmp_path: Path) -> None:
    install(tmp_path / "site", "groq", "99.0")
    prefer(place, tmp_path / "site")
    findings, code = doctor(place, **ONLY_GROQ)
    assert (findings["libraries groq"]["state"], code) == ("note", 0)
    assert "newer than what agentel is tested with" in findings["libraries groq"]["found"]
    strict, code = doctor(place, **ONLY_GROQ, AGENTEL_STRICT="1")
    assert (strict["libraries groq"]["state"], code) == ("problem", 1)
    assert place.launch("pass", **ONLY_GROQ, AGENTEL_STRICT="1").code == 78


FOREIGN = """
import wrapt

def pass_on(wrapped, instance, args, kwargs):
    return wrapped(*args, **kwargs)

@wrapt.when_imported("groq._base_client")
def patch(module):
    wrapt.wrap_function_wrapper(module, "SyncAPIClient.request", pass_on)
"""


def test_wrapper_of_somebody_else_is_told(place: Place, tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(FOREIGN)
    prefer(place, tmp_path / "site")
    findings, code = doctor(place, **ONLY_GROQ)
    finding = findings["libraries groq"]
    assert (finding["state"], code) == ("note", 0)
    assert finding["details"]["foreign"] == ["groq._base_client:SyncAPIClient.request"]


def test_name_of_no_library_in_a_switch_is_a_problem(place: Place) -> None:
    findings, _ = doctor(place, AGENTEL_LIBRARIES="opnai")
    assert problems(findings) == ["libraries AGENTEL_LIBRARIES"]
    assert "opnai" in findings["libraries AGENTEL_LIBRARIES"]["found"]


@pytest.mark.skipif(not HAS_OWN_SPANS, reason="this version has no spans of its own")
def test_switch_of_native_spans_is_told(place: Place) -> None:
    findings, code = doctor(place, AGENTEL_LIBRARIES="anthropic", ANTHROPIC_OPEN_TELEMETRY="true")
    finding = findings["libraries anthropic's own spans"]
    assert (finding["state"], finding["details"]["is_on"], code) == ("note", True, 0)
    off, _ = doctor(place, AGENTEL_LIBRARIES="anthropic")
    assert off["libraries anthropic's own spans"]["details"] == {
        "switch": "ANTHROPIC_OPEN_TELEMETRY",
        "value": None,
        "is_on": False,
    }


# Environments that lack something.


def environment_without(folder: Path, *lacking: str) -> Path:
    """Make an environment with everything that is installed here but what is named so."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    here = next(Path(sys.prefix).glob("lib/python*/site-packages"))
    there = next(folder.glob("lib/python*/site-packages"))
    for entry in here.iterdir():
        if not entry.name.startswith(lacking):
            (there / entry.name).symlink_to(entry)
    return folder / "bin" / "python"


def doctor_of(python: Path, place: Place) -> tuple[Findings, int]:
    source = "import sys; from agentel.cli import main; sys.exit(main(['doctor', '--json']))"
    place.environ["PATH"] = str(python.parent)
    ran = place.run((str(python), "-c", source))
    assert ran.err == ""
    told = json.loads(ran.out)
    return {f"{f['check']} {f['subject']}": f for f in told["findings"]}, ran.code


def test_metadata_of_an_older_agentel_is_a_problem(place: Place, tmp_path: Path) -> None:
    install(
        tmp_path / "site",
        "agentel",
        "0.0.1",
        entry_points={"opentelemetry_instrumentor": {"openai": "agentel.libraries:openai"}},
    )
    prefer(place, tmp_path / "site")
    findings, _ = doctor(place, AGENTEL_DISABLED_LIBRARIES="openai")
    assert "libraries agentel" in problems(findings)
    assert "groq" in findings["libraries agentel"]["found"]
    assert "install agentel anew" in findings["exporters traces"]["advice"]


def test_environment_without_any_sdk_is_well(place: Place, tmp_path: Path) -> None:
    python = environment_without(tmp_path / "venv", *SDKS)
    findings, code = doctor_of(python, place)
    assert (problems(findings), code) == ([], 0)
    assert {findings[f"libraries {sdk}"]["found"] for sdk in SDKS} == {"not installed"}


def test_package_that_agentel_needs_is_missed(place: Place, tmp_path: Path) -> None:
    python = environment_without(tmp_path / "venv", *SDKS, "wrapt")
    findings, code = doctor_of(python, place)
    assert problems(findings) == ["environment agentel", "versions wrapt"]
    assert "wrapt" in findings["environment agentel"]["found"]
    assert code == 1


def test_it_can_be_asked_without_the_extra(place: Place, tmp_path: Path) -> None:
    python = environment_without(tmp_path / "venv", *SDKS, "click", "rich")
    place.environ["PATH"] = str(python.parent)
    ran = place.run((str(python), "-m", "agentel.diagnosis"))
    told = json.loads(ran.out)
    assert (told["problems"], ran.code, ran.err) == (0, 0, "")
    [extra] = [f for f in told["findings"] if f["subject"] == "extra 'terminal'"]
    assert (extra["state"], extra["advice"]) == ("note", "pip install 'agentel[terminal]'")
    wrong = place.run((str(python), "-m", "agentel.diagnosis"), {"OTEL_SDK_DISABLED": "true"})
    assert (json.loads(wrong.out)["problems"], wrong.code) == (1, 1)


# Where telemetry goes.


class Receiver(BaseHTTPRequestHandler):
    """Takes telemetry from who has the token."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        is_known = self.headers.get("authorization") == "Bearer planted"
        is_there = self.path in ("/v1/traces", "/v1/metrics", "/v1/logs")
        self.send_response(404 if not is_there else 200 if is_known else 403)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def receiver() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Receiver) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def ways(findings: Findings) -> list[tuple[str, str, object]]:
    return [
        (signal, finding["state"], finding["details"].get("status"))
        for signal in ("traces", "metrics", "logs")
        for finding in [findings[f"exporters {signal}"]]
    ]


def test_receiver_that_answers_is_well(place: Place, receiver: str) -> None:
    findings, code = doctor(
        place,
        **NO_SDK,
        OTEL_EXPORTER_OTLP_ENDPOINT=receiver,
        OTEL_EXPORTER_OTLP_HEADERS="authorization=Bearer%20planted",
    )
    assert (ways(findings), code) == (
        [("traces", "ok", 200), ("metrics", "ok", 200), ("logs", "ok", 200)],
        0,
    )


def test_wrong_token_is_told_by_its_variable(place: Place, receiver: str) -> None:
    findings, code = doctor(place, **NO_SDK, OTEL_EXPORTER_OTLP_ENDPOINT=receiver)
    assert ways(findings)[0] == ("traces", "problem", 403)
    assert "OTEL_EXPORTER_OTLP_HEADERS" in findings["exporters traces"]["advice"]
    assert code == 1


def test_one_signal_may_go_elsewhere(place: Place, receiver: str) -> None:
    findings, _ = doctor(
        place,
        **NO_SDK,
        OTEL_EXPORTER_OTLP_LOGS_ENDPOINT=f"{receiver}/v1/logs",
        OTEL_EXPORTER_OTLP_LOGS_HEADERS="authorization=Bearer planted",
        OTEL_METRICS_EXPORTER="none",
    )
    assert ways(findings) == [
        ("traces", "ok", None),
        ("metrics", "note", None),
        ("logs", "ok", 200),
    ]


def test_path_that_is_said_twice_is_a_problem(place: Place, receiver: str) -> None:
    findings, _ = doctor(place, **NO_SDK, OTEL_EXPORTER_OTLP_ENDPOINT=f"{receiver}/v1/traces")
    assert ways(findings)[0] == ("traces", "problem", 404)
    assert "the path, /v1/traces for one, is added to it" in findings["exporters traces"]["advice"]


def test_closed_port_is_a_problem(place: Place) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        closed = listener.getsockname()[1]
    findings, code = doctor(
        place, **NO_SDK, OTEL_EXPORTER_OTLP_ENDPOINT=f"http://127.0.0.1:{closed}"
    )
    assert findings["exporters traces"]["details"]["outcome"] == "refused"
    assert code == 1


def test_tls_to_a_plain_port_is_a_problem(place: Place, receiver: str) -> None:
    findings, _ = doctor(
        place, **NO_SDK, OTEL_EXPORTER_OTLP_ENDPOINT=receiver.replace("http", "https")
    )
    assert findings["exporters traces"]["details"]["outcome"] == "tls"
    assert "http://" in findings["exporters traces"]["advice"]


def test_receiver_that_says_nothing_is_a_problem(place: Place) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        findings, _ = doctor(place, **NO_SDK, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=url)
    assert findings["exporters traces"]["details"]["outcome"] == "silent"


WRONG_EXPORTERS = {
    "no-such-exporter": ({"OTEL_TRACES_EXPORTER": "zipkin"}, "'zipkin' is not installed"),
    "no-such-protocol": (
        {"OTEL_TRACES_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_PROTOCOL": "http/json"},
        "no OTLP over 'http/json'",
    ),
}


@pytest.mark.parametrize("case", WRONG_EXPORTERS)
def test_exporter_that_cannot_be_had_is_told_and_files_are_written(place: Place, case: str) -> None:
    environ, text = WRONG_EXPORTERS[case]
    findings, code = doctor(place, **NO_SDK, **environ)
    assert text in findings["exporters traces"]["found"]
    assert code == 1
    place.launch("import agentel\nwith agentel.agent('planner'):\n    pass\n", **environ)
    assert [span["name"] for span in place.spans()] == ["invoke_agent planner"]


# Settings, secrets, and what comes from outside.

PLANTED = {
    "OTEL_EXPORTER_OTLP_HEADERS": "authorization=Bearer%20planted",
    "OTEL_EXPORTER_OTLP_TRACES_HEADERS": "planted",
    "OTEL_EXPORTER_OTLP_ENDPOINT": "http://me:planted@127.0.0.1:1/?key=planted",
    "OTEL_VENDOR_API_KEY": "planted",
    "OPENAI_API_KEY": "planted",
}


@pytest.mark.parametrize("option", ["--json", "--all"])
def test_no_secret_is_told(place: Place, option: str) -> None:
    environ = {**NO_SDK, **PLANTED}
    ran = place.run((str(BIN / "agentel"), "doctor", option), environ)
    assert ran.code == 1
    assert "planted" not in ran.out + ran.err
    assert "OTEL_EXPORTER_OTLP_HEADERS" in ran.out


def test_values_from_outside_do_not_reach_the_terminal_as_they_are(place: Place) -> None:
    ran = place.run(
        (str(BIN / "agentel"), "doctor"), {**NO_SDK, "OTEL_SERVICE_NAME": "a\x1b[31m\u202eb"}
    )
    assert r"OTEL_SERVICE_NAME: a\x1b[31m\u202eb" in ran.out


def test_sampling_at_the_start_is_told(place: Place) -> None:
    findings, code = doctor(
        place, **NO_SDK, OTEL_TRACES_SAMPLER="traceidratio", OTEL_TRACES_SAMPLER_ARG="0.1"
    )
    assert (findings["environment sampling"]["state"], code) == ("note", 0)


def test_redaction_that_cannot_be_imported_is_a_problem(place: Place) -> None:
    place.write("def redact(field, value): return None", "own_redaction.py")
    fine, _ = doctor(place, **NO_SDK, AGENTEL_REDACT="own_redaction:redact")
    place.write("no_such_name", "failing_redaction.py")
    assert problems(fine) == []
    for name in ("own_redaction:no_such", "no_such_module:redact", "failing_redaction:redact"):
        wrong, _ = doctor(place, **NO_SDK, AGENTEL_REDACT=name)
        assert problems(wrong) == ["environment AGENTEL_REDACT"], name


def test_folder_that_is_a_file_is_a_problem(place: Place) -> None:
    place.write("in the way", ".agentel")
    findings, code = doctor(place, **NO_SDK)
    assert problems(findings) == [f"disk {place.folder / '.agentel'}"]
    assert code == 1


def test_wrong_use_is_told_with_its_own_code(place: Place) -> None:
    ran = place.agentel("doctor", "--nonsense")
    assert (ran.out, ran.code) == ("", 2)
    assert "--nonsense" in ran.err


# The page about it.


def test_page_shows_what_is_printed(place: Place) -> None:
    [(endpoint, shown)] = re.findall(
        r"```console\n\$ OTEL_EXPORTER_OTLP_ENDPOINT=(\S+) agentel doctor\n(.*?)```",
        PAGE,
        re.DOTALL,
    )
    environ = {**NO_SDK, "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint}
    printed = place.run((str(BIN / "agentel"), "doctor"), environ).out
    heading, _, problem = shown.partition("\n")
    assert printed.startswith(heading)
    assert problem in printed


def test_page_tells_of_every_check() -> None:
    assert re.findall(r"^\| `(\w+)` \| (?!tele|worth|as it)", PAGE, re.MULTILINE) == [
        name for name, _ in CHECKS
    ]
