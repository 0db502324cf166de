"""Log one bounded line per request; refused requests beyond a few are only counted."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from typing import Any

log = logging.getLogger("marquee.access")

PATH_CHARACTERS = 200
REFUSED_LINES = 50
"""Limit of logged refusals of one status in an interval."""

INTERVAL_SECONDS = 10.0

_QUIET = frozenset({"/healthz", "/readyz", "/metrics"})


class AccessLog:
    """The access log of one process.

    Args:
        interval: Seconds over which refused requests are counted.
    """

    def __init__(self, interval: float = INTERVAL_SECONDS) -> None:
        self._interval = interval
        self._refused: Counter[int] = Counter()

    def note(self, method: str, route: str, path: str, status: int, ms: float, *, stream: bool) -> None:
        """Log a request, unless too many like it were refused in the interval."""
        if status >= 400 and self._refuse(status) > REFUSED_LINES:
            return
        fields: dict[str, Any] = {"method": method, "route": route, "path": path[:PATH_CHARACTERS]}
        log.log(
            logging.DEBUG if path in _QUIET else logging.INFO,
            "request",
            extra={**fields, "status": status, "ms": round(ms, 1), "stream": stream},
        )

    def _refuse(self, status: int) -> int:
        if not self._refused:
            asyncio.get_running_loop().call_later(self._interval, self._sum_up)
        self._refused[status] += 1
        return self._refused[status]

    def _sum_up(self) -> None:
        unwritten = {
            str(status): count - REFUSED_LINES
            for status, count in self._refused.items()
            if count > REFUSED_LINES
        }
        self._refused.clear()
        if unwritten:
            log.warning("more requests refused", extra={"by_status": unwritten, "seconds": self._interval})
