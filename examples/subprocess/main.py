"""An agent whose sub-agent runs in a process of its own: one trace, one run, two processes."""

from __future__ import annotations

import subprocess
import sys

import agentel


@agentel.tool(kind="command")
def translate(command: list[str]) -> str:
    done = subprocess.run(command, env=agentel.child_environment(), stdout=subprocess.PIPE)
    return done.stdout.decode()


@agentel.agent(type="editor")
def editor(text: str) -> str:
    return translate([sys.executable, "translator.py", text])


with agentel.session(conversation="letters", user="ada"):
    print(editor("Good morning").strip())
