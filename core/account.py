"""User, membership, session family, principal."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field, StringConstraints

from core.clock import Instant
from core.document import Document
from core.email_address import Email
from core.fields import NotBlank
from core.permissions import Permission, Role, allows
from core.scope import Scope

InstallationRole = Literal["admin", "marketer"]
BusinessRole = Literal["owner", "marketer", "client"]
PrincipalKind = Literal["user", "api_key", "system"]


Password = Annotated[str, StringConstraints(min_length=10, max_length=256)]
PersonName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120), NotBlank]


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


class BusinessSeat(Document):
    """A numbered seat of a user: the business that holds it, and the one before."""

    user_id: str
    business_id: str
    previous_id: str | None = None


class Invitation(Document):
    """The right to make one account; its id is derived from the code, which is not stored."""

    expires_at: Instant
    used_at: Instant | None = None


class SessionFamily(Document):
    """One sign-in and all refresh tokens that descend from it.

    No token is stored: each is derived from the salt and its generation. Two tabs may refresh at once: within
    the grace period after `rotated_at` the previous token returns the newest one; any older token revokes the
    family.
    """

    user_id: str
    salt: str
    generation: int = 1
    rotated_at: Instant | None = None
    expires_at: Instant
    revoked_at: Instant | None = None
    user_agent: str = ""


class Principal(BaseModel, frozen=True):
    """The authenticated caller with their role in each business.

    A user has the role of each membership, an API key the role `api_key` in its one business; the system,
    which acts on scopes of its own scans, has none.
    """

    kind: PrincipalKind = "user"
    id: str
    name: str = ""
    installation_role: InstallationRole = "marketer"
    session_id: str | None = None
    roles: dict[str, Role] = Field(default_factory=dict)

    def may(self, permission: Permission, business_id: str) -> bool:
        """Return whether the caller holds a permission in a business; false without a role there."""
        role = self.roles.get(business_id)
        return role is not None and allows(role, permission)

    def scope(self, permission: Permission | None = None) -> Scope:
        """Return the businesses where the caller holds a permission, or has any role if none is given."""
        return Scope(
            frozenset(
                business_id
                for business_id in self.roles
                if permission is None or self.may(permission, business_id)
            )
        )
