"""Principal, scope, services, versions, pages: the only Depends.

A route says who may call it: `dependencies=[public()]`, `[signed_in()]` or `[requires("owner", "marketer")]`;
without one of them the app does not start.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import Depends, Header, Query, Request, Response
from fastapi.params import Depends as DependsParam
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from core.account import BusinessRole, Principal
from core.errors import Forbidden, InvalidFields, Unauthenticated
from core.scope import Scope
from services.container import Services
from services.logging_setup import note

Audience = Literal["public", "signed-in", "business"]

_bearer = HTTPBearer(auto_error=False, description="The `access_token` of /auth/login.")
_ETAG = re.compile(r'(?:W/)?"(\d{1,9})"\Z')


def services_of(request: Request) -> Services:
    """The services that the app was started with."""
    services: Services = request.app.state.services
    return services


ServicesDep = Annotated[Services, Depends(services_of)]


async def optional_principal(
    request: Request,
    services: ServicesDep,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> Principal | None:
    """Who is asking, if a token came; one that does not hold counts as none."""
    if credentials is None:
        return None
    try:
        return await services.accounts.authenticate(credentials.credentials)
    except Unauthenticated:
        return None


async def current_principal(
    request: Request,
    services: ServicesDep,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> Principal:
    """Who is asking; Unauthenticated without a token that holds."""
    if credentials is None:
        raise Unauthenticated("Send an access token: Authorization: Bearer ….")
    principal = await services.accounts.authenticate(credentials.credentials)
    note(user_id=principal.user_id)
    await request.state.limits.user(principal.user_id)
    return principal


Caller = Annotated[Principal, Depends(current_principal)]
MaybeCaller = Annotated[Principal | None, Depends(optional_principal)]


@dataclass(frozen=True)
class Access:
    """Who may call a route; kept on the route, so that the table of roles is read off the app."""

    audience: Audience
    roles: tuple[BusinessRole, ...] = ()

    @property
    def label(self) -> str:
        """`public`, `signed-in`, or the roles."""
        return ", ".join(self.roles) if self.audience == "business" else self.audience


@dataclass(frozen=True)
class OpenDoor(Access):
    """Anybody."""

    async def __call__(self) -> None:
        """Let everybody through."""


@dataclass(frozen=True)
class GuardedDoor(Access):
    """Whoever is signed in and, where a business is named, has one of the roles in it."""

    async def __call__(self, request: Request, caller: Caller) -> None:
        """Refuse a member whose role is not enough; of foreign businesses nothing is said here."""
        if self.audience != "business":
            return
        for named in (*request.path_params.values(), request.query_params.get("business_id")):
            role = caller.roles.get(named) if isinstance(named, str) else None
            if role is not None:
                note(business_id=named)
                if role not in self.roles:
                    raise Forbidden(f"As {role} you may not do this.", role=role, needed=list(self.roles))


def public() -> Any:
    """Anybody may call the route."""
    return Depends(OpenDoor("public"))


def signed_in() -> Any:
    """Whoever is signed in may call the route; what concerns a business is decided by its scope."""
    return Depends(GuardedDoor("signed-in"))


def requires(*roles: BusinessRole) -> Any:
    """Members with one of the roles may call the route; its scope has only their businesses."""
    return Depends(GuardedDoor("business", roles))


def access_of(dependencies: Iterable[DependsParam]) -> Access | None:
    """The declared access among a route's dependencies; the last one counts (the route's own)."""
    found: Access | None = None
    for one in dependencies:
        if isinstance(one.dependency, Access):
            found = one.dependency
    return found


def current_scope(request: Request, caller: Caller) -> Scope:
    """The businesses in which the caller has a role that the route asks for."""
    access = access_of(request.scope["route"].dependencies)
    wanted = access.roles if access is not None and access.audience == "business" else None
    return Scope(
        frozenset(
            business_id for business_id, role in caller.roles.items() if wanted is None or role in wanted
        )
    )


ScopeDep = Annotated[Scope, Depends(current_scope)]


def if_match(
    if_match: Annotated[
        str | None, Header(alias="If-Match", description='The version that was read: `"3"`, or `*`.')
    ] = None,
) -> int | None:
    """The version that the caller has read; None when any will do."""
    if if_match is None or if_match.strip() == "*":
        return None
    found = _ETAG.match(if_match.strip())
    if found is None:
        raise InvalidFields([{"field": "If-Match", "message": 'must be the ETag that was read, such as "3"'}])
    return int(found[1])


IfMatch = Annotated[int | None, Depends(if_match)]


def set_etag(response: Response, version: int) -> None:
    """Answer a document with its version as entity tag."""
    response.headers["ETag"] = f'"{version}"'


@dataclass(frozen=True)
class PageQuery:
    """Which part of a list is wanted."""

    limit: Annotated[int, Query(ge=1, le=100, description="How many at most.")] = 20
    cursor: Annotated[
        str | None, Query(max_length=200, description="The `next_cursor` of the page before.")
    ] = None


Paging = Annotated[PageQuery, Depends(PageQuery)]
