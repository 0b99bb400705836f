from __future__ import annotations

import socket
from urllib.request import urlopen

import pytest

from process.conftest import LAUNCHER, LONGEST, Place
from process.serving import running, stop
from process.test_forks import ASK
from process.totals import in_metrics, in_spans, instances, services, truth

pytestmark = pytest.mark.process

WEB = """
import asyncio
from ask import ask

ask()


def wsgi(environ, start_response):
    ask()
    start_response("200 OK", [("Content-Length", "2")])
    return [b"ok"]


async def asgi(scope, receive, send):
    if scope["type"] != "http":
        return
    await asyncio.to_thread(ask)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"ok"})
"""

SERVERS = {
    "gunicorn": "gunicorn --bind fd://{fd} --workers 2 web:wsgi",
    "gunicorn-preload": "gunicorn --bind fd://{fd} --workers 2 --preload web:wsgi",
    "gunicorn-threads": "gunicorn --bind fd://{fd} --workers 2 --threads 2 web:wsgi",
    "gunicorn-renewed": "gunicorn --bind fd://{fd} --workers 2 --max-requests 3 web:wsgi",
    "uvicorn": "uvicorn --fd {fd} --lifespan off web:asgi",
    "uvicorn-workers": "uvicorn --fd {fd} --lifespan off --workers 2 web:asgi",
}
REQUESTS = 6


def launched(command: str) -> tuple[str, ...]:
    return LAUNCHER[0], *command.split()


@pytest.mark.parametrize("command", SERVERS.values(), ids=list(SERVERS))
def test_sums_over_all_workers_are_the_truth(place: Place, command: str) -> None:
    place.write(ASK, "ask.py")
    place.write(WEB, "web.py")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        fd = listener.fileno()
        with running(place, launched(command.format(fd=fd)), fd) as server:
            answers = [urlopen(url, timeout=LONGEST).read() for _ in range(REQUESTS)]
            said = stop(server)
    assert answers == [b"ok"] * REQUESTS
    assert "agentel" not in said
    assert in_spans(place) == in_metrics(place) == truth(place)
    assert [len(ids) for ids in instances(place)] == [1] * len(instances(place))
    assert services(place) == {command.partition(" ")[0]}


@pytest.mark.parametrize("name", ["gunicorn-preload", "uvicorn-workers"])
def test_application_that_starts_us_is_watched_the_same(place: Place, name: str) -> None:
    place.write(ASK, "ask.py")
    place.write("import agentel\nagentel.start()\n" + WEB, "web.py")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        fd = listener.fileno()
        with running(place, tuple(SERVERS[name].format(fd=fd).split()), fd) as server:
            assert [urlopen(url, timeout=LONGEST).read() for _ in range(4)] == [b"ok"] * 4
            stop(server)
    assert in_spans(place) == in_metrics(place) == truth(place)


WORK = """
import os
import celery
from ask import ask

folder = {folder!r}
app = celery.Celery("work", broker="filesystem://", backend="file://" + folder)
app.conf.broker_transport_options = {{
    "data_folder_in": folder, "data_folder_out": folder, "control_folder": folder,
    "polling_interval": 0.05,
}}


@app.task(name="work")
def work(times):
    ask(times)
    return os.getpid()
"""

SEND = """
from celery import group
from work import work

results = group(work.s(times) for times in (1, 2, 3, 4)).delay()
assert len(results.get(timeout=40)) == 4
"""


def test_sums_over_all_workers_of_celery_are_the_truth(place: Place) -> None:
    folder = place.folder / "broker"
    folder.mkdir()
    place.write(ASK, "ask.py")
    place.write(WORK.format(folder=str(folder)), "work.py")
    command = "celery -A work worker --concurrency 2 --loglevel WARNING"
    command += " --without-mingle --without-gossip --without-heartbeat"
    with running(place, launched(command)) as server:
        sent = place.plain(SEND)
        said = stop(server)
    assert (sent.err, sent.code) == ("", 0)
    assert "agentel" not in said
    assert truth(place).calls == 10
    assert in_spans(place) == in_metrics(place) == truth(place)
    assert services(place) == {"celery"}
