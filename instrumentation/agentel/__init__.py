"""agentel watches LLM agents with OpenTelemetry."""

from agentel._version import __version__

__all__ = ["__version__"]
