from __future__ import annotations

import asyncio
import importlib
from collections.abc import Callable, Iterator
from typing import Any

import openai
import pytest
import wrapt
from opentelemetry.instrumentation.utils import suppress_instrumentation

import agentel
from agentel import libraries
from agentel.clients.openai import LIBRARY
from support.model_server import ModelServer

CHAT: dict[str, Any] = {"model": "gpt-5", "messages": [{"role": "user", "content": "hi"}]}
ABSENT = object()


@pytest.fixture
def instrumentor() -> Iterator[Any]:
    made = libraries.openai()
    yield made
    if made.is_instrumented_by_opentelemetry:
        made.uninstrument()


@pytest.fixture
def ask() -> Iterator[Callable[[], str]]:
    """Ask a model; the client is made anew for each question."""
    with ModelServer() as server:

        def ask() -> str:
            with openai.OpenAI(api_key="none", base_url=server.openai_url) as client:
                return client.chat.completions.create(**CHAT).choices[0].message.content or ""

        yield ask


def originals() -> dict[str, object]:
    """What stands at each target of the library, and whether it is the owner's own."""
    found: dict[str, object] = {}
    for target in LIBRARY.targets:
        module, _, qualified = target.path.partition(":")
        owner: Any = importlib.import_module(module)
        *parents, name = qualified.split(".")
        for parent in parents:
            owner = getattr(owner, parent)
        found[target.path] = vars(owner).get(name, ABSENT)
    return found


def is_patched() -> bool:
    return any(isinstance(found, wrapt.FunctionWrapper) for found in originals().values())


def test_two_instrumentations_record_a_call_once(instrumentor, telemetry, ask) -> None:
    instrumentor.instrument(**telemetry.providers)
    instrumentor.instrument(**telemetry.providers)
    libraries.openai().instrument(**telemetry.providers)
    ask()
    assert len(telemetry.spans(1)) == 1


def test_uninstrument_restores_the_very_same_functions(instrumentor, telemetry) -> None:
    before = originals()
    instrumentor.instrument(**telemetry.providers)
    assert is_patched()
    instrumentor.uninstrument()
    after = originals()
    assert {path: after[path] is found for path, found in before.items()} == dict.fromkeys(
        before, True
    )


def test_uninstrumented_library_is_silent_and_can_be_watched_again(
    instrumentor, telemetry, ask
) -> None:
    instrumentor.instrument(**telemetry.providers)
    ask()
    instrumentor.uninstrument()
    ask()
    instrumentor.instrument(**telemetry.providers)
    ask()
    assert len(telemetry.spans(2)) == 2


def test_client_made_before_is_watched_too(instrumentor, telemetry) -> None:
    with (
        ModelServer() as server,
        openai.OpenAI(api_key="none", base_url=server.openai_url) as client,
    ):
        create = client.chat.completions.create
        instrumentor.instrument(**telemetry.providers)
        create(**CHAT)
    assert len(telemetry.spans(1)) == 1


def test_sdk_imported_before_and_after_is_watched(tiny) -> None:
    tiny.install("2.0")
    module = tiny.client()
    tiny.instrument()
    assert module.Client().request({"model": "tiny-1"})["id"] == "resp-1"
    assert len(tiny.telemetry.spans(1)) == 1


def test_sdk_imported_after_removal_is_left_alone(tiny) -> None:
    tiny.install("2.0")
    tiny.instrument().uninstrument()
    assert type(vars(tiny.client().Client)["request"]).__name__ == "function"


def test_sdk_imported_after_removal_and_return_is_watched_once(tiny) -> None:
    tiny.install("2.0")
    instrumentor = tiny.instrument()
    instrumentor.uninstrument()
    instrumentor.instrument(**tiny.telemetry.providers)
    client = tiny.client().Client
    client().request({"model": "tiny-1"})
    instrumentor.uninstrument()
    assert type(vars(client)["request"]).__name__ == "function"
    assert len(tiny.telemetry.spans(1)) == 1


def test_settings_are_those_of_the_moment_of_instrumenting(tiny, monkeypatch) -> None:
    tiny.install("2.0")
    tiny.instrument()
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    tiny.client().Client().request({"model": "tiny-1"})
    assert len(tiny.telemetry.spans(1)) == 1


def test_inherited_method_is_restored_by_deleting_it(tiny) -> None:
    tiny.install("2.0")
    module = tiny.client()
    instrumentor = tiny.instrument("tinysdk.client:Client.inherited")
    assert "inherited" in vars(module.Client)
    module.Client().inherited({"model": "tiny-1"})
    instrumentor.uninstrument()
    assert "inherited" not in vars(module.Client)
    assert len(tiny.telemetry.spans(1)) == 1


def test_foreign_wrapper_put_on_later_stays_and_calls_pass_through(
    instrumentor, telemetry, ask, monkeypatch
) -> None:
    seen: list[str] = []

    def foreign(wrapped: Any, instance: Any, args: Any, kwargs: Any) -> Any:
        seen.append("foreign")
        return wrapped(*args, **kwargs)

    owner = importlib.import_module("openai._base_client").SyncAPIClient
    own = vars(owner)["request"]
    instrumentor.instrument(**telemetry.providers)
    theirs = wrapt.FunctionWrapper(vars(owner)["request"], foreign)
    owner.request = theirs
    try:
        ask()
        instrumentor.uninstrument()
        assert vars(owner)["request"] is theirs
        ask()
        instrumentor.instrument(**telemetry.providers)
        ask()
        instrumentor.uninstrument()
    finally:
        owner.request = own
    assert seen == ["foreign"] * 3
    assert len(telemetry.spans(2)) == 2


def test_foreign_wrapper_put_on_before_keeps_working(
    instrumentor, telemetry, ask, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "agentel")
    seen: list[str] = []

    def foreign(wrapped: Any, instance: Any, args: Any, kwargs: Any) -> Any:
        seen.append("foreign")
        return wrapped(*args, **kwargs)

    owner = importlib.import_module("openai._base_client").SyncAPIClient
    own = vars(owner)["request"]
    theirs = wrapt.FunctionWrapper(own, foreign)
    owner.request = theirs
    try:
        instrumentor.instrument(**telemetry.providers)
        ask()
        instrumentor.uninstrument()
        assert vars(owner)["request"] is theirs
    finally:
        owner.request = own
    assert (seen, len(telemetry.spans(1))) == (["foreign"], 1)
    told = [r.message for r in caplog.records if "wrapped by somebody else" in r.message]
    assert told == [
        "agentel: openai._base_client:SyncAPIClient.request is also wrapped by somebody else."
    ]


@pytest.mark.parametrize("suppress", [suppress_instrumentation, agentel.suppress])
def test_suppressed_call_leaves_nothing(instrumentor, telemetry, ask, suppress) -> None:
    instrumentor.instrument(**telemetry.providers)
    with suppress():
        ask()
    assert (telemetry.spans(0), telemetry.points()) == ([], {})
    ask()
    assert len(telemetry.spans(1)) == 1


@pytest.mark.parametrize("suppress", [suppress_instrumentation, agentel.suppress])
def test_suppressed_async_call_leaves_nothing(instrumentor, telemetry, suppress) -> None:
    instrumentor.instrument(**telemetry.providers)

    async def ask(url: str) -> None:
        async with openai.AsyncOpenAI(api_key="none", base_url=url) as client:
            with suppress():
                await client.chat.completions.create(**CHAT)
            await client.chat.completions.create(**CHAT)

    with ModelServer() as server:
        asyncio.run(ask(server.openai_url))
    assert len(telemetry.spans(1)) == 1


OFF = {
    "sdk-disabled": {"OTEL_SDK_DISABLED": "true"},
    "sdk-disabled-in-capitals": {"OTEL_SDK_DISABLED": "TRUE"},
    "not-among-the-libraries": {"AGENTEL_LIBRARIES": "anthropic, groq"},
    "among-the-disabled": {"AGENTEL_DISABLED_LIBRARIES": "groq, openai"},
    "disabled-wins": {"AGENTEL_LIBRARIES": "openai", "AGENTEL_DISABLED_LIBRARIES": "openai"},
}
ON = {
    "by-default": {},
    "sdk-not-disabled": {"OTEL_SDK_DISABLED": "false"},
    "among-the-libraries": {"AGENTEL_LIBRARIES": "groq,openai"},
    "not-among-the-disabled": {"AGENTEL_DISABLED_LIBRARIES": "groq"},
}
SWITCHES = [
    *(pytest.param(environ, False, id=name) for name, environ in OFF.items()),
    *(pytest.param(environ, True, id=name) for name, environ in ON.items()),
]


@pytest.mark.parametrize(("environ", "patched"), SWITCHES)
def test_environment_says_whether_anything_is_patched(
    instrumentor, telemetry, monkeypatch, environ: dict[str, str], patched: bool
) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    instrumentor.instrument(**telemetry.providers)
    assert is_patched() is patched


def test_unknown_name_is_refused_by_the_api() -> None:
    with pytest.raises(ValueError, match=r"opena1.*openai"):
        agentel.instrument("opena1")


def test_api_watches_and_leaves_every_library(telemetry, ask) -> None:
    agentel.instrument(**telemetry.providers)
    ask()
    agentel.uninstrument()
    ask()
    assert len(telemetry.spans(1)) == 1
    assert not is_patched()
