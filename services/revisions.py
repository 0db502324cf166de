"""Number the revisions of a draft, and keep each one before it is replaced."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from core.clock import Clock
from core.content import Authorship, Content, ContentVersion
from core.ids import derived_id
from core.scope import Scope
from memory.collections import AlreadyThere
from memory.database import Database


class Revisions:
    """Kept revisions are numbered 1, 2, 3 without holes.

    A revision is stored, under an id derived from its number, before the update that replaces it. If that
    update loses its compare-and-set, the current revision is stored early, which is harmless: the content of
    a revision never changes.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._versions = database.versions
        self._content = database.content
        self._clock = clock

    async def replace(
        self, scope: Scope, current: Content, values: Mapping[str, Any], authorship: Authorship
    ) -> dict[str, Any]:
        """Return the update that sets `values`, as the next revision if a reader would see a difference.

        Args:
            scope: The business of the draft.
            current: The draft as it was read. The update is valid only for its `version`.
            values: The new values of some of its fields.
            authorship: Author, time and reason of the change.
        """
        digest = current.model_copy(update=dict(values)).visible_digest()
        if digest == current.visible_digest():
            return dict(values)
        await self._keep(scope, current)
        return {
            **values,
            "content_digest": digest,
            "revision": current.revision + 1,
            "authorship": authorship,
        }

    def present(self, current: Content) -> ContentVersion:
        """Return the present revision in the form in which it is kept."""
        now = self._clock.now()
        return ContentVersion(
            id=derived_id("revision", current.id, str(current.revision)),
            business_id=current.business_id,
            content_id=current.id,
            number=current.revision,
            title=current.title,
            text_content=current.text_content,
            media=current.media,
            language=current.language,
            authorship=current.authorship,
            created_at=now,
            updated_at=now,
        )

    async def _keep(self, scope: Scope, current: Content) -> None:
        kept = self.present(current)
        with suppress(AlreadyThere):
            # The update that replaces the revision is durable, which makes this earlier write durable too.
            await self._versions.insert(scope, kept, owners=[self._content.owner(current.id)], durable=False)
