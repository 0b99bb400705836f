"""Knows how the server runs as a process of its own, for programs that are not tests."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from support.model_server.json_replies import BadScriptError, read_script
from support.model_server.server import ModelServer


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until standard input ends; return the exit code, 2 for what cannot be served."""
    parser = argparse.ArgumentParser(
        prog="python -m support.model_server",
        description="Imitate the model providers' HTTP APIs on 127.0.0.1. Prints the URL, then "
        "serves until standard input is closed.",
    )
    parser.add_argument(
        "--port", type=int, default=0, metavar="N", help="port; 0, the default, takes a free one"
    )
    parser.add_argument(
        "--script", type=Path, metavar="FILE", help="JSON list of replies, given in order"
    )
    chosen = parser.parse_args(arguments)
    if not 0 <= chosen.port <= 65535:
        parser.error(f"--port: wanted 0 to 65535, found {chosen.port}")
    try:
        replies = read_script(chosen.script) if chosen.script else []
        server = ModelServer(chosen.port)
    except BadScriptError as error:
        parser.error(str(error))
    except OSError as error:
        parser.error(f"--port: {chosen.port} cannot be used: {error.strerror}")
    server.script(*replies)
    with server:
        print(server.url, flush=True)
        try:
            sys.stdin.buffer.read()
        except KeyboardInterrupt:
            return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
