from __future__ import annotations

import json
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentel.config import Settings
from agentel.core.safety import reraise_in_tests
from agentel.telemetry.content import Content, encode, holds_json

TEXTS = st.text(alphabet=st.characters(exclude_categories=()), max_size=300)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: (
        st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=8), inner, max_size=5)
    ),
    max_leaves=20,
)


def content(limit: int = 65536, **settings: Any) -> Content:
    return Content.from_settings(
        Settings(content="SPAN_AND_EVENT", attribute_limit=limit, **settings)
    )


@given(JSON)
def test_what_fits_is_told_whole(value: object) -> None:
    text, size, cut = content().text(value, 10**9)
    assert (size, cut) == (len(text.encode("utf-8", "replace")), 0)
    assert json.loads(text) == json.loads(json.dumps(value))


@given(JSON, st.integers(1, 400))
def test_what_does_not_fit_stays_json_within_the_limit(value: object, limit: int) -> None:
    whole = len(encode(value))
    text, size, cut = content(limit).text(value, 10**9)
    assert size == len(text.encode("utf-8", "replace")) <= limit
    assert cut == whole - size
    if text:
        json.loads(text)


@given(JSON, st.integers(0, 400))
def test_what_is_left_of_the_span_is_a_limit_too(value: object, room: int) -> None:
    assert content().text(value, room)[1] <= room


@given(JSON, st.integers(1, 400))
def test_limit_of_the_sdk_is_a_limit_too(value: object, limit: int) -> None:
    assert content(sdk_attribute_limit=limit).text(value, 10**9)[1] <= limit


def test_cut_text_says_what_was_cut() -> None:
    text, _, _ = content(400).text([{"role": "user", "content": "ä" * 1000}], 10**9)
    said = json.loads(text)[0]["content"]
    kept = said.count("ä")
    assert said == "ä" * kept + f"…[cut {2 * (1000 - kept)} bytes]"


def test_cut_list_says_how_many_are_gone() -> None:
    text, _, _ = content(400).text([{"role": "user", "content": "hello"}] * 100, 10**9)
    *kept, last = json.loads(text)
    assert last == {"dropped": 100 - len(kept)}


@pytest.mark.parametrize("limit", [1, 6, 7, 100])
def test_what_cannot_be_cut_says_so_or_nothing(limit: int) -> None:
    text, _, _ = content(limit).text({f"key {n}": n for n in range(100)}, 10**9)
    assert text == ('"[cut]"' if limit >= 7 else "")


class Model:
    """An SDK's model."""

    def model_dump(self, **options: object) -> dict[str, object]:
        return {"a": 1}


CYCLE: list[object] = []
CYCLE.append(CYCLE)
ODD = {
    "model": (Model(), {"a": 1}),
    "object": (object(), "[object]"),
    "set": ({1}, [1]),
    "tuple": ((1, 2), [1, 2]),
    "lone-surrogate": ("\ud800", None),
}


@pytest.mark.parametrize(("value", "told"), ODD.values(), ids=list(ODD))
@pytest.mark.parametrize("is_fast", [True, False])
def test_what_json_has_no_shape_for_is_told_or_named(
    value: object, told: object, is_fast: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    import agentel.telemetry.content as module

    if not is_fast:
        monkeypatch.setattr(module, "_fast_encoder", lambda: None)
    found = json.loads(encode([value]))
    assert told is None or found == [told]


REPLIES = {
    "object": ('{"a": 1}', True),
    "list": ("[]", True),
    "text": ("well", False),
    "torn": ('{"a"', False),
    "none": ("", None),
}


@pytest.mark.parametrize(("said", "is_json"), REPLIES.values(), ids=list(REPLIES))
def test_answer_is_json_or_not(said: str, is_json: bool | None) -> None:
    parts = [{"type": "text", "content": said}, {"type": "reasoning", "content": "{"}]
    assert holds_json([{"role": "assistant", "parts": parts}]) is is_json
    assert holds_json([]) is None


@pytest.mark.parametrize(
    ("mode", "span", "event"),
    [
        ("NO_CONTENT", False, False),
        ("SPAN_ONLY", True, False),
        ("EVENT_ONLY", False, True),
        ("SPAN_AND_EVENT", True, True),
    ],
)
def test_mode_says_where_content_goes(mode: Any, span: bool, event: bool) -> None:
    policy = Content.from_settings(Settings(content=mode))
    assert (policy.wants_span, policy.wants_event, policy.wants) == (span, event, span or event)


def redacts(field: str, value: object) -> object:
    return None if field == "system_instructions" else [field, value]


def breaks(field: str, value: object) -> object:
    raise type("Fault", (Exception,), {})("planted")


@pytest.fixture
def hooks(monkeypatch: pytest.MonkeyPatch) -> str:
    """The name under which this module's hooks can be imported."""
    monkeypatch.setitem(sys.modules, "test_hooks", sys.modules[__name__])
    return "test_hooks"


def test_redaction_says_what_is_kept(hooks: str) -> None:
    policy = content(redact=f"{hooks}:redacts")
    assert policy.allowed("input_messages", 1) == ["input_messages", 1]
    assert policy.allowed("system_instructions", 1) is None


def test_redaction_that_fails_keeps_nothing(hooks: str) -> None:
    reraise_in_tests(False)
    assert content(redact=f"{hooks}:breaks").allowed("input_messages", "planted") is None


@pytest.mark.parametrize(
    "name", ["nowhere:redacts", "test_hooks:nothing", "test_hooks", ":", "a.b.c"]
)
def test_redaction_that_cannot_be_had_closes(hooks: str, name: str, caplog) -> None:
    policy = content(redact=name)
    assert not policy.wants
    assert len([r for r in caplog.records if name in r.getMessage()]) == 1
