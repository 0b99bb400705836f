"""Knows what an HTTP response says beside its body: ids, owners, and whether it is a web page."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Protocol

from agentel.core.fields import Fields


class Response(Protocol):
    """A response of httpx or one of its successors."""

    status_code: int
    headers: Any

    @property
    def content(self) -> bytes:
        """The body, once it has been read; raises before."""
        ...


_FIELDS = {
    b"x-request-id": "provider_request_id",
    b"request-id": "provider_request_id",
    b"apim-request-id": "provider_request_id",
    b"openai-organization": "provider_organization",
    b"anthropic-organization-id": "provider_organization",
    b"openai-project": "provider_project",
    b"anthropic-workspace-id": "provider_project",
}
"""Response headers that identify a call to its provider. Source: the providers' API references."""


def fields_of_headers(response: Response, into: Fields) -> None:
    """Put what the headers say of the call into `into`, in one pass over them."""
    for name, value in response.headers.raw:
        field = _FIELDS.get(name.lower())
        if field:
            into[field] = value.decode("latin-1")


def is_html(response: Response) -> bool:
    """Tell whether the body is declared to be a web page."""
    headers: Mapping[str, str] = response.headers
    return "html" in headers.get("content-type", "").lower()


def json_body(response: Response) -> dict[str, Any] | None:
    """Return the body as a JSON object, if it has been read and is one."""
    if not getattr(response, "is_stream_consumed", True):
        return None
    raw = getattr(response, "_content", None)
    if not isinstance(raw, bytes):
        return None
    try:
        body = json.loads(raw)
    except ValueError:
        return None
    return body if isinstance(body, dict) else None
