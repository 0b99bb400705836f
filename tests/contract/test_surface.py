from __future__ import annotations

import inspect
import subprocess
import sys

import pytest

import agentel

SIGNATURES = {
    "Current": "(recording)",
    "agent": "(name=None, *, type=None, id=None, version=None, phase=None)",
    "bind": "(function)",
    "child_environment": "(environ=None)",
    "current": "()",
    "decision": "(choices, selected)",
    "embeddings": "(model=None, *, provider=None)",
    "event": "(name, attributes=None)",
    "flush": "()",
    "inference": "(model=None, *, provider=None, operation='chat')",
    "instrument": "(*names, **kwargs)",
    "memory": "(operation=None, *, store=None, record=None, provider=None)",
    "retrieval": "(data_source=None, *, provider=None, top_k=None)",
    "session": (
        "(*, conversation=None, user=None, task=None, task_title=None, attempt=None, "
        "executor=None, executor_variant=None)"
    ),
    "shutdown": "()",
    "start": "(**kwargs)",
    "suppress": "()",
    "task": (
        "(name=None, *, type=None, id=None, title=None, attempt=None, priority=None, phase=None)"
    ),
    "tool": (
        "(name=None, *, kind=None, type='function', call_id=None, description=None, "
        "program=None, arguments=None)"
    ),
    "uninstrument": "(*names)",
    "workflow": "(name=None, *, phase=None)",
}


def test_public_names_are_these() -> None:
    public = {name for name in dir(agentel) if not name.startswith("_") and name != "annotations"}
    modules = {name for name in public if inspect.ismodule(getattr(agentel, name))}
    assert set(agentel.__all__) - {"__version__"} == set(SIGNATURES)
    assert public - modules - {"Any", "TYPE_CHECKING"} == set(SIGNATURES)


def test_importing_the_package_loads_nothing_else() -> None:
    program = "import sys, agentel; print(*sorted(n for n in sys.modules if 'telem' in n))"
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert ran.stdout == "\n"


def test_unknown_name_is_not_there() -> None:
    with pytest.raises(AttributeError, match="agnet"):
        agentel.agnet  # noqa: B018


@pytest.mark.parametrize("name", sorted(SIGNATURES))
def test_signature_is_this(name: str) -> None:
    signature = inspect.signature(getattr(agentel, name))
    plain = [p.replace(annotation=inspect.Parameter.empty) for p in signature.parameters.values()]
    assert str(inspect.Signature(plain)) == SIGNATURES[name]


@pytest.mark.parametrize("name", sorted(SIGNATURES))
def test_every_public_name_is_described(name: str) -> None:
    assert inspect.getdoc(getattr(agentel, name))
