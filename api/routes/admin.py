"""Operations on the installation, for administrators."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter
from pydantic import Field

from api.authorization import admin
from api.dependencies import ServicesDep
from api.examples import answer
from core.clock import Instant
from core.model_server import Feature
from core.views import View

router = APIRouter(prefix="/admin", tags=["admin"])

_EXAMPLE = {
    "endpoint": "http://127.0.0.1:8080/v1",
    "simulated": False,
    "router": "qwen3-8b",
    "writer": "qwen3-8b",
    "judge": "qwen3-8b",
    "fallback": None,
    "models": [
        {
            "model": "qwen3-8b",
            "learned_at": "2027-03-01T09:00:00.000Z",
            "answer_format": "json_object",
            "refused": ["json_schema", "stream_options"],
            "ignores_schema": False,
            "most_output": None,
            "tools": True,
            "usage": False,
            "bare_thoughts": False,
            "open_ended": False,
        }
    ],
}


class KnownModel(View):
    """What one model accepts and does; null is what has not been seen yet."""

    model: str
    learned_at: Instant
    answer_format: Literal["json_schema", "json_object", "prompt"] = Field(
        description="How a typed answer is requested; `prompt`: in the prompt only."
    )
    refused: list[Feature] = Field(description="Parts of a request that it refused and is not sent any more.")
    ignores_schema: bool = Field(description="It accepts a schema and does not keep to it.")
    most_output: int | None = Field(description="Most tokens of an answer, where it named a limit.")
    tools: bool | None
    usage: bool | None = Field(description="It reports used tokens; otherwise they are estimated.")
    bare_thoughts: bool | None = Field(description="It ends reasoning with a tag that it never opened.")
    open_ended: bool = Field(description="It keeps the connection open after an answer.")


class ModelReport(View):
    """The configured models, and what was learned of those that were called."""

    endpoint: str
    simulated: bool = Field(description="No endpoint is set: the demo model answers.")
    router: str | None
    writer: str | None
    judge: str | None = Field(description="null: the first model that the endpoint lists.")
    fallback: str | None
    models: list[KnownModel]


@router.get(
    "/model",
    summary="The models behind this installation and what their server accepts",
    dependencies=[admin()],
    responses={200: answer(_EXAMPLE)},
)
async def get_model(services: ServicesDep) -> ModelReport:
    """What a worker learned from the answers and refusals of the model server. No secrets are shown."""
    settings, servers = services.settings, services.model_servers
    return ModelReport(
        endpoint="" if settings.offline else servers.endpoint,
        simulated=settings.offline,
        router=settings.model_router or settings.model or None,
        writer=settings.model_writer or settings.model or None,
        judge=settings.model_judge or settings.model or None,
        fallback=settings.model_fallback or None,
        models=[
            KnownModel(
                model=server.model,
                learned_at=server.updated_at,
                answer_format=server.dialect.answer_format,
                **server.dialect.model_dump(),
            )
            for server in ([] if settings.offline else await servers.known())
        ],
    )
