"""Knows how a small SDK of any version is put on the path, and how it is declared to agentel."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from agentel.core.library import Call, CallSeam, Library
from agentel.formats import openai_chat
from agentel.libraries import Instrumentor
from support.telemetry import Telemetry

SOURCE = """
class Base:
    def inherited(self, body):
        return {"id": "resp-1", "model": body["model"]}

class Client(Base):
    def request(self, body):
        return {"id": "resp-1", "model": body["model"]}
"""


def _route(client: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Call:
    return Call(openai_chat.ENDPOINT, args[0] if args else kwargs["body"], "tiny")


class TinySdk:
    """An SDK on the disk, and its instrumentor."""

    def __init__(self, folder: Path, telemetry: Telemetry) -> None:
        self._folder = folder
        self.telemetry = telemetry
        self._instrumentor: Any = None

    def install(self, version: str | None, source: str = SOURCE) -> None:
        """Put it on the path; without its distribution's metadata if `version` is None."""
        package = self._folder / "tinysdk"
        package.mkdir()
        (package / "__init__.py").write_text("")
        (package / "client.py").write_text(source)
        if version is not None:
            about = self._folder / f"tinysdk-{version}.dist-info"
            about.mkdir()
            (about / "METADATA").write_text(
                f"Metadata-Version: 2.1\nName: tinysdk\nVersion: {version}\n"
            )

    def client(self) -> ModuleType:
        """Import its module, as a program would."""
        return importlib.import_module("tinysdk.client")

    def instrument(self, *paths: str, requires: str = "tinysdk>=2,<3") -> Any:
        """Watch it, by its `request` unless other paths are given."""
        names = paths or ("tinysdk.client:Client.request",)
        targets = tuple(CallSeam(path, _route) for path in names)
        declared = Library(name="tiny", requires=requires, targets=targets, package="tinysdk")

        class Tiny(Instrumentor):
            library = "tiny"
            package = "tinysdk"
            declaration = staticmethod(lambda: declared)

        self._instrumentor = Tiny()
        self._instrumentor.instrument(**self.telemetry.providers)
        return self._instrumentor

    def remove(self) -> None:
        """Forget it."""
        if self._instrumentor is not None and self._instrumentor.is_instrumented_by_opentelemetry:
            self._instrumentor.uninstrument()
        for name in ("tinysdk", "tinysdk.client"):
            sys.modules.pop(name, None)


@pytest.fixture
def telemetry() -> Iterator[Telemetry]:
    made = Telemetry()
    yield made
    made.shut_down()


@pytest.fixture
def tiny(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, telemetry: Telemetry
) -> Iterator[TinySdk]:
    monkeypatch.syspath_prepend(str(tmp_path))
    sdk = TinySdk(tmp_path, telemetry)
    yield sdk
    sdk.remove()


@pytest.fixture
def warnings_of(caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    """The warnings so far, as text."""
    return lambda: [r.getMessage() for r in caplog.records if r.levelname == "WARNING"]
