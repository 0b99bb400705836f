"""OTLP JSON lines for tests, written by hand: neither our encoder nor our decoder had a part."""

from __future__ import annotations

import json

TRACE = "0af7651916cd43dd8448eb211c80319c"
START = 1_767_225_600_000_000_000  # 2026-01-01T00:00:00Z
MS = 1_000_000


def attributes(values: dict) -> list[dict]:
    return [{"key": key, "value": value_of(value)} for key, value in values.items()]


def value_of(value) -> dict:
    if isinstance(value, list):
        return {"arrayValue": {"values": [value_of(item) for item in value]}}
    if isinstance(value, dict):
        return {"kvlistValue": {"values": attributes(value)}}
    kinds = {bool: "boolValue", int: "intValue", float: "doubleValue", str: "stringValue"}
    return {kinds[type(value)]: str(value) if type(value) is int else value}


def span(
    span_id: int,
    name: str,
    *,
    parent: int = 0,
    trace: str = TRACE,
    at: float = 0,
    lasts: float = 10,
    kind: int = 1,
    status: dict | None = None,
    events: list[dict] | None = None,
    **said,
) -> dict:
    """A span; `at` (since START) and `lasts` are milliseconds, `said` is `a__b` for `a.b`."""
    begin = START + int(at * MS)
    return {
        "traceId": trace,
        "spanId": f"{span_id:016x}",
        **({"parentSpanId": f"{parent:016x}"} if parent else {}),
        "name": name,
        "kind": kind,
        "startTimeUnixNano": str(begin),
        "endTimeUnixNano": str(begin + int(lasts * MS)),
        "attributes": attributes(dotted(said)),
        "events": events or [],
        "status": status or {},
    }


def event(name: str, at: float, **said) -> dict:
    """A span event."""
    time = str(START + int(at * MS))
    return {"name": name, "timeUnixNano": time, "attributes": attributes(dotted(said))}


def log(span_id: int, event_name: str, *, at: float = 0, trace: str = TRACE, **said) -> dict:
    """A log record with an event name."""
    return {
        "timeUnixNano": str(START + int(at * MS)),
        "traceId": trace,
        "spanId": f"{span_id:016x}",
        "eventName": event_name,
        "attributes": attributes(dotted(said)),
    }


def dotted(said: dict) -> dict:
    return {key.replace("__", "."): value for key, value in said.items()}


def spans_line(*spans: dict, service: str = "demo", run: str = "run1") -> str:
    return _line("resourceSpans", "scopeSpans", "spans", list(spans), service, run)


def logs_line(*logs: dict, service: str = "demo", run: str = "run1") -> str:
    return _line("resourceLogs", "scopeLogs", "logRecords", list(logs), service, run)


def _line(
    resources: str, scopes: str, items: str, found: list[dict], service: str, run: str
) -> str:
    resource = {"service.name": service} | ({"agentel.run.id": run} if run else {})
    group = {"scope": {"name": "agentel.test", "version": "1"}, items: found}
    about = {"resource": {"attributes": attributes(resource)}, scopes: [group]}
    return json.dumps({resources: [about]}) + "\n"
