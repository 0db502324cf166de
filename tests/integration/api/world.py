"""A user with one of everything, and the questions whether it leaked or changed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from core.business import Memory
from core.campaign import CampaignFields, Slot
from core.content import AiMetadata, ContentFields, TextContent
from core.conversation import Message, Run, RunInput, Thread
from core.document import WrittenBy
from core.ids import new_id
from core.scope import Scope
from memory.database import TENANT_COLLECTIONS
from services.businesses import BusinessDraft, NewFact
from services.container import Services


@dataclass
class World:
    """One user's belongings; `ids` names one document of each noun, `mark` stands in every text."""

    mark: str
    user_id: str
    token: str
    ids: dict[str, str] = field(default_factory=dict)

    @property
    def headers(self) -> dict[str, str]:
        """What signs a request in."""
        return {"Authorization": f"Bearer {self.token}"}

    @property
    def scope(self) -> Scope:
        """The one business."""
        return Scope.of(self.ids["business"])

    def traces_in(self, text: str, known: str = "") -> list[str]:
        """What of this world stands in a text, but for the id that the asker sent."""
        words = [self.mark, self.user_id, *self.ids.values()]
        shown = text.replace(known, "") if known else text
        return [word for word in words if word in shown]

    async def snapshot(self, services: Services) -> dict[str, Any]:
        """Every stored document of this world."""
        mongo = services.database.mongo
        own = {"business_id": self.ids["business"]}
        stored: dict[str, Any] = {
            name: await mongo.collection(name).find(own).sort("_id", 1).to_list(None)
            for name in (*sorted(TENANT_COLLECTIONS), "memberships")
        }
        stored["users"] = await mongo.collection("users").find({"_id": self.user_id}).to_list(None)
        sessions = mongo.collection("refresh_families").find({"user_id": self.user_id})
        stored["sessions"] = await sessions.sort("_id", 1).to_list(None)
        return stored


async def build_world(services: Services, mark: str) -> World:
    """Register a user and give them one document of each kind, all their texts with the mark."""
    signed_in = await services.accounts.register(f"{mark}@example.com", f"password of {mark}", mark)
    world = World(mark, signed_in.user.id, signed_in.access_token)
    world.ids["session"] = signed_in.session_id
    business = await services.businesses.create(
        world.user_id,
        BusinessDraft(
            business_name=f"{mark} bakery",
            industry=mark,
            facts=[NewFact(key=mark, value=f"{mark} loaf: 4 €")],
        ),
    )
    world.ids |= {"business": business.id, "fact": business.facts[0].id}
    scope = Scope.of(business.id)
    campaign = await services.campaigns.create(
        scope, business.id, CampaignFields(name=f"{mark} spring", goal=mark, status="active")
    )
    world.ids["campaign"] = campaign.id
    slot = Slot(local_time="2027-03-01T09:00", timezone="UTC", platform="instagram", theme=mark)
    planned = await services.campaigns.save_calendar(scope, campaign.id, [slot], new_id())
    world.ids["slot"] = planned.calendar[0].slot_id
    await _converse(services, world)
    content = await services.drafting.save_draft(
        scope,
        business=business,
        campaign=planned,
        slot=planned.calendar[0],
        platform="instagram",
        fields=ContentFields(title=mark, text_content=TextContent(caption=f"{mark} loaf for 4 €")),
        ai_metadata=AiMetadata(prompt_used=mark, run_id=world.ids["run"]),
        checked_against=mark,
        written_by=WrittenBy(run_id=world.ids["run"], agent="copywriter", slot="1"),
    )
    world.ids["content"] = content.id
    await services.content.change(scope, content.id, {"title": f"{mark} again"}, edited_by=world.user_id)
    return world


async def _converse(services: Services, world: World) -> None:
    """A thread with a run that has ended, its two messages, and what was remembered."""
    now = services.clock.now()
    stamps: dict[str, Any] = {"created_at": now, "updated_at": now, "business_id": world.ids["business"]}
    ids = {noun: new_id() for noun in ("thread", "run", "message", "answer", "memory")}
    world.ids |= ids | {"thread_name": f"{world.mark}-thread", "run_name": f"{world.mark}-run"}
    database = services.database
    await database.threads.insert(
        world.scope,
        Thread(
            id=ids["thread"],
            client_id=world.ids["thread_name"],
            user_id=world.user_id,
            dedupe_key=f"{world.user_id}:{world.ids['thread_name']}",
            title=world.mark,
            campaign_id=world.ids["campaign"],
            head_id=ids["answer"],
            last_run_id=ids["run"],
            **stamps,
        ),
    )
    await database.runs.insert(
        world.scope,
        Run(
            id=ids["run"],
            client_id=world.ids["run_name"],
            user_id=world.user_id,
            dedupe_key=f"{world.user_id}:{world.ids['run_name']}",
            thread_id=ids["thread"],
            thread_client_id=world.ids["thread_name"],
            root_run_id=ids["run"],
            answer_id=ids["answer"],
            input=RunInput(message_id=ids["message"], text=world.mark),
            input_digest="0" * 64,
            status="completed",
            outcome="success",
            attempt=1,
            started_at=now,
            finished_at=now,
            **stamps,
        ),
    )
    for message_id, parent_id, role in (
        (ids["message"], None, "user"),
        (ids["answer"], ids["message"], "assistant"),
    ):
        await database.messages.insert(
            world.scope,
            Message.model_validate(
                {
                    "id": message_id,
                    "thread_id": ids["thread"],
                    "parent_id": parent_id,
                    "role": role,
                    "content": world.mark,
                    "run_id": ids["run"],
                    **stamps,
                }
            ),
        )
    await database.memories.insert(
        world.scope,
        Memory(
            id=ids["memory"],
            kind="decision",
            text=world.mark,
            ref=ids["run"],
            dedupe_key=f"run:{ids['run']}",
            indexed=True,
            **stamps,
        ),
    )
