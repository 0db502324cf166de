"""Documents by the id in their address: whose they are, and how far the caller's role reaches."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Request

from api.dependencies import access_of
from core.account import Principal
from core.errors import Forbidden, NotFound
from core.scope import Scope
from services.logging_setup import note

DocumentId = Annotated[str, Path(alias="id", description="The document's id: 24 hex digits.")]
"""The id in an address."""


def visible(caller: Principal) -> Scope:
    """Every business of the caller, whatever the role: what is not in here does not exist for them."""
    return Scope(frozenset(caller.roles))


def within(request: Request, caller: Principal, business_id: str) -> Scope:
    """The one business, if the caller's role there is among those that the route declares.

    Raises:
        NotFound: The caller is no member.
        Forbidden: Their role is not enough.
    """
    role = caller.roles.get(business_id)
    if role is None:
        raise NotFound("business")
    note(business_id=business_id)
    access = access_of(request.scope["route"].dependencies)
    if access is not None and access.roles and role not in access.roles:
        raise Forbidden(f"As {role} you may not do this.", role=role, needed=list(access.roles))
    return Scope.of(business_id)
