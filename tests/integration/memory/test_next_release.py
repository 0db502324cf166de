"""What the next release wrote is read after a rollback to this one: additions at every depth are ignored."""

from __future__ import annotations

from datetime import UTC, datetime
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, TypeAdapter, ValidationError

from core.actions import RoutedAction
from core.ids import new_id
from graphs.state import chosen
from memory.collections import Collection, SystemCollection
from memory.database import Database

ADDED = "of_the_next_release"
SCALARS = (
    "x", datetime(2027, 3, 1, 9, tzinfo=UTC), 1, "2027-03-01", "2027-03-01T09:00", "Europe/Paris",
    "fr", "FR", "#AA5500", "https://example.com/a", "lea@example.com", new_id(),
)  # fmt: skip
"""One of these is right for every field; a field with a form of its own needs one more."""


def values(kind: Any, added: bool, field: Any = None) -> list[Any]:
    """Stored values of a type, so many that every model in it occurs.

    Args:
        kind: The type.
        added: Whether every model has a field more than it declares.
        field: The type with its constraints, where `kind` is only a part of it.
    """
    origin, arguments, field = get_origin(kind), get_args(kind), field or kind
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return documents(kind, added)
    if origin is Annotated:
        return values(arguments[0], added, field)
    if origin in {Union, UnionType}:
        return [one for arm in arguments if arm is not NoneType for one in values(arm, added, arm)]
    if origin in {list, frozenset}:
        return [values(arguments[0], added)]
    if origin is tuple:
        return [[values(one, added)[0] for one in arguments]]
    if origin is dict:
        return [{values(arguments[0], added)[0]: one} for one in values(arguments[1], added)]
    if kind is Any:
        return [{"any": "thing"}]
    return [next(one for one in (*arguments, *SCALARS) if fits(field, one))]


def fits(kind: Any, value: Any) -> bool:
    try:
        TypeAdapter(kind).validate_python(value)
    except ValidationError:
        return False
    return True


def documents(model: type[BaseModel], added: bool) -> list[dict[str, Any]]:
    fields = {
        field.alias or name: values(Annotated[field.annotation, *field.metadata, None], added)
        for name, field in model.model_fields.items()
    }
    made = []
    for number in range(max(map(len, fields.values()), default=1)):
        one = {name: some[number % len(some)] for name, some in fields.items()}
        made.append({**one, ADDED: {"deep": [1]}} if added else one)
    return made


async def test_additions_at_every_depth_of_every_document_are_ignored(database: Database) -> None:
    collections = [one for one in vars(database).values() if isinstance(one, Collection | SystemCollection)]
    assert collections
    for collection in collections:
        for number in range(len(documents(collection.model, added=True))):
            plain, later = (documents(collection.model, added)[number] for added in (False, True))
            for stored in (plain, later):
                stored["_id"] = stored.pop("id")
            await collection.raw.insert_one(later)
            owner = {"business_id": later["business_id"]} if "business_id" in later else {}
            read = await collection.raw.find_one({"_id": later["_id"], **owner})
            await collection.raw.delete_one({"_id": later["_id"], **owner})
            assert read is not None
            assert ADDED in read
            assert collection.load(read) == collection.load(plain), collection.name


def test_additions_to_the_actions_of_a_checkpoint_are_ignored() -> None:
    for plain, later in zip(*(documents(RoutedAction, added) for added in (False, True)), strict=True):
        intent = plain["intent"]
        assert chosen({"actions": [later]}, intent) == chosen({"actions": [plain]}, intent)
