"""How streams end, and what the trace says of each."""

from __future__ import annotations

import openai

import agentel

client = openai.OpenAI(max_retries=0)
QUESTION = [{"role": "user", "content": "Tell me a story."}]


def stream():
    return client.chat.completions.create(
        model="gpt-4o-mini",
        messages=QUESTION,
        stream=True,
        stream_options={"include_usage": True},
    )


with agentel.workflow("stories"):
    print("read", len(list(stream())), "chunks")

    with stream() as chunks:
        for _chunk in chunks:
            break  # nobody reads on: abandoned, and no error

    stream().close()  # never looked at: abandoned too

    try:
        list(stream())
    except Exception as error:  # the connection broke in the middle: cut
        print("then", type(error).__name__)
