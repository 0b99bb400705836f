"""The sub-agent. `agentel.start` takes the parent's trace, run and session from the environment."""

from __future__ import annotations

import sys

import anthropic

import agentel

agentel.start()


@agentel.agent(type="guide")
def guide(place: str) -> str:
    prompt = {"role": "user", "content": f"Is the {place} in Berlin crowded today? Be brief."}
    claude = anthropic.Anthropic().messages
    answer = claude.create(model="claude-haiku-4-5", max_tokens=100, messages=[prompt])
    return answer.content[0].text


print(guide(sys.argv[1]))
