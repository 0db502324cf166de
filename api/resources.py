"""Resources of requests: the business or document in the path or query."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Path, Query

from api.authorization import Caller
from api.dependencies import ServicesDep
from core.campaign import Campaign
from core.content import Content
from core.conversation import Run, Thread

DocumentId = Annotated[str, Path(alias="id", description="The document's id: 24 hex digits.")]


@dataclass(frozen=True)
class BusinessNamed:
    """A named business; a caller without a role in it gets 404."""

    business_id: str


@dataclass(frozen=True)
class BusinessFilter:
    """The business filter of a list, if any."""

    business_id: str | None


async def business_in_path(business_id: DocumentId) -> BusinessNamed:
    """Return the business at `/business/{id}…` without reading it."""
    return BusinessNamed(business_id)


async def business_in_query(
    business_id: Annotated[str | None, Query(description="Only of this business.")] = None,
) -> BusinessFilter:
    """Return the business of `?business_id=`, or all in which the caller holds the permission."""
    return BusinessFilter(business_id)


async def every_business() -> BusinessFilter:
    """Return all businesses in which the caller holds the permission."""
    return BusinessFilter(None)


async def campaign_in_path(campaign_id: DocumentId, services: ServicesDep, caller: Caller) -> Campaign:
    """Return the campaign at `/campaign/{id}`."""
    return await services.campaigns.get(caller.scope(), campaign_id)


async def content_in_path(content_id: DocumentId, services: ServicesDep, caller: Caller) -> Content:
    """Return the content at `/content/{id}`."""
    return await services.content.get(caller.scope(), content_id)


async def thread_in_path(
    reference: Annotated[str, Path(description="Our id, or the caller's own name for the thread.")],
    services: ServicesDep,
    caller: Caller,
) -> Thread:
    """Return the caller's own thread at `/threads/{reference}`."""
    return await services.threads.find(caller.scope(), caller.id, reference)


async def run_in_path(
    reference: Annotated[str, Path(description="Our id, or the caller's own name for the run.")],
    services: ServicesDep,
    caller: Caller,
) -> Run:
    """Return the caller's own run at `/runs/{reference}…`."""
    return await services.runs.find(caller.scope(), caller.id, reference)
