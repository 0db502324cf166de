"""Refused requests: a few lines, then a count."""

from __future__ import annotations

import asyncio
import logging

from api.access_log import REFUSED_LINES, AccessLog
from tests.patience import PATIENCE


class Lines(logging.Handler):
    """What was logged, and when the count came."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []
        self.counted = asyncio.Event()

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)
        if hasattr(record, "by_status"):
            self.counted.set()

    def statuses(self) -> list[int]:
        return [vars(record)["status"] for record in self.records if hasattr(record, "status")]


async def test_what_was_not_written_is_counted_at_the_end_of_the_interval() -> None:
    lines, logger = Lines(), logging.getLogger("marquee.access")
    logger.addHandler(lines)
    logger.setLevel(logging.INFO)
    try:
        log = AccessLog(interval=0.01)
        for _ in range(REFUSED_LINES + 7):
            log.note("GET", "unknown", "/nowhere", 429, 0.1, stream=False)
            log.note("GET", "/auth/me", "/auth/me", 200, 0.1, stream=False)
        async with asyncio.timeout(PATIENCE):
            await lines.counted.wait()
        assert lines.statuses().count(429) == REFUSED_LINES
        assert lines.statuses().count(200) == REFUSED_LINES + 7
        assert vars(lines.records[-1])["by_status"] == {"429": 7}
        log.note("GET", "unknown", "/nowhere", 429, 0.1, stream=False)
        assert lines.statuses()[-1] == 429
    finally:
        logger.removeHandler(lines)
        logger.setLevel(logging.NOTSET)
