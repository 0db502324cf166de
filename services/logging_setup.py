"""JSON log lines with request, business and run ids, secrets redacted."""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, TextIO

import orjson

OURS = (
    "marquee",
    "agents",
    "api",
    "core",
    "evals",
    "graphs",
    "jobs",
    "memory",
    "prompts",
    "services",
    "tools",
)
REDACTED = "[redacted]"
_SECRET_NAME = re.compile(
    r"authorization|cookie|password|passwd|secret|api[-_]?key|access[-_]?token|refresh[-_]?token|^token$",
    re.IGNORECASE,
)
_SECRETS = (
    (re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}"), r"\1 " + REDACTED),
    (re.compile(r"\b([a-z][a-z0-9+.-]{0,30}://)[^/\s:@]*:[^/\s]+@"), r"\1" + REDACTED + "@"),
    (re.compile(r"\beyJ[A-Za-z0-9_-]{8,400}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+"), REDACTED),
    (re.compile(r"\b[0-9a-f]{24}\.\d{1,9}\.[A-Za-z0-9_-]{43}"), REDACTED),
    (re.compile(r"\b(sk|pk|rk|key)-[A-Za-z0-9_-]{12,}"), r"\1-" + REDACTED),
    (
        re.compile(
            r"""(?ix)(["']?\b(?:[a-z0-9_]*(?:password|passwd|secret|api[-_]?key|access[-_]?token
            |refresh[-_]?token|secret[-_]?key))["']?\s*[=:]\s*)("[^"]*"|'[^']*'|[^\s,;&"'}\])]+)"""
        ),
        r"\1" + REDACTED,
    ),
)
MOST_CHARACTERS = 4_000
"""Limit of a text in a log line; of a traceback the end is kept."""

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "color_message"}
_ids: ContextVar[Mapping[str, str]] = ContextVar("journal_ids", default={})  # noqa: B039 - never mutated


@contextmanager
def noted(**ids: str | None) -> Iterator[None]:
    """Add ids such as `request_id`, `business_id` or `run_id` to the log lines of the block."""
    token = _ids.set({**_ids.get(), **{name: value for name, value in ids.items() if value}})
    try:
        yield
    finally:
        _ids.reset(token)


def note(**ids: str | None) -> None:
    """Add ids to later log lines of this task."""
    _ids.set({**_ids.get(), **{name: value for name, value in ids.items() if value}})


def redact(value: Any, name: str = "") -> Any:
    """Redact a value for a log: values under secret names, and texts that look like secrets."""
    if name and _SECRET_NAME.search(name) and value not in (None, "", True, False):
        return REDACTED
    if isinstance(value, str):
        value = value[:MOST_CHARACTERS]
        for pattern, replacement in _SECRETS:
            value = pattern.sub(replacement, value)
        return value
    if isinstance(value, Mapping):
        return {str(key): redact(item, str(key)) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [redact(item) for item in value]
    return value


class JsonLines(logging.Formatter):
    """Formats a log record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, without a newline."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": redact(record.getMessage()),
            **_ids.get(),
        }
        for name, value in vars(record).items():
            if name not in _STANDARD:
                line[name] = redact(value, name)
        if record.exc_info:
            line["exception"] = redact(self.formatException(record.exc_info)[-MOST_CHARACTERS:])
        if record.stack_info:
            line["stack"] = redact(record.stack_info[-MOST_CHARACTERS:])
        try:
            return orjson.dumps(line, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
        except TypeError:
            # Integers beyond 64 bits and lone surrogates: log them in another form.
            return json.dumps(line, default=str)


def configure_logging(level: str, stream: TextIO | None = None) -> None:
    """Send every logger of this process to the stream (stderr) as JSON lines.

    Loggers of libraries log from `warning` on.
    """
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    for name in OURS:
        logging.getLogger(name).setLevel(level.upper())
    logging.captureWarnings(capture=True)
