"""Store, index, retrieve and remove memories."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import get_args

from core.business import Business, Fact, Memory, MemoryKind
from core.clock import Clock
from core.errors import Unavailable
from core.ids import derived_id
from core.scope import Scope
from memory.collections import AlreadyThere
from memory.database import Database
from memory.embedders import Embedder
from memory.pages import Page
from memory.vectors import VectorIndex

logger = logging.getLogger(__name__)

NEAR_ENOUGH = 0.2
"""Cosine similarity below which a memory is not relevant."""

BATCH = 50
"""Texts per batch; a concurrent query waits for one batch at most."""


BESIDE_FACTS: list[MemoryKind] = [kind for kind in get_args(MemoryKind) if kind != "fact"]


@dataclass(frozen=True)
class Remembered:
    """A text to remember; the same `key` again replaces it.

    Attributes:
        kind: What it is.
        key: Unique in the business.
        text: The text.
        ref: The id of its origin; it is removed with it.
        trusted: False for what customers wrote.
        run_id: The run that it comes from; NotFound if that is deleted.
        subject: What it is about.
        decision: What was decided or wished.
        reason: Why.
        said_by: The user who said it.
    """

    kind: MemoryKind
    key: str
    text: str
    ref: str
    trusted: bool = True
    run_id: str | None = None
    subject: str = ""
    decision: str = ""
    reason: str = ""
    said_by: str | None = None


MOST_WISHES = 6
"""Wishes on style that one prompt holds, the newest."""

MOST_FACTS = 60
"""Facts that one prompt holds."""


class Recall:
    """Memories: documents in the database, with an index in Chroma.

    `remember` writes documents; `index` updates Chroma, now or when it is reachable again. Retrieval reads
    the documents, so a vector without a document has no effect.
    """

    def __init__(self, database: Database, vectors: VectorIndex, embedder: Embedder, clock: Clock) -> None:
        self._memories = database.memories
        self._businesses = database.businesses
        self._runs = database.runs
        self._content = database.content
        self._vectors = vectors
        self._embedder = embedder
        self._clock = clock
        self._owing: set[str] = set()
        self._rich: set[str] = set()

    async def open(self) -> None:
        """Load the embedder and connect to Chroma ahead of the first request."""
        await self._embedder.embed(["ready"])
        try:
            await self._vectors.open()
        except Unavailable:
            logger.warning("memory.unavailable")

    async def remember(self, scope: Scope, items: Sequence[Remembered]) -> None:
        """Write new and changed memories.

        Raises:
            NotFound: The origin was deleted.
        """
        self._owing.add(scope.business_id)
        for item in items:
            await self._write(scope, item)

    async def remember_facts(self, scope: Scope, business: Business) -> None:
        """Replace the remembered facts by those of the business."""
        wanted = [
            Remembered("fact", f"fact:{fact.id}", f"{fact.key}: {fact.value}", fact.id)
            for fact in business.facts
        ]
        keys = {item.key for item in wanted}
        known = await self._memories.all(scope, {"kind": "fact"})
        gone = [memory.id for memory in known if memory.dedupe_key not in keys]
        if gone:
            await self._memories.delete(scope, {"_id": {"$in": gone}})
            with suppress(Unavailable):
                # A vector without a document has no effect except for its space.
                await self._vectors.remove(scope, gone)
        await self.remember(scope, wanted)

    def owes(self, scope: Scope) -> bool:
        """Return whether this process has memories that are not indexed."""
        return scope.business_id in self._owing

    async def index(self, scope: Scope) -> int:
        """Index new and changed memories; return their number.

        Raises:
            Unavailable: Chroma does not answer; the rest stays marked.
        """
        self._owing.discard(scope.business_id)
        count = 0
        while pending := (await self._memories.page(scope, {"indexed": False}, BATCH)).items:
            await self._index(scope, pending)
            count += len(pending)
            if len(pending) < BATCH:
                break
        return count

    async def _index(self, scope: Scope, pending: Sequence[Memory]) -> None:
        vectors = await self._embedder.embed([memory.text for memory in pending])
        await self._vectors.put(
            scope,
            {memory.id: vector for memory, vector in zip(pending, vectors, strict=True)},
            {memory.id: memory.kind for memory in pending},
        )
        for memory in pending:
            # Only if the text is still the embedded one; else the next call indexes it again.
            if await self._memories.change(scope, memory.id, {"indexed": True}, {"text": memory.text}):
                continue
            if not await self._memories.change(scope, memory.id, {"indexed": False}):
                await self._vectors.remove(scope, [memory.id])

    async def retrieve(self, scope: Scope, question: str, limit: int = 5) -> list[Memory]:
        """Return the newest wishes on style, then the memories nearest to the question, without facts.

        Wishes hold for every text, whatever it is about. Nothing else is returned while Chroma is
        unreachable.
        """
        if not await self._has_more_than_facts(scope):
            return []
        wishes: dict[str, Memory] = {}
        for memory in (await self._memories.page(scope, {"kind": "style"}, MOST_WISHES)).items:
            wishes.setdefault(memory.decision.casefold(), memory)
        others = [kind for kind in BESIDE_FACTS if kind != "style"]
        try:
            (vector,) = await self._embedder.embed([question])
            near = await self.search(scope, vector, others, limit)
        except Unavailable:
            logger.warning("memory.unavailable", extra={"business_id": scope.business_id})
            near = []
        return [*wishes.values(), *near]

    async def search(
        self, scope: Scope, vector: Sequence[float], kinds: Sequence[MemoryKind], limit: int
    ) -> list[Memory]:
        """Return the memories of some kinds nearest to a question's vector, best first.

        Raises:
            Unavailable: Chroma does not answer.
        """
        hits = await self._vectors.nearest(scope, vector, limit, kinds)
        near = {hit.memory_id: hit.similarity for hit in hits if hit.similarity >= NEAR_ENOUGH}
        if not near:
            return []
        found = await self._memories.all(scope, {"_id": {"$in": list(near)}})
        return sorted(found, key=lambda memory: near[memory.id], reverse=True)

    async def page(
        self, scope: Scope, kinds: Sequence[MemoryKind], limit: int, cursor: str | None = None
    ) -> Page[Memory]:
        """Return the memories of some kinds, newest first."""
        return await self._memories.page(scope, {"kind": {"$in": list(kinds)}}, limit, cursor)

    async def likeness(self, text: str, others: Sequence[str]) -> float:
        """Return the similarity of a text to the most similar of others: 1 same meaning, 0 unrelated."""
        return max(await self._embedder.likeness(text, others), default=0.0)

    async def nearest_facts(self, business: Business, question: str) -> list[Fact]:
        """Return the business's valid facts, nearest to the question first."""
        facts = self._valid(business)
        if len(facts) < 2:
            return facts
        likeness = await self._embedder.likeness(question, [f"{fact.key}: {fact.value}" for fact in facts])
        ranked = sorted(zip(likeness, facts, strict=True), key=lambda pair: pair[0], reverse=True)
        return [fact for _, fact in ranked]

    async def facts_for(self, business: Business, subject: str) -> list[Fact]:
        """Return the valid facts in their own order, so that prompts share a beginning.

        All of them up to `MOST_FACTS`, else the nearest to the subject.
        """
        facts = self._valid(business)
        if len(facts) <= MOST_FACTS:
            return facts
        nearest = {fact.id for fact in (await self.nearest_facts(business, subject))[:MOST_FACTS]}
        return [fact for fact in facts if fact.id in nearest]

    def _valid(self, business: Business) -> list[Fact]:
        now = self._clock.now()
        return [fact for fact in business.facts if fact.expires_at is None or fact.expires_at > now]

    async def unindex(self, scope: Scope, memory_ids: Sequence[str]) -> None:
        """Remove the vectors of some memories.

        Raises:
            Unavailable: Chroma does not answer.
        """
        await self._vectors.remove(scope, memory_ids)

    async def forget(self, scope: Scope, refs: Sequence[str]) -> None:
        """Remove the memories of some runs or other documents.

        Raises:
            Unavailable: Chroma does not answer; the removal is not complete.
        """
        ids = await self._memories.ids(scope, {"ref": {"$in": list(refs)}})
        if ids:
            await self._vectors.remove(scope, ids)
            await self._memories.delete(scope, {"_id": {"$in": ids}})

    async def forget_business(self, scope: Scope) -> None:
        """Remove all memories of a business.

        Raises:
            Unavailable: Chroma does not answer; the removal is not complete.
        """
        await self._vectors.remove_all(scope)
        await self._memories.delete(scope, {})

    async def rebuild(self, scope: Scope) -> int:
        """Index all memories of a business again; return their number."""
        await self._memories.change_all(scope, {}, {"indexed": False})
        return await self.index(scope)

    async def _has_more_than_facts(self, scope: Scope) -> bool:
        """Return whether there are memories other than facts; without any the search is skipped."""
        if scope.business_id not in self._rich:
            if not await self._memories.any(scope, {"kind": {"$in": BESIDE_FACTS}}):
                return False
            self._rich.add(scope.business_id)
        return True

    async def _write(self, scope: Scope, item: Remembered) -> None:
        now = self._clock.now()
        memory = Memory(
            id=derived_id("memory", scope.business_id, item.key),
            business_id=scope.business_id,
            kind=item.kind,
            text=item.text,
            ref=item.ref,
            trusted=item.trusted,
            subject=item.subject,
            decision=item.decision,
            reason=item.reason,
            said_by=item.said_by,
            dedupe_key=item.key,
            created_at=now,
            updated_at=now,
        )
        owners = [] if item.run_id is None else [self._runs.owner(item.run_id)]
        if item.kind == "fact":
            owners.append(self._businesses.owner(scope.business_id))
        if item.kind == "rejected":
            owners.append(self._content.owner(item.ref))
        try:
            await self._memories.insert(scope, memory, owners=owners)
        except AlreadyThere:
            parts = {"subject": item.subject, "decision": item.decision, "reason": item.reason}
            await self._memories.change(
                scope, memory.id, {"text": item.text, "indexed": False, **parts}, {"text": {"$ne": item.text}}
            )
