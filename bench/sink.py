"""Knows what writing spans to local files costs beside sending them, in CPU time of this process.

Run `python bench/sink.py`, or with `--help`. By turns, the same batches of the same spans are given
to our file exporter and to OpenTelemetry's exporter for OTLP over HTTP. That one sends them to a
server on loopback, a process of its own that reads and drops them. No network is needed.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import process_time_ns

ROOT = Path(__file__).resolve().parent.parent
sys.path[0] = str(ROOT)  # instead of this file's own folder

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: E402
from opentelemetry.sdk.resources import Resource  # noqa: E402
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider  # noqa: E402
from opentelemetry.sdk.trace.export import (  # noqa: E402
    SimpleSpanProcessor,
    SpanExporter,
    SpanExportResult,
)
from opentelemetry.sdk.trace.export.in_memory_span_exporter import (  # noqa: E402
    InMemorySpanExporter,
)
from opentelemetry.trace import SpanKind  # noqa: E402

from agentel.local.runs import Storage  # noqa: E402
from agentel.telemetry.files import FileSpanExporter  # noqa: E402
from bench import payloads  # noqa: E402

BATCH = 512
"""Spans that the SDK's processor hands over at once."""
CONTENT = 26_000
"""Characters of messages on a span with content."""
TARGET = 1.0
_FOREIGN = ("OTEL_", "AGENTEL_")

_SERVER = """
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
class Drop(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("content-type", "application/x-protobuf")
        self.send_header("content-length", "0")
        self.end_headers()
    def log_message(self, *args):
        pass
server = ThreadingHTTPServer(("127.0.0.1", 0), Drop)
server.daemon_threads = True
print(server.server_address[1], flush=True)
server.serve_forever()
"""

ATTRIBUTES = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": payloads.MODEL,
    "gen_ai.request.temperature": 0.7,
    "gen_ai.request.max_tokens": 1024,
    "server.address": "api.openai.com",
    "server.port": 443,
    "gen_ai.response.id": payloads.CHAT_ID,
    "gen_ai.response.model": payloads.ANSWERING_MODEL,
    "gen_ai.response.finish_reasons": ("stop",),
    "gen_ai.usage.input_tokens": payloads.INPUT_TOKENS,
    "gen_ai.usage.output_tokens": payloads.OUTPUT_TOKENS,
    "gen_ai.usage.cache_read.input_tokens": 1024,
    "agentel.outcome": "completed",
}


@dataclass(frozen=True, slots=True)
class Result:
    """CPU time of one span, in us, at its median over the rounds, and the ratio of each round."""

    name: str
    files_us: float
    http_us: float
    ratios: tuple[float, ...]

    @property
    def ratio(self) -> float:
        """The median of the rounds' ratios: both sides of each were measured side by side."""
        return median(self.ratios)

    @property
    def line(self) -> str:
        """The result as it is printed."""
        ends = f"{min(self.ratios):.2f} to {max(self.ratios):.2f}"
        verdict = "met" if self.ratio <= TARGET else "not met"
        return (
            f"{self.name}: files {self.files_us:.1f} us, http {self.http_us:.1f} us a span, "
            f"ratio {self.ratio:.2f} ({ends}), target {TARGET}: {verdict}"
        )


def main(arguments: list[str] | None = None) -> int:
    """Measure and print; return 1 if a target is not met."""
    parser = argparse.ArgumentParser(prog="bench/sink.py", description=__doc__.split("\n\n")[1])
    parser.add_argument("--rounds", type=int, default=15, metavar="N", help="how often by turns")
    options = parser.parse_args(arguments)
    for name in [name for name in os.environ if name.startswith(_FOREIGN)]:
        del os.environ[name]
    results = [
        compare("14 attributes", spans(BATCH), options.rounds, 8),
        compare("with 26 KB of content", spans(BATCH, CONTENT), options.rounds, 1),
    ]
    print("\n".join(result.line for result in results))
    return int(any(result.ratio > TARGET for result in results))


def spans(count: int, content: int = 0) -> list[ReadableSpan]:
    """Return ended spans of model calls, as our instrumentors leave them."""
    kept = InMemorySpanExporter()
    resource = Resource.create({"service.name": "bench", "agentel.run.id": "0" * 16})
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(kept))
    tracer = provider.get_tracer("agentel.openai", "0.1")
    with tracer.start_as_current_span("invoke_agent"):
        for number in range(count):
            given: dict[str, object] = {**ATTRIBUTES, "gen_ai.response.id": f"chatcmpl-{number}"}
            if content:
                given["gen_ai.input.messages"] = payloads.prose(content, number)
            tracer.start_span("chat", kind=SpanKind.CLIENT, attributes=given).end()  # type: ignore[arg-type]
    return list(kept.get_finished_spans())[:count]


def compare(name: str, batch: Sequence[ReadableSpan], rounds: int, repeats: int) -> Result:
    """Give `batch` to both exporters by turns, `repeats` times each in every round."""
    with _dropping() as url, tempfile.TemporaryDirectory() as folder:
        files = FileSpanExporter(Storage(folder, "bench"))
        http = OTLPSpanExporter(endpoint=url)
        pairs: list[tuple[float, float]] = []
        for _ in range(rounds + 1):
            pairs.append((_cost(files, batch, repeats), _cost(http, batch, repeats)))
            for path in Path(folder).rglob("*.jsonl"):
                path.unlink()
        files.shutdown()
        http.shutdown()
    warm = pairs[1:]
    return Result(
        name,
        median(ours for ours, _ in warm),
        median(theirs for _, theirs in warm),
        tuple(ours / theirs for ours, theirs in warm),
    )


def _cost(exporter: SpanExporter, batch: Sequence[ReadableSpan], repeats: int) -> float:
    """Return us of CPU time, of all threads, for one span. Raises RuntimeError if it is refused."""
    begin = process_time_ns()
    taken = {exporter.export(batch) for _ in range(repeats)}
    spent = process_time_ns() - begin
    if taken != {SpanExportResult.SUCCESS}:
        raise RuntimeError(f"{type(exporter).__name__} did not take the spans")
    return spent / 1_000 / (repeats * len(batch))


@contextmanager
def _dropping() -> Iterator[str]:
    with subprocess.Popen(
        [sys.executable, "-c", _SERVER], stdout=subprocess.PIPE, text=True
    ) as server:
        try:
            assert server.stdout is not None
            yield f"http://127.0.0.1:{int(server.stdout.readline())}/v1/traces"
        finally:
            server.terminate()


if __name__ == "__main__":
    sys.exit(main())
