"""Knows every setting: its environment variable, its meaning, its default, and how it is read.

The tables in the documentation are generated from `SETTINGS`.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from functools import cache
from typing import Any, Literal

from agentel import parsing

ContentMode = Literal["NO_CONTENT", "SPAN_ONLY", "EVENT_ONLY", "SPAN_AND_EVENT"]

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one process, as read once. Sizes are in bytes of UTF-8."""

    content: ContentMode = "NO_CONTENT"
    attribute_limit: int = 64 * 1024
    span_limit: int = 512 * 1024
    redact: str = ""
    libraries: tuple[str, ...] = ()
    disabled_libraries: tuple[str, ...] = ()
    stream_usage: bool = False
    span_events: bool = True
    directory: str = ""
    files: bool = False
    run_id: str = ""
    file_size: int = 64 * 1024 * 1024
    max_files: int = 16
    keep_days: float = 7.0
    keep_runs: int = 200
    exit_timeout: float = 2.0
    latest_conventions: bool = False
    sdk_disabled: bool = False
    quiet: bool = False
    strict: bool = False
    sdk_attribute_limit: int | None = None

    @property
    def wants_span_content(self) -> bool:
        """Whether content goes to spans."""
        return self.content in ("SPAN_ONLY", "SPAN_AND_EVENT")

    @property
    def wants_event_content(self) -> bool:
        """Whether content goes to the details event."""
        return self.content in ("EVENT_ONLY", "SPAN_AND_EVENT")

    def watches(self, library: str) -> bool:
        """Tell whether the library of this name is left on."""
        if library in self.disabled_libraries:
            return False
        return not self.libraries or library in self.libraries


@dataclass(frozen=True, slots=True)
class Setting:
    """One row of the table: which variable fills which field, and how."""

    field: str
    variable: str
    parse: Callable[[str], Any]
    expected: str
    meaning: str


SETTINGS: tuple[Setting, ...] = (
    Setting(
        "content",
        "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT",
        parsing.mode,
        "one of " + ", ".join(parsing.MODES),
        "Where messages, tool arguments and results, and error texts go. Nowhere by default.",
    ),
    Setting(
        "attribute_limit",
        "AGENTEL_CONTENT_ATTRIBUTE_LIMIT",
        parsing.size,
        "a number of bytes, 1 or more",
        "Most bytes of captured content in one attribute; what is cut is said in it.",
    ),
    Setting(
        "span_limit",
        "AGENTEL_CONTENT_SPAN_LIMIT",
        parsing.size,
        "a number of bytes, 1 or more",
        "Most bytes of captured content on one span.",
    ),
    Setting(
        "redact",
        "AGENTEL_REDACT",
        str.strip,
        "module:function",
        "A function that is given every piece of captured content and returns what may be kept. "
        "If it fails, the content is dropped.",
    ),
    Setting(
        "libraries",
        "AGENTEL_LIBRARIES",
        parsing.names,
        "names, separated by commas",
        "The only libraries to watch. All by default.",
    ),
    Setting(
        "disabled_libraries",
        "AGENTEL_DISABLED_LIBRARIES",
        parsing.names,
        "names, separated by commas",
        "Libraries not to watch.",
    ),
    Setting(
        "stream_usage",
        "AGENTEL_STREAM_USAGE",
        parsing.boolean,
        "true or false",
        "Ask the provider for the token usage of streams where the program does not, and keep the "
        "extra chunk from the program.",
    ),
    Setting(
        "span_events",
        "AGENTEL_SPAN_EVENTS",
        parsing.boolean,
        "true or false",
        "Mirror events, without content, on the spans that they belong to.",
    ),
    Setting(
        "directory",
        "AGENTEL_DIR",
        str.strip,
        "a folder's path",
        "Where local files go. `.agentel` in the working directory by default.",
    ),
    Setting(
        "files",
        "AGENTEL_FILES",
        parsing.boolean,
        "true or false",
        "Write local files also where telemetry goes elsewhere, as `agentel run` does.",
    ),
    Setting(
        "file_size",
        "AGENTEL_FILE_SIZE",
        parsing.size,
        "a number of bytes, 1 or more",
        "Size at which a local file is closed and the next one begun.",
    ),
    Setting(
        "max_files",
        "AGENTEL_MAX_FILES",
        parsing.size,
        "a number, 1 or more",
        "Most local files that a process keeps of each signal; the oldest is removed.",
    ),
    Setting(
        "keep_days",
        "AGENTEL_KEEP_DAYS",
        parsing.days,
        "a number of days, above 0",
        "Age, since the last write, at which a run's local files are removed by a later run.",
    ),
    Setting(
        "keep_runs",
        "AGENTEL_KEEP_RUNS",
        parsing.size,
        "a number, 1 or more",
        "Most runs that are kept in the folder; the oldest that has ended is removed.",
    ),
    Setting(
        "run_id",
        "AGENTEL_RUN_ID",
        str.strip,
        "letters, digits, - and _",
        "Id that all processes of one run share. Made at start by default.",
    ),
    Setting(
        "quiet",
        "AGENTEL_QUIET",
        parsing.boolean,
        "true or false",
        "Say nothing at the start of a run, and nothing at the end of `agentel run`.",
    ),
    Setting(
        "strict",
        "AGENTEL_STRICT",
        parsing.boolean,
        "true or false",
        "End the program, with exit code 78, where it would not be watched as tested: at its start "
        "because of a library's version, or when it imports a library that lacks what is wrapped.",
    ),
    Setting(
        "exit_timeout",
        "AGENTEL_EXIT_TIMEOUT",
        parsing.seconds,
        "seconds, 0 or more and less than a day",
        "Most seconds that a process which ends waits for its telemetry to arrive.",
    ),
    Setting(
        "latest_conventions",
        "OTEL_SEMCONV_STABILITY_OPT_IN",
        parsing.conventions,
        "names, separated by commas",
        "With `gen_ai_latest_experimental`, metrics have the conventions' redesigned names.",
    ),
    Setting(
        "sdk_disabled",
        "OTEL_SDK_DISABLED",
        lambda text: text.strip().lower() == "true",
        "true or false",
        "Read when a library is instrumented: nothing is patched.",
    ),
)


def read_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Read every setting from `environ` (by default the process's own).

    A value that cannot be read is reported once, with what was expected, and its default is used.
    Never raises.
    """
    environ = os.environ if environ is None else environ
    values: dict[str, Any] = {}
    for setting in SETTINGS:
        text = environ.get(setting.variable)
        if text is None or not text.strip():
            continue
        try:
            values[setting.field] = setting.parse(text)
        except ValueError:
            _complain(setting, text)
    values["sdk_attribute_limit"] = _sdk_limit(environ)
    return Settings(**values)


@cache
def _complain(setting: Setting, text: str) -> None:
    """Tell about one unreadable value, once: every library's instrumentor reads the settings."""
    _logger.warning(
        "agentel: %s=%r is not %s; %r is used.",
        setting.variable,
        text,
        setting.expected,
        default_of(setting.field),
    )


def is_switched_on(variable: str) -> bool:
    """Tell whether the user set somebody else's switch to a true value."""
    return os.environ.get(variable, "").strip().lower() in parsing.TRUE


def default_of(field: str) -> Any:
    """Return the default of one field of `Settings`."""
    return next(f.default for f in fields(Settings) if f.name == field)


def _sdk_limit(environ: Mapping[str, str]) -> int | None:
    """Return the telemetry SDK's own limit on an attribute's length, in characters."""
    for variable in (
        "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT",
        "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT",
    ):
        text = environ.get(variable, "").strip()
        if text.isdigit():
            return int(text)
    return None
