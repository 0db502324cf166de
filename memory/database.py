"""The collections, by name and type."""

from __future__ import annotations

from collections.abc import Sequence

from core.account import BusinessSeat, Invitation, Membership, SessionFamily, User
from core.business import Business, Memory
from core.campaign import Campaign
from core.clock import Clock
from core.content import Content, ContentVersion
from core.conversation import Message, Run, Thread
from core.idempotency import KeyedRequest
from core.model_server import ModelServer
from core.scope import Scope
from core.task import Task
from core.usage import InstallationMonth, LedgerRow, MonthBudget
from memory.collections import Collection, SystemCollection
from memory.mongo import Mongo

TENANT_COLLECTIONS = frozenset(
    {
        "businesses",
        "campaigns",
        "content",
        "content_versions",
        "threads",
        "chat_messages",
        "runs",
        "tasks",
        "memories",
        "ai_usage",
        "usage_ledger",
        "checkpoints",
        "checkpoint_writes",
    }
)
"""Collections whose every command has a `business_id`; a driver listener asserts it in tests."""

KEPT_FOR_ACCOUNTING = frozenset({"ai_usage", "usage_ledger"})
"""Collections that outlive their business: deletion frees no quota and keeps the ledger."""


class Database:
    """The typed collections of one database."""

    def __init__(self, mongo: Mongo, clock: Clock) -> None:
        self.mongo = mongo
        self.users = SystemCollection(mongo, "users", User, "user", clock)
        self.memberships = SystemCollection(mongo, "memberships", Membership, "member", clock)
        self.invitations = SystemCollection(mongo, "invitations", Invitation, "invitation", clock)
        self.seats = SystemCollection(mongo, "business_seats", BusinessSeat, "seat", clock)
        self.sessions = SystemCollection(mongo, "refresh_families", SessionFamily, "session", clock)
        self.keyed_requests = SystemCollection(mongo, "idempotency", KeyedRequest, "request", clock)
        self.businesses = Collection(mongo, "businesses", Business, "business", clock)
        self.campaigns = Collection(mongo, "campaigns", Campaign, "campaign", clock)
        self.content = Collection(mongo, "content", Content, "content", clock)
        self.versions = Collection(mongo, "content_versions", ContentVersion, "version", clock)
        self.threads = Collection(mongo, "threads", Thread, "thread", clock)
        self.messages = Collection(mongo, "chat_messages", Message, "message", clock)
        self.runs = Collection(mongo, "runs", Run, "run", clock)
        self.tasks = Collection(mongo, "tasks", Task, "task", clock)
        self.memories = Collection(mongo, "memories", Memory, "memory", clock)
        self.budgets = Collection(mongo, "ai_usage", MonthBudget, "month", clock)
        self.installation_months = SystemCollection(
            mongo, "installation_months", InstallationMonth, "month", clock
        )
        self.model_servers = SystemCollection(mongo, "model_servers", ModelServer, "model", clock)
        self.ledger = Collection(mongo, "usage_ledger", LedgerRow, "ledger row", clock)

    async def erase(self, scope: Scope) -> None:
        """Remove all documents of the businesses in the scope, except their token accounting."""
        for name in sorted(TENANT_COLLECTIONS - KEPT_FOR_ACCOUNTING - {"businesses"}):
            await self.mongo.collection(name).delete_many(scope.filter())

    async def erase_checkpoints(self, scope: Scope, root_run_ids: Sequence[str]) -> None:
        """Remove the graph state of these runs (`memory/checkpoints.py`)."""
        where = {"thread_id": {"$in": list(root_run_ids)}, **scope.filter()}
        for name in ("checkpoint_writes", "checkpoints"):
            await self.mongo.collection(name).delete_many(where)
