"""User, session family, principal and scopes."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, EmailStr, Field, StringConstraints

from core.clock import Instant
from core.document import Document

InstallationRole = Literal["admin", "marketer"]
BusinessRole = Literal["owner", "marketer", "client"]


def fold_email(value: str) -> str:
    """The form in which addresses are compared: trimmed and case-folded."""
    return value.strip().casefold()


Email = Annotated[EmailStr, AfterValidator(fold_email)]
Password = Annotated[str, StringConstraints(min_length=10, max_length=256)]
PersonName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]


class User(Document):
    """A person who can sign in. `is_active` false kills every token of theirs."""

    email: Email
    password_hash: str
    name: str
    role: InstallationRole = "marketer"
    is_active: bool = True
    locale: str = "en"


class Membership(Document):
    """What a user may do in a business."""

    business_id: str
    user_id: str
    role: BusinessRole


class SessionFamily(Document):
    """One sign-in and all refresh tokens that descend from it.

    No token is kept: each follows from the salt and its generation. Two tabs may refresh at once: inside
    the grace after `rotated_at` the token before the newest gets the newest, any other old one revokes.
    """

    user_id: str
    salt: str
    generation: int = 1
    rotated_at: Instant | None = None
    expires_at: Instant
    revoked_at: Instant | None = None
    user_agent: str = ""


class Principal(BaseModel, frozen=True):
    """Who is asking: the user and their role in each of their businesses."""

    user_id: str
    name: str = ""
    installation_role: InstallationRole = "marketer"
    session_id: str | None = None
    roles: dict[str, BusinessRole] = Field(default_factory=dict)
