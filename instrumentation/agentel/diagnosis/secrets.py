"""Knows which environment variables may hold secrets, and how values are shown without them."""

from __future__ import annotations

import re
from urllib.parse import urlsplit, urlunsplit

__all__ = ["HIDDEN", "shown", "without_credentials"]

HIDDEN = "***"
"""What stands for a secret."""

_SECRET = re.compile(
    r"HEADERS|TOKEN|SECRET|PASSW|CREDENTIAL|API_?KEY|AUTH|^AGENTEL_CONTEXT$", re.IGNORECASE
)
"""Variables behind whose names are secrets, or ids of users. `CLIENT_KEY` names a file."""

_SECRET_WORDS = re.compile(
    r"(?i)([\w.-]*(?:token|secret|passw(?:or)?d|api[_.-]?key|authorization)[\w.-]*\s*=)[^,;&]+"
)
"""`name=value` inside of a value, where the name promises a secret."""


def shown(variable: str, value: str) -> str:
    """Return `value` as it may be shown: addresses without accounts, and no secrets.

    A variable whose name promises a secret is never shown, whatever it holds.
    """
    if _SECRET.search(variable):
        return HIDDEN
    if "://" in value:
        return without_credentials(value)
    return _SECRET_WORDS.sub(rf"\g<1>{HIDDEN}", value)


def without_credentials(address: str) -> str:
    """Return an address without account, password and query; `***` where it cannot be read."""
    try:
        parts = urlsplit(address)
        host = parts.netloc.rpartition("@")[2]
        account = f"{HIDDEN}@" if "@" in parts.netloc else ""
        query = HIDDEN if parts.query else ""
        return urlunsplit((parts.scheme, account + host, parts.path, query, ""))
    except ValueError:
        return HIDDEN
