from __future__ import annotations

import itertools
import threading
from typing import ClassVar

import pytest

from process.conftest import Place
from process.test_exporters import Handler, Receiver, names_of, receiver
from process.totals import attributes, in_metrics, in_spans, instances, truth

__all__ = ["receiver"]

pytestmark = pytest.mark.process

ASK = """
import functools, os
import openai


@functools.cache
def client_of(pid):  # two processes cannot share a connection, with us or without
    return openai.OpenAI(base_url=os.environ["MODEL_URL"], api_key="k", max_retries=0)


def ask(times=1):
    for _ in range(times):
        client_of(os.getpid()).chat.completions.create(
            model="gpt-5", messages=[{"role": "user", "content": "q"}]
        )
    return times
"""

FORK = """
import ask, os, sys

ask.ask(2)
for leave in (os._exit, sys.exit):
    pid = os.fork()
    if not pid:
        ask.ask(3)
        leave(0)
    assert os.waitpid(pid, 0)[1] == 0
ask.ask()
"""

GRANDCHILD = """
import ask, os

ask.ask()
for _ in range(2):
    pid = os.fork()
    if pid:
        assert os.waitpid(pid, 0)[1] == 0
        os._exit(0)
    ask.ask(2)
"""

POOL = """
import multiprocessing, sys
from ask import ask

if __name__ == "__main__":
    ask()
    with multiprocessing.get_context({method!r}).Pool(2) as pool:
        assert sum(pool.map(ask, [1, 2, 3, 4], chunksize=1)) == 10
        pool.close()
        pool.join()
    ask()
"""

PROCESS = """
import multiprocessing, sys
from ask import ask

if __name__ == "__main__":
    ask()
    context = multiprocessing.get_context({method!r})
    workers = [context.Process(target=ask, args=(times,)) for times in (1, 2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
        assert worker.exitcode == 0
    ask()
"""

EXECUTOR = """
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from ask import ask

if __name__ == "__main__":
    ask()
    context = multiprocessing.get_context({method!r})
    with ProcessPoolExecutor(2, mp_context=context) as executor:
        assert sum(executor.map(ask, [1, 2, 3])) == 6
"""

METHODS = ("fork", "spawn", "forkserver")
PROGRAMS = {
    "os.fork": FORK,
    "grandchild": GRANDCHILD,
    **{f"pool-{method}": POOL.format(method=method) for method in METHODS},
    **{f"process-{method}": PROCESS.format(method=method) for method in METHODS},
    **{f"executor-{method}": EXECUTOR.format(method=method) for method in METHODS},
}


@pytest.mark.parametrize("source", PROGRAMS.values(), ids=list(PROGRAMS))
def test_sums_over_all_processes_are_the_truth(place: Place, source: str) -> None:
    place.write(ASK, "ask.py")
    ran = place.launch(source)
    assert (ran.out, ran.err, ran.code) == ("", "", 0)
    assert in_spans(place) == in_metrics(place) == truth(place)
    assert len({span["spanId"] for span in place.spans()}) == truth(place).calls


@pytest.mark.parametrize("name", ["os.fork", "executor-spawn", "executor-forkserver"])
def test_each_process_has_an_id_of_its_own(place: Place, name: str) -> None:
    place.write(ASK, "ask.py")
    place.launch(PROGRAMS[name])
    of_each = instances(place)
    assert [len(ids) for ids in of_each] == [1] * len(of_each)
    assert len(set[str]().union(*of_each)) == len(of_each) > 1


OPEN = """
import os
import agentel
from opentelemetry import trace
from ask import ask

tracer = trace.get_tracer("of the program")
with agentel.agent("ours"), tracer.start_as_current_span("theirs"):
    pid = os.fork()
    ask()
    if pid:
        assert os.waitpid(pid, 0)[1] == 0
"""


def test_what_was_open_at_a_fork_is_told_by_the_parent_alone(place: Place) -> None:
    place.write(ASK, "ask.py")
    ran = place.launch(OPEN)
    assert (ran.err, ran.code) == ("", 0)
    spans = place.spans()
    names = sorted(span["name"] for span in spans)
    assert names == ["chat gpt-5", "chat gpt-5", "invoke_agent ours", "theirs"]
    theirs = next(span for span in spans if span["name"] == "theirs")
    assert {s["parentSpanId"] for s in spans if s["name"] == "chat gpt-5"} == {theirs["spanId"]}
    assert in_metrics(place) == truth(place)


STREAM = """
import os
from ask import client_of

stream = client_of(0).chat.completions.create(model="gpt-5", messages=[], stream=True)
next(stream)
pid = os.fork()
if not pid:
    del stream
    os._exit(0)
assert os.waitpid(pid, 0)[1] == 0
for chunk in stream:
    pass
"""


def test_stream_that_was_open_at_a_fork_ends_in_the_parent(place: Place) -> None:
    place.write(ASK, "ask.py")
    ran = place.launch(STREAM)
    assert (ran.err, ran.code) == ("", 0)
    assert [attributes(span)["agentel.outcome"] for span in place.spans()] == ["completed"]


BUSY = """
import os, threading
from ask import ask
from opentelemetry import metrics, trace

ask()
stop = threading.Event()


def record(instrument=metrics.get_meter("of the program").create_counter("busy")):
    while not stop.is_set():
        with trace.get_tracer("of the program").start_as_current_span("busy"):
            instrument.add(1)


def collect():
    while not stop.is_set():
        metrics.get_meter_provider().force_flush()


threads = [threading.Thread(target=work) for work in (record, collect)]
for thread in threads:
    thread.start()
for _ in range(10):
    pid = os.fork()
    if not pid:
        ask()
        os._exit(3)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 3
stop.set()
"""


def test_fork_among_busy_threads_neither_hangs_nor_loses(place: Place) -> None:
    place.write(ASK, "ask.py")
    ran = place.launch(BUSY)
    assert (ran.err, ran.code) == ("", 0)
    assert in_spans(place) == in_metrics(place) == truth(place)


OWN = """
import os
import agentel
from ask import ask
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.resources import Resource

reader = InMemoryMetricReader()
resource = Resource.create({"service.instance.id": "of the program"})
agentel.start(meter_provider=MeterProvider([reader], resource))


def told():
    [data] = reader.get_metrics_data().resource_metrics
    counts = {
        metric.name: sum(point.count for point in metric.data.data_points)
        for scope in data.scope_metrics for metric in scope.metrics if "duration" in metric.name
    }
    return data.resource.attributes["service.instance.id"], counts


ask(2)
pid = os.fork()
ask()
mine, counts = told()
assert (mine == "of the program") is bool(pid), mine
assert counts == {"gen_ai.client.operation.duration": 3 if pid else 1}, counts
assert not pid or os.waitpid(pid, 0)[1] == 0
"""


def test_providers_of_the_program_start_empty_too(place: Place) -> None:
    place.write(ASK, "ask.py")
    ran = place.plain(OWN, AGENTEL_QUIET="1")
    assert (ran.out, ran.err, ran.code) == ("", "", 0)


class Keeping(Handler):
    """Keeps connections open, as a collector does, and notes which process used which."""

    protocol_version = "HTTP/1.1"
    used: ClassVar[set[tuple[int, str]]] = set()
    numbers = itertools.count()
    turn = threading.Lock()

    def setup(self) -> None:
        super().setup()
        self.number = next(self.numbers)

    def do_POST(self) -> None:
        with self.turn:
            super().do_POST()
            request = self.server.got[self.path][-1]
        resource = next(value[0].resource for _, value in request.ListFields())
        ids = {a.value.string_value for a in resource.attributes if a.key == "service.instance.id"}
        self.used.update((self.number, one) for one in ids)


EXPORTS = """
import os
import agentel

with agentel.agent("parent"):
    pass
agentel.flush()
children = []
for _ in range(3):
    pid = os.fork()
    if not pid:
        for _ in range(3):
            with agentel.agent("child"):
                pass
            agentel.flush()
        os._exit(0)
    children.append(pid)
for pid in children:
    assert os.waitpid(pid, 0)[1] == 0
"""


def test_forks_export_over_connections_of_their_own(place: Place, receiver: Receiver) -> None:
    receiver.RequestHandlerClass = Keeping
    ran = place.launch(EXPORTS, OTEL_EXPORTER_OTLP_ENDPOINT=receiver.url, AGENTEL_QUIET="1")
    assert (ran.out, ran.err, ran.code) == ("", "", 0)
    assert sorted(names_of(receiver)) == ["invoke_agent child"] * 9 + ["invoke_agent parent"]
    connections = [number for number, _ in Keeping.used]
    assert len(connections) == len(set(connections))
    assert len({one for _, one in Keeping.used}) == 4
