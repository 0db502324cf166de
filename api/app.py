"""Create the application: lifespan, routers, middleware, UI files."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from fastapi import APIRouter, Depends, FastAPI
from fastapi.routing import APIRoute
from starlette.middleware import Middleware
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.middleware.cors import CORSMiddleware
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

import api.routes
from api.idempotency import IdempotencyKeys
from api.limits import RateWindows
from api.middleware import MAX_BODY, AroundRequest, HttpMetrics
from api.problems import add_problem_handlers
from api.reference import add_reference, check_access
from api.ui import DIST, add_ui
from api.well_formed import well_formed
from core.settings import Settings
from services.container import Services, open_services

EXPOSED = [
    "ETag",
    "Idempotency-Replayed",
    "Location",
    "RateLimit",
    "RateLimit-Policy",
    "Retry-After",
    "X-Cache",
    "X-Request-Id",
    "X-Run-Id",
]


def create_app(settings: Settings, services: Services | None = None, dist: Path = DIST) -> FastAPI:
    """Create the application.

    Args:
        settings: The settings.
        services: Open services, not closed by the app; None opens and closes its own.
        dist: The folder of the built page.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        if services is not None:
            yield
            return
        async with open_services(settings) as opened:
            attach(app, opened)
            warming = asyncio.create_task(opened.checker.warm())
            yield
            await warming

    app = FastAPI(
        title="Marquee",
        version="0.1.0",
        summary="A self-hosted marketing copilot for small businesses.",
        lifespan=lifespan,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        middleware=_middleware(settings),
        dependencies=[Depends(well_formed)],
        generate_unique_id_function=_operation_id,
        separate_input_output_schemas=False,
    )
    for router in _routers():
        app.include_router(router)
    add_problem_handlers(app)
    add_reference(app)
    add_ui(app, dist)
    check_access(app)
    if services is not None:
        attach(app, services)
    return app


def attach(app: FastAPI, services: Services) -> None:
    """Pass open services to routes and middleware."""
    app.state.services = services
    app.state.metrics = HttpMetrics(services.registry)
    app.state.rate_windows = RateWindows(services.redis, services.settings.redis_url)


def _middleware(settings: Settings) -> list[Middleware]:
    """Return the middleware, outermost first."""
    stack = [Middleware(AroundRequest, settings=settings)]
    if settings.trusted_proxies:
        trusted = settings.trusted_proxies
        stack.insert(0, Middleware(ProxyHeadersMiddleware, trusted_hosts=trusted))
    origins = [origin.strip() for origin in settings.cors_origins.split(",") if origin.strip()]
    if origins:
        stack.append(
            Middleware(
                CORSMiddleware,
                allow_origins=origins,
                allow_methods=["GET", "POST", "PUT", "DELETE"],
                allow_headers=[
                    "Authorization",
                    "Content-Type",
                    "Idempotency-Key",
                    "If-Match",
                    "Last-Event-ID",
                ],
                expose_headers=EXPOSED,
                max_age=600,
            )
        )
    stack.append(Middleware(RequestBodyLimitMiddleware, max_body_size=MAX_BODY))
    stack.append(Middleware(IdempotencyKeys))
    return stack


def _routers() -> list[APIRouter]:
    """Return the `router` of every module in `api/routes`."""
    names = sorted(module.name for module in iter_modules(api.routes.__path__))
    return [import_module(f"api.routes.{name}").router for name in names]


def _operation_id(route: APIRoute) -> str:
    return route.name
