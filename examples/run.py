"""Knows how an example is run: without keys against an imitation of the providers, or for real."""

from __future__ import annotations

import argparse
import ast
import importlib.util
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

EXAMPLES = Path(__file__).resolve().parent
BIN = Path(sys.executable).parent
"""Where the commands of this environment are. Links are not followed: they lead out of it."""

COMMAND = "command.txt"
REPLIES = "replies.json"
TELEMETRY = ".agentel"
"""Folder below the working directory, unless AGENTEL_DIR names another."""

BAD_INPUT = 2
INTERRUPTED = 130


@dataclass(frozen=True)
class Provider:
    """How an SDK is told where to go and who it is."""

    key: str
    base_url: str
    server: str
    """The property of the model server that has the URL."""


PROVIDERS = {
    "anthropic": Provider("ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL", "anthropic_url"),
    "groq": Provider("GROQ_API_KEY", "GROQ_BASE_URL", "groq_url"),
    "openai": Provider("OPENAI_API_KEY", "OPENAI_BASE_URL", "openai_url"),
    "together": Provider("TOGETHER_API_KEY", "TOGETHER_BASE_URL", "together_url"),
}
"""By the name under which the SDK is imported."""

_SECRET = re.compile(r"(^|_)(API_?KEY|KEY|KEY_ID|TOKEN|SECRET|PASSWORD|CREDENTIALS?)$", re.I)
_OF_PROVIDER = re.compile(
    r"(ANTHROPIC|AWS|AZURE|CEREBRAS|CLAUDE|CO|COHERE|DEEPSEEK|FIREWORKS|GEMINI|GOOGLE|GROQ|HF"
    r"|HUGGINGFACE|MISTRAL|NVIDIA|OPENAI|OPENROUTER|PERPLEXITY|REPLICATE|TOGETHER|VERTEX|XAI)_",
    re.I,
)
_OF_TELEMETRY = re.compile(r"OTEL_|AGENTEL_|TRACEPARENT$|TRACESTATE$")


class Unusable(Exception):
    """An example that cannot be run; the message says why and what to do."""


@dataclass(frozen=True)
class Example:
    """One folder: a program, its command, and what the model says to it."""

    name: str
    folder: Path
    settings: dict[str, str]
    """Variables that the command sets."""
    command: list[str]

    @property
    def shown(self) -> str:
        """The command as one types it in the folder."""
        words = [f"{name}={value}" for name, value in self.settings.items()]
        return shlex.join([*words, *self.command])

    @property
    def sums_up(self) -> bool:
        """Whether its command prints the summary, and where telemetry goes, by itself."""
        return self.command[:2] == ["agentel", "run"]

    @property
    def providers(self) -> list[Provider]:
        """Those whose SDKs its programs import. Raises Unusable if one is not installed."""
        names = sorted(set().union(*map(_imports, self.folder.glob("*.py"))) & PROVIDERS.keys())
        for name in names:
            if importlib.util.find_spec(name) is None:
                raise Unusable(f"{self.name} needs the SDK '{name}'; install it beside agentel.")
        return [PROVIDERS[name] for name in names]


def _imports(program: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(program.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.split(".")[0])
    return names


def example_names() -> list[str]:
    """The examples there are."""
    return sorted(file.parent.name for file in EXAMPLES.glob(f"*/{COMMAND}"))


def load(name: str) -> Example:
    """Read one example. Raises Unusable for a name that is none."""
    if name not in example_names():
        known = ", ".join(example_names())
        raise Unusable(f"there is no example '{name}'; expected one of {known}.")
    folder = EXAMPLES / name
    words = shlex.split((folder / COMMAND).read_text(encoding="utf-8"))
    count = next(n for n, word in enumerate(words) if "=" not in word)
    settings = dict(word.split("=", 1) for word in words[:count])
    return Example(name, folder, settings, words[count:])


def environment(
    environ: Mapping[str, str], providers: Sequence[Provider], *, real: bool
) -> dict[str, str]:
    """What a program runs in: this Python's commands, and no telemetry settings but the folder.

    Unless it is for real, nothing that looks like a provider's key or setting is left either.
    Raises Unusable if a key that is needed is missing.
    """
    missing = [provider.key for provider in providers if not environ.get(provider.key)]
    if real and missing:
        raise Unusable(f"--real talks to the providers with your key; set {' and '.join(missing)}.")
    kept = {name: value for name, value in environ.items() if not _OF_TELEMETRY.match(name)}
    if not real:
        kept = {
            name: value
            for name, value in kept.items()
            if not (_SECRET.search(name) or _OF_PROVIDER.match(name))
        }
    kept["AGENTEL_DIR"] = os.path.abspath(environ.get("AGENTEL_DIR") or TELEMETRY)
    # Where the package opentelemetry-distro is installed too, the launcher would load that one.
    kept["OTEL_PYTHON_DISTRO"] = "agentel"
    kept["PATH"] = os.pathsep.join([str(BIN), environ.get("PATH", os.defpath)])
    return kept


def imitation(example: Example) -> tuple[AbstractContextManager[object], dict[str, str]]:
    """The model server, to be entered, and the variables that lead every SDK to it."""
    sys.path.insert(0, str(EXAMPLES.parent / "tests"))
    try:
        from support.model_server import ModelServer
        from support.model_server.json_replies import read_script
    except ImportError as error:
        raise Unusable(
            f"the imitation of the providers cannot be loaded ({error}); it is in tests/support, "
            "so run examples from a checkout."
        ) from error
    server = ModelServer()
    replies = example.folder / REPLIES
    server.script(*(read_script(replies) if replies.exists() else []))
    variables = {"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
    for provider in PROVIDERS.values():
        variables[provider.key] = "none"
        variables[provider.base_url] = getattr(server, provider.server)
    return server, variables


def run(example: Example, *, real: bool = False) -> int:
    """Run an example, show its trace and its summary, and return its program's exit code."""
    env = environment(os.environ, example.providers, real=real)
    # `agentel run` has printed the summary already.
    commands = [("agentel", "trace", "last"), ("agentel", "summary")][: 2 - example.sums_up]
    for word in {example.command[0], "agentel"}:
        if shutil.which(word, path=env["PATH"]) is None:
            raise Unusable(
                f"'{word}' is not beside {sys.executable}; run `make demo` once, which sets "
                "everything up, and then .venv/bin/python examples/run.py."
            )
    server, variables = (nullcontext(), {}) if real else imitation(example)
    with server:
        call = _call_in_one if example.sums_up else _call
        code = call(
            example.shown, example.command, env | variables | example.settings, example.folder
        )
    for words in commands:
        print(flush=True)
        failed = _call(shlex.join(words), words, env)
        code = code or failed
    return code


def _call(
    shown: str, words: Sequence[str], env: Mapping[str, str], folder: Path | None = None
) -> int:
    print(f"$ {shown}", flush=True)
    program = shutil.which(words[0], path=env["PATH"]) or words[0]
    return subprocess.run([program, *words[1:]], cwd=folder, env=env, check=False).returncode


def _call_in_one(shown: str, words: Sequence[str], env: Mapping[str, str], folder: Path) -> int:
    """Print standard error between the lines of standard output, as a terminal shows them.

    The telemetry folder is called as it would be if the command had been typed in `folder`.
    """
    print(f"$ {shown}", flush=True)
    program = shutil.which(words[0], path=env["PATH"]) or words[0]
    with subprocess.Popen(
        [program, *words[1:]],
        cwd=folder,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    ) as process:
        for line in process.stdout or ():
            print(line.replace(os.path.abspath(TELEMETRY), TELEMETRY), end="", flush=True)
    return process.returncode


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what the arguments name; return its exit code, or 2 for what cannot be run."""
    parser = argparse.ArgumentParser(
        description="Run an example, then show its trace and its summary. Without --real it needs "
        "no key and no network: the model's answers are scripted.",
    )
    parser.add_argument("name", metavar="NAME", nargs="?", help="the example's folder")
    parser.add_argument("--real", action="store_true", help="talk to the real APIs, with your key")
    parser.add_argument("--list", action="store_true", help="list the examples and their commands")
    chosen = parser.parse_args(arguments)
    if chosen.list:
        for name in example_names():
            print(f"{name:<12} {load(name).shown}")
        return 0
    if chosen.name is None:
        parser.error(f"which one? {', '.join(example_names())}")
    try:
        return run(load(chosen.name), real=chosen.real)
    except Unusable as problem:
        parser.error(str(problem))
    except KeyboardInterrupt:
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
