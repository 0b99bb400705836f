"""Knows what may be captured of messages, how much of it, and in which shape.

Nothing, by default. Sizes are in bytes of UTF-8. What is cut stays valid JSON and says so.
"""

from __future__ import annotations

import importlib
import json
import logging
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

from agentel.config import Settings
from agentel.core.safety import guarded

_logger = logging.getLogger(__name__)

Redact = Callable[[str, Any], Any]
"""`(field, value) -> value`: what may be kept of one piece of content; None keeps nothing."""

_SHORTEST = 64


def _plain(value: object) -> Any:
    """Return a JSON shape for what JSON has none for: SDK models by their fields, else a text."""
    dump = getattr(value, "model_dump", None)
    if callable(dump) and not isinstance(value, type):
        return dump(mode="json", exclude_unset=True)
    if isinstance(value, (set, frozenset, tuple)):
        return list(cast("set[object]", value))
    if isinstance(value, (bytes, bytearray)):
        return f"[{len(value)} bytes]"
    return f"[{type(value).__qualname__}]"


def encode(value: object) -> bytes:
    """Return `value` as compact JSON in UTF-8. What cannot be told is named by its type."""
    encoder = _fast_encoder()
    if encoder is not None:
        try:
            return encoder(value, fallback=_plain)
        except (ValueError, TypeError, RecursionError):
            pass  # lone surrogates and cycles: the slow way says what it can
    return json.dumps(
        value, default=_plain, ensure_ascii=True, separators=(",", ":"), skipkeys=True
    ).encode()


def holds_json(messages: list[Any]) -> bool | None:
    """Tell whether the text of the first output message is JSON, or None if it has no text."""
    parts: list[Any] = messages[0].get("parts", ()) if messages else []
    text = "".join(part["content"] for part in parts if part.get("type") == "text")
    if not text:
        return None
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


@cache
def _hook(name: str) -> Redact | None:
    """Return the redaction hook of that name, or None and one warning."""
    hook = guarded("load the redaction hook", _load, name)
    if callable(hook):
        return cast("Redact", hook)
    _logger.warning(
        "agentel: AGENTEL_REDACT=%r names no function that can be imported, expected "
        "module:function. No content is captured until it does.",
        name,
    )
    return None


def _load(name: str) -> object:
    module, _, attribute = name.partition(":")
    try:
        return getattr(importlib.import_module(module), attribute, None)
    except (ImportError, ValueError):
        return None


_encoder: Callable[..., bytes] | None = None


def _fast_encoder() -> Callable[..., bytes] | None:
    """Return Pydantic's encoder where an SDK has brought it; it is never imported for us."""
    global _encoder
    if _encoder is None:
        core = sys.modules.get("pydantic_core")
        _encoder = None if core is None else cast("Any", core).to_json
    return _encoder


@dataclass(slots=True)
class Content:
    """The policy of one process."""

    settings: Settings
    redact: Redact | None = None
    is_closed: bool = False
    """Whether a redaction was asked for that cannot be had: then nothing is kept."""

    @classmethod
    def from_settings(cls, settings: Settings) -> Content:
        """Load the redaction hook that the settings name. A hook that cannot be had closes."""
        if not settings.redact:
            return cls(settings)
        hook = _hook(settings.redact)
        return cls(settings, redact=hook, is_closed=hook is None)

    @property
    def limit(self) -> int:
        """Most bytes of one attribute; never more than what the telemetry SDK would cut at."""
        limit, sdk_limit = self.settings.attribute_limit, self.settings.sdk_attribute_limit
        return limit if sdk_limit is None else min(limit, sdk_limit)

    @property
    def wants_span(self) -> bool:
        """Whether spans carry content."""
        return not self.is_closed and self.settings.wants_span_content

    @property
    def wants_event(self) -> bool:
        """Whether the details event carries content."""
        return not self.is_closed and self.settings.wants_event_content

    @property
    def wants(self) -> bool:
        """Whether content is wanted anywhere."""
        return self.wants_span or self.wants_event

    def allowed(self, field: str, value: Any) -> Any:
        """Return what the redaction leaves of `value`, or None. A hook that fails keeps nothing."""
        if self.redact is None:
            return value
        return guarded("redact content, which is dropped", self.redact, field, value)

    def text(self, value: Any, room: int) -> tuple[str, int, int]:
        """Return `value` as JSON within the limits, its bytes, and how many were cut.

        `room` is what is left for the whole span.
        """
        limit = min(self.limit, room)
        whole = encode(value)
        length = len(whole)
        if length <= limit:
            return whole.decode(), length, 0
        short = _shorten(json.loads(whole), limit)
        return short.decode(), len(short), length - len(short)


def _shorten(value: Any, limit: int) -> bytes:
    """Return the JSON of `value` with texts and then items cut until it fits `limit` bytes."""
    longest = limit
    while longest >= _SHORTEST:
        text = encode(_cut_texts(value, longest))
        if len(text) <= limit:
            return text
        longest //= 2
    short = _cut_texts(value, _SHORTEST)
    if isinstance(short, list):
        kept = cast("list[Any]", short)
        total = len(kept)
        while len(kept) > 1:
            kept = kept[: len(kept) // 2]
            text = encode([*kept, {"dropped": total - len(kept)}])
            if len(text) <= limit:
                return text
    return encode("[cut]") if limit >= len('"[cut]"') else b""


def _cut_texts(value: Any, longest: int) -> Any:
    if isinstance(value, str):
        raw = value.encode("utf-8", "replace")
        if len(raw) <= longest:
            return value
        kept = raw[:longest].decode("utf-8", "ignore")
        return f"{kept}…[cut {len(raw) - len(kept.encode())} bytes]"
    if isinstance(value, dict):
        return {k: _cut_texts(v, longest) for k, v in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        return [_cut_texts(v, longest) for v in cast("list[Any]", value)]
    return value
