from __future__ import annotations

import ast
import importlib
import re
import subprocess
import sys
from functools import reduce
from importlib import metadata
from pathlib import Path

import pytest
from opentelemetry.instrumentation.instrumentor import BaseInstrumentor
from packaging.requirements import Requirement
from packaging.version import Version

import agentel.clients
from agentel import libraries
from agentel.core.library import Library
from agentel.process.packages import WATCHED

ROOT = Path(__file__).parents[2]
CLIENTS = sorted(
    path.stem
    for path in Path(agentel.clients.__file__).parent.glob("*.py")
    if path.stem != "__init__"
)
ENTRY_POINTS = {
    entry.name: entry
    for entry in metadata.entry_points(group="opentelemetry_instrumentor")
    if entry.value.startswith("agentel.")
}
SDKS = ("openai", "anthropic", "groq", "together", "httpx", "httpx2", "pydantic", "pydantic_core")


def library(name: str) -> Library:
    return importlib.import_module(f"agentel.clients.{name}").LIBRARY


def pinned(name: str, file: str) -> Version:
    text = (ROOT / "requirements" / file).read_text(encoding="utf-8")
    found = re.search(rf"^{re.escape(name)}==([\w.]+)", text, re.M)
    assert found is not None, f"{file} does not pin {name}"
    return Version(found.group(1))


def lowest(requirement: Requirement) -> Version:
    return next(Version(s.version) for s in requirement.specifier if s.operator == ">=")


TARGETS = [
    pytest.param(name, target, id=f"{name}-{target.path}")
    for name in CLIENTS
    for target in library(name).targets
]


def test_entry_points_are_the_client_modules() -> None:
    declared = {name: entry.value for name, entry in ENTRY_POINTS.items()}
    assert declared == {name: f"agentel.libraries:{name}" for name in CLIENTS}


@pytest.mark.parametrize("name", CLIENTS)
def test_library_is_called_as_its_entry_point(name: str) -> None:
    assert library(name).name == name


def test_versions_that_are_told_at_start_are_the_declared_ones() -> None:
    assert {name: library(name).requires for name in CLIENTS} == WATCHED


def test_no_extra_is_called_instruments() -> None:
    assert "instruments" not in (metadata.metadata("agentel").get_all("Provides-Extra") or ())


def test_no_sdk_is_required() -> None:
    required = {Requirement(text).name for text in metadata.requires("agentel") or ()}
    assert required & set(CLIENTS) == set()


@pytest.mark.parametrize("name", CLIENTS)
def test_instrumentor_passes_for_opentelemetrys_and_is_a_singleton_of_its_own(name: str) -> None:
    kind = getattr(libraries, name)
    assert issubclass(kind, BaseInstrumentor)
    assert isinstance(kind(), BaseInstrumentor)
    assert kind() is kind()
    others = [getattr(libraries, n) for n in CLIENTS]
    assert len({id(other()) for other in others}) == len(CLIENTS)


def test_instrumentor_has_all_that_opentelemetrys_has() -> None:
    public = {name for name in dir(BaseInstrumentor) if not name.startswith("_")}
    assert public <= set(dir(libraries.Instrumentor))


@pytest.mark.parametrize("name", CLIENTS)
def test_instrumentor_waits_for_the_package_that_is_declared(name: str) -> None:
    assert getattr(libraries, name).package == library(name).package


@pytest.mark.parametrize("name", ["opena1", "__path__", "Openai"])
def test_library_without_a_client_module_is_not_there(name: str) -> None:
    with pytest.raises(AttributeError, match=name):
        getattr(libraries, name)


@pytest.mark.parametrize("name", CLIENTS)
def test_no_dependency_check_of_the_loader_can_switch_it_off(name: str) -> None:
    kind = getattr(libraries, name)
    assert tuple(kind().instrumentation_dependencies()) == ()


INSTRUMENTING_EVERYTHING = """
import sys
from importlib.metadata import entry_points
for entry in entry_points(group="opentelemetry_instrumentor"):
    if entry.value.startswith("agentel."):
        entry.load()().instrument(skip_dep_check=True)
"""


def printed(program: str) -> str:
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert ran.stderr == ""
    return ran.stdout


def test_instrumenting_everything_imports_no_sdk() -> None:
    program = f"{INSTRUMENTING_EVERYTHING}print([n for n in {SDKS} if n in sys.modules])"
    assert printed(program) == "[]\n"


def test_instrumenting_everything_loads_only_what_waits() -> None:
    program = f"{INSTRUMENTING_EVERYTHING}print(sorted(n for n in sys.modules if 'agentel' in n))"
    assert ast.literal_eval(printed(program)) == [
        "agentel",
        "agentel._version",
        "agentel.clients",
        "agentel.config",
        "agentel.core",
        "agentel.core.safety",
        "agentel.libraries",
        "agentel.parsing",
    ]


def test_instrumentor_passes_for_opentelemetrys_that_is_imported_later() -> None:
    program = f"""{INSTRUMENTING_EVERYTHING}
before = "opentelemetry.instrumentation.instrumentor" in sys.modules
from opentelemetry.instrumentation.instrumentor import BaseInstrumentor
print(before, isinstance(entry.load()(), BaseInstrumentor))
"""
    assert printed(program) == "False True\n"


@pytest.mark.parametrize(("name", "target"), TARGETS)
def test_target_is_there_in_the_installed_version(name: str, target: object) -> None:
    module, _, qualified = target.path.partition(":")
    found = reduce(
        lambda owner, part: getattr(owner, part, None),
        qualified.split("."),
        importlib.import_module(module),
    )
    installed = Version(metadata.version(Requirement(library(name).requires).name))
    may_lack = getattr(target, "optional", False) and installed < pinned(name, "dev.txt")
    assert callable(found) or may_lack


@pytest.mark.parametrize("name", CLIENTS)
def test_oldest_version_is_the_one_that_is_tested(name: str) -> None:
    requirement = Requirement(library(name).requires)
    assert lowest(requirement) == pinned(requirement.name, "oldest.in")


@pytest.mark.parametrize("name", CLIENTS)
def test_newest_version_is_within_the_range(name: str) -> None:
    requirement = Requirement(library(name).requires)
    assert requirement.specifier.contains(pinned(requirement.name, "dev.txt"))


@pytest.mark.parametrize("name", CLIENTS)
def test_docstring_names_the_tested_versions(name: str) -> None:
    told = importlib.import_module(f"agentel.clients.{name}").__doc__ or ""
    oldest, newest = (pinned(name, file).release[:2] for file in ("oldest.in", "dev.txt"))
    for version in (oldest, newest):
        assert ".".join(map(str, version)) in told


OURS = [Requirement(text) for text in metadata.requires("agentel") or () if "extra ==" not in text]


@pytest.mark.parametrize("requirement", OURS, ids=str)
def test_oldest_requirement_of_ours_is_the_one_that_is_tested(requirement: Requirement) -> None:
    oldest = pinned(requirement.name, "oldest.in")
    assert lowest(requirement).release[:2] == oldest.release[:2]
    assert requirement.specifier.contains(oldest, prereleases=True)
    assert requirement.specifier.contains(pinned(requirement.name, "dev.txt"), prereleases=True)
