"""Health, readiness, metrics."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Depends, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import Field

from api.authorization import public
from api.dependencies import ServicesDep
from api.metrics_access import LocalOrToken
from api.reference import example
from core.views import View

router = APIRouter(tags=["operations"])


class Alive(View):
    """The process answers."""

    model_config = example({"status": "ok"})

    status: Literal["ok"] = "ok"


class PartOut(View):
    """The result of the check of one part."""

    state: Literal["up", "down"]
    needed: bool = Field(description="Without it nothing works; without the others less does.")
    ms: float


class Readiness(View):
    """Whether requests can be served, part by part."""

    model_config = example(
        {
            "status": "degraded",
            "parts": {
                "mongodb": {"state": "up", "needed": True, "ms": 0.8},
                "redis": {"state": "down", "needed": False, "ms": 1.2},
            },
        }
    )

    status: Literal["ready", "degraded", "down"]
    parts: dict[str, PartOut]


@router.get("/healthz", summary="Whether this process answers", dependencies=[public()])
async def healthz() -> Alive:
    """Does not check the stores."""
    return Alive()


@router.get(
    "/readyz",
    summary="Whether requests can be served, part by part",
    dependencies=[public()],
    responses={503: {"model": Readiness, "description": "A needed part cannot serve."}},
)
async def readyz(services: ServicesDep, response: Response) -> Readiness:
    """503 when MongoDB cannot be written or read; 200 and `degraded` when another part fails."""
    parts = await services.health_checks.look()
    down = [part for part in parts if part.state == "down"]
    needed_down = any(part.needed for part in down)
    if needed_down:
        response.status_code = 503
    return Readiness(
        status="down" if needed_down else "degraded" if down else "ready",
        parts={part.name: PartOut(state=part.state, needed=part.needed, ms=part.ms) for part in parts},
    )


@router.get(
    "/metrics",
    summary="Figures for Prometheus",
    dependencies=[Depends(LocalOrToken())],
    response_class=Response,
    responses={200: {"content": {"text/plain": {"example": "marquee_http_streams 3.0"}}}},
)
async def metrics(services: ServicesDep) -> Response:
    """The text format of Prometheus. Only from this machine, or with the configured token."""
    return Response(generate_latest(services.registry), media_type=CONTENT_TYPE_LATEST)
