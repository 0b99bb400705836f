"""Knows how tests make clients of the SDKs that speak OpenAI's formats."""

from __future__ import annotations

from typing import Any

import groq

from agentel import libraries
from support.model_server import ModelServer
from support.shapes import Sdk


def _groq(mode: str, server: ModelServer | None) -> Any:
    kind = groq.Groq if mode == "sync" else groq.AsyncGroq
    url = server.groq_url if server else None
    return kind(api_key="none", base_url=url, max_retries=0)


def _together(mode: str, server: ModelServer | None) -> Any:
    import together

    kind = together.Together if mode == "sync" else together.AsyncTogether
    # Until 3.0 the version was part of the base URL.
    version = "" if int(together.__version__.split(".")[0]) > 2 else "/v1"
    url = f"{server.together_url}{version}" if server else "http://127.0.0.1"
    return kind(api_key="none", base_url=url, max_retries=0)


GROQ = Sdk("groq", libraries.groq, _groq)
TOGETHER = Sdk("together", libraries.together, _together)
