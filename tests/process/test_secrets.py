from __future__ import annotations

import pytest

from process.conftest import Place
from support.model_server import error, text, tool_calls

pytestmark = pytest.mark.process

SECRETS = (
    "sk-planted-client-key",
    "sk-planted-environment-key",
    "planted-prompt",
    "planted-system",
    "planted-answer",
    "planted-tool-argument",
    "planted-tool-result",
    "planted-error-text",
    "planted-exception",
    "planted-query",
    "planted-header",
    "planted-command-line",
    "planted-session-of-the-shell",
)

PROGRAM = """
import os, subprocess, sys
import agentel
import openai

client = openai.OpenAI(
    base_url=os.environ["MODEL_URL"],
    api_key="sk-planted-client-key",
    default_query={"token": "planted-query"},
    default_headers={"x-token": "planted-header"},
    max_retries=0,
)
messages = [
    {"role": "system", "content": "planted-system"},
    {"role": "user", "content": "planted-prompt"},
]

@agentel.tool(kind="command")
def run(command):
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return "planted-tool-result"

@agentel.tool
def fails(argument):
    raise ValueError("planted-exception " + argument)

with agentel.agent("spy"):
    run(["/bin/echo", "planted-tool-argument"])
    try:
        fails("planted-tool-argument")
    except ValueError:
        pass
    for stream in (False, True):
        answer = client.chat.completions.create(model="gpt-5", messages=messages, stream=stream)
        list(answer)
    environment = openai.OpenAI(base_url=os.environ["MODEL_URL"], max_retries=0)
    try:
        environment.chat.completions.create(model="gpt-5", messages=messages)
    except openai.BadRequestError:
        pass
"""


@pytest.fixture
def ran(place: Place) -> Place:
    said = text("planted-answer")
    asked = tool_calls([("run", {"command": "planted-tool-argument"})], "planted-answer")
    refused = error(400, "planted-error-text sk-planted-environment-key")
    place.server.route("*/chat/completions", said, asked, refused)
    return place


def launch(place: Place, **environ: str) -> str:
    done = place.run(
        (
            "opentelemetry-instrument",
            "python",
            place.write(PROGRAM),
            "planted-command-line",
        ),
        {
            "OPENAI_API_KEY": "sk-planted-environment-key",
            "SHELL_SESSION": "planted-session-of-the-shell",
            **environ,
        },
    )
    assert (done.out, done.err, done.code) == ("", "", 0)
    return place.everything()


def test_nothing_that_was_said_is_written(ran: Place) -> None:
    written = launch(ran)
    assert len(ran.spans()) == 6
    assert [secret for secret in SECRETS if secret in written] == []


def test_nothing_that_was_said_is_shown(ran: Place) -> None:
    launch(ran)
    for arguments in (("trace", "last"), ("trace", "last", "--json"), ("summary",)):
        shown = ran.agentel(*arguments)
        assert [secret for secret in SECRETS if secret in shown.out + shown.err] == []


def test_keys_are_not_written_with_content_either(ran: Place) -> None:
    written = launch(ran, OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT="SPAN_AND_EVENT")
    said = {"planted-prompt", "planted-system", "planted-answer", "planted-tool-argument"}
    assert {secret for secret in said if secret in written} == said
    never = ("client-key", "query", "header", "command-line", "session-of-the-shell")
    assert [secret for secret in never if f"planted-{secret}" in written] == []
