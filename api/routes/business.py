"""Routes of businesses and their facts."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Query, Response
from pydantic import Field

from api.authorization import Authorized, SignedInCaller, authorize
from api.deletion import DELETION, deleted
from api.dependencies import IfMatch, Paging, ServicesDep, set_etag
from api.examples import BUSINESS, answer, answer_list
from api.patches import BusinessPatch
from api.reference import problem_response
from api.resources import BusinessFilter, BusinessNamed, business_in_path, every_business
from core.business import Fact
from core.document import Value
from core.views import BusinessView, PageView, View
from services.businesses import MOST_FACTS, BusinessDraft, FactDraft

router = APIRouter(prefix="/business", tags=["business"])

_NEW = {
    "business_name": "Harbour Bakery",
    "industry": "Bakery",
    "brand_voice": "Warm and plain",
    "timezone": "Europe/London",
    "language": "en-GB",
    "facts": [{"key": "Sourdough loaf", "value": "£4.20"}],
}


class BusinessList(PageView[BusinessView]):
    """A page of businesses, newest first."""


class Facts(View):
    """The facts of a business."""

    facts: list[Fact]


class FactsDraft(Value):
    """The whole list of facts, in the order to keep."""

    facts: list[FactDraft] = Field(max_length=MOST_FACTS)


@router.post(
    "/",
    status_code=201,
    summary="Create a business; its creator is its owner",
    responses={
        201: answer(BUSINESS, "The new business."),
        409: problem_response("`too-many-businesses`: one person may have no more."),
    },
)
async def create_business(
    draft: Annotated[BusinessDraft, Body(examples=[_NEW])],
    services: ServicesDep,
    caller: SignedInCaller,
    response: Response,
) -> BusinessView:
    """Takes the document's own fields; `facts` may come as `{key, value}` pairs."""
    business = await services.businesses.create(caller.id, draft)
    response.headers["Location"] = f"/business/{business.id}"
    set_etag(response, business.version)
    return BusinessView.of(business)


@router.get(
    "/",
    summary="The caller's businesses, newest first",
    responses={200: answer_list(BUSINESS)},
)
async def list_businesses(
    allowed: Annotated[Authorized[BusinessFilter], authorize("business.read", every_business)],
    services: ServicesDep,
    paging: Paging,
) -> BusinessList:
    """Every business that the caller is a member of."""
    return BusinessList.of(await services.businesses.page(allowed.scope, paging.limit, paging.cursor))


@router.get(
    "/{id}",
    summary="One business",
    responses={200: answer(BUSINESS)},
)
async def get_business(
    allowed: Annotated[Authorized[BusinessNamed], authorize("business.read", business_in_path)],
    services: ServicesDep,
    response: Response,
) -> BusinessView:
    """The whole document with its facts."""
    business = await services.businesses.get(allowed.scope, allowed.scope.business_id)
    set_etag(response, business.version)
    return BusinessView.of(business)


@router.put(
    "/{id}",
    summary="Change a business",
    responses={200: answer(BUSINESS)},
)
async def change_business(
    allowed: Annotated[Authorized[BusinessNamed], authorize("business.edit", business_in_path)],
    patch: BusinessPatch,
    services: ServicesDep,
    version: IfMatch,
    response: Response,
) -> BusinessView:
    """A JSON merge patch (RFC 7396) of the profile; facts have their own address.

    Drafts are checked again in the background; until then `checks_stale` is true.
    """
    scope, business_id = allowed.scope, allowed.scope.business_id
    business = await services.businesses.change(scope, business_id, patch, version)
    set_etag(response, business.version)
    return BusinessView.of(business)


@router.delete(
    "/{id}",
    status_code=204,
    summary="Delete a business and everything it owns",
    responses={
        **DELETION,
        409: problem_response("It has campaigns or content and `cascade` is not true."),
    },
)
async def delete_business(
    allowed: Annotated[Authorized[BusinessNamed], authorize("business.delete", business_in_path)],
    services: ServicesDep,
    version: IfMatch,
    cascade: Annotated[bool, Query(description="Also when it has campaigns or content.")] = False,
) -> Response:
    """Deletes its campaigns, content, conversations and memories; this cannot be undone.

    The record of used tokens stays: deleting a business frees no quota.
    """
    business_id = allowed.scope.business_id
    return deleted(
        await services.erasure.erase_business(allowed.scope, business_id, cascade=cascade, version=version)
    )


@router.get(
    "/{id}/facts",
    summary="What is known to be true about a business",
    responses={200: answer(Facts(facts=BUSINESS.facts))},
)
async def get_facts(
    allowed: Annotated[Authorized[BusinessNamed], authorize("business.read", business_in_path)],
    services: ServicesDep,
    response: Response,
) -> Facts:
    """The facts that every text is checked against; the ETag is the business's."""
    business = await services.businesses.get(allowed.scope, allowed.scope.business_id)
    set_etag(response, business.version)
    return Facts(facts=business.facts)


@router.put(
    "/{id}/facts",
    summary="Replace the facts",
    responses={200: answer(Facts(facts=BUSINESS.facts))},
)
async def replace_facts(
    allowed: Annotated[Authorized[BusinessNamed], authorize("facts.edit", business_in_path)],
    draft: Annotated[FactsDraft, Body(examples=[{"facts": [{"key": "Sourdough loaf", "value": "£4.20"}]}])],
    services: ServicesDep,
    version: IfMatch,
    response: Response,
) -> Facts:
    """Replaces the list: a fact with an id is kept or changed, one without is new, a missing one is removed.

    Drafts are checked again in the background; until then `checks_stale` is true.
    """
    scope, business_id = allowed.scope, allowed.scope.business_id
    business = await services.businesses.replace_facts(scope, business_id, draft.facts, version)
    set_etag(response, business.version)
    return Facts(facts=business.facts)
