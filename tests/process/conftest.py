"""Knows how a program is started as its user would, with and without us, and what it leaves."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import agentel
from support.model_server import ModelServer, text

BIN = Path(sys.executable).parent
LAUNCHER = (str(BIN / "opentelemetry-instrument"), sys.executable)
SOURCE = str(Path(agentel.__file__).parents[1])
LONGEST = 60
"""Seconds after which a program is taken to hang."""

AGENT = """
import os
import openai

client = openai.OpenAI(base_url=os.environ["MODEL_URL"], api_key="sk-planted-key")
answer = client.chat.completions.create(
    model="gpt-5", messages=[{"role": "user", "content": "planted question"}]
)
print(answer.choices[0].message.content)
"""


@dataclass(frozen=True)
class Ran:
    """What a program printed and returned."""

    out: str
    err: str
    code: int


class Place:
    """A folder in which programs run, with an environment that holds nothing but what is given."""

    def __init__(self, folder: Path, server: ModelServer) -> None:
        self.folder = folder
        self.server = server
        self.environ = {
            "PATH": f"{BIN}{os.pathsep}{os.defpath}",
            "PYTHONPATH": SOURCE,
            "HOME": str(folder),
            "LC_ALL": "C.UTF-8",
            "MODEL_URL": server.openai_url,
            # What a run says at its start has tests of its own.
            "AGENTEL_QUIET": "true",
        }

    def run(self, command: tuple[str, ...], environ: Mapping[str, str] | None = None) -> Ran:
        """Run a command to its end."""
        ran = subprocess.run(
            command,
            cwd=self.folder,
            env={**self.environ, **(environ or {})},
            capture_output=True,
            encoding="utf-8",
            errors="surrogateescape",
            timeout=LONGEST,
        )
        return Ran(ran.stdout, ran.stderr, ran.returncode)

    def launch(self, source: str, **environ: str) -> Ran:
        """Run a program under the launcher."""
        return self.run((*LAUNCHER, self.write(source)), environ)

    def plain(self, source: str, **environ: str) -> Ran:
        """Run a program as it is."""
        return self.run((sys.executable, self.write(source)), environ)

    def agentel(self, *arguments: str) -> Ran:
        """Run our command line."""
        return self.run((str(BIN / "agentel"), *arguments))

    def write(self, source: str, name: str = "agent.py") -> str:
        """Write a program down and return its name."""
        (self.folder / name).write_text(source)
        return name

    def files(self, signal: str = "") -> list[Path]:
        """The files that telemetry was written to."""
        return sorted((self.folder / ".agentel").glob(f"runs/*/{signal}*.jsonl"))

    def everything(self) -> str:
        """All that was written below the folder of telemetry, names included."""
        paths = sorted((self.folder / ".agentel").rglob("*"))
        return "\n".join(f"{path}\n{path.read_text() if path.is_file() else ''}" for path in paths)

    def spans(self) -> list[dict[str, Any]]:
        """Every span that was written, as OTLP's JSON has it."""
        lines = [line for file in self.files("traces") for line in file.read_text().splitlines()]
        return [
            span
            for line in lines
            for resource in json.loads(line)["resourceSpans"]
            for scope in resource["scopeSpans"]
            for span in scope["spans"]
        ]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with ModelServer() as server:
        server.route("*/chat/completions", always=text("Hello"))
        yield Place(tmp_path, server)
