"""Register, sign in, refresh, sign out; who may act on which business."""

from __future__ import annotations

import asyncio
import logging
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NoReturn

from core.account import InstallationRole, Principal, SessionFamily, User
from core.clock import Clock
from core.demo import DEMO_EMAIL, DEMO_PASSWORD
from core.email_address import email_forms, normalise_email
from core.errors import BadCredentials, EmailTaken, NotFound, SessionEnded, Unauthenticated
from core.settings import Settings
from memory.collections import AlreadyThere
from memory.database import Database
from memory.pages import Page
from services.password_strength import PasswordStrength
from services.passwords import Passwords
from services.tokens import RefreshToken, Tokens, parse_refresh

log = logging.getLogger("marquee.accounts")


SESSION_CACHED_SECONDS = 5.0
"""Seconds until other processes notice an ended session or a deactivated user."""
SESSIONS_CACHED = 10_000

MOST_MEMBERSHIPS = 10_000
"""Limit of businesses of one person; with more, requests fail instead of listing some."""


@dataclass(frozen=True)
class SignedIn:
    """The tokens of a new or renewed session."""

    user: User
    session_id: str
    access_token: str
    expires_in: int
    refresh_token: str
    refresh_expires_at: datetime


@dataclass(frozen=True)
class CachedSession:
    """A valid session, and when it was last read."""

    user: User
    read_at: datetime


class Accounts:
    """Accounts, sessions and authentication."""

    def __init__(
        self,
        database: Database,
        settings: Settings,
        key: str,
        passwords: Passwords,
        strength: PasswordStrength,
        clock: Clock,
    ) -> None:
        self._database = database
        self._settings = settings
        self._passwords = passwords
        self._strength = strength
        self._clock = clock
        self._tokens = Tokens(key, settings.access_minutes, clock)
        self._grace = timedelta(seconds=settings.refresh_grace_seconds)
        self._lifetime = timedelta(days=settings.refresh_days)
        self._sessions: dict[str, CachedSession] = {}

    async def create(
        self, email: str, password: str, name: str, role: InstallationRole = "marketer", locale: str = "en"
    ) -> User:
        """Make an account.

        Raises:
            EmailTaken: Another account has the address.
            InvalidFields: The password is blank, personal or common.
        """
        await self._strength.require(password, email, name)
        if await self._find(email) is not None:
            raise EmailTaken
        now = self._clock.now()
        user = User(
            email=normalise_email(email),
            password_hash=await self._passwords.hash(password),
            name=name,
            role=role,
            locale=locale,
            created_at=now,
            updated_at=now,
        )
        try:
            return await self._database.users.insert(user)
        except AlreadyThere as error:
            raise EmailTaken from error

    async def register(self, email: str, password: str, name: str, user_agent: str = "") -> SignedIn:
        """Make an account and sign in to it."""
        return await self._begin(await self.create(email, password, name), user_agent)

    async def login(self, email: str, password: str, user_agent: str = "") -> SignedIn:
        """Sign in.

        Raises:
            BadCredentials: Unknown address, wrong password or deactivated account; indistinguishable.
        """
        user = await self._find(email)
        right = await self._passwords.check(user.password_hash if user else None, password)
        if user is None or not right or not user.is_active:
            raise BadCredentials
        if self._passwords.outdated(user.password_hash):
            renewed = await self._passwords.hash(password)
            await self._database.users.change({"_id": user.id}, {"password_hash": renewed})
        return await self._begin(user, user_agent)

    async def refresh(self, token: str) -> SignedIn:
        """Return the next tokens of a session.

        Within the grace period the previous token returns the newest one, for two tabs or a lost response.
        Any older token was stolen or copied: the whole family is revoked.

        Raises:
            SessionEnded: Expired, revoked, unknown or used before.
        """
        parsed = parse_refresh(token)
        # Read again after a lost race: the other rotation is within the grace period.
        for _ in range(3):
            family = await self._family(parsed)
            if parsed is None or family is None:
                break
            now = self._clock.now()
            if parsed.generation == family.generation:
                rotated = {
                    "generation": family.generation + 1,
                    "rotated_at": now,
                    "expires_at": now + self._lifetime,
                }
                expect = {"_id": family.id, "generation": family.generation, "revoked_at": None}
                if await self._database.sessions.change(expect, rotated):
                    return await self._renew(family.model_copy(update=rotated))
            elif self._in_grace(parsed, family, now):
                return await self._renew(family)
            else:
                await self._reused(family)
        raise SessionEnded

    async def plausible(self, token: str) -> bool:
        """Return whether a refresh with this token would succeed; changes nothing."""
        parsed = parse_refresh(token)
        family = await self._family(parsed)
        if parsed is None or family is None:
            return False
        return parsed.generation == family.generation or self._in_grace(parsed, family, self._clock.now())

    async def authenticate(self, access_token: str) -> Principal:
        """Return the principal of an access token, with its role in each business.

        Raises:
            Unauthenticated: The token is invalid, its session has ended, or the account is deactivated.
        """
        claims = self._tokens.read_access(access_token)
        user, memberships = await asyncio.gather(
            self._signed_in_user(claims.user_id, claims.session_id),
            self._database.memberships.all({"user_id": claims.user_id}, MOST_MEMBERSHIPS),
        )
        return Principal(
            id=user.id,
            name=user.name,
            installation_role=user.role,
            session_id=claims.session_id,
            roles={membership.business_id: membership.role for membership in memberships},
        )

    async def user(self, user_id: str) -> User:
        """Return a person's account."""
        user = await self._database.users.find({"_id": user_id})
        if user is None:
            raise NotFound("user")
        return user

    async def sessions(self, user_id: str, limit: int, cursor: str | None = None) -> Page[SessionFamily]:
        """Return the open sessions of a person, newest first."""
        where = {"user_id": user_id, "revoked_at": None}
        page = await self._database.sessions.page(where, limit, cursor)
        now = self._clock.now()
        # The database removes an expired one within a minute.
        return Page([family for family in page.items if family.expires_at > now], page.next_cursor)

    async def end_session(self, user_id: str, session_id: str) -> None:
        """End one open session of a person; NotFound if there is none."""
        expect = {"_id": session_id, "user_id": user_id, "revoked_at": None}
        if not await self._database.sessions.change(expect, {"revoked_at": self._clock.now()}):
            raise NotFound("session")
        self._sessions.pop(session_id, None)

    async def end_sessions(self, user_id: str, keep: str | None = None) -> None:
        """End all sessions of a person except `keep`."""
        others = {"user_id": user_id, "revoked_at": None, "_id": {"$ne": keep}}
        await self._database.sessions.change_all(others, {"revoked_at": self._clock.now()})
        for session_id, known in list(self._sessions.items()):
            if known.user.id == user_id and session_id != keep:
                del self._sessions[session_id]

    async def logout(self, refresh_token: str | None, principal: Principal | None) -> None:
        """End the session of the token or caller; idempotent."""
        family = await self._family(parse_refresh(refresh_token)) if refresh_token else None
        if family is not None:
            await self._revoke(family)
        if principal is not None and principal.session_id is not None:
            family = await self._database.sessions.find({"_id": principal.session_id})
            if family is not None:
                await self._revoke(family)

    async def demo_login(self) -> tuple[str, str] | None:
        """Return e-mail and password of the demo workspace, except in production."""
        if self._settings.production or not self._settings.demo:
            return None
        there = await self._database.users.find({"email": DEMO_EMAIL})
        return None if there is None else (DEMO_EMAIL, DEMO_PASSWORD)

    async def _find(self, email: str) -> User | None:
        """Find an account by any spelling of its address."""
        for form in email_forms(email):
            if (user := await self._database.users.find({"email": form})) is not None:
                return user
        return None

    async def _begin(self, user: User, user_agent: str) -> SignedIn:
        now = self._clock.now()
        family = SessionFamily(
            user_id=user.id,
            salt=secrets.token_urlsafe(16),
            expires_at=now + self._lifetime,
            user_agent=user_agent[:200],
            created_at=now,
            updated_at=now,
        )
        await self._database.sessions.insert(family)
        return self._signed_in(user, family)

    async def _renew(self, family: SessionFamily) -> SignedIn:
        user = await self._database.users.find({"_id": family.user_id})
        if user is None or not user.is_active:
            raise SessionEnded
        return self._signed_in(user, family)

    def _signed_in(self, user: User, family: SessionFamily) -> SignedIn:
        return SignedIn(
            user=user,
            session_id=family.id,
            access_token=self._tokens.access(user.id, family.id),
            expires_in=int(self._tokens.access_lifetime.total_seconds()),
            refresh_token=self._tokens.refresh(family, family.generation),
            refresh_expires_at=family.expires_at,
        )

    async def _family(self, token: RefreshToken | None) -> SessionFamily | None:
        """Return the open family of a genuine token."""
        if token is None:
            return None
        family = await self._database.sessions.find({"_id": token.family_id})
        if family is None or not self._tokens.genuine(token, family):
            return None
        ended = family.revoked_at is not None or family.expires_at <= self._clock.now()
        return None if ended else family

    def _in_grace(self, token: RefreshToken, family: SessionFamily, now: datetime) -> bool:
        recent = family.rotated_at is not None and now < family.rotated_at + self._grace
        return token.generation == family.generation - 1 and recent

    async def _reused(self, family: SessionFamily) -> NoReturn:
        await self._revoke(family)
        log.warning(
            "a used refresh token came back; its session was ended",
            extra={"user_id": family.user_id, "session_id": family.id},
        )
        raise SessionEnded

    async def _revoke(self, family: SessionFamily) -> None:
        await self._database.sessions.change(
            {"_id": family.id, "revoked_at": None}, {"revoked_at": self._clock.now()}
        )
        self._sessions.pop(family.id, None)

    async def _signed_in_user(self, user_id: str, session_id: str) -> User:
        now = self._clock.now()
        known = self._sessions.get(session_id)
        fresh = known is not None and abs((now - known.read_at).total_seconds()) < SESSION_CACHED_SECONDS
        if known is not None and fresh and known.user.id == user_id:
            return known.user
        user, family = await asyncio.gather(
            self._database.users.find({"_id": user_id}),
            self._database.sessions.find({"_id": session_id, "user_id": user_id, "revoked_at": None}),
        )
        if user is None or family is None or not user.is_active:
            self._sessions.pop(session_id, None)
            raise Unauthenticated("The session has ended; sign in again.")
        if len(self._sessions) >= SESSIONS_CACHED:
            self._sessions.clear()
        self._sessions[session_id] = CachedSession(user, now)
        return user
