"""Every operation × every role: who holds its permission is let in, nobody else changes a thing."""

from __future__ import annotations

from contextlib import nullcontext

import httpx
import pytest

from core.account import BusinessRole
from core.permissions import ROLES_WITH
from services.container import Services
from tests.integration.api.tenant_recipes import RECIPES
from tests.integration.api.test_tenant_matrix import OPERATIONS, Operation, call, worker
from tests.integration.api.world import World, build_world

GUARDED = [operation for operation in OPERATIONS if operation.permission is not None]


async def _as(role: BusinessRole, services: Services, mark: str) -> World:
    """Somebody with one of everything in a business where they have this role by now."""
    world = await build_world(services, mark)
    where = {"user_id": world.user_id, "business_id": world.ids["business"]}
    assert await services.database.memberships.change(where, {"role": role})
    return world


def _holds(operation: Operation, role: BusinessRole) -> bool:
    assert operation.permission is not None
    return role in ROLES_WITH[operation.permission]


def test_every_operation_that_concerns_a_business_names_a_permission_of_the_table() -> None:
    assert {operation.permission for operation in GUARDED} <= set(ROLES_WITH)
    unguarded = {operation.name for operation in OPERATIONS if operation.permission is None}
    touching = {
        name
        for name in unguarded & set(RECIPES)
        if any(noun.split("|")[0] != "session" for noun in RECIPES[name].ids.values())
    }
    assert touching == set(), "these take a document's id and need a permission"


@pytest.mark.parametrize("role", ["owner", "marketer", "client"])
async def test_what_a_role_does_not_hold_is_refused_and_changes_nothing(
    client: httpx.AsyncClient, services: Services, role: BusinessRole
) -> None:
    world = await _as(role, services, "numbat")
    before = await world.snapshot(services)
    refused = [operation for operation in GUARDED if not _holds(operation, role) and not operation.is_list]
    assert (refused == []) == (role == "owner")
    for operation in refused:
        response = await call(client, operation, RECIPES[operation.name], world)
        assert (response.status_code, response.json()["slug"]) == (403, "forbidden"), operation.name
        assert response.json()["permission"] == operation.permission
        assert role not in response.json()["needed"]
    assert await world.snapshot(services) == before


@pytest.mark.parametrize("role", ["marketer", "client"])
async def test_what_a_role_holds_it_may_do(
    client: httpx.AsyncClient, services: Services, role: BusinessRole
) -> None:
    held = [operation for operation in GUARDED if _holds(operation, role)]
    kept = await _as(role, services, "quoll")
    for operation in held:
        recipe = RECIPES[operation.name]
        gone = operation.method == "DELETE"
        world = await _as(role, services, f"quoll-{operation.name}") if gone else kept
        async with worker(services, world) if recipe.works else nullcontext():
            response = await call(client, operation, recipe, world)
        assert response.is_success, f"{operation.name}: {response.text}"
