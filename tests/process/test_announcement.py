from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import pytest

from agentel.process.packages import WATCHED, look
from process.conftest import AGENT, BIN, LAUNCHER, Place

AGENTEL = (str(BIN / "agentel"), "run", "--no-summary", sys.executable)
SPOKEN = {"AGENTEL_QUIET": ""}
LINE = r"agentel: watching .*openai \d[\d.]*.*; files in \.agentel, run [0-9a-f]{16}(; .*)?"


def installed(folder: Path, *names: str) -> str:
    """Pretend that distributions such as `openai-1.30.1` are installed in a folder."""
    for name in names:
        about = folder / f"{name}.dist-info"
        about.mkdir(parents=True)
        distribution, _, version = name.rpartition("-")
        (about / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n"
        )
    return str(folder)


def test_what_is_watched_and_what_is_not_is_found_by_folders(tmp_path: Path) -> None:
    path = [
        installed(tmp_path / "first", "openai-3.1.0", "Anthropic-0.20.0", "llama_index-0.11"),
        installed(tmp_path / "second", "openai-2.0.0", "groq-9.0b1", "litellm-1.60", "rich-14.0"),
        str(tmp_path / "missing"),
    ]
    found = look(WATCHED, path)
    assert found.watched == ("groq 9.0b1 (untested)", "openai 3.1.0")
    assert found.unsupported == (f"anthropic 0.20.0 (agentel knows {WATCHED['anthropic']})",)
    assert found.unwatched == ("litellm", "llama-index")


def test_library_that_is_switched_off_is_found_but_not_watched(tmp_path: Path) -> None:
    path = [installed(tmp_path, "openai-3.1.0", "groq-1.0")]
    found = look(["groq"], path)
    assert (found.watched, found.unwatched) == (("groq 1.0",), ("openai",))


def test_parts_of_a_framework_are_not_told_beside_it(tmp_path: Path) -> None:
    whole = look([], [installed(tmp_path / "a", "langchain-0.3", "langchain_core-0.3")])
    part = look([], [installed(tmp_path / "b", "langchain_core-0.3")])
    assert (whole.unwatched, part.unwatched) == (("langchain",), ("langchain-core",))


CHILDREN = f"""
import multiprocessing, os, subprocess, sys

def child():
    pass

if __name__ == "__main__":
    import agentel
    agentel.start()
    for method in ("fork", "spawn", "forkserver"):
        process = multiprocessing.get_context(method).Process(target=child)
        process.start()
        process.join()
    for command in (
        [sys.executable, "-c", "import agentel; agentel.start()"],
        [{LAUNCHER[0]!r}, sys.executable, "-c", ""],
        [{AGENTEL[0]!r}, "run", sys.executable, "-c", ""],
    ):
        ran = subprocess.run(command, capture_output=True, text=True)
        assert (ran.stdout, ran.stderr, ran.returncode) == ("", "", 0), ran
"""

STARTS = {
    "launcher": LAUNCHER,
    "run": AGENTEL,
    "run-through-exec": (*AGENTEL[:3], "env", "AGENTEL_NOTHING=", sys.executable),
    "start": (sys.executable,),
    "run-through-launcher": (*AGENTEL[:3], *LAUNCHER),
}


@pytest.mark.process
@pytest.mark.parametrize("command", STARTS.values(), ids=list(STARTS))
def test_process_that_was_started_says_one_line_and_its_children_none(
    place: Place, command: tuple[str, ...]
) -> None:
    ran = place.run((*command, place.write(CHILDREN)), SPOKEN)
    assert (ran.out, ran.code) == ("", 0)
    assert re.fullmatch(LINE + "\n", ran.err)


@pytest.mark.process
@pytest.mark.parametrize("command", [LAUNCHER, AGENTEL], ids=["launcher", "run"])
def test_program_that_becomes_itself_anew_says_it_once(
    place: Place, command: tuple[str, ...]
) -> None:
    name = place.write(
        "import os, sys\nif len(sys.argv) == 1:\n"
        "    os.execv(sys.executable, [sys.executable, __file__, 'again'])\nprint('end')"
    )
    ran = place.run((*command, name), SPOKEN)
    assert ran.out == "end\n"
    assert re.fullmatch(LINE + "\n", ran.err)


@pytest.mark.process
def test_child_of_what_was_started_says_nothing(place: Place) -> None:
    name = place.write(AGENT)
    command = f'said=$("{sys.executable}" {name} 2>&1); echo "[$said]"'
    ran = place.run((*AGENTEL[:3], "sh", "-c", command), SPOKEN)
    assert (ran.out, ran.err, ran.code) == ("[Hello]\n", "", 0)


@pytest.mark.process
@pytest.mark.parametrize("command", [LAUNCHER, AGENTEL], ids=["launcher", "run"])
def test_run_whose_id_the_user_gave_is_told(place: Place, command: tuple[str, ...]) -> None:
    ran = place.run((*command, place.write("pass")), {**SPOKEN, "AGENTEL_RUN_ID": "theirs"})
    assert re.search(", run theirs(;.*)?\n$", ran.err)


@pytest.mark.process
def test_end_of_a_run_is_told_in_the_process_that_was_started(place: Place) -> None:
    name = place.write(
        "import multiprocessing, os\nfrom agentel.core.hooks import on_run_end\n"
        "on_run_end(lambda: print('end in', os.getpid() == first, flush=True))\n"
        "first = int(os.environ.setdefault('FIRST', str(os.getpid())))\n"
        "if __name__ == '__main__':\n"
        "    process = multiprocessing.get_context('spawn').Process()\n"
        "    process.start()\n    process.join()\n"
    )
    assert place.run((*AGENTEL, name)).out == "end in True\n"


TOLD = {
    "exporter": (
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://user:secret@127.0.0.1:9/secret?secret"},
        r"; to http://127\.0\.0\.1:9, run ",
    ),
    "several": (
        {"OTEL_TRACES_EXPORTER": "console", "OTEL_METRICS_EXPORTER": "none"},
        r"; traces to the exporter console, metrics nowhere, logs files in \.agentel, run ",
    ),
    "disabled": ({"OTEL_SDK_DISABLED": "true"}, "watching nothing, because OTEL_SDK_DISABLED"),
    "libraries": ({"AGENTEL_LIBRARIES": "none-of-them"}, "watching no library; "),
    "by-launcher": (
        {"OTEL_PYTHON_DISABLED_INSTRUMENTATIONS": "openai, groq"},
        r"; found but not watched: .*groq, openai\n",
    ),
}


@pytest.mark.process
@pytest.mark.parametrize(("environ", "told"), TOLD.values(), ids=list(TOLD))
def test_line_tells_what_the_settings_say(place: Place, environ: dict[str, str], told: str) -> None:
    ran = place.run((*LAUNCHER, place.write("pass")), {**SPOKEN, **environ})
    assert re.search(told, ran.err)
    assert (ran.err.count("\n"), "secret" in ran.err) == (1, False)


@pytest.mark.process
def test_providers_of_the_program_are_told(place: Place) -> None:
    own = """
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
trace.set_tracer_provider(TracerProvider())
import agentel
agentel.start()
"""
    ran = place.plain(own, **SPOKEN)
    assert re.search("; to the program's own providers(;.*)?\n$", ran.err)


@pytest.mark.process
def test_nothing_of_what_is_found_is_imported(place: Place) -> None:
    folder = place.folder / "installed"
    environ = {
        **SPOKEN,
        "PYTHONPATH": os.pathsep.join(
            [installed(folder, "litellm-1.60.0"), place.environ["PYTHONPATH"]]
        ),
    }
    (folder / "litellm.py").write_text("raise SystemExit('imported')")
    name = place.write("import sys\nprint([n for n in ('openai', 'litellm') if n in sys.modules])")
    ran = place.run((*LAUNCHER, name), environ)
    assert ran.out == "[]\n"
    assert re.search("; found but not watched: .*litellm\n$", ran.err)


@pytest.mark.process
def test_program_without_standard_error_runs_as_ever(place: Place) -> None:
    name = place.write(AGENT)
    ran = place.run(("sh", "-c", f"{' '.join(LAUNCHER)} {name} 2>&-"), SPOKEN)
    assert (ran.out, ran.code) == ("Hello\n", 0)
