from __future__ import annotations

import asyncio
import dataclasses
import decimal
import enum
import pathlib
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF

import agentel
from agentel.config import Settings
from agentel.core.commands import program_of
from agentel.telemetry.arguments import canonical, run_key, size_of
from agentel.telemetry.hand import source
from support.telemetry import Telemetry

DIGEST = "agentel.tool.arguments.digest"
SIZE = "agentel.tool.arguments.size"
RESULT = "agentel.tool.result.size"


def told(telemetry: Telemetry, count: int = 1) -> dict[str, Any]:
    return dict(telemetry.spans(count)[-1].attributes or {})


class Colour(enum.Enum):
    RED = 1


@dataclasses.dataclass
class Point:
    x: int


class Opaque:
    pass


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"b": 1, "a": [True, None, 1.5]}, '{"a":[true,null,1.5],"b":1}'),
        ({"a": "é"}, '{"a":"é"}'),
        ({"a": {"z", "y"}}, '{"a":["\\"y\\"","\\"z\\""]}'),
        ({"a": Point(3)}, '{"a":{"x":3}}'),
        ({"a": Colour.RED}, '{"a":"RED"}'),
        ({"a": b"xy"}, '{"a":"xy"}'),
        ({"a": pathlib.PurePosixPath("p/q")}, '{"a":"p/q"}'),
        ({"a": date(2026, 1, 2)}, '{"a":"2026-01-02"}'),
        ({"a": decimal.Decimal("1.50")}, '{"a":"1.50"}'),
        ({"a": uuid.UUID(int=1)}, '{"a":"00000000-0000-0000-0000-000000000001"}'),
        ({"a": Opaque()}, '{"a":"<Opaque>"}'),
        ({"a": len}, '{"a":"<builtin_function_or_method>"}'),
    ],
)
def test_arguments_have_one_canonical_text(value: object, text: str) -> None:
    assert canonical(value) == text.encode()


def cycle() -> dict[str, object]:
    value: dict[str, object] = {}
    value["itself"] = value
    return value


@pytest.mark.parametrize(
    "value",
    [cycle(), {1: 1, "a": 2}, {"a": [0] * 10_001}, [0] * 10_001],
    ids=["cycle", "mixed keys", "long list inside", "long list"],
)
def test_what_cannot_be_told_is_left_out(value: object) -> None:
    assert canonical(value) is None
    assert size_of(value) is None


def test_no_iterator_is_consumed(telemetry: Telemetry) -> None:
    @agentel.tool
    def read(items: Iterator[int]) -> list[int]:
        return list(items)

    assert read(iter([1, 2])) == [1, 2]
    assert read(i for i in (1, 2)) == [1, 2]


@pytest.mark.parametrize(
    ("call", "same"),
    [
        (lambda f: f(1, 2), True),
        (lambda f: f(1, b=2), True),
        (lambda f: f(b=2, a=1), True),
        (lambda f: f(1), False),
        (lambda f: f(1, 3), False),
    ],
    ids=["positional", "mixed", "keywords", "fewer", "other"],
)
def test_equal_arguments_have_equal_digests(
    telemetry: Telemetry, call: Callable[[Any], object], same: bool
) -> None:
    @agentel.tool
    def work(a: int, b: int = 2) -> None: ...

    work(1, 2)
    call(work)
    first, second = (span.attributes or {} for span in telemetry.spans(2))
    assert (first[DIGEST] == second[DIGEST]) is same


def test_a_digest_says_nothing_without_the_key_of_its_run() -> None:
    data = canonical({"a": 1})
    assert data is not None
    before = run_key.digest(data)
    assert run_key.adopt("f" * 32)
    assert run_key.digest(data) != before
    assert not any(run_key.adopt(wrong) for wrong in (None, 3, "", "xyz", "F" * 32, "f" * 33))


@pytest.mark.parametrize(
    ("function", "args", "kwargs", "text"),
    [
        (lambda *rest: None, (1, 2), {}, '{"rest":[1,2]}'),
        (lambda a, *rest: None, (1, 2, 3), {}, '{"a":1,"rest":[2,3]}'),
        (lambda a, /, **more: None, (1,), {"a": 2}, '{"a":1,"more":{"a":2}}'),
        (lambda a, **more: None, (1,), {"b": 2}, '{"a":1,"b":2}'),
        (lambda *, a: None, (), {"a": 1}, '{"a":1}'),
        (lambda: None, (), {}, "{}"),
    ],
)
def test_arguments_are_named_as_the_function_names_them(
    telemetry: Telemetry,
    function: Callable[..., None],
    args: tuple[int, ...],
    kwargs: dict[str, int],
    text: str,
) -> None:
    agentel.tool("t")(function)(*args, **kwargs)
    assert told(telemetry)[DIGEST] == run_key.digest(text.encode())


def test_arguments_are_read_before_the_tool_changes_them(telemetry: Telemetry) -> None:
    @agentel.tool
    def empty(items: list[int]) -> None:
        items.clear()

    empty([1, 2])
    assert told(telemetry)[SIZE] == len('{"items":[1,2]}')


@pytest.mark.parametrize(
    ("result", "size"),
    [("ab", 2), ("é", 2), (b"abc", 3), ({"a": 1}, 7), (12, 2), (None, None), (Opaque(), 10)],
)
def test_results_have_a_size_in_bytes(
    telemetry: Telemetry, result: object, size: int | None
) -> None:
    agentel.tool("t")(lambda: result)()
    assert told(telemetry).get(RESULT) == size


def test_the_short_way_to_the_end_tells_what_the_long_one_does(telemetry: Telemetry) -> None:
    @agentel.tool(kind="lookup", call_id="c")
    def work(item: str, *, more: bool) -> dict[str, str]:
        if more:
            agentel.current().result(success=True)
        return {"item": item}

    with agentel.session(user="u"), agentel.agent("a"):
        work("x", more=False)
        work("x", more=True)
    short, long = (dict(span.attributes or {}) for span in telemetry.spans(3)[1:])
    assert long.pop("agentel.result.success") is True
    assert short.pop(DIGEST) != long.pop(DIGEST)
    assert short.pop(SIZE) == long.pop(SIZE) + 1
    assert short == long
    assert telemetry.points()["gen_ai.execute_tool.duration"][0][:2] == (
        {"gen_ai.tool.name": "work", "gen_ai.agent.name": "a", "gen_ai.tool.type": "function"},
        2,
    )


def test_content_is_captured_where_it_is_wanted(content_on: Telemetry) -> None:
    @agentel.tool
    def work(item: str, size: int) -> dict[str, object]:
        return {"item": item, "point": Point(size)}

    work("x", size=3)
    attributes = told(content_on)
    assert attributes["gen_ai.tool.call.arguments"] == '{"item":"x","size":3}'
    assert attributes["gen_ai.tool.call.result"] == '{"item":"x","point":{"x":3}}'
    assert (attributes[SIZE], attributes[RESULT]) == (21, 28)


def test_content_is_captured_nowhere_by_default(telemetry: Telemetry) -> None:
    @agentel.tool(kind="command")
    def work(command: str) -> str:
        raise ValueError(command)

    with pytest.raises(ValueError, match="s3cret"):
        work("deploy --token s3cret-argument")
    agentel.tool("t")(lambda item: item)("s3cret-argument")
    telemetry.spans(2)
    assert "s3cret" not in telemetry.everything()


def redact(field: str, value: object) -> object:
    return {"kept": field} if field == "tool_call_arguments" else None


def test_content_passes_the_redaction(telemetry: Telemetry) -> None:
    settings = Settings(content="SPAN_ONLY", redact=f"{__name__}:redact")
    sys.modules.setdefault(__name__, sys.modules[redact.__module__])
    source.use(settings=settings, **telemetry.providers)
    agentel.tool("t")(lambda item: item)("s3cret")
    attributes = told(telemetry)
    assert attributes["gen_ai.tool.call.arguments"] == '{"kept":"tool_call_arguments"}'
    assert "gen_ai.tool.call.result" not in attributes


def test_a_tool_that_is_not_sampled_reads_nothing_and_is_measured() -> None:
    class Watched(dict[str, int]):
        def items(self) -> Any:
            raise AssertionError("read")

    telemetry = Telemetry(ALWAYS_OFF)
    source.use(settings=Settings(), **telemetry.providers)
    with agentel.agent("a"):
        assert agentel.tool("t")(lambda item: item)(Watched()) == {}
    assert telemetry.spans(0) == []
    assert telemetry.points()["gen_ai.execute_tool.duration"][0][1] == 1
    source.use()
    telemetry.shut_down()


def test_a_tool_below_a_remote_sampled_parent_is_told(telemetry: Telemetry) -> None:
    from agentel.telemetry.propagation import inherit

    inherit({"TRACEPARENT": f"00-{'1' * 32}-{'2' * 16}-01"})
    agentel.tool("t")(lambda item: item)(1)
    (span,) = telemetry.spans(1)
    assert span.parent is not None
    assert trace.format_span_id(span.parent.span_id) == "2" * 16
    assert DIGEST in (span.attributes or {})


def run(command: object) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(command, check=False)  # type: ignore[call-overload]


def test_a_command_tells_its_program_and_exit_code(telemetry: Telemetry) -> None:
    work = agentel.tool(kind="command")(run)
    work([sys.executable, "-c", "raise SystemExit(3)", "s3cret"])
    attributes = told(telemetry)
    assert attributes["process.executable.name"] == pathlib.Path(sys.executable).name
    assert attributes["process.exit.code"] == 3
    assert attributes["agentel.tool.kind"] == "command"
    assert "s3cret" not in telemetry.everything()


def test_a_command_that_fails_tells_its_program_and_exit_code(telemetry: Telemetry) -> None:
    @agentel.tool(kind="command")
    async def work() -> None:
        raise subprocess.CalledProcessError(2, ["/bin/tar", "s3cret"])

    with pytest.raises(subprocess.CalledProcessError):
        asyncio.run(work())
    attributes = told(telemetry)
    assert attributes["process.executable.name"] == "tar"
    assert attributes["process.exit.code"] == 2
    assert attributes["agentel.outcome"] == "error"
    assert "s3cret" not in telemetry.everything()


def test_a_command_block_tells_what_it_is_told(telemetry: Telemetry) -> None:
    arguments = {"command": "git status"}
    with agentel.tool("shell", kind="command", arguments=arguments) as here:
        here.result(exit_code=1, success=False, value="clean")
    attributes = told(telemetry)
    assert attributes["process.executable.name"] == "git"
    assert attributes["process.exit.code"] == 1
    assert attributes["agentel.result.success"] is False
    assert attributes[RESULT] == 5
    assert attributes[SIZE] == len('{"command":"git status"}')


@pytest.mark.parametrize(
    ("command", "program"),
    [
        ("git commit -m x", "git"),
        (["/usr/bin/git", "x"], "git"),
        ("C:\\tools\\tar.exe -x", "tar.exe"),
        ((pathlib.PurePosixPath("/bin/ls"),), "ls"),
        ("TOKEN=s3cret deploy", None),
        ("$(cat key) x", None),
        ("", None),
        ([], None),
        (3, None),
        (None, None),
    ],
)
def test_a_program_is_named_where_it_plainly_is_one(command: object, program: str | None) -> None:
    assert program_of(command) == program
