"""Documents that the release before wrote are read, with what they now need."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from core.ids import new_id
from core.scope import Scope
from memory.database import Database
from memory.migrations import migrate

WRITTEN = datetime(2027, 3, 1, 9, tzinfo=UTC)
EDITED = datetime(2027, 3, 2, 9, tzinfo=UTC)
EDITED_AGAIN = datetime(2027, 3, 3, 9, tzinfo=UTC)
ANN, BEN = "a" * 24, "b" * 24


def words(caption: str) -> dict[str, Any]:
    """The visible fields as the first release stored them."""
    return {
        "title": "Brioche",
        "text_content": {
            "caption": caption,
            "hashtags": ["#lyon"],
            "cta": "",
            "preheader": None,
            "body": None,
        },
        "media": {"image_url": None, "video_url": None, "thumbnail_url": None, "alt_text": None},
    }


def draft(business_id: str, caption: str, version: int) -> dict[str, Any]:
    """A draft as the first release stored it."""
    return {
        "_id": new_id(),
        "schema": 1,
        "version": version,
        "created_at": WRITTEN,
        "updated_at": WRITTEN,
        "business_id": business_id,
        "written_by": {"run_id": "c" * 24, "agent": "copywriter", "slot": "1"},
        **words(caption),
        "language": "fr",
        "campaign_id": new_id(),
        "slot_id": None,
        "type": "text",
        "platform": "instagram",
        "ai_metadata": {"prompt_used": "", "checks": [], "claims": [], "sources": []},
        "status": "draft",
        "approval": None,
    }


def kept(of: dict[str, Any], caption: str, number: int, replaced_by: str, at: datetime) -> dict[str, Any]:
    """A version as the first release kept it."""
    return {
        "_id": new_id(),
        "schema": 1,
        "version": 1,
        "created_at": at,
        "updated_at": at,
        "business_id": of["business_id"],
        "written_by": None,
        "content_id": of["_id"],
        "number": number,
        **words(caption),
        "edited_by": replaced_by,
    }


async def test_drafts_and_versions_of_the_first_release_get_revisions(database: Database) -> None:
    business_id = new_id()
    scope = Scope.of(business_id)
    plain = draft(business_id, "Bonjour", 1)
    edited = draft(business_id, "Salut", 9) | {"slot_id": new_id()}
    versions = [
        # Each check moved the counter; two edits lost to another write and were made again.
        kept(edited, "Bonjour", 3, ANN, EDITED),
        kept(edited, "Bonjour", 4, ANN, EDITED),
        kept(edited, "Bonsoir", 7, BEN, EDITED_AGAIN),
        kept(edited, "Salut", 8, BEN, EDITED_AGAIN),
    ]
    await database.mongo.collection("content").insert_many([plain, edited])
    await database.mongo.collection("content_versions").insert_many(versions)

    async def upgrade() -> list[Any]:
        await database.mongo.collection("migrations").delete_one({"_id": 4})
        await migrate(database.mongo)
        return [
            *[await database.content.get(scope, one["_id"]) for one in (plain, edited)],
            *await database.versions.all(scope, {}),
        ]

    first, second, *numbered = await upgrade()
    assert (first.revision, first.edited_by, first.content_digest) == (1, None, first.visible_digest())
    assert (first.authorship.run_id, first.authorship.at) == ("c" * 24, WRITTEN)
    assert (second.revision, second.edited_by, second.version) == (3, BEN, 9)
    assert (first.awaits_slot, second.awaits_slot) == (False, True)
    assert second.content_digest == second.visible_digest()
    assert (second.authorship.person_id, second.authorship.at) == (BEN, EDITED_AGAIN)
    assert [
        (one.number, one.text_content.caption, one.language, one.authorship.person_id, one.authorship.run_id)
        for one in numbered
    ] == [(1, "Bonjour", "fr", None, "c" * 24), (2, "Bonsoir", "fr", ANN, None)]
    stored = await database.mongo.collection("content").find_one(
        {"business_id": business_id, "_id": plain["_id"]}
    )
    assert stored is not None
    assert stored["content_digest"] == first.content_digest
    assert await upgrade() == [first, second, *numbered]
