from __future__ import annotations

import asyncio
import copy
import importlib
import inspect
import pickle
import typing
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from agentel import libraries
from support.telemetry import Telemetry

SDKS = ("anthropic", "groq", "openai", "together")
QUESTIONS: dict[str, Callable[[Any], object]] = {
    "signature": inspect.signature,
    "signature-of-itself": lambda f: str(inspect.signature(f, follow_wrapped=False)),
    "source": inspect.getsource,
    "doc": inspect.getdoc,
    "file": inspect.getfile,
    "hints": typing.get_type_hints,
    "name": lambda f: (f.__name__, f.__qualname__, f.__module__),
    "defaults": lambda f: (f.__defaults__, f.__kwdefaults__),
    "isfunction": inspect.isfunction,
    "ismethod": inspect.ismethod,
    "isroutine": inspect.isroutine,
    "iscoroutinefunction": inspect.iscoroutinefunction,
    "asyncio": asyncio.iscoroutinefunction,
    "isgeneratorfunction": inspect.isgeneratorfunction,
    "isasyncgenfunction": inspect.isasyncgenfunction,
    "isabstract": inspect.isabstract,
    "callable": callable,
}


@pytest.fixture(params=SDKS)
def sdk(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def switched(sdk: str) -> Iterator[Callable[[], None]]:
    """A function that begins to watch the SDK."""
    instrumentor = getattr(libraries, sdk)()
    telemetry = Telemetry()
    yield lambda: instrumentor.instrument(**telemetry.providers)
    instrumentor.uninstrument()
    telemetry.shut_down()


def owners(sdk: str) -> dict[str, Any]:
    """The classes, and one instance of each, whose methods are watched."""
    base = importlib.import_module(f"{sdk}._base_client")
    module = importlib.import_module(sdk)
    return {
        "sync-class": base.SyncAPIClient,
        "async-class": base.AsyncAPIClient,
        "sync-client": module.Client(api_key="none"),
        "async-client": module.AsyncClient(api_key="none"),
    }


def answers(question: Callable[[Any], object], found: dict[str, Any]) -> dict[str, object]:
    return {
        f"{name}.{method}": _answer(question, getattr(owner, method))
        for name, owner in found.items()
        for method in ("request", "_process_response", "_should_retry", "_calculate_retry_timeout")
    }


def _answer(question: Callable[[Any], object], method: Any) -> object:
    try:
        return question(method)
    except (TypeError, NameError, AttributeError) as error:
        return type(error)


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=list(QUESTIONS))
def test_watched_methods_answer_as_before(
    sdk: str, switched: Callable[[], None], question: Callable[[Any], object]
) -> None:
    found = owners(sdk)
    before = answers(question, found)
    switched()
    assert answers(question, found) == before


def test_members_are_the_same(sdk: str, switched: Callable[[], None]) -> None:
    found = owners(sdk)
    before = {name: sorted(dir(owner)) for name, owner in found.items()}
    switched()
    assert {name: sorted(dir(owner)) for name, owner in found.items()} == before


def test_watched_method_is_pickled_and_copied_as_before(
    sdk: str, switched: Callable[[], None]
) -> None:
    base = importlib.import_module(f"{sdk}._base_client")
    before = (pickle.dumps(base.SyncAPIClient), copy.copy(base.SyncAPIClient))
    switched()
    assert (pickle.dumps(base.SyncAPIClient), copy.copy(base.SyncAPIClient)) == before


def test_subclass_may_override_and_call_the_watched_method(
    sdk: str, switched: Callable[[], None]
) -> None:
    switched()
    kind = importlib.import_module(sdk).Client
    asked: list[object] = []

    class Own(kind):
        def request(self, *args: Any, **kwargs: Any) -> Any:
            asked.append(super().request)
            return "own"

    client = Own(api_key="none")
    assert (client.request(), len(asked)) == ("own", 1)
    assert asked[0].__self__ is client
