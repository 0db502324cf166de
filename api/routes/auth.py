"""Register, login, refresh, logout, me, sessions."""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import urlsplit

from fastapi import APIRouter, Header, Request, Response
from pydantic import Field

from api.authorization import MaybeCaller, SignedInCaller, public
from api.dependencies import Paging, ServicesDep
from api.reference import example, problem_response
from core.account import InstallationRole, Password, PersonName
from core.clock import Instant
from core.document import Value
from core.email_address import Email
from core.errors import Forbidden, SessionEnded
from core.views import PageView, View
from services.accounts import SignedIn

router = APIRouter(prefix="/auth", tags=["auth"])

COOKIE = "marquee_refresh"
COOKIE_PATH = "/auth"
USER = {
    "id": "65f0c7a31b2d94e6688aa01c",
    "email": "ali@example.com",
    "name": "Ali",
    "role": "marketer",
    "locale": "en",
    "created_at": "2027-03-01T09:00:00.000Z",
}

SESSION = {
    "id": "65f0c7a31b2d94e6688aa01d",
    "user_agent": "Firefox",
    "created_at": "2027-03-01T09:00:00.000Z",
    "last_used_at": "2027-03-02T08:30:00.000Z",
    "expires_at": "2027-04-01T08:30:00.000Z",
    "current": True,
}

UserAgent = Annotated[str, Header(alias="User-Agent", include_in_schema=False)]


class Registration(Value):
    """A new account."""

    model_config = example({"email": "ali@example.com", "password": "correct horse battery", "name": "Ali"})

    email: Email
    password: Password
    name: PersonName
    invitation: Annotated[str, Field(max_length=200)] | None = Field(
        default=None, description="The code of an invitation, where `registration` is `invite`."
    )


class Credentials(Value):
    """E-mail and password."""

    model_config = example({"email": "ali@example.com", "password": "correct horse battery"})

    email: Annotated[str, Field(max_length=320)]
    password: Annotated[str, Field(max_length=256)]


class RefreshIn(Value):
    """The refresh token, for clients without cookies."""

    model_config = example({})

    refresh_token: Annotated[str, Field(max_length=200)] | None = None


class UserOut(View):
    """The caller's own account."""

    model_config = example(USER)

    id: str
    email: str
    name: str
    role: InstallationRole
    locale: str
    created_at: Instant


class Tokens(View):
    """The tokens of a new or refreshed session."""

    model_config = example(
        {
            "access_token": "eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl",
            "token_type": "bearer",
            "expires_in": 900,
            "refresh_token": "65f0c7a31b2d94e6688aa01d.1.c2VjcmV0",
            "user": USER,
        }
    )

    access_token: str
    token_type: str = "bearer"  # noqa: S105 - the name of the scheme
    expires_in: int = Field(description="Seconds until the access token expires.")
    refresh_token: str | None = Field(
        description="Null where the session is kept in the cookie: scripts need not see it."
    )
    user: UserOut


class SessionState(View):
    """Whether a refresh would work."""

    model_config = example({"signed_in": True})

    signed_in: bool


class AuthOptions(View):
    """The options of the sign-in page."""

    model_config = example(
        {
            "demo": True,
            "demo_email": "demo@marquee.example",
            "demo_password": "demo-workspace",
            "model": "offline-demo",
            "offline": True,
            "registration": "open",
        }
    )

    demo: bool
    demo_email: str | None = None
    demo_password: str | None = None
    model: str = Field(description="The model that writes; empty when the endpoint chooses.")
    offline: bool
    registration: Literal["open", "invite", "closed"] = Field(
        description="Whether anybody may make an account, who has an invitation, or nobody."
    )


class SessionOut(View):
    """One session of a person."""

    model_config = example(SESSION)

    id: str
    user_agent: str
    created_at: Instant
    last_used_at: Instant
    expires_at: Instant
    current: bool


class SessionList(PageView[SessionOut]):
    """A page of sessions, newest first."""

    model_config = example({"items": [SESSION], "next_cursor": None})


@router.post(
    "/register",
    status_code=201,
    summary="Make an account and sign in to it",
    dependencies=[public()],
    responses={
        403: problem_response("`registration-closed`: the administrator makes the accounts."),
        409: problem_response("`email-taken`: another account has the address."),
    },
)
async def register(
    given: Registration,
    request: Request,
    response: Response,
    services: ServicesDep,
    user_agent: UserAgent = "",
) -> Tokens:
    """The new account is a marketer of the installation, and owner of every business that it creates."""
    await request.state.limits.sign_in(given.email)
    await request.state.limits.registration()
    signed_in = await services.registration.register(
        given.email, given.password, given.name, given.invitation, user_agent
    )
    return _begin(signed_in, request, response, services)


@router.post(
    "/login",
    summary="Sign in",
    dependencies=[public()],
    responses={401: problem_response("`bad-credentials`: e-mail or password is not right.")},
)
async def login(
    given: Credentials,
    request: Request,
    response: Response,
    services: ServicesDep,
    user_agent: UserAgent = "",
) -> Tokens:
    """Returns the refresh token in the body and as an HttpOnly cookie: use one of them."""
    await request.state.limits.sign_in(given.email)
    signed_in = await services.accounts.login(given.email, given.password, user_agent)
    return _begin(signed_in, request, response, services)


@router.post(
    "/refresh",
    summary="The next tokens of a session",
    dependencies=[public()],
    responses={
        401: problem_response("`session-ended`: expired, revoked or used before."),
        403: problem_response("`forbidden`: the cookie came from another site's page."),
    },
)
async def refresh(
    request: Request, response: Response, services: ServicesDep, given: RefreshIn | None = None
) -> Tokens:
    """Takes the cookie, or `{refresh_token}`. Each refresh token can be used once."""
    from_body = given.refresh_token if given else None
    token = from_body or _cookie(request, services)
    if token is None:
        raise SessionEnded
    signed_in = await services.accounts.refresh(token)
    tokens = _begin(signed_in, request, response, services)
    return tokens if from_body else tokens.model_copy(update={"refresh_token": None})


@router.post(
    "/logout", status_code=204, summary="End this session", dependencies=[public()], response_class=Response
)
async def logout(
    request: Request, services: ServicesDep, caller: MaybeCaller, given: RefreshIn | None = None
) -> Response:
    """Ends the session of the access token, of `{refresh_token}` and of the cookie; idempotent."""
    tokens = {given.refresh_token if given else None, _cookie(request, services)}
    for token in tokens:
        await services.accounts.logout(token, caller)
    response = Response(status_code=204)
    response.delete_cookie(COOKIE, COOKIE_PATH)
    return response


@router.get("/session", summary="Whether the browser's cookie holds a session", dependencies=[public()])
async def session(request: Request, services: ServicesDep) -> SessionState:
    """Always 200, so that a page can ask without an error in the browser's console."""
    token = request.cookies.get(COOKIE)
    return SessionState(signed_in=token is not None and await services.accounts.plausible(token))


@router.get("/options", summary="What the sign-in page needs to know", dependencies=[public()])
async def options(services: ServicesDep) -> AuthOptions:
    """The demo login is included if there is a demo workspace, never in production."""
    settings = services.settings
    demo = await services.accounts.demo_login()
    email, password = demo or (None, None)
    return AuthOptions(
        demo=demo is not None,
        demo_email=email,
        demo_password=password,
        model="offline-demo" if settings.offline else settings.model_writer or settings.model,
        offline=settings.offline,
        registration=settings.registration,
    )


@router.get("/me", summary="Who is signed in")
async def me(caller: SignedInCaller, services: ServicesDep) -> UserOut:
    """The caller's own account."""
    return UserOut.of(await services.accounts.user(caller.id))


@router.get("/sessions", summary="Where the caller is signed in")
async def list_sessions(caller: SignedInCaller, services: ServicesDep, paging: Paging) -> SessionList:
    """Open sessions, newest first."""
    page = await services.accounts.sessions(caller.id, paging.limit, paging.cursor)
    return SessionList(
        items=[
            SessionOut(
                id=family.id,
                user_agent=family.user_agent,
                created_at=family.created_at,
                last_used_at=family.rotated_at or family.created_at,
                expires_at=family.expires_at,
                current=family.id == caller.session_id,
            )
            for family in page.items
        ],
        next_cursor=page.next_cursor,
    )


@router.delete("/sessions", status_code=204, summary="End every other session")
async def end_other_sessions(caller: SignedInCaller, services: ServicesDep) -> None:
    """The caller's session continues."""
    await services.accounts.end_sessions(caller.id, keep=caller.session_id)


@router.delete(
    "/sessions/{session_id}",
    status_code=204,
    summary="End one session",
    responses={404: problem_response("The caller has no such open session.")},
)
async def end_session(session_id: str, caller: SignedInCaller, services: ServicesDep) -> None:
    """Ends one session, which may be the caller's."""
    await services.accounts.end_session(caller.id, session_id)


def _begin(signed_in: SignedIn, request: Request, response: Response, services: ServicesDep) -> Tokens:
    response.set_cookie(
        COOKIE,
        signed_in.refresh_token,
        path=COOKIE_PATH,
        expires=signed_in.refresh_expires_at,
        httponly=True,
        samesite="strict",
        # Plain http is allowed for trying out, not in production.
        secure=services.settings.production or request.url.scheme == "https",
    )
    return Tokens(
        access_token=signed_in.access_token,
        expires_in=signed_in.expires_in,
        refresh_token=signed_in.refresh_token,
        user=UserOut.of(signed_in.user),
    )


def _cookie(request: Request, services: ServicesDep) -> str | None:
    """Return the cookie's token; Forbidden when a page of another origin sent it."""
    token = request.cookies.get(COOKIE)
    origin = request.headers.get("origin")
    if token is None or origin is None:
        return token
    own = {request.headers.get("host", ""), urlsplit(services.settings.public_url).netloc}
    if urlsplit(origin).netloc not in own - {""}:
        raise Forbidden("The cookie is for pages of this site only.")
    return token
