"""Registration: open, by invitation, or closed."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from core.account import Invitation
from core.clock import Clock
from core.errors import InvalidFields, RegistrationClosed
from core.ids import derived_id
from core.settings import Settings
from memory.database import Database
from services.accounts import Accounts, SignedIn


class Registration:
    """Creates accounts as `MARQUEE_REGISTRATION` allows."""

    def __init__(self, accounts: Accounts, database: Database, settings: Settings, clock: Clock) -> None:
        self._accounts = accounts
        self._invitations = database.invitations
        self._settings = settings
        self._clock = clock

    async def register(
        self, email: str, password: str, name: str, invitation: str | None = None, user_agent: str = ""
    ) -> SignedIn:
        """Make an account and sign in to it.

        Raises:
            RegistrationClosed: Only the administrator makes accounts.
            InvalidFields: The invitation is missing, used or expired, or the password is refused.
            EmailTaken: Another account has the address.
        """
        if self._settings.registration == "closed":
            raise RegistrationClosed
        if self._settings.registration == "open":
            return await self._accounts.register(email, password, name, user_agent)
        async with self._used(invitation):
            return await self._accounts.register(email, password, name, user_agent)

    async def invite(self, lifetime: timedelta) -> tuple[str, datetime]:
        """Create an invitation for one account; return its code, which is not stored, and its expiry."""
        code = secrets.token_urlsafe(18)
        now = self._clock.now()
        expires_at = now + lifetime
        await self._invitations.insert(
            Invitation(id=_id(code), expires_at=expires_at, created_at=now, updated_at=now)
        )
        return code, expires_at

    @asynccontextmanager
    async def _used(self, code: str | None) -> AsyncIterator[None]:
        """Consume an invitation for the block; restore it when the block fails."""
        if not code:
            raise _refused("is needed here: ask the administrator for one")
        now = self._clock.now()
        unused = {"_id": _id(code.strip()), "used_at": None, "expires_at": {"$gt": now}}
        if not await self._invitations.change(unused, {"used_at": now}):
            raise _refused("is unknown, used or expired: ask the administrator for another")
        try:
            yield
        except BaseException:
            await self._invitations.change({"_id": unused["_id"]}, {"used_at": None})
            raise


def _id(code: str) -> str:
    return derived_id("invitation", code)


def _refused(message: str) -> InvalidFields:
    return InvalidFields([{"field": "invitation", "message": message}])
