"""Open the stores and build the services from settings (composition root without models)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector

from core.clock import Clock, SystemClock
from core.errors import Misconfigured
from core.settings import Settings
from memory.budgets import Budgets
from memory.database import Database
from memory.embedders import LocalEmbedder
from memory.event_log import EventLog
from memory.installation_quota import InstallationQuota
from memory.migrations import migrate
from memory.mongo import CommandListener, Mongo
from memory.presence import need_worker
from memory.queue import Queue, WakeBroker
from memory.redis import RedisClient, connect
from memory.run_event_reader import RunEventReader
from memory.seats import Seats
from memory.signals import Signals
from memory.vectors import VectorIndex
from services.accounts import Accounts
from services.businesses import Businesses
from services.campaigns import Campaigns
from services.checker import Checker
from services.content import Contents
from services.demo import Demo
from services.drafting import Drafting
from services.effects.erasure import Erasure
from services.effects.withdrawal import Withdrawal
from services.health_checks import HealthChecks
from services.idempotency import Idempotency
from services.model_servers import ModelServers
from services.password_strength import PasswordStrength
from services.passwords import Passwords
from services.recall import Recall
from services.rechecks import Rechecks
from services.registration import Registration
from services.run_stream import RunStream
from services.runs import Runs
from services.start_checks import check_settings
from services.tasks import Tasks
from services.threads import Threads
from services.usage import Usage


@dataclass(frozen=True)
class Services:
    """The services without a model, and their stores."""

    settings: Settings
    clock: Clock
    database: Database
    redis: RedisClient
    registry: CollectorRegistry
    accounts: Accounts
    registration: Registration
    idempotency: Idempotency
    health_checks: HealthChecks
    recall: Recall
    businesses: Businesses
    campaigns: Campaigns
    checker: Checker
    rechecks: Rechecks
    content: Contents
    drafting: Drafting
    erasure: Erasure
    usage: Usage
    budgets: Budgets
    threads: Threads
    runs: Runs
    tasks: Tasks
    embedder: LocalEmbedder
    demo: Demo
    model_servers: ModelServers
    run_stream: RunStream
    log: EventLog
    event_reader: RunEventReader
    queue: Queue
    broker: WakeBroker
    signals: Signals


def _needed(url: str, setting: str) -> str:
    if not url:
        raise Misconfigured(f"{setting} is not set; `make run` starts the stores and sets it.")
    return url


@asynccontextmanager
async def open_services(
    settings: Settings,
    clock: Clock | None = None,
    listeners: Sequence[CommandListener] = (),
    checker: Checker | None = None,
    database_patience: float = 5.0,
) -> AsyncIterator[Services]:
    """Connect to the stores, bring the database up to date, build the services; close all at the end.

    Args:
        settings: The settings.
        clock: The source of time; the system clock by default.
        listeners: Receive every database command.
        checker: A passed checker is not closed.
        database_patience: Seconds that a command waits for an unreachable database.

    Raises:
        Misconfigured: A setting is missing or, in production, unsafe.
    """
    key = check_settings(settings)
    clock = clock or SystemClock()
    async with AsyncExitStack() as stack:
        mongo = Mongo(
            _needed(settings.mongodb_url, "MONGODB_URL"), settings.database, listeners, database_patience
        )
        stack.callback(mongo.close)
        redis = connect(_needed(settings.redis_url, "REDIS_URL"))
        stack.push_async_callback(redis.aclose, close_connection_pool=True)
        passwords = Passwords()
        stack.callback(passwords.close)
        strength = PasswordStrength()
        stack.callback(strength.close)
        blocking = connect(settings.redis_url, blocking=True)
        stack.push_async_callback(blocking.aclose, close_connection_pool=True)
        embedder = LocalEmbedder()
        stack.callback(embedder.close)
        if checker is None:
            checker = Checker()
            stack.push_async_callback(checker.close)
        await migrate(mongo)

        database = Database(mongo, clock)
        vectors = VectorIndex(_needed(settings.chroma_url, "CHROMA_URL"), embedder.name, embedder.dimension)
        stack.push_async_callback(vectors.close)
        recall = Recall(database, vectors, embedder, clock)
        tasks = Tasks(database, clock)
        rechecks = Rechecks(database, tasks, checker, clock)
        campaigns = Campaigns(database, rechecks, clock)
        budgets = Budgets(database.budgets, database.ledger, clock, settings.quota_default)
        seats = Seats(database, budgets, clock, settings.businesses_per_user)
        common = InstallationQuota(database.installation_months, clock, settings.quota_installation)
        usage = Usage(budgets, common, clock)
        stack.push_async_callback(usage.close)
        threads = Threads(database)
        idempotency = Idempotency(database, clock)
        log, event_reader = EventLog(redis), RunEventReader(redis, blocking)
        stack.push_async_callback(log.close)
        stack.push_async_callback(event_reader.close)
        broker = WakeBroker(settings.redis_url)
        queue, signals = Queue(broker), Signals(redis, blocking)
        stack.push_async_callback(queue.close)
        runs = Runs(
            database,
            threads,
            usage,
            log,
            queue,
            signals,
            clock,
        )
        accounts = Accounts(database, settings, key, passwords, strength, clock)

        async def redis_answers() -> None:
            await redis.ping()

        async def worker_works() -> None:
            await need_worker(redis)

        yield Services(
            settings=settings,
            clock=clock,
            database=database,
            redis=redis,
            registry=_registry(),
            accounts=accounts,
            registration=Registration(accounts, database, settings, clock),
            idempotency=idempotency,
            health_checks=HealthChecks(
                needed={"mongodb": mongo.probe},
                others={"redis": redis_answers, "chroma": vectors.ping, "worker": worker_works},
            ),
            recall=recall,
            businesses=Businesses(database, recall, rechecks, seats, clock),
            campaigns=campaigns,
            checker=checker,
            rechecks=rechecks,
            content=Contents(database, rechecks, clock),
            drafting=Drafting(database, campaigns, rechecks, clock),
            erasure=Erasure(database, redis, campaigns, recall, idempotency, Withdrawal(database, runs)),
            usage=usage,
            budgets=budgets,
            threads=threads,
            runs=runs,
            tasks=tasks,
            embedder=embedder,
            model_servers=ModelServers(database.model_servers, settings, clock),
            demo=Demo(database, accounts, recall, clock),
            run_stream=RunStream(database, threads, event_reader),
            log=log,
            event_reader=event_reader,
            queue=queue,
            broker=broker,
            signals=signals,
        )


def _registry() -> CollectorRegistry:
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    GCCollector(registry=registry)
    return registry
