from __future__ import annotations

import pytest

from process.conftest import LAUNCHER, Place
from process.test_forks import ASK
from process.totals import attributes, in_metrics, in_spans, services, truth

pytestmark = pytest.mark.process

SHOWN = """
import json, os, subprocess, sys

NAMES = ("TRACEPARENT", "TRACESTATE", "AGENTEL_CONTEXT")
SHOW = f"import json, os; print(json.dumps([os.environ.get(n) for n in {NAMES}]))"
COMMAND = [sys.executable, "-I", "-c", SHOW]


def read(output):
    return json.loads(output)


def shown():
    return [os.environ.get(name) for name in NAMES]


def after_fork(leave):
    reader, writer = os.pipe()
    pid = os.fork()
    if not pid:
        os.dup2(writer, 1)
        try:
            leave()
        finally:
            os._exit(9)
    os.close(writer)
    with open(reader) as file:
        told = file.read()
    assert os.waitpid(pid, 0)[1] == 0
    return read(told)


def spawned(spawn, *arguments):
    reader, writer = os.pipe()
    before = os.dup(1)
    os.set_inheritable(writer, True)
    os.dup2(writer, 1)
    try:
        pid = spawn(*arguments)
    finally:
        os.dup2(before, 1)
        os.close(writer)
    with open(reader) as file:
        told = file.read()
    assert os.waitpid(pid, 0)[1] == 0
    return read(told)


async def of_asyncio(create, *arguments, **options):
    process = await create(*arguments, stdout=subprocess.PIPE, **options)
    output, _ = await process.communicate()
    return read(output)
"""

PARENT = """
import asyncio, multiprocessing, os, shlex, subprocess
import agentel
from opentelemetry import trace
from shown import COMMAND, after_fork, of_asyncio, read, shown, spawned


class Popen(subprocess.Popen):
    pass


def here():
    context = trace.get_current_span().get_span_context()
    return f"00-{{context.trace_id:032x}}-{{context.span_id:016x}}-{{context.trace_flags:02x}}"


if __name__ == "__main__":
    agentel.start()
    before, own = dict(os.environ), {{"OWN": "1"}}
    with agentel.session(conversation="c-1"), agentel.agent("a"), agentel.tool("t"):
        parent, state, context = {way}
        assert parent == here(), parent
        assert state is None
        assert '"conversation_id":"c-1"' in context and '"agent_name":"a"' in context
    assert (dict(os.environ), own) == (before, {{"OWN": "1"}})
"""

WAYS = {
    "run": "read(subprocess.run(COMMAND, capture_output=True, check=True).stdout)",
    "check_output": "read(subprocess.check_output(COMMAND))",
    "shell": "read(subprocess.check_output(shlex.join(COMMAND), shell=True))",
    "subclass": "read(Popen(COMMAND, stdout=subprocess.PIPE).communicate()[0])",
    "own-environment": "read(subprocess.check_output(COMMAND, env=own))",
    "popen": "read(os.popen(shlex.join(COMMAND)).read())",
    "asyncio-exec": "asyncio.run(of_asyncio(asyncio.create_subprocess_exec, *COMMAND))",
    "asyncio-shell": (
        "asyncio.run(of_asyncio(asyncio.create_subprocess_shell, shlex.join(COMMAND)))"
    ),
    "uvloop-exec": (
        "__import__('uvloop').run(of_asyncio(asyncio.create_subprocess_exec, *COMMAND, env=own))"
    ),
    "uvloop-shell": (
        "__import__('uvloop').run(of_asyncio(asyncio.create_subprocess_shell, shlex.join(COMMAND)))"
    ),
    "posix_spawn": "spawned(os.posix_spawn, COMMAND[0], COMMAND, own)",
    "spawnv": "spawned(os.spawnv, os.P_NOWAIT, COMMAND[0], COMMAND)",
    "execv": "after_fork(lambda: os.execv(COMMAND[0], COMMAND))",
    "execvpe": "after_fork(lambda: os.execvpe(COMMAND[0], COMMAND, own))",
    "multiprocessing-spawn": "multiprocessing.get_context('spawn').Pool(1).apply(shown)",
    "multiprocessing-forkserver": "multiprocessing.get_context('forkserver').Pool(1).apply(shown)",
}


@pytest.mark.parametrize("way", WAYS.values(), ids=list(WAYS))
def test_child_is_told_where_it_begins(place: Place, way: str) -> None:
    place.write(SHOWN, "shown.py")
    ran = place.plain(PARENT.format(way=way), AGENTEL_QUIET="1")
    assert (ran.out, ran.err, ran.code) == ("", "", 0)


OUTER = "00-11111111111111111111111111111111-2222222222222222-01"
TOLD = "00-33333333333333333333333333333333-4444444444444444-01"

RULES = f"""
import os, subprocess
import agentel
from shown import COMMAND, read


def told(env=None):
    return read(subprocess.check_output(COMMAND, env=env))[0]


agentel.start()
outer = os.environ["TRACEPARENT"]
assert told() == outer
with agentel.session(conversation="c-1"):
    assert told() == outer
with agentel.agent("a"):
    inner = told()
    assert inner.split("-")[1] == outer.split("-")[1] and inner != outer
    assert told(dict(os.environ)) == inner
    assert told({{b"TRACEPARENT": outer.encode()}}) == inner
    assert told({{"TRACEPARENT": "{TOLD}"}}) == "{TOLD}"
    assert told(agentel.child_environment()) == inner
    with agentel.suppress():
        assert told() == outer
    os.environ["TRACEPARENT"] = "{TOLD}"
    assert told() == "{TOLD}"
    os.environ["TRACEPARENT"] = outer
assert told() == outer
with agentel.agent("b"):
    agentel.shutdown()
    assert told() == outer
"""


def test_what_the_caller_says_wins_and_what_was_inherited_does_not(place: Place) -> None:
    place.write(SHOWN, "shown.py")
    ran = place.plain(RULES, TRACEPARENT=OUTER, TRACESTATE="a=b", AGENTEL_QUIET="1")
    assert (ran.err, ran.code) == ("", 0)


SURFACE = """
import inspect, multiprocessing.spawn, os, pickle, subprocess
import agentel

owners = {
    "_execute_child": subprocess.Popen,
    "get_preparation_data": multiprocessing.spawn,
    **{name: os for name in ("posix_spawn", "posix_spawnp", "execv", "execve")},
}


def signature(function):
    try:
        return str(inspect.signature(function))
    except ValueError as error:
        return type(error)


def surface():
    return [
        (signature(f), f.__name__, f.__qualname__, f.__doc__, f.__module__)
        for f in (vars(owner)[name] for name, owner in owners.items())
    ]


def complaints():
    found = []
    for call in (
        lambda: subprocess.Popen(["/nowhere"]),
        lambda: subprocess.Popen(["true"], env={"A": 1}),
        lambda: subprocess.Popen(["true"], env=7),
        lambda: os.execv("/nowhere", ["a"]),
        lambda: os.execve("/bin/true", [], {}),
        lambda: os.execv("/bin/true", ["a"], {}),
        lambda: os.posix_spawn("/nowhere", ["a"], {}),
        lambda: os.posix_spawn("/nowhere"),
    ):
        try:
            call()
        except Exception as error:
            found.append((type(error), str(error)))
    return found


before = {name: vars(owner)[name] for name, owner in owners.items()}
known = [(*row[:4], row[4].replace("posix", "os")) for row in surface()], complaints()
popen = subprocess.Popen
agentel.start()
with agentel.agent("a"):
    assert (surface(), complaints()) == known, (surface(), known[0], complaints(), known[1])
    assert len(known[1]) == 8
assert subprocess.Popen is popen and inspect.isclass(popen)
assert all(pickle.loads(pickle.dumps(f)) is f for f in (os.execv, os.execve, os.posix_spawn))
agentel.shutdown()
assert {name: vars(owner)[name] for name, owner in owners.items()} == before
"""


def test_functions_look_fail_and_come_back_as_they_were(place: Place) -> None:
    ran = place.plain(SURFACE, AGENTEL_QUIET="1")
    assert (ran.err, ran.code) == ("", 0)


NESTED = """
import subprocess, sys
import agentel

with agentel.agent("outer"), agentel.tool("starts a program"):
    subprocess.run({command!r}, check=True)
"""
CHILD = """
import agentel
from ask import ask

with agentel.agent("inner"):
    ask()
"""


def test_nested_programs_are_one_trace_in_one_run(place: Place) -> None:
    place.write(ASK, "ask.py")
    place.write(CHILD, "child.py")
    middle = NESTED.replace("outer", "middle").format(command=(*LAUNCHER, "child.py"))
    place.write(middle, "middle.py")
    ran = place.launch(NESTED.format(command=(*LAUNCHER, "middle.py")))
    assert (ran.out, ran.code) == ("", 0)
    spans = {span["spanId"]: span for span in place.spans()}
    chain = [next(span for span in spans.values() if span["name"] == "chat gpt-5")]
    while "parentSpanId" in chain[-1]:
        chain.append(spans[chain[-1]["parentSpanId"]])
    assert [span["name"] for span in chain] == [
        "chat gpt-5",
        "invoke_agent inner",
        "execute_tool starts a program",
        "invoke_agent middle",
        "execute_tool starts a program",
        "invoke_agent outer",
    ]
    assert len({span["traceId"] for span in chain}) == 1
    assert len({file.parent for file in place.files()}) == 1


WORKER = """
import multiprocessing, sys
import agentel
from ask import ask

if __name__ == "__main__":
    agentel.start()
    context = multiprocessing.get_context({method!r})
    with agentel.agent("a"):
        worker = context.Process(target=ask, args=(2,))
        worker.start()
        worker.join()
    sys.exit(worker.exitcode)
"""


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_worker_of_a_program_that_started_us_is_watched_below_its_agent(
    place: Place, method: str
) -> None:
    place.write(ASK, "ask.py")
    ran = place.plain(WORKER.format(method=method), AGENTEL_QUIET="1")
    assert (ran.out, ran.err, ran.code) == ("", "", 0)
    assert in_spans(place) == in_metrics(place) == truth(place)
    spans = place.spans()
    agent = next(span for span in spans if span["name"] == "invoke_agent a")
    calls = [span for span in spans if span["name"] == "chat gpt-5"]
    assert {call["parentSpanId"] for call in calls} == {agent["spanId"]}
    assert {attributes(call)["gen_ai.agent.name"] for call in calls} == {"a"}
    assert services(place) == {"agent"}


REPLACED = """
import os, sys
from ask import ask

ask(3)
os.execv(sys.executable, [sys.executable, "-I", "-c", "raise SystemExit(4)"])
"""


def test_program_that_becomes_another_one_delivers_first(place: Place) -> None:
    place.write(ASK, "ask.py")
    ran = place.launch(REPLACED)
    assert (ran.out, ran.code) == ("", 4)
    assert in_spans(place) == in_metrics(place) == truth(place)


ALONE = """
import multiprocessing, pathlib, sys
from shown import shown

if __name__ == "__main__":
    import agentel
    agentel.start()
    broken = pathlib.Path("broken", "agentel")
    broken.mkdir(parents=True)
    broken.joinpath("__init__.py").write_text("raise ImportError")
    sys.path.insert(0, str(broken.parent.absolute()))
    with agentel.agent("a"), multiprocessing.get_context({method!r}).Pool(1) as pool:
        assert pool.apply(shown)[0]
"""


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_worker_that_cannot_import_us_works(place: Place, method: str) -> None:
    place.write(SHOWN, "shown.py")
    ran = place.plain(ALONE.format(method=method), AGENTEL_QUIET="1")
    assert (ran.out, ran.err, ran.code) == ("", "", 0)
    assert [span["name"] for span in place.spans()] == ["invoke_agent a"]
