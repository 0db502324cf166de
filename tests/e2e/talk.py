"""Play a written conversation turn by turn through the API, and hold every document against its script."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from agents.copywriter import to_arguments
from core.content import Content
from core.fields import STORED
from tests.doubles.fault_server import FaultServer
from tests.doubles.strong_model import Conversation, StrongModel, Turn
from tests.e2e.grammar import Frame, check
from tests.e2e.world import World, eventually

Row = dict[str, Any]

WRITTEN_ANEW = {
    *("title", "text_content", "language", "ai_metadata", "checked_against"),
    *("revision", "content_digest", "authorship", "version", "updated_at"),
}
"""What a new revision changes of a draft."""

CHECKED_ANEW = {"ai_metadata", "checked_against", "version", "updated_at"}
"""What a check of the same words changes, after the draft's slot was moved."""

REARRANGED = {"calendar", "version", "updated_at"}
"""What a change of its slots changes of a campaign."""


@dataclass
class Stored:
    """Every document that a conversation could change, by id."""

    drafts: dict[str, Row]
    revisions: dict[str, Row]
    campaigns: dict[str, Row]
    messages: dict[str, Row]
    business: Row

    @property
    def slots(self) -> dict[str, Row]:
        """The slots of all calendars."""
        return {slot["slot_id"]: slot for one in self.campaigns.values() for slot in one["calendar"]}


@dataclass(frozen=True)
class Played:
    """A turn with what came of it."""

    turn: Turn
    strong: StrongModel
    frames: list[Frame]
    before: Stored
    after: Stored


@dataclass
class Talk:
    """One conversation: who speaks, what each name of the script stands for, and what was offered last."""

    world: World
    model: FaultServer
    script: Conversation
    ids: dict[str, str] = field(default_factory=dict)
    titles: dict[str, tuple[str, str]] = field(default_factory=dict)
    offered: Row | None = None
    answers: dict[str, Row] = field(default_factory=dict)

    async def play(self) -> None:
        """Play every turn; what fails is said with the number of its turn."""
        for number, turn in enumerate(self.script.turns, start=1):
            try:
                await self._turn(turn)
            except BaseException as error:
                error.add_note(f"in turn {number}: {turn.says}")
                raise

    async def _turn(self, turn: Turn) -> None:
        for act in turn.by_hand:
            await self._by_hand(act)
        before = await self._stored()
        self._titles(before)
        meanwhile = turn.meanwhile
        strong = StrongModel(
            turn,
            self.titles,
            {name: _words(before.drafts[self.ids[name]]) for name in turn.edit},
            None if meanwhile is None else lambda: self._by_hand(meanwhile),
        )
        self.model.answer = strong
        frames = await self.world.say(turn.says, thread=self._thread(turn), **self._sent(turn))
        await self._settled()
        played = Played(turn, strong, frames, before, await self._stored())
        self._name_new(played)
        for holds in (self._ended, self._drafts, self._calendars, self._answered, self._prompts):
            self._hold(holds, played)

    def _hold(self, holds: Callable[[Played], None], played: Played) -> None:
        holds(played)

    def _thread(self, turn: Turn) -> str:
        return f"{turn.thread}:{self.world.business_id}"

    def _sent(self, turn: Turn) -> dict[str, Any]:
        """What the page sends beside the words."""
        sent: dict[str, Any] = {"focus": self.ids[turn.focus]} if turn.focus else {}
        if turn.press is not None:
            options = self.answers[turn.thread]["clarify"]["options"]
            (pressed,) = (one for one in options if one["label"] == turn.press)
            sent["actions"] = [{name: v for name, v in one.items() if v} for one in pressed["actions"]]
        if turn.choose is not None:
            assert self.offered is not None
            chosen = {self.offered["field"]: self.offered["alternatives"][turn.choose - 1]["text"]}
            target = [self.offered["content_id"]]
            edit = {"intent": "edit", "targets": target, "brief": turn.says, "replacement": chosen}
            sent["actions"] = [edit]
        return sent

    async def _by_hand(self, act: Mapping[str, Any]) -> None:
        client = self.world.client
        (kind, name), *rest = act.items()
        match kind:
            case "edit":
                answer = await client.put(f"/content/{self.ids[name]}", json=dict(rest))
            case "restore":
                answer = await client.post(f"/content/{self.ids[name]}/restore", json=dict(rest))
            case "delete":
                answer = await client.delete(f"/content/{self.ids[name]}")
            case "fact":
                place = f"/business/{self.world.business_id}"
                facts = (await client.get(place)).json()["facts"]
                kept = [{part: one[part] for part in ("id", "key", "value")} for one in facts]
                changed = [{**one, **dict(rest)} if one["key"] == name else one for one in kept]
                answer = await client.put(f"{place}/facts", json={"facts": changed})
            case _:
                raise ValueError(f"nobody does that by hand: {kind}")
        assert answer.is_success, answer.text
        await self._settled()

    async def _settled(self) -> None:
        """Wait for the checks and memories that a turn leaves to the worker."""
        database = self.world.services.database

        async def look() -> bool:
            mine = {"business_id": self.world.business_id}
            listed = (await self.world.client.get("/content", params={**mine, "limit": 100})).json()["items"]
            pending = await database.memories.raw.find_one({**mine, "indexed": False})
            return pending is None and not any(one["checks_stale"] for one in listed)

        await eventually(look)

    async def _stored(self) -> Stored:
        database, mine = self.world.services.database, {"business_id": self.world.business_id}
        rows = [
            {row["_id"]: row async for row in collection.raw.find(mine)}
            for collection in (database.content, database.versions, database.campaigns, database.messages)
        ]
        (business,) = [row async for row in database.businesses.raw.find(mine)]
        return Stored(*rows, business=business)

    def _ended(self, played: Played) -> None:
        """The run ended as it should, and every planned call came, and no other."""
        error, last = played.turn.then.error, played.frames[-1].event
        assert (last["type"], last.get("code", "")) == ("RUN_ERROR" if error else "RUN_FINISHED", error)
        check(frame.event for frame in played.frames)
        assert played.strong.wrong == []
        assert played.strong.left() == []

    def _drafts(self, played: Played) -> None:
        """What was written and changed is so, with its reason, and every other draft is as it was."""
        turn, before, after, then = played.turn, played.before, played.after, played.turn.then
        wanted = [name for name in turn.write if name not in then.kept]
        assert after.drafts.keys() == before.drafts.keys() | {self.ids[name] for name in wanted}
        for name in wanted:
            text, row = turn.write[name], after.drafts[self.ids[name]]
            assert text.answers[then.saved.get(name, -1)].items() <= _words(row).items()
            assert row["revision"] == 1
            assert row["language"] == (turn.language or before.business["language"])
            assert row["slot_id"] == (self.ids[text.slot] if text.slot else None)
        changed = [name for name in turn.edit if name not in then.kept]
        if turn.choose is not None:
            assert self.offered is not None
            changed = [name for name, key in self.ids.items() if key == self.offered["content_id"]]
        kept = dict(before.revisions)
        for name in changed:
            key = self.ids[name]
            self._check_revision(turn, name, before.drafts[key], after.drafts[key])
            (revision,) = (one for one in after.revisions.values() if _is_before(one, before.drafts[key]))
            kept[revision["_id"]] = revision
        touched = {self.ids[name] for name in changed}
        if turn.meanwhile is not None:
            (_, name), *saved = turn.meanwhile.items()
            touched.add(self.ids[name])
            for field_name, value in saved:
                assert value.items() <= after.drafts[self.ids[name]][field_name].items()
        moved = {before.slots[self.ids[name]]["content_id"] for name in then.slots}
        for key, row in before.drafts.items():
            if key not in touched:
                may = CHECKED_ANEW if key in moved else ()
                assert _without(after.drafts[key], may) == _without(row, may)
        if turn.meanwhile is None:
            assert after.revisions == kept
        for row in after.drafts.values():
            assert (row["status"], row.get("approval")) == ("draft", None)
        for name in (*wanted, *changed):
            failed = [one["message"] for one in _stopping(after.drafts[self.ids[name]])]
            said = then.blocked.get(name)
            assert failed == [] if said is None else said in " ".join(failed)
        for name, text in then.doubted.items():
            claims = after.drafts[self.ids[name]]["ai_metadata"]["claims"]
            doubted = [one["figure"]["text"] for one in claims if one["verdict"] == "unconfirmed"]
            assert any(text in one for one in doubted), doubted

    def _check_revision(self, turn: Turn, name: str, before: Row, after: Row) -> None:
        if turn.choose is None:
            answer = turn.edit[name][turn.then.saved.get(name, -1)]
        else:
            assert self.offered is not None
            chosen = self.offered["alternatives"][turn.choose - 1]["text"]
            answer = {**_words(before), self.offered["field"]: chosen}
        assert answer.items() <= _words(after).items()
        assert after["revision"] == before["revision"] + 1
        assert after["content_digest"] != before["content_digest"]
        assert after["content_digest"] == _content(after).visible_digest()
        assert after["language"] == (turn.language or before["language"])
        briefs = [one.get("brief") for one in turn.route] or [turn.says]
        if turn.press is None:
            assert after["authorship"]["reason"] in briefs
        assert _without(after, WRITTEN_ANEW) == _without(before, WRITTEN_ANEW)

    def _calendars(self, played: Played) -> None:
        """The named slots changed as they should; every other one, and every campaign, is as it was."""
        turn, before, after = played.turn, played.before, played.after
        assert len(after.campaigns) - len(before.campaigns) == turn.then.campaigns
        expected = {key: dict(slot) for key, slot in before.slots.items()}
        for name, fields in {**_planned(turn), **turn.then.added}.items():
            slot = after.slots[self.ids[name]]
            assert fields.items() <= slot.items()
            expected[slot["slot_id"]] = dict(slot)
        for name, fields in turn.then.slots.items():
            by = {"changed_by": after.slots[self.ids[name]]["changed_by"]}
            planned = "drafted" if expected[self.ids[name]]["content_id"] else "planned"
            expected[self.ids[name]] |= {"state": planned, **fields, **by}
        for name, text in turn.write.items():
            if text.slot and name not in turn.then.kept:
                expected[self.ids[text.slot]] |= {"state": "drafted", "content_id": self.ids[name]}
        assert after.slots == expected
        for key, row in before.campaigns.items():
            assert _without(after.campaigns[key], REARRANGED) == _without(row, REARRANGED)

    def _answered(self, played: Played) -> None:
        """The conversation has one more exchange, with the buttons that it should have."""
        turn, before, after = played.turn, played.before, played.after
        assert after.business == before.business
        assert {key: after.messages[key] for key in before.messages} == before.messages
        new = {row["role"]: row for key, row in after.messages.items() if key not in before.messages}
        assert new.keys() == {"user", "assistant"}
        assert new["user"]["content"] == turn.says
        told = self.answers[turn.thread] = new["assistant"]
        names = {key: name for name, key in self.ids.items()}
        proposed = [
            {**one, "targets": sorted(names[target["content_id"]] for target in one["targets"])}
            for one in told["proposed_actions"]
        ]
        assert proposed == [
            {**one.model_dump(), "targets": sorted(one.targets)} for one in turn.then.proposed
        ]
        asked = told["clarify"]
        assert (asked is None) == (turn.then.asks is None)
        if asked is not None and turn.then.asks is not None:
            assert sorted(one["label"] for one in asked["options"]) == sorted(turn.then.asks)
        if turn.answer is not None and not turn.then.error:
            assert told["content"] == turn.answer
        alternatives = [one["result"] for one in told["artefacts"] if one["name"] == "suggest_variants"]
        assert sum(len(one["alternatives"]) for one in alternatives) == turn.then.offered
        self.offered = alternatives[-1] if alternatives else self.offered

    def _prompts(self, played: Played) -> None:
        """Each agent was given the facts, and the words, and what else the turn names."""
        turn, strong, before = played.turn, played.strong, played.before
        facts = [fact["value"] for fact in before.business["facts"]]
        for agent, prompt in strong.prompts:
            wanted = [turn.says] if agent in {"router", "copilot"} else []
            wanted += facts if agent in {"copywriter", "editor", "variants", "copilot"} else []
            for text in wanted:
                assert _flat(text) in prompt, f"{agent} does not know “{text}”:\n{prompt}"
        said = sorted(
            (row for row in before.messages.values() if row["role"] == "user"),
            key=lambda row: row["created_at"],
        )
        here = {row["_id"] for row in said if row["thread_id"] == self.answers[turn.thread]["thread_id"]}
        for agent, prompt in strong.prompts:
            if agent == "router":
                for row in [row for row in said if row["_id"] in here][-3:]:
                    assert f"user: {_flat(row['content'])}" in prompt
        for wish, holds in ((turn.then.told, True), (turn.then.untold, False)):
            for agent, texts in wish.items():
                prompts = [prompt for one, prompt in strong.prompts if one == agent]
                assert prompts, f"{agent} was not asked"
                for text in texts:
                    there = any(text in prompt for prompt in prompts)
                    assert there == holds, f"{agent}: “{text}”, {holds=}:\n{prompts[-1]}"

    def _name_new(self, played: Played) -> None:
        """Learn the ids of what is new, by its theme and its words."""
        before, after = played.before, played.after
        new_slots = [slot for key, slot in after.slots.items() if key not in before.slots]
        for name, fields in {**_planned(played.turn), **played.turn.then.added}.items():
            self.ids[name] = next(one["slot_id"] for one in new_slots if one["theme"] == fields["theme"])
        new = [row for key, row in after.drafts.items() if key not in before.drafts]
        for name, text in played.turn.write.items():
            for row in new:
                if any(answer.items() <= _words(row).items() for answer in text.answers):
                    self.ids[name] = row["_id"]

    def _titles(self, stored: Stored) -> None:
        """Note what prompts call everything that has a name."""
        for name, key in self.ids.items():
            if key in stored.slots:
                self.titles[name] = ("S", stored.slots[key]["theme"])
            elif row := stored.drafts.get(key):
                # Its subject, its slot's theme, or its first line.
                theme = stored.slots[row["slot_id"]]["theme"] if row["slot_id"] else ""
                first = row["text_content"]["caption"].partition("\n")[0]
                self.titles[name] = ("D", (row["title"] or theme or first)[:40].rstrip())


def _words(row: Row) -> Row:
    """A draft as the editor is given it, and as a writer answers it."""
    return to_arguments(_content(row))


def _content(row: Row) -> Content:
    return Content.model_validate(
        {**_without(row, {"_id", "approval_state"}), "id": row["_id"]}, context=STORED
    )


def _is_before(revision: Row, draft: Row) -> bool:
    return (revision["content_id"], revision["number"]) == (draft["_id"], draft["revision"])


def _stopping(row: Row) -> list[Row]:
    checks = row["ai_metadata"]["checks"]
    return [
        one
        for one in checks
        if not one["passed"] and one["severity"] == "block" and one["stage"] == "approval"
    ]


def _planned(turn: Turn) -> dict[str, Row]:
    """What the slots of a plan must be: times are checked where the plan says some."""
    return {name: {"theme": slot["theme"], "platform": slot["platform"]} for name, slot in turn.plan.items()}


def _without(row: Mapping[str, Any], names: Any) -> Row:
    return {name: value for name, value in row.items() if name not in names}


def _flat(text: str) -> str:
    return " ".join(text.split())
