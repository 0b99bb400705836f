"""Knows small programs that use SDKs in every way, written as if nobody watched."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import anthropic
import groq
import openai
import together
from pydantic import BaseModel

from support.model_server import (
    ModelServer,
    Reply,
    cut,
    disconnect,
    empty,
    eof,
    error,
    hang,
    html,
    json_object,
    raw,
    refusal,
    stream_error,
    text,
    thinking,
    tool_calls,
)
from transparency.witness import Witness

Program = Callable[[Witness], object]
Arguments = Callable[..., dict[str, Any]]


@dataclass(frozen=True)
class Scenario:
    """A program, the SDK that it uses, and what the server replies to it."""

    sdk: str
    name: str
    program: Program
    replies: tuple[Reply, ...] = ()
    needs: str = ""
    """A method of the client without which an old version has no such thing."""


class Weather(BaseModel):
    """An answer of a known shape."""

    city: str
    degrees: int


TOOL = {
    "type": "function",
    "function": {
        "name": "weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    },
}
SUNNY = {"city": "Oslo", "degrees": 3}


def chat(**more: object) -> dict[str, Any]:
    """The arguments of a chat, made anew each time."""
    return {"model": "gpt-5", "messages": [{"role": "user", "content": "Hello"}], **more}


def message(**more: object) -> dict[str, Any]:
    """The arguments of one of Anthropic's messages, made anew each time."""
    messages = [{"role": "user", "content": "Hello"}]
    return {"model": "claude-opus-5", "max_tokens": 64, "messages": messages, **more}


SDKS = {"openai": openai, "anthropic": anthropic, "groq": groq, "together": together}


def client(sdk: str, is_async: bool, server: ModelServer) -> Any:
    """A client that gives up at once, unless its program says otherwise."""
    module: Any = SDKS[sdk]
    kind = module.AsyncClient if is_async else module.Client
    # Until 3.0, together had the API's version in the base URL.
    version = "/v1" if sdk == "together" and module.__version__ < "3" else ""
    transport = module.DefaultAsyncHttpxClient if is_async else module.DefaultHttpxClient
    return kind(
        api_key="none",
        base_url=getattr(server, f"{sdk}_url") + version,
        max_retries=0,
        timeout=5,
        http_client=transport(verify=False),  # there is none to verify, and loading roots is slow
    )


def creates(path: str, make: Arguments, **more: object) -> Program:
    """Call a method once."""

    def program(w: Witness) -> None:
        w.call(w.method(path), **make(**more))

    return program


def fails(path: str, make: Arguments, **more: object) -> Program:
    """Call a method that is going to raise."""

    def program(w: Witness) -> None:
        w.fails(lambda: w.call(w.method(path), **make(**more)))

    return program


def retries(path: str, make: Arguments, **more: object) -> Program:
    """Call a method of a client that tries again."""

    def program(w: Witness) -> None:
        patient = w.client.with_options(max_retries=2)
        w.fails(lambda: w.call(w.method(path, patient), **make(**more)))

    return program


def streams(path: str, make: Arguments, **more: object) -> Program:
    """Read a stream in a loop; it stays at its end."""

    def program(w: Witness) -> None:
        stream = w.call(w.method(path), **make(stream=True, **more))
        w.see(stream.response)
        w.fails(lambda: w.drain(stream))
        w.fails(lambda: w.drain(stream))
        w.see(stream.response.is_closed)

    return program


def streams_in_a_block(path: str, make: Arguments) -> Program:
    """Read a part of a stream in a `with` block."""

    def program(w: Witness) -> None:
        stream = w.call(w.method(path), **make(stream=True))
        w.inside(stream, lambda entered: w.take(entered, 2))
        w.see(stream.response.is_closed)

    return program


def streams_and_closes(path: str, make: Arguments) -> Program:
    """Read a part of a stream and close it, twice."""

    def program(w: Witness) -> None:
        stream = w.call(w.method(path), **make(stream=True))
        w.take(stream, 1)
        w.see_method(stream.close)
        w.call(stream.close)
        w.call(stream.close)
        w.see(stream.response.is_closed)

    return program


def streams_and_forgets(path: str, make: Arguments) -> Program:
    """Break out of a stream and let it go."""

    def program(w: Witness) -> None:
        stream = w.call(w.method(path), **make(stream=True))
        response = stream.response
        w.take(stream, 2)
        del stream
        gc.collect()
        w.caller.call(response.aclose if w.is_async else response.close)
        w.see(response.is_closed)

    return program


def never_reads(path: str, make: Arguments) -> Program:
    """Ask for a stream, and close it unread."""

    def program(w: Witness) -> None:
        stream = w.call(w.method(path), **make(stream=True))
        w.call(stream.close)
        w.see(stream.response.is_closed)

    return program


def breaks_inside_an_error(path: str, make: Arguments) -> Program:
    """Raise out of the block that reads a stream."""

    def program(w: Witness) -> None:
        stream = w.call(w.method(path), **make(stream=True))

        def body(entered: Any) -> None:
            w.take(entered, 1)
            raise LookupError("of the program")

        w.fails(lambda: w.inside(stream, body))
        w.see(stream.response.is_closed)

    return program


def raw_response(path: str, make: Arguments, **more: object) -> Program:
    """Look at the HTTP response, then parse it, twice."""

    def program(w: Witness) -> None:
        resource, name = path.rsplit(".", 1)
        answer = w.call(getattr(w.method(resource).with_raw_response, name), **make(**more))
        w.see([answer.status_code, answer.headers, answer.http_response])
        w.see_method(answer.parse)
        w.see(w.call(answer.parse) is w.call(answer.parse))
        w.see(answer.http_response.content)

    return program


def raw_stream(path: str, make: Arguments) -> Program:
    """Parse a raw response into a stream and read it."""

    def program(w: Witness) -> None:
        resource, name = path.rsplit(".", 1)
        answer = w.call(getattr(w.method(resource).with_raw_response, name), **make(stream=True))
        w.see([answer.status_code, answer.http_response.is_closed])
        w.drain(w.call(answer.parse))
        w.see(answer.http_response.is_closed)

    return program


def raw_stream_at_once(path: str, make: Arguments) -> Program:
    """Keep nothing but the `parse` of a raw response, and use that."""

    def program(w: Witness) -> None:
        resource, name = path.rsplit(".", 1)
        create = getattr(w.method(resource).with_raw_response, name)
        parse = w.caller.call(create, **make(stream=True)).parse
        gc.collect()
        w.drain(w.call(parse))

    return program


def streaming_response(
    path: str,
    make: Arguments,
    read: Callable[[Witness, Any], object],
    **more: object,
) -> Program:
    """Open a response whose body is still to come, and read it in one of many ways."""

    def program(w: Witness) -> None:
        resource, name = path.rsplit(".", 1)
        manager = getattr(w.method(resource).with_streaming_response, name)(**make(**more))
        held: list[Any] = []

        def body(entered: Any) -> object:
            held.append(entered)
            w.see_method(entered.parse)
            return read(w, entered)

        w.fails(lambda: w.inside(manager, body))
        w.see([response.http_response.is_closed for response in held])

    return program


READS: dict[str, Callable[[Witness, Any], object]] = {
    "parse": lambda w, r: w.call(r.parse),
    "parse-twice": lambda w, r: w.call(r.parse) is w.call(r.parse),
    "read": lambda w, r: w.call(r.read),
    "text": lambda w, r: w.call(r.text),
    "json": lambda w, r: w.call(r.json),
    "lines": lambda w, r: w.drain(r.iter_lines()),
    "bytes": lambda w, r: b"".join(w.caller.drain(r.iter_bytes())),
    "close": lambda w, r: w.call(r.close),
    "nothing": lambda w, r: None,
}


FAILURES: dict[str, tuple[Reply, ...]] = {
    "bad-request": (error(400, "no such thing"),),
    "unauthorised": (error(401),),
    "not-found": (error(404),),
    "too-many": (error(429, retry_after=0.01),),
    "server-error": (error(500),),
    "overloaded": (error(529),),
    "html-ok": (html(),),
    "html-502": (html(502),),
    "empty": (empty(),),
    "no-json": (raw("{not json", content_type="application/json"),),
    "json-list": (raw([1, 2]),),
    "disconnected": (disconnect(),),
    "reset": (disconnect(reset=True),),
    "cut-body": (cut(of=text("a body that is cut in the middle of it")),),
}
BROKEN_STREAMS: dict[str, tuple[Reply, ...]] = {
    "cut": (cut(2),),
    "reset": (cut(2, reset=True),),
    "ends-early": (eof(2),),
    "error-event": (stream_error(2, "overloaded"),),
    "html": (html(),),
    "refused": (error(400),),
}
RETRIES: dict[str, tuple[Reply, ...]] = {
    "once": (error(429, retry_after=0.01), text("at last")),
    "in-vain": (error(429, retry_after=0.01),) * 3,
}


def shared(sdk: str, path: str, make: Arguments) -> Iterator[Scenario]:
    """The programs that are alike for all of these SDKs."""
    yield Scenario(sdk, "value", creates(path, make), (text("Hello there"),))
    yield Scenario(sdk, "stream", streams(path, make), (text("one two three four"),))
    yield Scenario(sdk, "stream-block", streams_in_a_block(path, make))
    yield Scenario(sdk, "stream-close", streams_and_closes(path, make))
    yield Scenario(sdk, "stream-forgotten", streams_and_forgets(path, make))
    yield Scenario(sdk, "stream-unread", never_reads(path, make))
    yield Scenario(sdk, "stream-raised", breaks_inside_an_error(path, make))
    yield Scenario(sdk, "raw", raw_response(path, make))
    yield Scenario(sdk, "raw-stream", raw_stream(path, make))
    yield Scenario(sdk, "raw-stream-at-once", raw_stream_at_once(path, make))
    for name, read in READS.items():
        yield Scenario(sdk, f"streaming-{name}", streaming_response(path, make, read))
    for name in ("lines", "bytes", "close", "nothing"):
        read = READS[name]
        program = streaming_response(path, make, read, stream=True)
        yield Scenario(sdk, f"streaming-events-{name}", program)
    for name, replies in FAILURES.items():
        yield Scenario(sdk, f"fails-{name}", fails(path, make), replies)
    for name, replies in BROKEN_STREAMS.items():
        yield Scenario(sdk, f"stream-{name}", broken(path, make), replies)
    for name, replies in RETRIES.items():
        yield Scenario(sdk, f"retried-{name}", retries(path, make), replies)
    yield Scenario(sdk, "times-out", fails(path, make, timeout=0.25), (hang(5),))
    yield Scenario(sdk, "cancelled", cancelled(path, make), (hang(5),))
    yield Scenario(sdk, "extra-body", creates(path, make, extra_body={"seed": 7}))
    yield Scenario(sdk, "unknown-argument", fails(path, make, no_such_argument=1))
    yield Scenario(sdk, "generator", generator(path, make))
    yield Scenario(sdk, "tuple", creates(path, make, messages=({"role": "user", "content": "t"},)))


def broken(path: str, make: Arguments) -> Program:
    """Read a stream that does not arrive whole, or not at all."""

    def program(w: Witness) -> None:
        def read() -> None:
            w.drain(w.call(w.method(path), **make(stream=True)))

        w.fails(read)

    return program


def cancelled(path: str, make: Arguments) -> Program:
    """Cancel the task that waits for an answer."""

    async def cancel(w: Witness) -> None:
        task = asyncio.ensure_future(w.method(path)(**make()))
        while not (w.server.requests or task.done()):  # noqa: ASYNC110 - a server in a thread
            await asyncio.sleep(0.001)
        task.cancel()
        await task

    def program(w: Witness) -> None:
        if w.is_async:
            w.fails(lambda: w.caller.call(cancel, w))

    return program


def generator(path: str, make: Arguments) -> Program:
    """Give a generator where a list is expected; see how much of it was used."""

    def program(w: Witness) -> None:
        used: list[int] = []

        def messages() -> Iterator[dict[str, str]]:
            for number in range(2):
                used.append(number)
                yield {"role": "user", "content": f"message {number}"}

        w.fails(lambda: w.call(w.method(path), **make(messages=messages())))
        w.see(used)

    return program


def _openai_helper(w: Witness) -> None:
    stream = w.method("chat.completions.stream")(**chat())
    w.inside(stream, lambda entered: (w.drain(entered), w.call(entered.get_final_completion)))


def _openai_helper_unfinished(w: Witness) -> None:
    w.inside(w.method("chat.completions.stream")(**chat()), lambda entered: w.take(entered, 1))


def _responses_helper(w: Witness) -> None:
    stream = w.method("responses.stream")(model="gpt-5", input="Hello")
    w.inside(stream, lambda entered: (w.drain(entered), w.call(entered.get_final_response)))


def _responses_fetched(w: Witness) -> None:
    created = w.call(w.client.responses.create, model="gpt-5", input="Hello", store=True)
    w.call(w.client.responses.retrieve, created.id)
    w.fails(lambda: w.call(w.client.responses.retrieve, "resp_unknown"))


def _models(w: Witness) -> None:
    w.drain(w.client.models.list()) if w.is_async else w.see(list(w.client.models.list()))


def _parse(path: str) -> Program:
    def program(w: Witness) -> None:
        w.fails(lambda: w.call(w.method(path), **chat(response_format=Weather)))

    return program


def response(**more: object) -> dict[str, Any]:
    """The arguments of a response, made anew each time."""
    return {"model": "gpt-5", "input": [{"role": "user", "content": "Hello"}], **more}


def words(**more: object) -> dict[str, Any]:
    """The arguments of embeddings, made anew each time."""
    return {"model": "text-embedding-3-small", "input": ["one", "two"], **more}


def prompt(**more: object) -> dict[str, Any]:
    """The arguments of a legacy completion, made anew each time."""
    return {"model": "gpt-3.5-turbo-instruct", "prompt": "Hello", **more}


def picture(**more: object) -> dict[str, Any]:
    """The arguments of an image, made anew each time."""
    return {"model": "gpt-image-1", "prompt": "A cat", **more}


EMBED = "embeddings.create"
RESPOND = "responses.create"
CREATE = "chat.completions.create"
PARSE = "beta.chat.completions.parse"
openai_ = partial(Scenario, "openai")
anthropic_ = partial(Scenario, "anthropic")
OPENAI = [
    *shared("openai", CREATE, chat),
    openai_("retried-after-a-cut", retries(CREATE, chat), (disconnect(), text("at last"))),
    openai_("usage", streams(CREATE, chat, stream_options={"include_usage": True})),
    Scenario(
        "openai", "tools", creates(CREATE, chat, tools=[TOOL]), (tool_calls([("weather", SUNNY)]),)
    ),
    openai_("tools-stream", streams(CREATE, chat), (tool_calls([("weather", SUNNY)]),)),
    openai_("refusal", creates(CREATE, chat), (refusal(),)),
    openai_("choices", creates(CREATE, chat, n=2)),
    openai_("helper", _openai_helper, (text("a b c"),), needs="chat.completions.stream"),
    openai_("helper-left", _openai_helper_unfinished, needs="chat.completions.stream"),
    openai_("parse", _parse(PARSE), (json_object(SUNNY),), needs=PARSE),
    openai_("parse-mismatch", _parse(PARSE), (json_object({"no": 1}),), needs=PARSE),
    openai_("parse-length", _parse(PARSE), (text("{", finish="length"),), needs=PARSE),
    openai_("embeddings", creates(EMBED, words)),
    Scenario("openai", "embeddings-float", creates(EMBED, words, encoding_format="float")),
    openai_("embeddings-raw", raw_response(EMBED, words)),
    openai_("legacy", creates("completions.create", prompt)),
    openai_("legacy-stream", streams("completions.create", prompt)),
    openai_("images", creates("images.generate", picture)),
    openai_("models", _models),
    Scenario("openai", "responses", creates(RESPOND, response), needs=RESPOND),
    Scenario(
        "openai",
        "responses-stream",
        streams(RESPOND, response),
        needs=RESPOND,
    ),
    Scenario(
        "openai",
        "responses-raw",
        raw_response(RESPOND, response),
        needs=RESPOND,
    ),
    openai_("responses-helper", _responses_helper, needs="responses.stream"),
    openai_("responses-fetched", _responses_fetched, needs=RESPOND),
    Scenario(
        "openai",
        "responses-cut",
        broken(RESPOND, response),
        (cut(3),),
        needs=RESPOND,
    ),
]


def _messages_helper(read: Callable[[Witness, Any], object]) -> Program:
    def program(w: Witness) -> None:
        w.fails(lambda: w.inside(w.client.messages.stream(**message()), lambda s: read(w, s)))

    return program


HELPER_READS: dict[str, Callable[[Witness, Any], object]] = {
    "events": lambda w, s: w.drain(s),
    "text": lambda w, s: w.drain(s.text_stream),
    "final": lambda w, s: w.call(s.get_final_message),
    "final-text": lambda w, s: w.call(s.get_final_text),
    "until-done": lambda w, s: w.call(s.until_done),
    "part": lambda w, s: w.take(s.text_stream, 1),
    "close": lambda w, s: w.call(s.close),
    "nothing": lambda w, s: None,
}


def _count_tokens(w: Witness) -> None:
    asked = message()
    del asked["max_tokens"]
    w.call(w.client.messages.count_tokens, **asked)


def _batch(w: Witness) -> None:
    batch = w.call(
        w.client.messages.batches.create, requests=[{"custom_id": "one", "params": message()}]
    )
    w.drain(w.call(w.client.messages.batches.results, batch.id))


ANTHROPIC = [
    *shared("anthropic", "messages.create", message),
    *(
        anthropic_(f"helper-{name}", _messages_helper(read), (text("one two three"),))
        for name, read in HELPER_READS.items()
    ),
    anthropic_("helper-cut", _messages_helper(HELPER_READS["final"]), (cut(3),)),
    anthropic_("helper-refused", _messages_helper(HELPER_READS["text"]), (error(404),)),
    anthropic_("thinking", streams("messages.create", message), (thinking("hm", "so"),)),
    Scenario(
        "anthropic", "tools", creates("messages.create", message), (tool_calls([("w", SUNNY)]),)
    ),
    anthropic_("beta", creates("beta.messages.create", message)),
    anthropic_("count-tokens", _count_tokens, needs="messages.count_tokens"),
    anthropic_("batch", _batch, needs="messages.batches.results"),
]
GROQ = [*shared("groq", CREATE, chat)]
TOGETHER = [*shared("together", CREATE, chat)]
SCENARIOS = [*OPENAI, *ANTHROPIC, *GROQ, *TOGETHER]
