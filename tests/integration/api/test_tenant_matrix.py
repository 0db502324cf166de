"""Every operation × every id field: another tenant's id is unknown, nothing of theirs shows or changes."""

from __future__ import annotations

import asyncio
import copy
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, nullcontext, suppress
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from api.app import create_app
from api.reference import openapi
from core.events import run_finished
from core.permissions import ROLES_WITH, Permission
from core.settings import Settings
from services.container import Services
from services.run_result import RunResult
from tests.integration.api.tenant_recipes import RECIPES, Recipe
from tests.integration.api.world import World, build_world

ID_NAME = re.compile(r"(?:id|ids|.+_ids?|.+Ids?)\Z")


@dataclass(frozen=True)
class Operation:
    """One operation of the OpenAPI document."""

    name: str
    method: str
    path: str
    access: str
    fields: frozenset[str]

    @property
    def public(self) -> bool:
        """Whether anybody may call it."""
        return self.access == "public"

    @property
    def for_people(self) -> bool:
        """Whether it asks for a person or a permission; some ask for something else."""
        return self.access == "signed-in" or self.permission is not None

    @property
    def permission(self) -> Permission | None:
        """The permission that it needs; None when it needs none, or only an account."""
        return next((permission for permission in ROLES_WITH if permission == self.access), None)

    @property
    def is_list(self) -> bool:
        """Whether it shows what the caller may see of all of their businesses."""
        return self.method == "GET" and "{" not in self.path


def operations(document: dict[str, Any]) -> Iterator[Operation]:
    """Every operation with its id fields."""
    schemas = document["components"]["schemas"]
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield Operation(
                name=operation["operationId"],
                method=method.upper(),
                path=path,
                access=operation["x-access"],
                fields=frozenset(fields_of(operation, schemas)),
            )


def fields_of(operation: dict[str, Any], schemas: dict[str, Any]) -> Iterator[str]:
    """The places of an operation that take an id: all of its path, and what is named like one elsewhere."""
    for parameter in operation.get("parameters", []):
        if parameter["in"] == "path" or (parameter["in"] == "query" and ID_NAME.match(parameter["name"])):
            yield f"{parameter['in']}:{parameter['name']}"
    for kind in operation.get("requestBody", {}).get("content", {}).values():
        for place in _places(kind.get("schema", {}), schemas, ()):
            yield f"body:{place}"


def _places(
    schema: dict[str, Any], schemas: dict[str, Any], seen: tuple[str, ...], at: str = ""
) -> Iterator[str]:
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[-1]
        if name not in seen:
            yield from _places(schemas[name], schemas, (*seen, name), at)
        return
    for branch in ("anyOf", "oneOf", "allOf"):
        for one in schema.get(branch, []):
            yield from _places(one, schemas, seen, at)
    if "items" in schema:
        yield from _places(schema["items"], schemas, seen, f"{at}[]")
    for name, one in schema.get("properties", {}).items():
        place = f"{at}.{name}" if at else name
        if ID_NAME.match(name):
            yield place
        yield from _places(one, schemas, seen, place)


OPERATIONS = list(operations(openapi(create_app(Settings(data_dir="unused")))))


def recipe_of(operation: Operation) -> Recipe | None:
    """The operation's recipe; what nobody needs to sign in for, and reads without an id, needs none."""
    if operation.name in RECIPES:
        return RECIPES[operation.name]
    harmless = not operation.fields and (operation.public or operation.method == "GET")
    return Recipe() if harmless else None


def put(body: Any, place: str, value: str) -> Any:
    """The body with `value` at a place such as `facts[].id`, in the first entry of each list."""
    changed = copy.deepcopy(body)
    *way, last = re.findall(r"\[\]|[^.\[\]]+", place)
    spot = changed
    for step in way:
        spot = spot[0] if step == "[]" else spot[step]
    if last == "[]":
        spot[0] = value
    elif isinstance(spot.get(last), list) or last.endswith(("ids", "Ids")):
        spot[last] = [value]
    else:
        spot[last] = value
    return changed


def own_id(world: World, noun: str) -> str:
    """The id that the world has under a noun; the first one where there are several (`run|run_name`)."""
    return world.ids[noun.split("|")[0]]


async def call(
    client: httpx.AsyncClient,
    operation: Operation,
    recipe: Recipe,
    caller: World,
    foreign: tuple[str, str] | None = None,
) -> httpx.Response:
    """Call the operation with the caller's own ids, but for one `(field, id)`."""
    places = {
        field: own_id(caller, noun) for field, noun in recipe.ids.items() if not field.startswith("body:")
    }
    if foreign is not None:
        places[foreign[0]] = foreign[1]
    body = recipe.body(caller) if recipe.body else None
    path, query = operation.path, dict(recipe.query)
    for field, value in places.items():
        where, _, name = field.partition(":")
        if where == "path":
            path = path.replace(f"{{{name}}}", value)
        elif where == "query":
            query[name] = value
        else:
            body = put(body, name, value)
    return await client.request(operation.method, path, params=query, json=body, headers=caller.headers)


@asynccontextmanager
async def worker(services: Services, world: World) -> AsyncIterator[None]:
    """Ends every run of the world as soon as it is queued."""

    async def work() -> None:
        while True:
            waiting = await services.database.runs.find(world.scope, {"status": "queued"})
            run = waiting and await services.runs.claim(world.scope, waiting.id, "test")
            if run:
                writer = services.log.writer(world.scope, run.id, run.attempt)
                await services.runs.finish(world.scope, run, RunResult("completed", "success", "Done."))
                writer.append(run_finished(run.thread_client_id, run.client_id, "success", []), now=True)
                await writer.close()
            await asyncio.sleep(0.01)

    task = asyncio.create_task(work())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def test_every_operation_is_covered() -> None:
    uncovered = {operation.name for operation in OPERATIONS if recipe_of(operation) is None}
    assert uncovered == set(), "these operations need a recipe in tenant_recipes.py"
    assert set(RECIPES) <= {operation.name for operation in OPERATIONS}, "recipes of operations that are gone"


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
async def test_another_tenant_is_out_of_reach(
    operation: Operation, client: httpx.AsyncClient, services: Services
) -> None:
    recipe = recipe_of(operation)
    assert recipe is not None
    assert set(recipe.ids) | recipe.free == operation.fields, "its id fields are not those of its recipe"
    theirs, mine = await build_world(services, "quokka"), await build_world(services, "wombat")
    before = await theirs.snapshot(services)

    async with worker(services, mine) if recipe.works else nullcontext():
        for field, nouns in recipe.ids.items():
            for known in (*(theirs.ids[noun] for noun in nouns.split("|")), "f" * 24, "no-such-id"):
                response = await call(client, operation, recipe, mine, (field, known))
                wanted = response.is_success if field in recipe.free else response.status_code == 404
                assert wanted, f"{field}={known}: {response.text}"
                assert theirs.traces_in(response.text, known) == [], field
        if operation.for_people:
            response = await call(client, operation, recipe, mine)
            assert response.is_success, response.text
            assert theirs.traces_in(response.text) == []
    assert await theirs.snapshot(services) == before


async def test_lists_without_a_filter_show_only_the_callers(
    client: httpx.AsyncClient, services: Services
) -> None:
    theirs, mine = await build_world(services, "quokka"), await build_world(services, "wombat")
    lists = [one for one in OPERATIONS if one.is_list and one.for_people]
    assert lists
    for operation in lists:
        response = await client.get(operation.path, headers=mine.headers)
        assert theirs.traces_in(response.text) == [], operation.name


def test_the_app_is_the_one_that_is_described(app: FastAPI) -> None:
    assert {one.name for one in operations(openapi(app))} == {one.name for one in OPERATIONS}
