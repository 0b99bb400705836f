from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

import support
from support.model_server import (
    Usage,
    choices,
    cut,
    disconnect,
    error,
    html,
    refusal,
    text,
    thinking,
    tool_calls,
    web_search,
)
from support.model_server.__main__ import main
from support.model_server.json_replies import BadScriptError, read_script, reply_from

TESTS = Path(support.__file__).parent.parent


@pytest.mark.process
def test_serves_its_script_at_the_printed_url_until_stdin_closes(tmp_path: Path) -> None:
    script = tmp_path / "script.json"
    script.write_text('[{"text": "Hello"}]', encoding="utf-8")
    with subprocess.Popen(
        [sys.executable, "-m", "support.model_server", "--script", str(script)],
        env={**os.environ, "PYTHONPATH": str(TESTS)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        url = urlsplit(process.stdout.readline().strip())
        connection = http.client.HTTPConnection(url.hostname, url.port)
        body = json.dumps({"model": "m", "messages": []})
        connection.request("POST", "/v1/chat/completions", body)
        answer = json.loads(connection.getresponse().read())
        process.stdin.close()
        code = process.wait(timeout=30)
        connection.close()

    assert url.hostname == "127.0.0.1"
    assert answer["choices"][0]["message"]["content"] == "Hello"
    assert code == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--port", "80000"], "--port: wanted 0 to 65535, found 80000"),
        (["--port", "x"], "--port: invalid int value: 'x'"),
        (["--script", "absent.json"], "absent.json: cannot be read: No such file"),
    ],
    ids=["port-range", "port-word", "script-absent"],
)
def test_what_cannot_be_served_ends_with_code_2_and_a_reason(
    capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)

    assert caught.value.code == 2
    assert message in capsys.readouterr().err


def test_taken_port_ends_with_code_2(capsys: pytest.CaptureFixture[str], server: object) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--port", str(server.port)])

    assert caught.value.code == 2
    assert "cannot be used" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("form", "reply"),
    [
        ({"text": "Hi", "usage": {"input_tokens": 9}}, text("Hi", usage=Usage(input_tokens=9))),
        ({"tool_calls": [["add", {"a": 1}]]}, tool_calls([("add", {"a": 1})])),
        ({"error": 429, "retry_after": 0.5}, error(429, retry_after=0.5)),
        (
            {"cut": 3, "of": {"text": "A b", "chunks": ["A ", "b"]}},
            cut(3, of=text("A b", chunks=("A ", "b"))),
        ),
        ({"choices": [{"text": "a"}, {"refusal": "b"}]}, choices(text("a"), refusal("b"))),
        ({"disconnect": True}, disconnect(reset=True)),
        ({"html": 200, "title": "Sign in"}, html(title="Sign in")),
        ({"thinking": "Hm", "said": "Yes"}, thinking("Hm", "Yes")),
        (
            {"web_search": "q", "said": "Yes", "results": [["T", "https://example.org"]]},
            web_search("q", "Yes", [("T", "https://example.org")]),
        ),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_json_form_makes_the_same_reply_as_the_function(form: object, reply: object) -> None:
    assert reply_from(form) == reply


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("[", "is not JSON"),
        ("{}", "wanted a list of replies, found an object"),
        ("[1]", "reply 1: wanted an object, found a number"),
        ('[{"text": "a"}, {"say": "b"}]', "reply 2: wanted exactly one of choices, cut,"),
        ('[{"text": null}]', "reply 1: text: wanted a string, found null"),
        ('[{"text": "a", "loud": true}]', "reply 1: loud: is not known here; known: chunk_delay_s"),
        ('[{"text": "a", "delay_s": "1"}]', "delay_s: wanted a number, found a string"),
        ('[{"text": "a", "usage": {"in": 1}}]', "usage: in: is not known; known: accepted_"),
        ('[{"text": "a", "usage": {"reasoning": -1}}]', "usage: reasoning: wanted a number"),
        ('[{"cut": 1, "of": {"error": 500}}]', "of: wanted an answer that can be broken"),
        ('[{"choices": [{"error": 500}]}]', "choices: wanted answers only"),
        ('[{"thinking": "a"}]', "thinking: thinking() missing 1 required"),
        ('[{"tool_calls": [["add"]]}]', "tool_calls: wanted a list of [name, arguments]"),
    ],
)
def test_bad_script_says_where_and_what_is_wanted(
    tmp_path: Path, script: str, message: str
) -> None:
    path = tmp_path / "script.json"
    path.write_text(script, encoding="utf-8")

    with pytest.raises(BadScriptError) as caught:
        read_script(path)

    assert str(caught.value).startswith(f"{path}: ")
    assert message in str(caught.value)
