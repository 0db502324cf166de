"""What is remembered is found in any language, by nobody else, and again after Chroma was away."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
import pytest_asyncio

from core.business import Business, Fact, Memory
from core.clock import SystemClock
from core.errors import Unavailable
from core.ids import new_id
from core.scope import Scope
from memory.database import Database
from memory.embedded import StoreUrls
from memory.embedders import LocalEmbedder
from memory.leases import Scans
from memory.vectors import VectorIndex
from services.conclusions import said
from services.recall import BATCH, MOST_WISHES, Recall, Remembered
from tests.integration.memory.test_vectors import Line

DECISIONS = {
    "opening": "2027-02-03: “Post our new opening hours for the Easter weekend on Instagram”",
    "discount": "2027-02-10: “Students get a lower membership price in September, write an e-mail about it”",
    "yoga": "2027-02-17: “Plan a week about the yoga class for beginners on Tuesday evening”",
    "parking": "2027-02-24: “Tell people that the car park behind the building is closed in March”",
}


@pytest_asyncio.fixture
async def line(store_urls: StoreUrls) -> AsyncIterator[Line]:
    opened = Line(store_urls.chroma)
    await opened.mend()
    yield opened
    await opened.cut()


@pytest.fixture(scope="module")
def embedder() -> Iterator[LocalEmbedder]:
    local = LocalEmbedder()
    yield local
    local.close()


@pytest_asyncio.fixture
async def vectors(line: Line) -> AsyncIterator[VectorIndex]:
    memory = VectorIndex(line.url, f"test-{new_id()}", LocalEmbedder.dimension)
    yield memory
    await memory.close()


@pytest.fixture
def recall(database: Database, vectors: VectorIndex, embedder: LocalEmbedder) -> Recall:
    return Recall(database, vectors, embedder, SystemClock())


def decision(name: str, text: str) -> Remembered:
    return Remembered("decision", f"run:{name}", text, name)


def wish(number: int, text: str) -> Remembered:
    return Remembered("style", f"said:{number}", f"Wish for every text: “{text}”", "", decision=text)


def business(**facts: str) -> Business:
    now, business_id = datetime(2027, 3, 1, tzinfo=UTC), new_id()
    known = [
        Fact(id=new_id(), key=key.replace("_", " "), value=value, updated_at=now)
        for key, value in facts.items()
    ]
    return Business(
        id=business_id,
        business_id=business_id,
        user_id=new_id(),
        business_name="Studio",
        industry="Fitness",
        facts=known,
        created_at=now,
        updated_at=now,
    )


async def stored(database: Database, scope: Scope) -> dict[str, Memory]:
    return {memory.dedupe_key: memory for memory in await database.memories.all(scope, {})}


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        ("When are we open at Easter?", "run:opening"),
        ("Quels sont nos horaires d'ouverture à Pâques ?", "run:opening"),
        ("Welchen Preis zahlen Studenten?", "run:discount"),
        ("¿Qué dijimos del precio para estudiantes?", "run:discount"),
        ("Yogakurs für Anfänger", "run:yoga"),
        ("le parking derrière le bâtiment est fermé", "run:parking"),
        ("¿dónde está cerrado el aparcamiento?", "run:parking"),
    ],
)
async def test_a_question_finds_the_decision_in_any_language(
    recall: Recall, question: str, wanted: str
) -> None:
    scope = Scope.of(new_id())
    await recall.remember(scope, [decision(name, text) for name, text in DECISIONS.items()])
    assert await recall.index(scope) == len(DECISIONS)
    found = await recall.retrieve(scope, question)
    assert found[0].dedupe_key == wanted


async def test_nothing_comes_for_what_has_nothing_to_do_with_it(recall: Recall) -> None:
    scope = Scope.of(new_id())
    await recall.remember(scope, [decision("parking", DECISIONS["parking"])])
    await recall.index(scope)
    assert await recall.retrieve(scope, "quantum chromodynamics on the lattice") == []
    assert await recall.retrieve(Scope.of(new_id()), "Is the car park closed?") == []


async def test_another_business_is_never_remembered(recall: Recall) -> None:
    ours, theirs = Scope.of(new_id()), Scope.of(new_id())
    await recall.remember(ours, [decision("mine", DECISIONS["yoga"])])
    await recall.remember(theirs, [decision("secret", "We close the yoga class for beginners, tell nobody")])
    await recall.index(ours)
    await recall.index(theirs)
    found = await recall.retrieve(ours, "yoga class for beginners", limit=50)
    assert {memory.business_id for memory in found} == {ours.business_id}
    assert [memory.dedupe_key for memory in found] == ["run:mine"]


async def test_the_same_key_replaces_the_text_and_is_indexed_anew(recall: Recall, database: Database) -> None:
    scope = Scope.of(new_id())
    await recall.remember(scope, [decision("plan", DECISIONS["parking"])])
    await recall.index(scope)
    await recall.remember(scope, [decision("plan", DECISIONS["parking"])])
    assert await recall.index(scope) == 0
    await recall.remember(scope, [decision("plan", DECISIONS["yoga"])])
    assert await recall.index(scope) == 1
    (memory,) = (await stored(database, scope)).values()
    assert (memory.text, memory.indexed) == (DECISIONS["yoga"], True)
    assert [found.text for found in await recall.retrieve(scope, "yoga for beginners")] == [DECISIONS["yoga"]]
    assert await recall.retrieve(scope, "the car park behind the building") == []


async def test_remembered_facts_follow_the_businesses_facts(
    recall: Recall, database: Database, vectors: VectorIndex, embedder: LocalEmbedder
) -> None:
    gym = business(membership="from $29 a month", sauna="open until ten")
    scope = Scope.of(gym.id)
    await database.businesses.insert(scope, gym)
    await recall.remember_facts(scope, gym)
    assert await recall.index(scope) == 2
    gym.facts[0].value = "from $35 a month"
    gone = gym.facts.pop()
    await recall.remember_facts(scope, gym)
    kept = await stored(database, scope)
    assert {key: (memory.text, memory.indexed) for key, memory in kept.items()} == {
        f"fact:{gym.facts[0].id}": ("membership: from $35 a month", False)
    }
    assert await recall.index(scope) == 1
    (sauna,) = await embedder.embed([f"{gone.key}: {gone.value}"])
    hits = await vectors.nearest(scope, sauna, 5)
    assert [hit.memory_id for hit in hits] == [memory.id for memory in kept.values()]


async def test_facts_do_not_crowd_out_what_was_decided(recall: Recall, database: Database) -> None:
    gym = business(**{f"yoga_class_{number}": f"beginners, Tuesday, room {number}" for number in range(60)})
    scope = Scope.of(gym.id)
    await database.businesses.insert(scope, gym)
    await recall.remember_facts(scope, gym)
    await recall.remember(scope, [decision("yoga", DECISIONS["yoga"])])
    assert await recall.index(scope) == 61
    found = await recall.retrieve(scope, "yoga class for beginners on Tuesday", limit=3)
    assert [memory.kind for memory in found] == ["decision"]


async def test_the_nearest_facts_come_first_and_expired_ones_not_at_all(recall: Recall) -> None:
    gym = business(
        opening_hours="Monday to Friday, 7 to 22",
        membership="from $29 a month",
        parking="free behind the building",
        old_offer="first month free",
    )
    gym.facts[3].expires_at = datetime.now(UTC) - timedelta(days=1)
    keys = [fact.key for fact in await recall.nearest_facts(gym, "Wie viel kostet die Mitgliedschaft?")]
    assert keys[0] == "membership"
    assert sorted(keys) == ["membership", "opening hours", "parking"]
    gym.facts[1:] = []
    assert await recall.nearest_facts(gym, "whatever") == gym.facts


async def test_while_chroma_is_away_work_goes_on_and_later_heals_by_the_sweep(
    recall: Recall, database: Database, line: Line
) -> None:
    scope = Scope.of(new_id())
    await recall.remember(scope, [decision("opening", DECISIONS["opening"])])
    await recall.index(scope)
    await line.cut()
    assert await recall.retrieve(scope, "When are we open at Easter?") == []
    await recall.remember(scope, [decision("yoga", DECISIONS["yoga"])])
    with pytest.raises(Unavailable):
        await recall.index(scope)
    await line.mend()
    assert [found.ref for found in await recall.retrieve(scope, "When are we open at Easter?")] == ["opening"]

    later = datetime.now(UTC) + timedelta(minutes=1)
    waiting = await Scans(database.mongo).unindexed_memories(later)
    (memory,) = (one for one in waiting if one.business_id == scope.business_id)
    assert await recall.index(Scope.of(memory.business_id)) == 1
    assert await Scans(database.mongo).unindexed_memories(later) == []
    assert [found.ref for found in await recall.retrieve(scope, "yoga for beginners")] == ["yoga"]


async def test_removed_facts_are_gone_although_chroma_was_away(
    recall: Recall, database: Database, line: Line
) -> None:
    gym = business(membership="from $29 a month")
    scope = Scope.of(gym.id)
    await database.businesses.insert(scope, gym)
    await recall.remember_facts(scope, gym)
    await recall.index(scope)
    await line.cut()
    gym.facts.clear()
    await recall.remember_facts(scope, gym)
    await line.mend()
    assert await stored(database, scope) == {}
    assert await recall.retrieve(scope, "How much is a membership?") == []


async def test_a_forgotten_business_leaves_nothing(
    recall: Recall, database: Database, vectors: VectorIndex, line: Line
) -> None:
    scope, other = Scope.of(new_id()), Scope.of(new_id())
    for one in (scope, other):
        await recall.remember(one, [decision("yoga", DECISIONS["yoga"])])
        await recall.index(one)
    await line.cut()
    with pytest.raises(Unavailable):
        await recall.forget_business(scope)
    assert len(await stored(database, scope)) == 1
    await line.mend()
    await recall.forget_business(scope)
    assert await stored(database, scope) == {}
    (asked,) = await LocalEmbedder().embed(["yoga"])
    assert await vectors.nearest(scope, asked, 5) == []
    assert [found.ref for found in await recall.retrieve(other, "yoga")] == ["yoga"]


async def test_everything_is_indexed_anew_after_chroma_lost_it(
    recall: Recall, vectors: VectorIndex, embedder: LocalEmbedder
) -> None:
    scope = Scope.of(new_id())
    many = [decision(str(number), f"Idea number {number} about the garden") for number in range(BATCH + 20)]
    await recall.remember(scope, many)
    await recall.index(scope)
    await vectors.remove_all(scope)
    assert await recall.retrieve(scope, "ideas about the garden") == []
    assert await recall.rebuild(scope) == len(many)
    (asked,) = await embedder.embed(["ideas about the garden"])
    assert len(await vectors.nearest(scope, asked, 2 * len(many))) == len(many)


async def test_one_decision_is_found_among_hundreds_that_read_alike(recall: Recall) -> None:
    scope = Scope.of(new_id())
    many = [decision(str(number), f"Idea number {number} about the garden") for number in range(200)]
    await recall.remember(scope, [*many, decision("yoga", DECISIONS["yoga"])])
    await recall.index(scope)
    found = await recall.retrieve(scope, "yoga for beginners", limit=3)
    assert found[0].ref == "yoga"


async def test_wishes_on_style_are_always_there_and_the_newest_come_first(
    recall: Recall, line: Line, database: Database
) -> None:
    scope = Scope.of(new_id())
    for number in range(MOST_WISHES + 2):
        await recall.remember(scope, [wish(number, f"Sign with name {number}")])
        # The list is by time, which has milliseconds.
        at = datetime(2027, 3, 1, tzinfo=UTC) + timedelta(minutes=number)
        key = {"dedupe_key": f"said:{number}", **scope.filter()}
        await database.memories.raw.update_one(key, {"$set": {"created_at": at}})
    await recall.remember(scope, [decision("yoga", DECISIONS["yoga"])])
    await recall.index(scope)
    newest = [f"Sign with name {number}" for number in range(MOST_WISHES + 1, 1, -1)]
    found = await recall.retrieve(scope, "yoga for beginners", limit=1)
    assert [one.decision for one in found] == [*newest, ""]
    assert found[-1].ref == "yoga"
    await line.cut()
    assert [one.decision for one in await recall.retrieve(scope, "yoga for beginners")] == newest


async def test_the_fields_of_a_conclusion_survive_a_new_index_and_another_language_finds_it(
    recall: Recall, vectors: VectorIndex
) -> None:
    scope = Scope.of(new_id())
    parts = {"subject": "student discount", "decision": "students pay 15 % less", "reason": "we have room"}
    conclusion = said("decision", date(2027, 3, 1), key="said:1", run_id="r" * 24, said_by="u" * 24, **parts)
    await recall.remember(scope, [replace(conclusion, run_id=None), decision("yoga", DECISIONS["yoga"])])
    await recall.index(scope)
    await vectors.remove_all(scope)
    assert await recall.rebuild(scope) == 2
    found = (await recall.retrieve(scope, "¿Qué descuento tienen los estudiantes?"))[0]
    assert found.model_dump(include={*parts}) == parts
    assert (found.said_by, found.text) == (
        "u" * 24,
        "2027-03-01: “student discount: students pay 15 % less (we have room)”",
    )


async def test_what_an_earlier_release_remembered_is_still_found(recall: Recall, database: Database) -> None:
    scope = Scope.of(new_id())
    await recall.remember(scope, [decision("yoga", DECISIONS["yoga"])])
    later = dict.fromkeys(("subject", "decision", "reason", "said_by"), "")
    await database.memories.raw.update_many(scope.filter(), {"$unset": later})
    await recall.index(scope)
    (found,) = await recall.retrieve(scope, "yoga for beginners")
    assert (found.text, found.decision, found.said_by) == (DECISIONS["yoga"], "", None)
