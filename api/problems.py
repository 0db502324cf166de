"""Convert errors to RFC 9457 problem details."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import orjson
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import iter_route_contexts
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from core.errors import (
    BodyTooLarge,
    Invalid,
    Kind,
    MalformedBody,
    MarqueeError,
    NoSuchAddress,
    Unavailable,
)
from core.fields import invalid_fields
from memory.mongo import PyMongoError, cannot_serve
from services.logging_setup import redact

log = logging.getLogger("marquee.api")

MEDIA_TYPE = "application/problem+json"

STATUS: Mapping[Kind, int] = {
    "invalid": 400,
    "unauthenticated": 401,
    "forbidden": 403,
    "not_found": 404,
    "conflict": 409,
    "precondition": 412,
    "unprocessable": 422,
    "throttled": 429,
    "model": 502,
    "unavailable": 503,
    "misconfigured": 500,
    "internal": 500,
}
STATUS_BY_SLUG: Mapping[str, int] = {"body-too-large": 413, "method-not-allowed": 405}
"""Statuses that are more specific than that of the kind."""

RETRY_SECONDS = 5
"""Default of `Retry-After` in seconds."""


class MethodNotAllowed(Invalid):
    """The address exists, but not for this method."""

    kind = "invalid"
    slug = "method-not-allowed"
    title = "This address does not take that method"


class FieldProblem(BaseModel):
    """One invalid field."""

    field: str
    message: str


class Problem(BaseModel):
    """RFC 9457 problem details. `slug` is stable; further members are its parameters."""

    model_config = {
        "extra": "allow",
        "json_schema_extra": {
            "examples": [
                {
                    "type": "/docs/problems#not-found",
                    "slug": "not-found",
                    "title": "There is nothing at this address",
                    "status": 404,
                    "detail": "No campaign has this id.",
                    "noun": "campaign",
                    "request_id": "5f0c7a31b2d94e6688aa01cd",
                }
            ]
        },
    }

    type: str = Field(description="Where the problem is explained: a path below this server.")
    slug: str
    title: str
    status: int
    detail: str
    request_id: str | None = None
    errors: list[FieldProblem] | None = None


def status_of(error: MarqueeError) -> int:
    """Return the HTTP status of an error."""
    return STATUS_BY_SLUG.get(error.slug, STATUS[error.kind])


def problem_of(error: MarqueeError, request_id: str | None = None) -> dict[str, Any]:
    """Return the problem object of an error, for responses and streams."""
    problem = error.problem()
    if error.kind in ("internal", "misconfigured"):
        # Details of a misconfiguration are logged, not shown to clients.
        problem = {**MarqueeError().problem(), "detail": "It was noted in the log under the request id."}
    problem["status"] = status_of(error)
    if request_id:
        problem["request_id"] = request_id
    return problem


def render(error: MarqueeError, request_id: str | None = None) -> Response:
    """Return the response for an error."""
    problem = problem_of(error, request_id)
    headers = {}
    if error.kind == "unauthenticated":
        headers["WWW-Authenticate"] = "Bearer"
    if error.kind in ("throttled", "unavailable"):
        headers["Retry-After"] = str(error.facts.get("retry_after", RETRY_SECONDS))
    if allow := error.facts.get("allow"):
        headers["Allow"] = allow
    return Response(
        orjson.dumps(problem, default=str), problem["status"], headers=headers, media_type=MEDIA_TYPE
    )


def from_validation(error: RequestValidationError) -> MarqueeError:
    """Convert a validation error of FastAPI: path, then the whole body, then fields."""
    errors = error.errors()
    if any(one["loc"][:1] == ("path",) for one in errors):
        return NoSuchAddress()
    for one in errors:
        if one["type"] == "json_invalid":
            return MalformedBody(f"The body is not JSON: {one['ctx']['error']} at character {one['loc'][1]}.")
        if one["loc"] == ("body",) and isinstance(one.get("input"), bytes):
            return MalformedBody("Send JSON, with Content-Type: application/json.")
        if one["loc"] == ("body",) and one["type"] == "missing":
            return MalformedBody("A JSON body is needed.")
    return invalid_fields({**one, "loc": one["loc"][1:]} for one in errors)


def from_http(error: StarletteHTTPException) -> MarqueeError:
    """Convert an HTTP exception of the framework."""
    if error.status_code == 405:
        return MethodNotAllowed()
    if error.status_code == 413:
        return BodyTooLarge("At most 1 MB is taken.")
    if error.status_code == 404:
        return NoSuchAddress()
    return MalformedBody(str(error.detail))


def from_unknown(error: Exception) -> MarqueeError:
    """Convert an unexpected exception; an unavailable database is reported as such."""
    if isinstance(error, MarqueeError):
        return error
    if isinstance(error, StarletteHTTPException):
        return from_http(error)
    if isinstance(error, ClientDisconnect):
        return MalformedBody("The body did not come to its end.")
    if cannot_serve(error):
        return Unavailable("The database does not answer; try again in a moment.", part="mongodb")
    return MarqueeError()


def note_error(error: Exception, known: MarqueeError) -> None:
    """Log errors that an administrator has to look at."""
    if known.kind in ("internal", "misconfigured"):
        log.error("request failed: %s", redact(str(error)) or type(error).__name__, exc_info=error)
    elif known.kind in ("model", "unavailable"):
        log.warning("request failed: %s", redact(str(error)), extra={"slug": known.slug})


def request_id_of(request: Request) -> str | None:
    """Return the request id, set by the middleware."""
    request_id: str | None = getattr(request.state, "request_id", None)
    return request_id


def _methods_of(request: Request) -> str:
    """Return all methods of a path; the framework names only those of its first route."""
    taken: set[str] = set()
    for context in iter_route_contexts(request.app.routes):
        route: Any = context
        if route.path_regex.match(request.scope["path"]):
            # Static files have no list of methods.
            taken |= getattr(route.route, "methods", None) or {"GET", "HEAD"}
    return ", ".join(sorted(taken))


def add_problem_handlers(app: FastAPI) -> None:
    """Render every error of the app as a problem."""

    async def known(request: Request, error: Exception) -> Response:
        problem = from_unknown(error)
        if isinstance(problem, MethodNotAllowed):
            problem.facts["allow"] = _methods_of(request)
        note_error(error, problem)
        return render(problem, request_id_of(request))

    async def validation(request: Request, error: Exception) -> Response:
        if not isinstance(error, RequestValidationError):
            raise error
        return render(from_validation(error), request_id_of(request))

    app.add_exception_handler(MarqueeError, known)
    app.add_exception_handler(StarletteHTTPException, known)
    app.add_exception_handler(PyMongoError, known)
    app.add_exception_handler(RequestValidationError, validation)
