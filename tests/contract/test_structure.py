from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import agentel

PACKAGE = Path(agentel.__file__).parent
MODULES = sorted(path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py"))
GENERATED = ("telemetry/_semconv.py", "semconv.py")
LIBRARY_FOLDERS = ("clients", "families", "formats")
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef

MAY_IMPORT = {
    "clients": {"families", "formats", "core"},
    "families": {"families", "core"},
    "formats": {"formats", "core"},
    "core": {"core"},
    "local": {"local", "semconv", "_version"},
    "telemetry": {"telemetry", "core", "config", "local", "_version"},
    "byhand": {"byhand", "telemetry", "core", "config"},
    "process": {"process", "telemetry", "core", "config", "local", "_version"},
    "cli": {"cli", "diagnosis", "local", "config", "process", "semconv", "_version"},
    "diagnosis": {
        *("diagnosis", "core", "local", "config", "_version"),
        *("process", "libraries", "telemetry"),  # what its child process looks at
    },
    "config": {"parsing"},
    "parsing": set[str](),
    "semconv": set[str](),
    "_version": set[str](),
    "instrumentor": {"core", "telemetry", "config", "process"},
    "libraries": {"instrumentor", "core", "config"},
    "decorators": {"byhand", "telemetry", "core"},
    "distro": {"byhand", "core", "telemetry", "local", "config", "process", "_version"},
    "__init__": {"byhand", "decorators", "distro", "semconv", "telemetry", "_version"},
}
"""Part of the package to the parts that it may import; one that is not listed may import none."""

KNOWS_OPENTELEMETRY = ("telemetry", "process", "instrumentor", "distro")
WRITES_FILES = ("telemetry/files.py",)
"""The modules of telemetry that may know of `local`."""


def part(module: str) -> str:
    return module.partition("/")[0].removesuffix(".py")


def tree(module: str) -> ast.Module:
    return ast.parse((PACKAGE / module).read_text(encoding="utf-8"))


def imported(module: str) -> Iterator[str]:
    """Every absolute name that a module imports, wherever in it."""
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}:{node.lineno} imports relatively"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def imported_parts(module: str) -> set[str]:
    names = [name.split(".") for name in imported(module)]
    return {name[1] for name in names if name[0] == "agentel"}


def is_broad(handler: ast.ExceptHandler) -> bool:
    caught = ast.unparse(handler.type) if handler.type else "BaseException"
    return "BaseException" in caught or "Exception" in caught.replace("(", " ").split()


@pytest.mark.parametrize("module", MODULES)
def test_module_imports_only_what_its_part_may(module: str) -> None:
    assert imported_parts(module) <= MAY_IMPORT.get(part(module), set())


@pytest.mark.parametrize("module", [m for m in MODULES if part(m) == "telemetry"])
def test_only_the_file_exporters_know_of_files(module: str) -> None:
    assert module in WRITES_FILES or "local" not in imported_parts(module)


@pytest.mark.parametrize("module", [m for m in MODULES if part(m) not in KNOWS_OPENTELEMETRY])
def test_module_knows_nothing_of_opentelemetry(module: str) -> None:
    assert [name for name in imported(module) if name.startswith("opentelemetry")] == []


@pytest.mark.parametrize("module", [m for m in MODULES if part(m) in LIBRARY_FOLDERS])
def test_library_has_neither_try_nor_logging_nor_wrapping(module: str) -> None:
    tries = [node.lineno for node in ast.walk(tree(module)) if isinstance(node, ast.Try)]
    assert tries == []
    assert {"logging", "wrapt", "warnings"} & {
        n.partition(".")[0] for n in imported(module)
    } == set()


@pytest.mark.parametrize("module", [m for m in MODULES if part(m) != "cli"])
def test_broad_except_raises_again(module: str) -> None:
    swallowing = [
        f"{module}:{node.lineno}"
        for node in ast.walk(tree(module))
        if isinstance(node, ast.ExceptHandler)
        and is_broad(node)
        and not any(isinstance(inner, ast.Raise) for inner in ast.walk(node))
    ]
    assert swallowing == [] or module == "core/safety.py"


@pytest.mark.parametrize("module", MODULES)
def test_nothing_broad_is_suppressed(module: str) -> None:
    suppressed = [
        ast.unparse(node)
        for node in ast.walk(tree(module))
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("suppress")
    ]
    assert [s for s in suppressed if "(Exception" in s or "BaseException" in s] == []


@pytest.mark.parametrize("module", [m for m in MODULES if m != "__init__.py"])
def test_docstring_says_what_the_module_knows(module: str) -> None:
    first = (ast.get_docstring(tree(module)) or "").partition("\n")[0]
    is_library = part(module) == "clients" and module != "clients/__init__.py"
    assert " SDK " in first if is_library else first.startswith(("Knows", "Lets"))


@pytest.mark.parametrize("module", [m for m in MODULES if m not in GENERATED])
def test_module_is_short(module: str) -> None:
    most = 200 if part(module) == "clients" else 300
    assert len((PACKAGE / module).read_text(encoding="utf-8").splitlines()) <= most


@pytest.mark.parametrize("module", [m for m in MODULES if m not in GENERATED])
def test_function_is_short_and_has_few_parameters(module: str) -> None:
    functions = [
        node
        for node in ast.walk(tree(module))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    ]
    long = [function.name for function in functions if _length(function) > 40]
    wide = [f.name for f in functions if _positional(f) > 5]
    assert (long, wide) == ([], [])


def _length(definition: Definition) -> int:
    """The lines of a definition, without those of what is defined inside it."""
    inner = [node for node in definition.body if isinstance(node, Definition)]
    whole = (definition.end_lineno or definition.lineno) - definition.lineno + 1
    return whole - sum((node.end_lineno or node.lineno) - node.lineno + 1 for node in inner)


def _positional(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    names = [argument.arg for argument in [*function.args.posonlyargs, *function.args.args]]
    return len([name for name in names if name not in ("self", "cls")])


def test_no_module_is_named_for_nothing() -> None:
    vague = {"utils", "helpers", "common", "misc", "manager", "base"}
    assert vague & {Path(module).stem for module in MODULES} == set()
