"""The API reference: OpenAPI with roles and problems, its pages, the table of roles."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute, iter_route_contexts
from pydantic import ConfigDict
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.staticfiles import StaticFiles

from api.authorization import Access, PermissionRequired, PublicAccess, access_of
from api.idempotency import KEY_PATTERN
from api.problems import MEDIA_TYPE, Problem
from core.errors import Misconfigured
from core.permissions import ROLES_WITH, Role

PROBLEMS = Path(__file__).parent.parent / "docs" / "problems.md"

OPERATIONS_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>The Marquee API</title>
<link rel="stylesheet" href="/docs/swagger/swagger-ui.css">
<link rel="icon" href="/docs/swagger/favicon-32x32.png">
<script src="/docs/swagger/swagger-ui-bundle.js" defer></script>
<script src="/docs/start.js" defer></script>
</head>
<body><div id="operations"></div></body>
</html>
"""
OPERATIONS_START = """SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#operations",
  deepLinking: true,
  validatorUrl: null,
});
"""

ROLES_INTRODUCTION = """# Who may do what

Written by `python -m api roles` from `core/permissions.py` and the routes. A person has one role in each
business that they belong to; the creator of a business is its owner. What belongs to other businesses is
always 404; in your own, what your role does not allow is 403. API keys cannot be made yet: their column is
what they will be held to.

## What each role may do
"""
OPERATIONS_INTRODUCTION = """## What each operation needs

`public`: nothing. `signed-in`: an account. `admin`: an account that administers the installation. Otherwise a
permission in the business concerned.
"""

_DESCRIPTIONS = {
    "400": "The body could not be read.",
    "401": "Nobody is signed in, or the token does not hold.",
    "403": "The role does not allow it.",
    "404": "Unknown, deleted, malformed or somebody else's id.",
    "409": "The present state does not allow it.",
    "412": "It has changed since it was read.",
    "422": "Some fields are not right.",
    "429": "Too many requests, or this month's tokens are used up.",
    "503": "A part that is needed does not answer.",
}


def routes_of(app: FastAPI) -> Iterator[tuple[APIRoute, str, Access | None]]:
    """Return every operation with its full path and access rule."""
    for context in iter_route_contexts(app.routes):
        route: Any = context.route
        if isinstance(route, APIRoute):
            yield route, getattr(context, "path", route.path), access_of(route)


def check_access(app: FastAPI) -> None:
    """Raise unless every route declares exactly one access rule."""
    for route, path, access in routes_of(app):
        if access is None:
            raise Misconfigured(f"{route.name} ({path}) has to declare one access: see api/authorization.py.")


def roles_table(app: FastAPI) -> str:
    """Render `docs/roles.md`: the permissions of roles and operations."""
    permissions = [
        f"| `{permission}` | {' | '.join('yes' if role in roles else '' for role in get_args(Role))} |"
        for permission, roles in ROLES_WITH.items()
    ]
    operations = {
        (path, method): f"| `{method} {path}` | {route.name} | {_who(access)} |"
        for route, path, access in routes_of(app)
        for method in sorted(route.methods or ())
    }
    columns = [role.replace("_", " ") for role in get_args(Role)]
    return "\n".join(
        [
            ROLES_INTRODUCTION,
            f"| permission | {' | '.join(columns)} |",
            f"|---{'|---' * len(columns)}|",
            *permissions,
            "",
            OPERATIONS_INTRODUCTION,
            "| operation | | needs | who has it |",
            "|---|---|---|---|",
            *(operations[key] for key in sorted(operations)),
            "",
        ]
    )


def _who(access: Access | None) -> str:
    if not isinstance(access, PermissionRequired):
        return f"{access.label if access else ''} | "
    holders = ROLES_WITH[access.permission]
    names = [role.replace("_", " ") for role in get_args(Role) if role in holders]
    return f"`{access.permission}` | {', '.join(names)}"


def openapi(app: FastAPI) -> dict[str, Any]:
    """Return FastAPI's OpenAPI document with roles, problems and common headers added."""
    if app.openapi_schema is None:
        document = get_openapi(title=app.title, version=app.version, summary=app.summary, routes=app.routes)
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas.update(problem.pop("$defs", {}))
        schemas["Problem"] = problem
        for unused in ("HTTPValidationError", "ValidationError"):
            schemas.pop(unused, None)
        for route, path, access in routes_of(app):
            for method in route.methods or ():
                operation = document["paths"].get(path, {}).get(method.lower())
                if operation is not None and access is not None:
                    _complete(operation, method, path, access)
        app.openapi_schema = document
    return app.openapi_schema


def _complete(operation: dict[str, Any], method: str, path: str, access: Access) -> None:
    operation["x-access"] = access.label
    responses = operation["responses"]
    statuses = {"429", "503"}
    public = isinstance(access, PublicAccess)
    if not public:
        statuses.add("401")
    if isinstance(access, PermissionRequired):
        statuses |= {"403", "404"}
    if "requestBody" in operation:
        statuses |= {"400", "422"}
    parameters = operation.setdefault("parameters", [])
    if parameters:
        statuses.add("422")
    if any(one["name"] == "If-Match" for one in parameters):
        statuses.add("412")
    # As in `api/idempotency.py`: tokens are not stored.
    if method == "POST" and not public and not path.startswith("/auth/"):
        # 404: the document that the key created was deleted.
        statuses |= {"404", "409", "422"}
        parameters.append(
            {
                "name": "Idempotency-Key",
                "in": "header",
                "required": False,
                "schema": {"type": "string", "pattern": KEY_PATTERN},
                "description": "The same key is handled once and answered the same for 24 hours; after a "
                "failure it completes what was begun. Event streams take none: their runId does it.",
            }
        )
    if not parameters:
        del operation["parameters"]
    if "422" in responses and "application/json" in responses["422"].get("content", {}):
        del responses["422"]
    for status in sorted(statuses - set(responses)):
        responses[status] = problem_response(_DESCRIPTIONS[status])


def example(*bodies: Mapping[str, Any]) -> ConfigDict:
    """Return a `model_config` with examples."""
    return ConfigDict(json_schema_extra={"examples": [dict(body) for body in bodies]})


def problem_response(description: str) -> dict[str, Any]:
    """Return the OpenAPI response of a problem that is specific to a route."""
    return {
        "description": description,
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }


def add_reference(app: FastAPI) -> None:
    """Serve `/openapi.json`, `/docs` and `/docs/problems`."""

    async def document(_: Request) -> Response:
        return JSONResponse(openapi(app))

    async def problems(_: Request) -> Response:
        return HTMLResponse(problems_page(PROBLEMS.read_text()))

    async def operations(_: Request) -> Response:
        return HTMLResponse(OPERATIONS_PAGE)

    async def start(_: Request) -> Response:
        return Response(OPERATIONS_START, media_type="text/javascript")

    app.add_route("/openapi.json", document, include_in_schema=False)
    app.add_route("/docs", operations, include_in_schema=False)
    app.add_route("/docs/start.js", start, include_in_schema=False)
    app.mount("/docs/swagger", StaticFiles(packages=[("fastapi_swagger", "resources")]))
    app.add_route("/docs/problems", problems, include_in_schema=False)


def problems_page(markdown: str) -> str:
    """Render `docs/problems.md` as a page; its headings are the targets of `type`."""
    parts = []
    for block in re.split(r"\n{2,}", markdown.strip()):
        text = re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(block, quote=False))
        if heading := re.match(r"(#+) (.*)", text):
            level = len(heading[1])
            parts.append(f'<h{level} id="{heading[2]}">{heading[2]}</h{level}>')
        else:
            parts.append(f"<p>{text}</p>")
    title = "<title>Problems of the Marquee API</title>"
    return f'<!doctype html><html lang="en"><meta charset="utf-8">{title}{"".join(parts)}</html>'
