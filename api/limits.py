"""Rate limits of requests, sign-ins and registrations."""

from __future__ import annotations

import asyncio
import ipaddress
import time
from collections import Counter
from dataclasses import dataclass

from limits.aio.storage import RedisStorage

from core.email_address import normalise_email
from core.errors import Throttled
from core.ids import digest
from core.settings import Settings
from memory.redis import PREFIX, RedisClient, window_key

MINUTE = 60
HOUR = 3_600
_PERIODS = {MINUTE: "a minute", HOUR: "an hour"}
PATIENCE_SECONDS = 0.5
AWAY_SECONDS = 5.0
"""Seconds without Redis after a failure; meanwhile this process counts locally."""

SIGN_INS_PER_ADDRESS = 5
"""Factor of the limit of an address to that of an account, since offices share an address."""


@dataclass(frozen=True)
class Window:
    """The state of one limit in its current window."""

    name: str
    limit: int
    count: int
    reset: int
    seconds: int = MINUTE

    @property
    def remaining(self) -> int:
        """The number of remaining requests."""
        return max(self.limit - self.count, 0)


class RateWindows:
    """Counts in fixed windows of a minute or an hour, in Redis, or locally while Redis is unreachable."""

    def __init__(self, redis: RedisClient, redis_url: str) -> None:
        self._storage = RedisStorage(
            redis_url,
            wrap_exceptions=True,
            implementation="redispy",
            key_prefix=PREFIX,
            # Typed as a plain option, but passed to the client as its pool.
            connection_pool=redis.connection_pool,  # type: ignore[arg-type]
        )
        self._away_until = 0.0
        self._local: dict[int, tuple[int, Counter[str]]] = {}

    async def hit(self, name: str, who: str, limit: int, seconds: int = MINUTE) -> Window:
        """Count one request."""
        number, passed = divmod(int(time.time()), seconds)
        count = await self._count(window_key(name, f"{who}:{number}"), number, seconds)
        return Window(name, limit, count, seconds - passed, seconds)

    async def _count(self, key: str, number: int, seconds: int) -> int:
        if time.monotonic() >= self._away_until:
            try:
                async with asyncio.timeout(PATIENCE_SECONDS):
                    return await self._storage.incr(key.removeprefix(f"{PREFIX}:"), seconds)
            # Without Redis only the shared count is lost, not the request.
            except Exception:
                self._away_until = time.monotonic() + AWAY_SECONDS
        current, counts = self._local.get(seconds, (number, Counter()))
        if current != number:
            counts = Counter()
        counts[key] += 1
        self._local[seconds] = number, counts
        return counts[key]


class RequestLimits:
    """The limits of one request; raises Throttled when one is exceeded."""

    def __init__(self, windows: RateWindows, settings: Settings, address: str) -> None:
        self._windows = windows
        self._settings = settings
        self._address = address_group(address)
        self.seen: list[Window] = []

    async def address(self) -> None:
        """Count the request for its address."""
        await self._hit("address", self._address, self._settings.ip_requests_per_minute)

    async def user(self, user_id: str) -> None:
        """Count the request for its user."""
        await self._hit("user", user_id, self._settings.user_requests_per_minute)

    async def sign_in(self, email: str) -> None:
        """Count an attempt to sign in or to register, before any other work."""
        limit = self._settings.login_attempts_per_minute
        await self._hit("sign-in-address", self._address, limit * SIGN_INS_PER_ADDRESS)
        await self._hit("sign-in", digest([self._address, normalise_email(email)])[:32], limit)

    async def registration(self) -> None:
        """Count a registration for its address."""
        limit = self._settings.registrations_per_hour
        await self._hit("registration", self._address, limit, HOUR)

    async def _hit(self, name: str, who: str, limit: int, seconds: int = MINUTE) -> None:
        window = await self._windows.hit(name, who, limit, seconds)
        self.seen.append(window)
        if window.count > limit:
            raise Throttled(
                f"At most {limit} {_PERIODS[seconds]}; go on in {window.reset} seconds.",
                retry_after=window.reset,
                limit=limit,
            )

    def headers(self) -> dict[str, str]:
        """Return `RateLimit-Policy` and `RateLimit` of the counted limits."""
        if not self.seen:
            return {}
        return {
            "RateLimit-Policy": ", ".join(f'"{one.name}";q={one.limit};w={one.seconds}' for one in self.seen),
            "RateLimit": ", ".join(f'"{one.name}";r={one.remaining};t={one.reset}' for one in self.seen),
        }


def address_group(address: str) -> str:
    """Return the group of an address: the /64 of an IPv6 address."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if parsed.version == 6:
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False).network_address)
    return str(parsed)
