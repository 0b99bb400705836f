"""Knows whether what is shipped works without the source tree: builds, installs and uses it.

Run it with the project's own Python; `UV` in the environment holds the path of uv.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
UV = os.path.abspath(shutil.which(os.environ.get("UV", "uv")) or "uv")
LONGEST = 300
"""Seconds after which a step is taken to hang."""

EVERY_MODULE = """
import importlib, pkgutil, sys
import agentel
names = [m.name for m in pkgutil.walk_packages(agentel.__path__, "agentel.")]
for name in names:
    importlib.import_module(name)
print(len(names), agentel.__file__)
"""
ENTRY_POINTS = """
from importlib.metadata import entry_points
groups = ("opentelemetry_distro", "opentelemetry_configurator", "opentelemetry_instrumentor",
          "opentelemetry_traces_exporter", "opentelemetry_metrics_exporter",
          "opentelemetry_logs_exporter", "console_scripts")
for group in groups:
    for entry in sorted(entry_points(group=group), key=lambda e: e.name):
        if entry.value.startswith("agentel."):
            entry.load()
            print(f"{group}:{entry.name}")
"""
OWN_SPAN = """
import agentel

@agentel.agent("shipped")
def work():
    print("worked")

work()
"""
SDKS = """
import sys
print([n for n in ("openai", "anthropic", "groq", "together") if n in sys.modules])
"""


class Venv:
    """An environment of its own, outside the source tree."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.bin = folder / "venv" / "bin"
        self.place = folder / "empty"
        self.place.mkdir()
        call([UV, "venv", "--quiet", "--python", sys.executable, str(folder / "venv")], folder)

    def install(self, *what: str) -> None:
        """Install packages and what they depend on."""
        environ = {"VIRTUAL_ENV": str(self.folder / "venv")}
        call([UV, "pip", "install", "--quiet", *what], self.folder, environ)

    def python(self, source: str, *launcher: str) -> subprocess.CompletedProcess[str]:
        """Run a program, where nothing of the source tree is."""
        return self.run(*launcher, str(self.bin / "python"), "-c", source)

    def run(self, *command: str, **environ: str) -> subprocess.CompletedProcess[str]:
        """Run a command of the environment; one that is given without a folder is looked for."""
        first = command[0] if os.sep in command[0] else str(self.bin / command[0])
        return subprocess.run(
            [first, *command[1:]],
            cwd=self.place,
            env={
                "PATH": f"{self.bin}{os.pathsep}{os.defpath}",
                "LC_ALL": "C.UTF-8",
                "AGENTEL_QUIET": "true",
                **environ,
            },
            capture_output=True,
            text=True,
            timeout=LONGEST,
        )


def call(command: list[str], folder: Path, environ: Mapping[str, str] | None = None) -> None:
    """Run a step of the preparation; what it says is shown if it fails."""
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **(environ or {})},
        capture_output=True,
        text=True,
        timeout=LONGEST,
    )
    if done.returncode:
        sys.exit(f"{' '.join(command)}\n{done.stdout}{done.stderr}")


@contextmanager
def venv() -> Iterator[Venv]:
    """Make an environment and take it away again."""
    with tempfile.TemporaryDirectory() as folder:
        yield Venv(Path(folder))


def equal(found: object, expected: object) -> None:
    """Demand that two values are equal."""
    if found != expected:
        raise AssertionError(f"found {found!r}, expected {expected!r}")


def quiet(done: subprocess.CompletedProcess[str], out: str) -> None:
    """Demand that a program said this, and nothing else, and went well."""
    equal((done.stdout, done.stderr, done.returncode), (out, "", 0))


def has_everything(wheel: Path) -> None:
    """The wheel has every file of the package, and nothing else but what describes it."""
    names = set(zipfile.ZipFile(wheel).namelist())
    package = ROOT / "instrumentation"
    there = {
        path.relative_to(package).as_posix()
        for path in package.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    equal({name for name in names if ".dist-info/" not in name}, there)
    equal("agentel/py.typed" in names, True)
    equal(any(name.endswith("/licenses/LICENSE") for name in names), True)


def says_its_version(env: Venv) -> None:
    """The command says the version that is installed."""
    version = env.python("from importlib.metadata import version; print(version('agentel'))")
    quiet(env.run("agentel", "--version"), f"agentel {version.stdout}")


def imports_every_module(env: Venv) -> None:
    """Every module can be imported, and comes from the environment."""
    done = env.python(EVERY_MODULE)
    equal((done.stderr, done.returncode), ("", 0))
    count, place = done.stdout.split()
    equal(int(count) > 50, True)
    equal(str(env.folder) in place, True)


def has_its_entry_points(env: Venv) -> None:
    """Every entry point can be loaded."""
    done = env.python(ENTRY_POINTS)
    equal((done.stderr, done.returncode), ("", 0))
    clients = (ROOT / "instrumentation" / "agentel" / "clients").glob("[a-z]*.py")
    expected = {
        *(f"opentelemetry_instrumentor:{path.stem}" for path in clients),
        *(f"opentelemetry_{s}_exporter:agentel_file" for s in ("traces", "metrics", "logs")),
        "opentelemetry_distro:agentel",
        "opentelemetry_configurator:agentel",
        "console_scripts:agentel",
    }
    equal(set(done.stdout.split()), expected)


def has_no_sdk(env: Venv) -> None:
    """Nothing of an SDK is installed with it."""
    done = env.python("import openai")
    equal("ModuleNotFoundError" in done.stderr, True)


def launches_in_silence(env: Venv) -> None:
    """The launcher says nothing of its own, when it is not to; one line of what it does, else."""
    quiet(env.python("pass", "opentelemetry-instrument"), "")
    quiet(env.python(SDKS, "opentelemetry-instrument"), "[]\n")
    told = env.run("opentelemetry-instrument", "python", "-c", "pass", AGENTEL_QUIET="false")
    equal((told.stdout, told.stderr.count("\n"), told.returncode), ("", 1, 0))
    equal(told.stderr.startswith("agentel: watching "), True)


def writes_and_shows_a_trace(env: Venv) -> None:
    """Work that is marked by hand is written down and shown."""
    quiet(env.python(OWN_SPAN, "opentelemetry-instrument"), "worked\n")
    shown = env.run("agentel", "trace", "last")
    equal((shown.stderr, shown.returncode), ("", 0))
    equal("shipped" in shown.stdout, True)
    shutil.rmtree(env.place / ".agentel")


def asks_for_the_extra(env: Venv) -> None:
    """Without the extra for terminals, a command says how to get it."""
    done = env.run("agentel", "trace", "last")
    equal((done.stdout, done.returncode), ("", 2))
    equal("pip install 'agentel[terminal]'" in done.stderr, True)
    equal("Traceback" in done.stderr, False)


def gets_the_extra(env: Venv) -> None:
    """The extra for terminals can be added."""
    env.install(f"{wheel_of(env)}[terminal]")
    quiet(env.python("import click, rich; print('there')"), "there\n")


def lives_beside_another_distro(env: Venv) -> None:
    """Chosen by name, it is not disturbed by the distribution that most people have."""
    env.install("opentelemetry-distro")
    launched = ("opentelemetry-instrument", str(env.bin / "python"), "-c", OWN_SPAN)
    done = env.run(*launched, OTEL_PYTHON_DISTRO="agentel")
    equal((done.stdout, done.returncode), ("worked\n", 0))
    equal("Traceback" in done.stderr, False)
    equal((env.place / ".agentel").is_dir(), True)
    shutil.rmtree(env.place / ".agentel")


def watches_an_sdk_that_comes_later(env: Venv) -> None:
    """An SDK installed afterwards is watched, and the others are not missed."""
    env.install("openai")
    quiet(env.python("import openai; print(1)", "opentelemetry-instrument"), "1\n")


def wheel_of(env: Venv) -> str:
    """The wheel that an environment was made for."""
    return str(next(env.folder.glob("dist/*.whl")))


INSTALLED = (
    says_its_version,
    has_no_sdk,
    launches_in_silence,
    asks_for_the_extra,
    gets_the_extra,
    imports_every_module,
    has_its_entry_points,
    writes_and_shows_a_trace,
    watches_an_sdk_that_comes_later,
    lives_beside_another_distro,
)
EDITABLE = (says_its_version, has_its_entry_points, launches_in_silence, writes_and_shows_a_trace)


def check(name: str, test: Callable[..., None], argument: object) -> bool:
    """Run one test and tell how it went."""
    try:
        test(argument)
    except AssertionError as error:
        print(f"FAILED {name}: {error}")
        return False
    return True


def main() -> int:
    """Build, install, try; print one line at the end, and return the exit code."""
    results: list[bool] = []
    with venv() as env:
        dist = env.folder / "dist"
        call([UV, "build", "--quiet", "--sdist", "--wheel", "--out-dir", str(dist)], ROOT)
        wheel = Path(wheel_of(env))
        results.append(check("wheel: has everything", has_everything, wheel))
        env.install(str(wheel))
        results += [check(f"wheel: {test.__name__}", test, env) for test in INSTALLED]
    with venv() as env:
        env.install("--editable", f"{ROOT}[terminal]")
        results += [check(f"editable: {test.__name__}", test, env) for test in EDITABLE]
    print(f"{results.count(True)} passed, {results.count(False)} failed")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
