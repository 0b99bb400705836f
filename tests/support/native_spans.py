"""Knows how a program looks whose SDK emits spans of its own, with us beside it.

Run as a module, since a process has one global tracer provider: prints, as JSON, for each scenario
its spans with their scope and parent, how many calls and tokens were counted, and which span an
event belongs to.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import anthropic
from opentelemetry import trace
from opentelemetry.instrumentation.utils import suppress_instrumentation
from opentelemetry.sdk.trace import ReadableSpan

import agentel
from agentel import libraries
from agentel.config import Settings
from agentel.telemetry.hand import source
from support.anthropic_clients import CHAT
from support.model_server import ModelServer, error, text, tool_calls
from support.telemetry import Telemetry

CONTENT = Settings(content="EVENT_ONLY")
SWITCH = "ANTHROPIC_OPEN_TELEMETRY"
GLOBAL = Telemetry()


@dataclass(frozen=True)
class Scenario:
    """One program: what its user set, and what it calls."""

    call: Callable[[Any], object]
    switch: str | None = None
    option: Any = None
    is_early: bool = False
    """Whether the client is made before we are there."""
    is_watched: bool = True
    kind: type = anthropic.Anthropic


def create(client: Any) -> None:
    client.messages.create(**CHAT)


def stream(client: Any) -> None:
    list(client.messages.create(**CHAT, stream=True))


def stream_break(client: Any) -> None:
    with client.messages.create(**CHAT, stream=True) as events:
        next(events)


def helper(client: Any) -> None:
    with client.messages.stream(**CHAT) as events:
        events.get_final_message()


def raw(client: Any) -> None:
    client.messages.with_raw_response.create(**CHAT).parse()


def refused(client: Any) -> None:
    try:
        client.messages.create(**CHAT, extra_headers={"x-refuse": "1"})
    except anthropic.AuthenticationError:
        return
    raise AssertionError("nothing was raised")


def suppressed(client: Any) -> None:
    with suppress_instrumentation():
        create(client)


def counted(client: Any) -> None:
    client.messages.count_tokens(model=CHAT["model"], messages=CHAT["messages"])


def tools(client: Any) -> None:
    def add(a: int, b: int) -> str:
        """Add two numbers."""
        return str(a + b)

    tool = anthropic.beta_tool(add)
    client.beta.messages.tool_runner(**CHAT, tools=[tool]).until_done()


def create_async(client: Any) -> None:
    asyncio.run(client.messages.create(**CHAT))


def marked(client: Any) -> None:
    with agentel.inference():
        create(client)


def through_middleware(client: Any) -> None:
    create(client.with_middleware(lambda request, call_next: call_next(request)))


SCENARIOS = {
    "default": Scenario(create),
    "default-early": Scenario(create, is_early=True),
    "default-async": Scenario(create_async, kind=anthropic.AsyncAnthropic),
    "default-stream": Scenario(stream),
    "default-helper": Scenario(helper),
    "default-raw": Scenario(raw),
    "default-middleware": Scenario(through_middleware),
    "default-tools": Scenario(tools),
    "default-refused": Scenario(refused),
    "default-suppressed": Scenario(suppressed),
    "default-count-tokens": Scenario(counted),
    "default-unwatched": Scenario(create, is_watched=False),
    "default-marked": Scenario(marked),
    "switch-true": Scenario(create, switch="true"),
    "switch-true-early": Scenario(create, switch="1", is_early=True),
    "switch-true-async": Scenario(create_async, switch="true", kind=anthropic.AsyncAnthropic),
    "switch-true-stream": Scenario(stream, switch="true"),
    "switch-true-break": Scenario(stream_break, switch="true"),
    "switch-true-helper": Scenario(helper, switch="true"),
    "switch-true-refused": Scenario(refused, switch="true"),
    "switch-true-marked": Scenario(marked, switch="true"),
    "switch-false": Scenario(create, switch="false"),
    "option-false": Scenario(create, option=False),
    "option-true": Scenario(create, option={"traces": True}),
    "option-content": Scenario(create, option={"traces": {"content_mode": "content"}}),
    "option-provider": Scenario(create, option={"tracer_provider": GLOBAL.tracer_provider}),
    "switch-true-option-false": Scenario(create, switch="true", option=False),
}


def told_of(scenario: Scenario) -> dict[str, object]:
    """Run one scenario."""
    GLOBAL.clear()
    beside = Telemetry()
    os.environ.pop(SWITCH, None)
    if scenario.switch is not None:
        os.environ[SWITCH] = scenario.switch
    with ModelServer() as server:
        server.script(*_replies(scenario))
        client = _client(scenario, server) if scenario.is_early else None
        given: Any = {**beside.providers, "tracer_provider": GLOBAL.tracer_provider}
        source.use(settings=CONTENT, **given)
        if scenario.is_watched:
            libraries.anthropic().instrument(settings=CONTENT, **given)
        client = client or _client(scenario, server)
        with GLOBAL.tracer_provider.get_tracer("app").start_as_current_span("app"):
            scenario.call(client)
        libraries.anthropic().uninstrument()
    spans = GLOBAL.spans(1)
    return {"spans": _outline(spans), **_counted(beside), "event of": _owners(beside, spans)}


def _replies(scenario: Scenario) -> list[Any]:
    if scenario.call is refused:
        return [error(401)]
    if scenario.call is tools:
        return [tool_calls([("add", {"a": 1, "b": 2})]), text("3")]
    return []


def _client(scenario: Scenario, server: ModelServer) -> Any:
    given = {} if scenario.option is None else {"open_telemetry": scenario.option}
    return scenario.kind(api_key="none", base_url=server.anthropic_url, max_retries=0, **given)


def _outline(spans: list[ReadableSpan]) -> list[str]:
    names = {span.context.span_id: span.name for span in spans}
    return [
        f"{span.name} < {names[span.parent.span_id]}" for span in spans if span.parent is not None
    ]


def _counted(telemetry: Telemetry) -> dict[str, object]:
    points = telemetry.points()
    calls = points.get("gen_ai.client.operation.duration", ())
    tokens = points.get("gen_ai.client.token.usage", ())
    return {
        "calls": sum(count for _, count, _ in calls),
        "tokens": [int(total) for _, _, total in tokens],
    }


def _owners(telemetry: Telemetry, spans: list[ReadableSpan]) -> list[str]:
    names = {span.context.span_id: span.name for span in spans}
    return [names[record.span_id] for record in telemetry.records()]


if __name__ == "__main__":
    trace.set_tracer_provider(GLOBAL.tracer_provider)
    print(json.dumps({name: told_of(scenario) for name, scenario in SCENARIOS.items()}))
