"""Knows replies in JSON form: one key names the function of `replies`, the others its arguments.

[{"text": "Hello", "usage": {"input_tokens": 20}}, {"error": 429, "retry_after": 0.1},
 {"tool_calls": [["add", {"a": 1}]]}, {"cut": 2, "of": {"text": "A long answer"}}]
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import cast

from support.model_server import replies
from support.model_server.answers import Answer, Reply, Usage

Check = Callable[[object], bool]


class BadScriptError(ValueError):
    """A script that cannot be used; the message says where, what was found and what is wanted."""


def read_script(path: Path) -> list[Reply]:
    """Read a JSON file with a list of replies; raises BadScriptError."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadScriptError(f"{path}: cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise BadScriptError(f"{path}: is not JSON: {error}") from error
    if not isinstance(found, list):
        raise BadScriptError(f"{path}: wanted a list of replies, found {_kind(found)}")
    return [reply_from(item, f"{path}: reply {number}") for number, item in enumerate(found, 1)]


def reply_from(value: object, place: str = "reply") -> Reply:
    """Make a reply of its JSON form; raises BadScriptError with `place` in its message."""
    if not isinstance(value, dict):
        raise BadScriptError(f"{place}: wanted an object, found {_kind(value)}")
    names = [name for name in value if name in _FUNCTIONS]
    if len(names) != 1:
        wanted = ", ".join(sorted(_FUNCTIONS))
        raise BadScriptError(f"{place}: wanted exactly one of {wanted}; found {list(value)}")
    name = names[0]
    make, main, options = _FUNCTIONS[name]
    if not _CHECKS[main][0](value[name]):
        wanted = _CHECKS[main][1]
        raise BadScriptError(f"{place}: {name}: wanted {wanted}, found {_kind(value[name])}")
    arguments = {
        key: _argument(key, item, f"{place}: {key}", options)
        for key, item in value.items()
        if key != name
    }
    if name == "choices":
        said = [reply_from(item, f"{place}: choices") for item in cast("list[object]", value[name])]
        if not all(isinstance(one, Answer) for one in said):
            raise BadScriptError(f"{place}: choices: wanted answers only")
        return make(*said)
    try:
        return make(value[name], **arguments)
    except (TypeError, ValueError) as error:
        raise BadScriptError(f"{place}: {name}: {error}") from error


def _argument(name: str, value: object, place: str, options: dict[str, str]) -> object:
    if name not in options:
        known = ", ".join(sorted(options)) or "nothing"
        raise BadScriptError(f"{place}: is not known here; known: {known}")
    check, wanted = _CHECKS[options[name]]
    if not check(value):
        raise BadScriptError(f"{place}: wanted {wanted}, found {_kind(value)}")
    if name == "usage":
        return _usage(cast("dict[str, object]", value), place)
    if name == "of":
        reply = reply_from(value, place)
        if not isinstance(reply, Answer):
            raise BadScriptError(f"{place}: wanted an answer that can be broken")
        return reply
    return tuple(value) if isinstance(value, list) else value


def _usage(value: dict[str, object], place: str) -> Usage:
    known = {field.name for field in fields(Usage)}
    for name, count in value.items():
        if name not in known:
            raise BadScriptError(
                f"{place}: {name}: is not known; known: {', '.join(sorted(known))}"
            )
        if not _is_number(count) or cast("float", count) < 0:
            raise BadScriptError(f"{place}: {name}: wanted a number, found {_kind(count)}")
    return Usage(**value)  # type: ignore[arg-type]  # checked just now


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_calls(value: object) -> bool:
    return isinstance(value, list) and all(
        isinstance(call, list)
        and len(call) == 2
        and isinstance(call[0], str)
        and isinstance(call[1], dict | str)
        for call in value
    )


def _is_chunks(value: object) -> bool:
    return _is_whole(value) or (
        isinstance(value, list) and all(isinstance(item, str) for item in value)
    )


def _kind(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "a string", bool: "a boolean"}
    return "null" if value is None else names.get(type(value), "a number")


_CHECKS: dict[str, tuple[Check, str]] = {
    "text": (lambda value: isinstance(value, str), "a string"),
    "number": (_is_number, "a number"),
    "whole": (_is_whole, "a whole number of at least 0"),
    "flag": (lambda value: isinstance(value, bool), "a boolean"),
    "object": (lambda value: isinstance(value, dict), "an object"),
    "list": (lambda value: isinstance(value, list), "a list"),
    "calls": (_is_calls, "a list of [name, arguments]"),
    "chunks": (_is_chunks, "a whole number or a list of strings"),
    "any": (lambda value: True, "anything"),
}

_DELIVERY = {
    "usage": "object",
    "model": "text",
    "finish": "text",
    "tier": "text",
    "delay_s": "number",
    "chunks": "chunks",
    "chunk_delay_s": "number",
    "headers": "object",
}
_FAILURE = {
    "message": "text",
    "type": "text",
    "code": "text",
    "param": "text",
    "retry_after": "number",
    "headers": "object",
}
_RAW = {"status": "whole", "content_type": "text", "headers": "object"}

_FUNCTIONS: dict[str, tuple[Callable[..., Reply], str, dict[str, str]]] = {
    "text": (replies.text, "text", _DELIVERY),
    "thinking": (replies.thinking, "text", {**_DELIVERY, "said": "text"}),
    "tool_calls": (replies.tool_calls, "calls", {**_DELIVERY, "said": "text"}),
    "json_object": (replies.json_object, "any", _DELIVERY),
    "refusal": (replies.refusal, "text", _DELIVERY),
    "web_search": (replies.web_search, "text", {**_DELIVERY, "said": "text", "results": "list"}),
    "choices": (replies.choices, "list", {}),
    "error": (replies.error, "whole", _FAILURE),
    "raw": (replies.raw, "any", _RAW),
    "html": (replies.html, "whole", {"title": "text"}),
    "empty": (replies.empty, "whole", {}),
    "cut": (replies.cut, "whole", {"of": "object", "reset": "flag"}),
    "eof": (replies.eof, "whole", {"of": "object"}),
    "stream_error": (
        replies.stream_error,
        "whole",
        {**_FAILURE, "status": "whole", "of": "object"},
    ),
    "disconnect": (lambda reset: replies.disconnect(reset), "flag", {}),
    "hang": (replies.hang, "number", {}),
}
"""For each function: itself, what its first argument is, and what it takes by name."""
