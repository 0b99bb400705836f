"""Knows what an HTTP response says beside its body: ids, owners, and whether it is a web page."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Protocol, cast

from agentel.core.errors import Failure, classify, failure, looks_like_html, retry_after
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
    b"x-amzn-requestid": "provider_request_id",
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


def fields_of_server(response: Any, into: Fields) -> None:
    """Put into `into` which server answered, for a client that learns that from its credentials."""
    url = response.url
    into["server_address"] = url.host
    into["server_port"] = url.port or (443 if url.scheme == "https" else 80)


def is_html(response: Response) -> bool:
    """Tell whether the body is declared to be a web page."""
    headers: Mapping[str, str] = response.headers
    return "html" in headers.get("content-type", "").lower()


def no_answer(result: object, response: Response | None, *, expects_json: bool) -> Failure | None:
    """Return what came in place of a model's answer, if that is what came.

    SDKs hand out as text what was to be JSON and is not; of an answer that need not be JSON, a web
    page is none.
    """
    is_text = isinstance(result, (str, bytes))
    if not is_text and expects_json:
        return None
    status = None if response is None else response.status_code
    text = result[:512].decode("utf-8", "replace") if isinstance(result, bytes) else result
    if looks_like_html(text) or (response is not None and is_html(response)):
        return failure("html_error", "html_error", status=status)
    if is_text and expects_json:
        return failure("invalid_response", "model_error", status=status)
    return None


def json_body(response: Response) -> dict[str, Any] | None:
    """Return the body as a JSON object, if it has been read and is one."""
    if not getattr(response, "is_stream_consumed", True):
        return None
    raw = getattr(response, "_content", None)
    if not isinstance(raw, bytes):
        return None
    try:
        body: object = json.loads(raw)
    except ValueError:
        return None
    return cast("dict[str, Any]", body) if isinstance(body, dict) else None


def attempt_fields(
    number: int, delay: float, response: Response | None, error: BaseException | None
) -> Fields:
    """Return what is told of an attempt that failed: its answer, or why there was none.

    `delay` is in s, until the next attempt begins.
    """
    fields: Fields = {"attempt_number": number, "attempt_delay": delay}
    if response is not None:
        fields["http_response_status_code"] = response.status_code
        wished = retry_after(response.headers)
        if wished is not None:
            fields["attempt_retry_after"] = wished
    elif error is not None:
        failed = classify(error)
        fields.update(error_type=failed.type, error_category=failed.category)
    return fields
