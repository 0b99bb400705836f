from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from process.conftest import AGENT, BIN, LONGEST, Place, Ran

pytestmark = pytest.mark.process

AGENTEL = str(BIN / "agentel")
SPOKEN = {"AGENTEL_QUIET": ""}
"""Lets a run say what the other tests do not want to hear."""


def run(place: Place, *arguments: str, **environ: str) -> Ran:
    """Run our command line with `run`, at first in quiet."""
    return place.run((AGENTEL, "run", *arguments), environ)


SOURCES = {
    "prints": AGENT,
    "exits": AGENT + "\nraise SystemExit(3)",
    "raises": AGENT + "\nraise LookupError('of the program')",
    "is-terminated": AGENT + "\nimport os, signal\nos.kill(os.getpid(), signal.SIGTERM)",
    "is-killed": "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)",
    "looks-at-itself": "import sys\nprint(sys.argv, __name__, __file__, sys.flags, sys.path)",
    "looks-at-signals": """
import signal
print(*(f"{n.name}={signal.getsignal(n)}" for n in sorted(signal.valid_signals())
        if isinstance(n, signal.Signals) and n != signal.SIGTERM))
print(signal.pthread_sigmask(signal.SIG_BLOCK, ()))
""",
    "reads": "print(input())",
}


@pytest.mark.parametrize("source", SOURCES.values(), ids=list(SOURCES))
def test_program_prints_and_ends_as_without_us(place: Place, source: str) -> None:
    name = place.write(source)
    without = place.run(("sh", "-c", f"echo in | {sys.executable} {name}; exit $?"))
    given = place.run(("sh", "-c", f"echo in | {AGENTEL} run {sys.executable} {name}; exit $?"))
    assert given == without


def test_signal_that_ends_the_program_ends_us(place: Place) -> None:
    name = place.write("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)")
    assert run(place, sys.executable, name).code == -signal.SIGKILL


@pytest.mark.parametrize(
    ("command", "spans"),
    [
        (("python", "agent.py"), 1),
        (("python", "-m", "agent"), 1),
        (("python", "-c", "import agent"), 1),
        (("sh", "-c", "python agent.py; python -m agent"), 2),
        (("env", "-u", "HOME", "python", "agent.py"), 1),
        (("./started",), 1),
        (("console",), 1),
    ],
    ids=["script", "module", "text", "shell", "exec", "executable", "console-script"],
)
def test_whatever_starts_python_is_watched(
    place: Place, command: tuple[str, ...], spans: int
) -> None:
    place.write(AGENT)
    for folder, name in ((place.folder, "started"), (place.folder / "bin", "console")):
        folder.mkdir(exist_ok=True)
        script = folder / name
        script.write_text(f"#!{sys.executable}\n{AGENT}")
        script.chmod(0o755)
    ran = run(place, *command, PATH=f"{place.folder / 'bin'}:{place.environ['PATH']}")
    assert (ran.out, ran.err, ran.code) == ("Hello\n" * spans, "", 0)
    assert [span["name"] for span in place.spans()] == ["chat gpt-5"] * spans
    assert len({path.parent for path in place.files()}) == 1


def test_summary_follows_the_program_on_standard_error(place: Place) -> None:
    ran = run(place, sys.executable, place.write(AGENT), **SPOKEN)
    first, _, rest = ran.err.partition("\n")
    assert (ran.out, ran.code) == ("Hello\n", 0)
    assert re.fullmatch(
        r"agentel: watching .*openai [\d.]+.*; files in \.agentel, run [0-9a-f]{16}(;.*)?", first
    )
    assert re.search(r"run [0-9a-f]{16} · 1 trace\n(?s:.*)LLM calls +1\n", rest)


@pytest.mark.parametrize(
    ("end", "code"),
    [
        ("raise LookupError('of the program')", 1),
        ("import os, time\nwhile not files(): time.sleep(0.01)\nos.kill(os.getpid(), 11)", -11),
    ],
    ids=["raises", "crashes"],
)
def test_summary_follows_a_crash(place: Place, end: str, code: int) -> None:
    files = "import pathlib\ndef files(): return list(pathlib.Path('.').rglob('traces*'))\n"
    ran = run(place, sys.executable, place.write(f"{files}{AGENT}\n{end}"), **SPOKEN)
    assert ran.code == code
    assert re.search(r"LLM calls +1\n", ran.err)


def test_nothing_is_said_in_quiet(place: Place) -> None:
    ran = run(place, "--quiet", sys.executable, place.write(AGENT), **SPOKEN)
    assert (ran.out, ran.err, ran.code) == ("Hello\n", "", 0)
    assert len(place.spans()) == 1


def test_summary_can_be_left_out(place: Place) -> None:
    ran = run(place, "--no-summary", sys.executable, place.write(AGENT), **SPOKEN)
    assert ran.err.count("\n") == 1


def test_service_is_named(place: Place) -> None:
    run(place, "--service", "crew", sys.executable, place.write(AGENT))
    assert '{"key":"service.name","value":{"stringValue":"crew"}}' in place.everything()


def test_arguments_behind_the_program_are_the_programs(place: Place) -> None:
    name = place.write("import sys\nprint(sys.argv)")
    ran = run(place, sys.executable, name, "--help", "--quiet", "--open", "x")
    assert ran.out == "['agent.py', '--help', '--quiet', '--open', 'x']\n"


def test_files_are_written_beside_an_exporter(place: Place) -> None:
    ran = run(
        place,
        sys.executable,
        place.write(AGENT),
        OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:9",
        OTEL_EXPORTER_OTLP_TIMEOUT="1",
        **SPOKEN,
    )
    assert "to http://127.0.0.1:9 and files in .agentel" in ran.err
    assert re.search(r"LLM calls +1\n", ran.err)
    assert [span["name"] for span in place.spans()] == ["chat gpt-5"]


def test_no_exporter_stays_no_exporter(place: Place) -> None:
    ran = run(place, sys.executable, place.write(AGENT), OTEL_TRACES_EXPORTER="none")
    assert (ran.out, ran.err, ran.code) == ("Hello\n", "", 0)
    assert place.files("traces") == []


def test_tree_of_the_last_trace_is_opened(place: Place) -> None:
    run(place, sys.executable, place.write(AGENT))
    opened = run(place, "--open", "last")
    assert (opened.err, opened.code) == ("", 0)
    assert opened.out == place.agentel("trace", "last").out
    assert "chat gpt-5" in opened.out


def test_tree_is_opened_after_a_run(place: Place) -> None:
    ran = run(place, "--open", "last", sys.executable, place.write(AGENT))
    assert ran.out == "Hello\n"
    assert re.search(r"^chat gpt-5 .* completed$", ran.err, re.M)


def test_nested_launcher_says_nothing_and_joins_the_run(place: Place) -> None:
    nested = """
import subprocess, sys
inner = subprocess.run(
    ["agentel", "run", sys.executable, "inner.py"], capture_output=True, text=True
)
print(inner)
"""
    place.write(AGENT, "inner.py")
    ran = run(place, sys.executable, place.write(nested), **SPOKEN)
    assert "stdout='Hello\\n', stderr=''" in ran.out
    assert len({path.parent for path in place.files()}) == 1
    assert re.search(r"LLM calls +1\n", ran.err)


def test_run_is_described_by_the_program_that_it_began_with(place: Place) -> None:
    place.write(AGENT, "inner.py")
    begun = "import subprocess, sys\nsubprocess.run([sys.executable, 'inner.py'], check=True)\n"
    run(place, sys.executable, place.write(begun + AGENT))
    [about] = (place.folder / ".agentel").glob("runs/*/run.json")
    assert json.loads(about.read_text())["program"] == "agent"
    assert len(place.spans()) == 2


def test_program_that_calls_nothing_leaves_nothing(place: Place) -> None:
    ran = run(place, sys.executable, place.write("pass"), **SPOKEN)
    assert "nothing was recorded" in ran.err.splitlines()[-1]
    assert not (place.folder / ".agentel").exists()


@pytest.mark.parametrize(
    "command",
    [("sh", "-c", ":"), (sys.executable, "-I", "-c", ""), (sys.executable, "-S", "-c", "")],
    ids=["no-python", "isolated", "without-site"],
)
def test_program_that_nobody_watches_is_told(place: Place, command: tuple[str, ...]) -> None:
    ran = run(place, *command, **SPOKEN)
    [told] = ran.err.splitlines()
    assert ran.code == 0
    for part in ("nothing was watched", command[0], "installed", "-I", "agentel doctor"):
        assert part in told


def test_other_configurator_is_told_where_nobody_is_watched(place: Place) -> None:
    name = place.write("pass")
    ran = run(place, sys.executable, name, OTEL_PYTHON_CONFIGURATOR="another", **SPOKEN)
    assert ran.code == 0
    assert "OTEL_PYTHON_CONFIGURATOR=another" in ran.err.splitlines()[-1]


def test_python_without_agentel_runs_as_ever(place: Place) -> None:
    environment = place.folder / "other"
    made = place.run((sys.executable, "-m", "venv", "--without-pip", str(environment)))
    python = str(environment / "bin" / "python")
    name = place.write("import sys\nprint(sys.path)")
    bare = {"PYTHONPATH": ""}
    ran = run(place, python, name, **SPOKEN, **bare)
    assert (made.code, ran.out) == (0, place.run((python, name), bare).out)
    assert "nothing was watched" in ran.err


WRONG = {
    "unknown": (("no-such-program",), 127, ["'no-such-program'", "PATH", "agentel run python"]),
    "file-on-no-path": (("agent.py",), 127, ["agentel run python agent.py"]),
    "command-on-no-path": (("command",), 127, ["agentel run ./command"]),
    "no-such-file": (("./nothing",), 127, ["./nothing"]),
    "not-executable": (("./agent.py",), 126, ["agentel run python ./agent.py"]),
    "folder": (("./folder",), 126, ["./folder", "folder"]),
    "no-interpreter": (("./orphan",), 126, ["./orphan", "interpreter"]),
    "no-format": (("./noise",), 126, ["./noise", "#!"]),
    "control": (("\x1b[2J",), 127, ["\\x1b[2J"]),
}


@pytest.mark.parametrize(("command", "code", "told"), WRONG.values(), ids=list(WRONG))
def test_program_that_cannot_run_is_one_message(
    place: Place, command: tuple[str, ...], code: int, told: list[str]
) -> None:
    place.write("pass")
    (place.folder / "folder").mkdir()
    for name, text in {"orphan": "#!/no/such\n", "noise": "\0\1", "command": "#!/bin/sh\n"}.items():
        (place.folder / name).write_text(text)
        (place.folder / name).chmod(0o755)
    ran = run(place, *command)
    [message] = ran.err.splitlines()
    assert (ran.out, ran.code) == ("", code)
    assert message.startswith("agentel: ")
    assert [part for part in told if part not in message] == []


def test_no_program_is_wrong_usage(place: Place) -> None:
    ran = run(place)
    assert (ran.out, ran.code) == ("", 2)
    assert "agentel run python agent.py" in ran.err


HIDDEN = "import os, builtins\nbuiltins.seen = [__name__, os.environ['PYTHONPATH']]\n"


def test_sitecustomize_of_the_environment_still_runs(place: Place) -> None:
    hidden = place.folder / "hidden"
    hidden.mkdir()
    (hidden / "sitecustomize.py").write_text(HIDDEN)
    name = place.write(
        AGENT + "\nimport sitecustomize, sys\nprint(seen[0], sitecustomize.__file__, sys.path)"
    )
    environ = {"PYTHONPATH": f"{hidden}:{place.environ['PYTHONPATH']}"}
    without = place.run((sys.executable, name), environ)
    assert run(place, sys.executable, name, **environ) == without
    assert len(place.spans()) == 1


def test_below_the_other_launcher_a_call_is_recorded_once(place: Place) -> None:
    name = place.write(AGENT)
    launcher = str(BIN / "opentelemetry-instrument")
    assert run(place, launcher, sys.executable, name).out == "Hello\n"
    assert place.run((launcher, AGENTEL, "run", sys.executable, name)).out == "Hello\n"
    assert [span["name"] for span in place.spans()] == ["chat gpt-5"] * 2


# --- signals and the terminal ---------------------------------------------------------------------


WAITS = """
import select, signal, socket, sys
ours, theirs = socket.socketpair()
theirs.setblocking(False)
signal.set_wakeup_fd(theirs.fileno())
for name in sys.argv[1].split(","):
    signal.signal(getattr(signal, name), lambda *_: None)
print("ready", flush=True)
first = signal.Signals(ours.recv(1)[0])
print(first.name, select.select([ours], [], [], 0.5)[0], flush=True)
sys.exit(7)
"""


def test_signal_that_we_are_to_ignore_stays_ignored(place: Place) -> None:
    name = place.write("import signal\nprint(signal.getsignal(signal.SIGHUP))")
    without, given = (
        place.run(("sh", "-c", f"trap '' HUP; exec {command}{sys.executable} {name}"))
        for command in ("", f"{AGENTEL} run ")
    )
    assert given == without


TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execvp(sys.argv[1], sys.argv[1:])
"""


class Terminal:
    """A terminal with a command in it, and what it shows."""

    def __init__(self, place: Place, *command: str) -> None:
        self._ours, theirs = pty.openpty()
        self.process = subprocess.Popen(
            (sys.executable, "-c", TERMINAL, *command),
            cwd=place.folder,
            env={**place.environ, "PS1": "$ ", "TERM": "dumb"},
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        self.shown = ""

    def type(self, text: str) -> None:
        os.write(self._ours, text.encode())

    def wait_for(self, text: str) -> None:
        """Read on until `text` is shown, behind what was waited for before."""
        limit = time.monotonic() + LONGEST
        while text not in self.shown:
            readable, _, _ = select.select([self._ours], [], [], limit - time.monotonic())
            assert readable, f"{text!r} is not shown: {self.shown!r}"
            try:
                self.shown += os.read(self._ours, 4096).decode()
            except OSError:  # nobody has it open any more
                assert text in self.shown
                return
        self.shown = self.shown.partition(text)[2]

    def close(self) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(LONGEST)
        os.close(self._ours)


@pytest.fixture
def terminals() -> Iterator[list[Terminal]]:
    opened: list[Terminal] = []
    yield opened
    for terminal in opened:
        terminal.close()


NAMES = (
    "SIGALRM",
    "SIGCONT",
    "SIGHUP",
    "SIGINT",
    "SIGQUIT",
    "SIGTERM",
    "SIGTSTP",
    "SIGUSR1",
    "SIGUSR2",
    "SIGWINCH",
)


@pytest.mark.parametrize("name", NAMES)
def test_signal_to_us_reaches_the_program_once(
    place: Place, terminals: list[Terminal], name: str
) -> None:
    source = place.write(WAITS)
    terminals.append(Terminal(place, AGENTEL, "run", sys.executable, source, ",".join(NAMES)))
    terminals[0].wait_for("ready")
    terminals[0].process.send_signal(getattr(signal, name))
    terminals[0].wait_for(f"{name} []")
    assert terminals[0].process.wait(LONGEST) == 7


@pytest.mark.parametrize(("key", "name"), [("\x03", "SIGINT"), ("\x1c", "SIGQUIT")])
def test_key_reaches_the_program_once(
    place: Place, terminals: list[Terminal], key: str, name: str
) -> None:
    source = place.write(WAITS)
    terminals.append(Terminal(place, AGENTEL, "run", sys.executable, source, name))
    terminals[0].wait_for("ready")
    terminals[0].type(key)
    terminals[0].wait_for(f"{name} []")
    assert terminals[0].process.wait(LONGEST) == 7


def test_program_has_the_terminal(place: Place, terminals: list[Terminal]) -> None:
    source = (
        "import os, sys\nprint(*(os.isatty(n) for n in range(3)), os.tcgetpgrp(0) == os.getpgrp())"
    )
    terminals.append(Terminal(place, AGENTEL, "run", sys.executable, place.write(source)))
    terminals[0].wait_for("True True True True")


STOPS = {"by-key": "", "by-itself": "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)\n"}


@pytest.mark.parametrize("stop", STOPS.values(), ids=list(STOPS))
def test_program_is_stopped_and_continued_by_its_shell(
    place: Place, terminals: list[Terminal], stop: str
) -> None:
    name = place.write(
        f"print('rea' + 'dy', flush=True)\n{stop}print(input() * 2)\nraise SystemExit(5)"
    )
    terminals.append(Terminal(place, "bash", "--norc", "-i"))
    shell = terminals[0]
    shell.wait_for("$ ")
    shell.type(f"{AGENTEL} run {sys.executable} {name}\n")
    shell.wait_for("ready")
    if not stop:
        shell.type("\x1a")
    shell.wait_for("Stopped")
    shell.wait_for("$ ")
    shell.type("fg\n")
    shell.wait_for(name)
    shell.type("abc\n")
    shell.wait_for("abcabc")
    shell.wait_for("$ ")
    shell.type("echo code=$?\n")
    shell.wait_for("code=5")


READERS = {
    "nobody": "2>&-",
    "gone": "2>&1 >/dev/null | true",
    "one-line": "2>&1 >/dev/null | head -1",
}


@pytest.mark.parametrize("reader", READERS.values(), ids=list(READERS))
def test_reader_of_standard_error_that_is_gone_changes_nothing(place: Place, reader: str) -> None:
    name = place.write(AGENT + "\nopen('ended', 'w').write('x')\nraise SystemExit(9)")
    command = f"{{ {AGENTEL} run --open last {sys.executable} {name}; echo $? >code; }} {reader}"
    ran = place.run(("sh", "-c", command), SPOKEN)
    assert (place.folder / "code").read_text() == "9\n"
    assert "Traceback" not in ran.out + ran.err
    assert len(place.spans()) == 1


FIRST_OF_A_CONTAINER = """
import ctypes, os, sys
ctypes.CDLL(None).prctl(36, 1)  # PR_SET_CHILD_SUBREAPER
os.execv(sys.argv[1], sys.argv[1:])
"""

ORPHAN = """
import os, time
ours, theirs = os.pipe()
if os.fork() == 0:
    if os.fork() == 0:
        os.write(theirs, str(os.getpid()).encode())
    os._exit(0)
os.wait()
orphan = "/proc/" + os.read(ours, 32).decode()
limit = time.monotonic() + 20
while os.path.exists(orphan) and time.monotonic() < limit:
    time.sleep(0.01)
print(os.path.exists(orphan))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has such processes")
def test_first_process_of_a_container_leaves_no_zombies(place: Place) -> None:
    first = (sys.executable, "-c", FIRST_OF_A_CONTAINER)
    ran = place.run((*first, AGENTEL, "run", sys.executable, place.write(ORPHAN)))
    assert (ran.out, ran.err, ran.code) == ("False\n", "", 0)


def test_pipe_that_closes_ends_the_program_as_without_us(place: Place) -> None:
    command = f"{AGENTEL} run sh -c 'yes; echo $? >&2' | head -1"
    without = place.run(("sh", "-c", "sh -c 'yes; echo $? >&2' | head -1"))
    assert place.run(("sh", "-c", command)) == without
