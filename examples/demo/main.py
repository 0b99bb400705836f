"""A planner: it remembers, asks a model, uses the tools the model wants, decides, and writes.

One tool fails and the model is told so; another one asks a sub-agent in a process of its own.
"""

from __future__ import annotations

import json
import subprocess
import sys

import anthropic
import openai

import agentel

PLACES = {"museum": "open until 18:00", "lake": "always open"}
PREFERENCES = {"ada": "I like art, and no crowds."}


@agentel.tool
def weather(about: str) -> str:
    """The weather in a city."""
    raise TimeoutError(f"no answer from the weather station of {about}")


@agentel.tool
def opening_hours(about: str) -> str:
    """When a place is open: the museum or the lake."""
    return PLACES.get(about, "not known")


@agentel.tool
def ask_guide(about: str) -> str:
    """Ask a local guide, who is another agent, about a place."""
    guide = [sys.executable, "guide.py", about]
    return subprocess.check_output(guide, env=agentel.child_environment(), text=True)


TOOLS = {tool.__name__: tool for tool in (weather, opening_hours, ask_guide)}
PARAMETERS = {"type": "object", "properties": {"about": {"type": "string"}}, "required": ["about"]}
FUNCTIONS = [
    {"name": name, "description": tool.__doc__, "parameters": PARAMETERS}
    for name, tool in TOOLS.items()
]


def use(call) -> dict[str, str]:
    try:
        result = TOOLS[call.function.name](**json.loads(call.function.arguments))
    except TimeoutError as error:
        result = f"It failed: {error}"
    return {"role": "tool", "tool_call_id": call.id, "content": result}


@agentel.agent(type="planner")
def planner(wish: str, user: str) -> str:
    with agentel.memory("search", store="preferences"):
        taste = PREFERENCES[user]
    messages = [{"role": "user", "content": f"{wish} {taste} Museum or lake? Use your tools."}]
    tools = [{"type": "function", "function": function} for function in FUNCTIONS]
    chat = openai.OpenAI().chat.completions
    while True:
        answer = chat.create(model="gpt-4o-mini", messages=messages, tools=tools).choices[0].message
        if not answer.tool_calls:
            break
        messages += [answer, *map(use, answer.tool_calls)]
    place = "lake" if "lake" in answer.content.lower() else "museum"
    agentel.decision(choices=list(PLACES), selected=place)
    return write(f"Invite me to the {place}, in one sentence. You know this: {answer.content}")


def write(wish: str) -> str:
    prompt = {"role": "user", "content": wish}
    claude = anthropic.Anthropic().messages
    with claude.stream(model="claude-sonnet-4-6", max_tokens=200, messages=[prompt]) as stream:
        return "".join(stream.text_stream)


with agentel.session(conversation="afternoon", user="ada"):
    print(planner("Plan my afternoon in Berlin.", "ada"))
