"""Authorization of routes: public, signed in, or a permission on the requested resource.

A route declares one of them: `dependencies=[public()]`, `caller: SignedInCaller`, or
`allowed: Annotated[Authorized[Campaign], authorize("campaign.edit", campaign_in_path)]`. The app does not
start with a route that has none.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any, Generic, Protocol, TypeVar

from fastapi import Depends, Request
from fastapi.routing import APIRoute
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from api.dependencies import ServicesDep
from core.account import Principal
from core.errors import Forbidden, NotFound, Unauthenticated
from core.permissions import ROLES_WITH, Permission
from core.scope import Scope
from services.logging_setup import note

_bearer = HTTPBearer(auto_error=False, description="The `access_token` of /auth/login.")
Bearer = Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]


async def optional_principal(services: ServicesDep, credentials: Bearer) -> Principal | None:
    """Return the principal of a token; None without a valid one."""
    if credentials is None:
        return None
    try:
        return await services.accounts.authenticate(credentials.credentials)
    except Unauthenticated:
        return None


async def current_principal(request: Request, services: ServicesDep, credentials: Bearer) -> Principal:
    """Return the principal; Unauthenticated without a valid token."""
    if credentials is None:
        raise Unauthenticated("Send an access token: Authorization: Bearer ….")
    principal = await services.accounts.authenticate(credentials.credentials)
    note(user_id=principal.id)
    await request.state.limits.user(principal.id)
    return principal


Caller = Annotated[Principal, Depends(current_principal)]
MaybeCaller = Annotated[Principal | None, Depends(optional_principal)]


class InBusiness(Protocol):
    """A resource that belongs to a business: a document or a request body.

    None means every business in which the caller holds the permission: a list without a filter.
    """

    @property
    def business_id(self) -> str | None:
        """The business in which the permission is required."""
        ...


D_co = TypeVar("D_co", bound=InBusiness, covariant=True)
Resource = Callable[..., Awaitable[D_co]]
"""A FastAPI dependency that finds the resource (`api/resources.py`), or raises NotFound.

It searches all businesses of the caller; the role is checked afterwards, so that others get 404 and members
403.
"""


@dataclass(frozen=True)
class Authorized(Generic[D_co]):
    """The authorized principal, its scope, and the resource."""

    principal: Principal
    scope: Scope
    resource: D_co


class Access:
    """The access rule of a route; `access_of` finds it among the route's dependencies."""

    @property
    def label(self) -> str:
        """The label in the table of operations."""
        raise NotImplementedError


@dataclass(frozen=True)
class PublicAccess(Access):
    """No authentication is required."""

    @property
    def label(self) -> str:
        """`public`."""
        return "public"

    async def __call__(self) -> None:
        """Accept every request."""


@dataclass(frozen=True)
class SignedIn(Access):
    """Any person with an account, for routes about that person."""

    @property
    def label(self) -> str:
        """`signed-in`."""
        return "signed-in"

    async def __call__(self, caller: Caller) -> Principal:
        """Return the person; Forbidden for other principals, which have no account."""
        if caller.kind != "user":
            raise Forbidden("Only a person who is signed in may do this.")
        return caller


@dataclass(frozen=True)
class AdminRequired(Access):
    """Administrators of the installation; no tenant's content is behind such a route."""

    @property
    def label(self) -> str:
        """`admin`."""
        return "admin"

    async def __call__(self, caller: Caller) -> Principal:
        """Return the administrator.

        Raises:
            Forbidden: The caller is none.
        """
        if caller.kind != "user" or caller.installation_role != "admin":
            raise Forbidden("Only an administrator of this installation may do this.")
        return caller


@dataclass(frozen=True)
class PermissionRequired(Access):
    """Principals with a permission in the business of the resource."""

    permission: Permission
    resource: Resource[InBusiness]

    @property
    def label(self) -> str:
        """The permission."""
        return self.permission

    @property
    def __signature__(self) -> inspect.Signature:
        """The parameters that FastAPI fills; each instance has its own resource."""
        annotations = {"caller": Caller, "resource": Annotated[InBusiness, Depends(self.resource)]}
        return inspect.Signature(
            [
                inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation)
                for name, annotation in annotations.items()
            ]
        )

    async def __call__(self, *, caller: Principal, resource: InBusiness) -> Authorized[InBusiness]:
        """Check the permission and narrow the scope to the business.

        Raises:
            NotFound: The caller has no role in the business.
            Forbidden: Their role does not hold the permission.
        """
        business_id = resource.business_id
        if business_id is None:
            return Authorized(caller, caller.scope(self.permission), resource)
        role = caller.roles.get(business_id)
        if role is None:
            raise NotFound("business")
        note(business_id=business_id)
        if not caller.may(self.permission, business_id):
            raise Forbidden(
                f"As {role} you may not do this.",
                role=role,
                permission=self.permission,
                needed=sorted(ROLES_WITH[self.permission] - {"api_key"}),
            )
        return Authorized(caller, Scope.of(business_id), resource)


def public() -> Any:
    """Require nothing."""
    return Depends(PublicAccess())


def signed_in() -> Any:
    """Require a signed-in person."""
    return Depends(SignedIn())


def admin() -> Any:
    """Administrators of the installation may call the route."""
    return Depends(AdminRequired())


def authorize(permission: Permission, resource: Resource[InBusiness]) -> Any:
    """Require a permission in the business of the resource, and narrow the scope to it."""
    return Depends(PermissionRequired(permission, resource))


SignedInCaller = Annotated[Principal, signed_in()]
"""The person who is signed in."""


def access_of(route: APIRoute) -> Access | None:
    """Return the access rule of a route; None when it declares none or several."""
    calls: list[object] = [dependency.call for dependency in route.dependant.dependencies]
    declared = [call for call in calls if isinstance(call, Access)]
    return declared[0] if len(declared) == 1 else None
