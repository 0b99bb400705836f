"""What the page on privacy promises, and no other test holds it to."""

from __future__ import annotations

import pytest

from process.conftest import AGENT, Place

pytestmark = pytest.mark.process

WATCHED = """
import os, sys

reached = set()

def note(event, args):
    if event == "socket.connect":
        reached.add(str(args[1][1]))
    elif event in ("socket.getaddrinfo", "socket.sendto", "socket.gethostbyname"):
        reached.add(f"{event} {args[1]}")

sys.addaudithook(note)
import agentel
agentel.start()
"""
REPORT = """
agentel.flush()
agentel.shutdown()
print(sorted(reached), os.environ["MODEL_URL"].split(":")[2].split("/")[0])
"""


def test_nobody_is_reached_but_the_provider_that_the_program_calls(place: Place) -> None:
    ran = place.plain(WATCHED + AGENT + REPORT)
    said, report = ran.out.splitlines()
    port = report.split()[-1]
    assert said == "Hello"
    assert [span["name"] for span in place.spans()] == ["chat gpt-5"]
    # The program's own SDK looks up the provider's address and connects to it.
    assert report in (f"['{port}', 'socket.getaddrinfo {port}'] {port}", f"['{port}'] {port}")


def test_nobody_is_reached_by_a_program_that_calls_nobody(place: Place) -> None:
    work = "with agentel.agent('planner'):\n    pass\n"
    assert place.plain(WATCHED + work + REPORT).out.startswith("[] ")
    assert [span["name"] for span in place.spans()] == ["invoke_agent planner"]
