"""The sub-agent. `agentel.start` takes the parent's trace, run and session from the environment."""

from __future__ import annotations

import sys

import openai

import agentel

agentel.start()


@agentel.agent(type="translator")
def translator(text: str) -> str:
    prompt = {"role": "user", "content": f"In German: {text}"}
    answer = openai.OpenAI().chat.completions.create(model="gpt-4o-mini", messages=[prompt])
    return answer.choices[0].message.content


print(translator(sys.argv[1]))
