"""What the pages about processes say is so: their files and commands, as they stand there."""

from __future__ import annotations

import json
import re
import shlex
import socket
from collections import Counter
from pathlib import Path
from urllib.request import urlopen

import pytest

from process.conftest import LONGEST, Place
from process.serving import running, stop
from process.totals import services

pytestmark = pytest.mark.process

FOLDER = Path(__file__).resolve().parents[2] / "docs/processes"
QUIET = {"AGENTEL_QUIET": "1"}


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", (FOLDER / page).read_text(), re.DOTALL)


def write(place: Place, page: str) -> None:
    """Write the files of a page down; each begins with its name."""
    for block in blocks(page, "python"):
        found = re.match(r"# (\S+\.py)\n", block)
        assert found is not None
        place.write(block, found[1])


def commands(page: str) -> list[tuple[str, ...]]:
    return [tuple(shlex.split(line[2:])) for line in "".join(blocks(page, "console")).splitlines()]


def tree(place: Place) -> Counter[tuple[str, str]]:
    """Each span's name, with that of the one above it."""
    names = {span["spanId"]: span["name"] for span in place.spans()}
    return Counter(
        (names.get(span.get("parentSpanId", ""), ""), span["name"]) for span in place.spans()
    )


SCRIPTS = {
    "script.md": {
        ("", "invoke_agent parent"): 1,
        ("invoke_agent parent", "invoke_agent child"): 1,
    },
    "multiprocessing.md": {
        ("", "invoke_workflow book"): 1,
        ("invoke_workflow book", "invoke_agent reader"): 3,
        ("", "invoke_workflow first"): 1,
        ("invoke_workflow first", "invoke_agent reader"): 1,
        ("", "invoke_workflow second"): 1,
        ("invoke_workflow second", "invoke_agent reader"): 1,
    },
}


@pytest.mark.parametrize(("page", "expected"), SCRIPTS.items(), ids=list(SCRIPTS))
def test_programs_of_a_page_run_as_it_says(
    place: Place, page: str, expected: dict[tuple[str, str], int]
) -> None:
    write(place, page)
    for command in commands(page):
        ran = place.run(command, QUIET)
        assert (ran.err, ran.code) == ("", 0)
    assert tree(place) == expected


def test_cells_of_a_notebook_run_and_the_trace_is_there_before_its_end(place: Place) -> None:
    show = "import subprocess\nsubprocess.run({!r}, check=True)\nimport os\nos.kill(os.getpid(), 9)"
    cells = [*blocks("notebook.md", "python"), show.format(commands("notebook.md")[0])]
    ran = place.plain("\n".join(cells), **QUIET)
    assert (ran.err, ran.code) == ("", -9)
    assert "invoke_agent planner" in ran.out
    assert services(place) == {"research"}


def test_function_has_delivered_when_its_handler_returns(place: Place) -> None:
    write(place, "serverless.md")
    platform = """
import os
from function import handler

assert handler({"name": "Ada"}, None) == "hello, Ada"
os.kill(os.getpid(), 9)
"""
    ran = place.plain(platform, **QUIET)
    assert (ran.err, ran.code) == ("", -9)
    assert tree(place) == {("", "invoke_agent greeter"): 1}


def test_command_of_a_container_writes_to_its_volume(place: Place) -> None:
    write(place, "containers.md")
    (image,) = blocks("containers.md", "dockerfile")
    variable, _, _ = re.findall(r"^ENV (.*)$", image, re.MULTILINE)[0].partition("=")
    command = json.loads(re.findall(r"^CMD (.*)$", image, re.MULTILINE)[0])
    volume = place.folder / "volume"
    ran = place.run(tuple(command), {**QUIET, variable: str(volume)})
    assert (ran.err, ran.code) == ("", 0)
    assert list(volume.glob("runs/*/traces-*.jsonl"))
    assert place.files() == []


SERVERS = {
    "gunicorn.md": ("127.0.0.1:8000", "fd://{fd}"),
    "uvicorn.md": ("--port 8000", "--fd {fd}"),
}


@pytest.mark.parametrize("page", SERVERS)
def test_server_of_a_page_tells_its_requests(place: Place, page: str) -> None:
    write(place, page)
    (command,) = commands(page)
    given, ours = SERVERS[page]
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        fd = listener.fileno()
        line = shlex.join(command).replace(given, ours.format(fd=fd))
        with running(place, tuple(shlex.split(line)), fd) as server:
            answers = [urlopen(url, timeout=LONGEST).read() for _ in range(4)]
            stop(server)
    assert answers == [b"hello"] * 4
    assert tree(place) == {("", "invoke_agent greeter"): 4}
    assert services(place) == {page.removesuffix(".md")}


def test_worker_of_celery_tells_its_tasks(place: Place) -> None:
    write(place, "celery.md")
    (command,) = commands("celery.md")
    send = "from work import summarise\nassert summarise.delay('a').get(timeout=40) == 'A'"
    with running(place, command) as server:
        sent = place.plain(send)
        stop(server)
    assert (sent.err, sent.code) == ("", 0)
    assert tree(place) == {("", "task summarise"): 1}
