"""What may be kept of captured content: everything but addresses."""

from __future__ import annotations

import re

ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+")


def redact(field: str, value: object) -> object:
    """Return `value` (a text, or the JSON shape of messages) without any address."""
    if isinstance(value, str):
        return ADDRESS.sub("<address>", value)
    if isinstance(value, list):
        return [redact(field, item) for item in value]
    if isinstance(value, dict):
        return {key: redact(field, item) for key, item in value.items()}
    return value
