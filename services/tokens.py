"""Access tokens (signed, short-lived) and refresh tokens (one generation of a session family each)."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

import jwt

from core.account import SessionFamily
from core.clock import Clock
from core.errors import Unauthenticated
from core.ids import is_id, new_id

ALGORITHM = "HS256"
ISSUER = "marquee"
AUDIENCE = "marquee-api"
CLAIMS = ["exp", "iat", "sub", "jti", "aud", "iss", "sid"]


@dataclass(frozen=True)
class AccessClaims:
    """The claims of a valid access token."""

    user_id: str
    session_id: str
    expires_at: datetime


@dataclass(frozen=True)
class RefreshToken:
    """A parsed refresh token; its family decides whether it is genuine."""

    family_id: str
    generation: int
    proof: str


class Tokens:
    """Creates and verifies the tokens of one installation."""

    def __init__(self, key: str, access_minutes: int, clock: Clock) -> None:
        self._key = key
        self._refresh_key = hmac.digest(key.encode(), b"refresh", hashlib.sha256)
        self._clock = clock
        self.access_lifetime = timedelta(minutes=access_minutes)

    def access(self, user_id: str, session_id: str) -> str:
        """Create an access token."""
        now = self._clock.now()
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": user_id,
            "sid": session_id,
            "jti": new_id(),
            "iat": int(now.timestamp()),
            "exp": int((now + self.access_lifetime).timestamp()),
        }
        return jwt.encode(claims, self._key, algorithm=ALGORITHM)

    def read_access(self, token: str) -> AccessClaims:
        """Verify an access token and return its claims.

        Raises:
            Unauthenticated: The token is forged, expired, or malformed.
        """
        now = self._clock.now()
        try:
            # Times are checked below, against the injected clock.
            claims = jwt.decode(
                token,
                self._key,
                algorithms=[ALGORITHM],
                issuer=ISSUER,
                audience=AUDIENCE,
                options={"require": CLAIMS, "verify_exp": False, "verify_iat": False},
            )
            user_id, session_id = claims["sub"], claims["sid"]
            expires_at = datetime.fromtimestamp(claims["exp"], now.tzinfo)
        except (jwt.InvalidTokenError, TypeError, ValueError, OverflowError, OSError) as error:
            raise Unauthenticated("The access token does not hold.") from error
        if now >= expires_at:
            raise Unauthenticated("The access token has expired; refresh it.")
        if not (isinstance(session_id, str) and is_id(user_id) and is_id(session_id)):
            raise Unauthenticated("The access token does not hold.")
        return AccessClaims(user_id, session_id, expires_at)

    def refresh(self, family: SessionFamily, generation: int) -> str:
        """Derive the family's token of a generation."""
        return f"{family.id}.{generation}.{self._proof(family, generation)}"

    def genuine(self, token: RefreshToken, family: SessionFamily) -> bool:
        """Return whether a token was issued by this installation."""
        return hmac.compare_digest(token.proof, self._proof(family, token.generation))

    def _proof(self, family: SessionFamily, generation: int) -> str:
        message = f"{family.id}.{generation}.{family.salt}".encode()
        digest = hmac.digest(self._refresh_key, message, hashlib.sha256)
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def parse_refresh(token: str) -> RefreshToken | None:
    """Parse a refresh token; None if it is malformed."""
    family_id, _, rest = token.partition(".")
    generation, _, proof = rest.partition(".")
    digits = generation.isascii() and generation.isdigit() and len(generation) < 10
    if not (is_id(family_id) and digits and proof.isascii() and len(proof) == 43):
        return None
    return RefreshToken(family_id, int(generation), proof)
