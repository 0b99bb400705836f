"""An agent, a tool and a generator, each marked by a decorator."""

from __future__ import annotations

from collections.abc import Iterator

import openai

import agentel


@agentel.tool
def read_file(name: str) -> str:
    return {"notes": "Buy milk. Call Bob. Water the plants."}[name]


@agentel.task(type="split")
def sentences(text: str) -> Iterator[str]:
    """Yield sentences; the task's span is current in here and never in the reader's code."""
    for sentence in text.split(". "):
        yield sentence.rstrip(".")


@agentel.agent(type="assistant")
def secretary(name: str) -> list[str]:
    return [emoji(sentence) for sentence in sentences(read_file(name))]


def emoji(sentence: str) -> str:
    prompt = {"role": "user", "content": f"One emoji for: {sentence}"}
    answer = openai.OpenAI().chat.completions.create(model="gpt-4o-mini", messages=[prompt])
    return f"{answer.choices[0].message.content} {sentence}"


for line in secretary("notes"):
    print(line)
