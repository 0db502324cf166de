"""Hash and verify passwords with argon2id, in a thread pool."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

MEMORY_KIB = 19_456
THREADS = 2


class Passwords:
    """Hashes and verifies; an unknown user takes the same time as a wrong password."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher(time_cost=2, memory_cost=MEMORY_KIB, parallelism=1)
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="passwords")
        self._dummy: str | None = None

    async def hash(self, password: str) -> str:
        """Return the hash of a password."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._hasher.hash, password)

    async def check(self, password_hash: str | None, password: str) -> bool:
        """Verify a password; without a hash return False after the same work."""
        if password_hash is None:
            self._dummy = self._dummy or await self.hash("nobody has this password")
            await self._verify(self._dummy, password)
            return False
        return await self._verify(password_hash, password)

    def outdated(self, password_hash: str) -> bool:
        """Return whether the hash was made with outdated parameters."""
        return self._hasher.check_needs_rehash(password_hash)

    def close(self) -> None:
        """End the threads."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def _verify(self, password_hash: str, password: str) -> bool:
        def verify() -> bool:
            try:
                return self._hasher.verify(password_hash, password)
            except (VerificationError, InvalidHashError):
                return False

        return await asyncio.get_running_loop().run_in_executor(self._pool, verify)
