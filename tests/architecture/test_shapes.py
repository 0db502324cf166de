"""Requests refuse unknown fields at every depth, and answers are views."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

from pydantic import BaseModel

from api.app import create_app
from api.reference import openapi, routes_of
from core.document import Document, PublicValue, Value
from core.settings import Settings

OPEN = {
    "Kpis": "names of the owner's own",
    "CopilotInput": "AG-UI's, which grows",
    "ForwardedProps": "every AG-UI client has its own",
}
"""Models of requests that take fields which they do not declare, and why."""


def objects(name: str, schema: Any, components: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every object with declared properties in a schema, by the component's name or the path to it."""
    if isinstance(schema, list):
        for one in schema:
            yield from objects(name, one, components)
    elif isinstance(schema, dict):
        if reference := schema.get("$ref"):
            component = reference.rpartition("/")[2]
            yield from objects(component, components[component], components)
            return
        properties = schema.get("properties", {})
        if properties:
            yield name, schema
        for field, one in properties.items():
            yield from objects(f"{name}.{field}", one, components)
        for key in ("items", "anyOf", "allOf", "oneOf", "additionalProperties"):
            yield from objects(name, schema.get(key), components)


def test_no_request_takes_a_field_that_it_does_not_declare() -> None:
    document = openapi(create_app(Settings(_env_file=None)))
    components = document["components"]["schemas"]
    bodies = {
        operation["operationId"]: body["schema"]
        for path in document["paths"].values()
        for operation in path.values()
        for body in operation.get("requestBody", {}).get("content", {}).values()
    }
    assert bodies
    lax = {
        where
        for name, schema in bodies.items()
        for where, found in objects(name, schema, components)
        if found.get("additionalProperties") is not False
    }
    assert {where for where in lax if where.rpartition(".")[2] not in {*OPEN, "kpis"}} == set()


def models(kind: Any) -> Iterator[type[BaseModel]]:
    """Every model in a type, at every depth."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        yield kind
        for field in kind.model_fields.values():
            yield from models(field.annotation)
    for argument in get_args(kind):
        yield from models(argument)


def test_no_answer_holds_a_stored_document_or_a_part_that_is_not_declared_public() -> None:
    answers = {
        route.name: set(models(route.response_model))
        for route, _, _ in routes_of(create_app(Settings(_env_file=None)))
        if route.response_model is not None
    }
    assert answers
    published = {
        (name, model.__name__)
        for name, found in answers.items()
        for model in found
        if issubclass(model, Document) or (issubclass(model, Value) and not issubclass(model, PublicValue))
    }
    assert published == set()
