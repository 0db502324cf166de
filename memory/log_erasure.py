"""Erase the event logs of runs, and end their open streams."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from redis.asyncio import Redis

from core.errors import Unavailable
from core.scope import Scope
from memory.event_log import ENDED_SECONDS
from memory.redis import AWAY, run_log_key


class LastAttempt(NamedTuple):
    """A run that cannot be claimed any more, and its number of attempts."""

    run_id: str
    attempt: int


async def erase_logs(redis: Redis, scope: Scope, runs: Sequence[LastAttempt], farewell: bytes) -> None:
    """Replace each existing log by one terminal event.

    The event's id is of a later attempt, so that Redis refuses further events of a worker; the log then
    expires.

    Args:
        redis: The client.
        scope: The runs' business.
        runs: The runs.
        farewell: The event, without any erased content.

    Raises:
        Unavailable: Redis does not answer.
    """
    pipe = redis.pipeline(transaction=False)
    for run in runs:
        key = run_log_key(scope, run.run_id)
        # Refused if an interrupted erasure has written it before.
        pipe.execute_command("XADD", key, "NOMKSTREAM", f"{run.attempt + 1}-1", "event", farewell)
        pipe.xtrim(key, maxlen=1, approximate=False)
        pipe.expire(key, ENDED_SECONDS)
    try:
        await pipe.execute(raise_on_error=False)
    except AWAY as error:
        raise Unavailable("Redis does not answer.", part="redis") from error
