"""Start, claim, cancel and end runs; the only writer of run status."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Protocol

from core.clock import Clock
from core.conversation import (
    ENDED,
    Message,
    Run,
    Thread,
)
from core.document import TenantDocument
from core.errors import (
    Conflict,
    Forbidden,
    MarqueeError,
    NotFound,
    QuotaExhausted,
    RunInputDiffers,
    ThreadBusy,
)
from core.events import run_started
from core.ids import is_id
from core.permissions import allows
from core.scope import Scope
from memory.collections import AlreadyThere
from memory.database import Database
from memory.event_log import EventLog
from memory.leases import Leases
from services.run_request import RunRequest, documents_of
from services.run_result import RunResult
from services.threads import Threads
from services.usage import Usage


class Waker(Protocol):
    """Wakes a worker for a document; may be lost, since the sweeper sends it again."""

    async def wake(self, name: str, *, business_id: str, document_id: str, user_id: str = "") -> bool:
        """Send a wake-up; false when it could not be sent."""
        ...


class Canceller(Protocol):
    """Signals the worker of a run to stop; may be lost, since the worker also polls."""

    async def cancel(self, run_id: str) -> bool:
        """Signal the run to stop; return whether a worker received it."""
        ...


AUTHORIZED_FOR = timedelta(seconds=2)
"""How long the authorization of a request holds for the run that it starts."""


class Runs:
    """The lifecycle of runs: started by a person, claimed by workers, ended once.

    Every write after a claim is fenced by the attempt; a worker that lost its lease changes nothing.
    """

    def __init__(
        self,
        database: Database,
        threads: Threads,
        usage: Usage,
        log: EventLog,
        waker: Waker,
        canceller: Canceller,
        clock: Clock,
    ) -> None:
        self._database = database
        self._threads = threads
        self._usage = usage
        self._log = log
        self._waker = waker
        self._canceller = canceller
        self._clock = clock
        self.leases = Leases(database.runs)

    # -- people -----------------------------------------------------------------------------------------

    async def start(self, scope: Scope, user_id: str, request: RunRequest) -> Run:
        """Store message and run, and wake a worker.

        The same run id with the same input returns the existing run, also after it ended.

        Raises:
            RunInputDiffers: The run id was used with another input.
            ThreadBusy: Another run of the thread is active.
            QuotaExhausted: The business has no tokens left this month.
        """
        known, thread, refusal = await asyncio.gather(
            self._database.runs.find(scope, {"dedupe_key": f"{user_id}:{request.run_id}"}),
            self._database.threads.find(scope, {"dedupe_key": f"{user_id}:{request.thread_id}"}),
            self._refusal(scope),
        )
        run, message, opening = documents_of(scope, user_id, request, thread, self._clock.now())
        if known is not None:
            return await self._attach(scope, known, run, thread, opening)
        if refusal is not None:
            raise refusal
        if thread is not None and (active := await self._threads.active_run(scope, thread)) is not None:
            if active.dedupe_key != run.dedupe_key:
                raise ThreadBusy(run_id=active.client_id)
            # It was stored after the lookup of the run and before that of the thread.
            return await self._attach(scope, active, run, thread, opening)
        stored = await self._store(scope, run, message)
        if stored is not None:
            return stored
        try:
            if not await self._take_thread(scope, thread, opening, run):
                raise await self._taken(scope, run)
        except MarqueeError:
            await self._database.runs.delete(scope, {"_id": run.id, "status": "queued"})
            await self._database.messages.delete(scope, {"_id": message.id})
            raise
        writer = self._log.writer(scope, run.id, attempt=0)
        writer.append(run_started(request.thread_id, request.run_id), now=True)
        # Woken beside the check: in a business that is being deleted, a worker finds nothing to work on.
        await asyncio.gather(self._wake(run), self._check_owners(scope, thread, run, opening))
        return run

    async def check_references(
        self,
        scope: Scope,
        user_id: str,
        thread_id: str,
        campaign_id: str | None,
        parent_id: str | None,
        slot_ids: Sequence[str],
    ) -> None:
        """Raise NotFound unless every id of a request belongs to the business and to the right parent."""
        if campaign_id is None and parent_id is None and not slot_ids:
            return
        thread = await self._database.threads.find(scope, {"dedupe_key": f"{user_id}:{thread_id}"})
        if parent_id is not None:
            parent = await self._database.messages.get(scope, parent_id)
            if thread is None or parent.thread_id != thread.id:
                raise NotFound("message")
        named = campaign_id or (thread.campaign_id if thread else None)
        if named is None and slot_ids:
            raise NotFound("slot")
        if named is not None:
            campaign = await self._database.campaigns.get(scope, named)
            known = {slot.slot_id for slot in campaign.calendar}
            if not known.issuperset(slot_ids):
                raise NotFound("slot")

    async def find(self, scope: Scope, user_id: str, reference: str) -> Run:
        """Find a run by its id or the client's id."""
        run: Run | None = None
        if is_id(reference):
            run = await self._database.runs.find(scope, {"_id": reference, "user_id": user_id})
        if run is None:
            run = await self._database.runs.find(scope, {"dedupe_key": f"{user_id}:{reference}"})
        if run is None:
            raise NotFound("run")
        return run

    async def cancel(self, scope: Scope, run: Run) -> Run:
        """Request the cancellation of a run; an ended one does not change."""
        if run.status not in ENDED:
            await self._database.runs.change(
                scope, run.id, {"cancel_requested_at": self._clock.now()}, {"cancel_requested_at": None}
            )
            await self._canceller.cancel(run.id)
            await self._wake(run, "cancel")
        return await self._database.runs.get(scope, run.id)

    # -- workers ----------------------------------------------------------------------------------------

    async def claim(
        self, scope: Scope, run_id: str, owner: str, admits: Callable[[Run], bool] = lambda _: True
    ) -> Run | None:
        """Claim a queued run or one that lost its worker; None when there is nothing to do.

        A run to cancel, or one that lost too many workers, is claimed too: the worker ends it.

        Args:
            scope: The run's business.
            run_id: The run.
            owner: The worker's name.
            admits: Whether the worker accepts a run that had an attempt before.
        """
        # Nearly every wake-up is the first of its run: claim without reading it.
        began = {"status": "running", "started_at": self._clock.now()}
        if first := await self.leases.claim(scope, run_id, owner, 0, began, {"status": "queued"}):
            return first
        run = await self._database.runs.find(scope, {"_id": run_id})
        if run is None or run.status != "running" or not admits(run):
            return None
        if claimed := await self.leases.reclaim(scope, run, owner):
            await self._usage.charge_lost(scope, run.id)
        return claimed

    def age(self, run: Run) -> float:
        """Return the seconds since a claimed run was first started."""
        return 0.0 if run.started_at is None else (self._clock.now() - run.started_at).total_seconds()

    async def cancelled(self, scope: Scope, run_ids: Sequence[str]) -> list[str]:
        """Return which of these runs are to be cancelled."""
        where = {"_id": {"$in": list(run_ids)}, "cancel_requested_at": {"$ne": None}}
        return [run.id for run in await self._database.runs.all(scope, where)]

    async def reauthorise(self, run: Run) -> None:
        """Raise Forbidden unless the user may still start runs here; checked when the work begins.

        A run whose request was authorized a moment ago is not checked twice.
        """
        if run.attempt == 1 and self._clock.now() - run.created_at < AUTHORIZED_FOR:
            return
        where = {"user_id": run.user_id, "business_id": run.business_id}
        user, member = await asyncio.gather(
            self._database.users.find({"_id": run.user_id}), self._database.memberships.find(where)
        )
        may = member is not None and allows(member.role, "run.start")
        if user is None or not user.is_active or not may:
            raise Forbidden("Your account may no longer work for this business.")

    async def history(self, scope: Scope, run: Run) -> list[Message]:
        """Return the branch that the run answers, root first, the new message last."""
        return await self._threads.branch(scope, run.thread_id, run.input.message_id)

    async def finish(self, scope: Scope, run: Run, result: RunResult) -> bool:
        """Write the answer, then end the run; false when the lease was lost."""
        now = self._clock.now()
        answer = result.message(run, now)
        try:
            # The end of the run, written below, is durable, which makes this write durable too.
            await self._database.messages.insert(scope, answer, durable=False)
        except AlreadyThere:
            kept = {"thread_id", "parent_id", "role", "run_id"}
            fields = Message.model_fields.keys() - TenantDocument.model_fields.keys() - kept
            values = {name: getattr(answer, name) for name in fields}
            await self._database.messages.change(scope, answer.id, values, {"attempt": {"$lte": run.attempt}})
        if result.campaign_id is not None:
            await self._set_campaign(scope, run.thread_id, result.campaign_id)
        if await self._database.runs.change(
            scope,
            run.id,
            {
                "status": result.status,
                "outcome": result.outcome,
                "problem": result.problem,
                "usage": list(result.usage),
                "finished_at": now,
                "lease": None,
            },
            {"attempt": run.attempt, "status": "running"},
        ):
            return True
        found = await self._database.runs.find(scope, {"_id": run.id})
        if found is None:
            # The run was deleted: remove its answer, which the erasure may not have seen.
            await self._database.messages.delete(scope, {"_id": answer.id})
            return False
        # The reply of the write may be lost: read whether it took effect.
        return (found.attempt, found.status) == (run.attempt, result.status)

    async def _set_campaign(self, scope: Scope, thread_id: str, campaign_id: str) -> None:
        """Set the campaign of a thread that has none, unless the campaign is being deleted."""
        threads = self._database.threads
        if not await threads.change(scope, thread_id, {"campaign_id": campaign_id}, {"campaign_id": None}):
            return
        # Read after the write: an erasure marks the campaign before it clears its threads.
        if not await self._database.campaigns.any(scope, {"_id": campaign_id}):
            await threads.change(scope, thread_id, {"campaign_id": None}, {"campaign_id": campaign_id})

    # -- inside -----------------------------------------------------------------------------------------

    async def _wake(self, run: Run, name: str = "run") -> None:
        await self._waker.wake(name, business_id=run.business_id, document_id=run.id, user_id=run.user_id)

    async def _refusal(self, scope: Scope) -> QuotaExhausted | None:
        """Return why no new run may start; existing runs can still be read."""
        try:
            await self._usage.admit(scope)
        except QuotaExhausted as error:
            return error
        return None

    async def _attach(
        self, scope: Scope, known: Run, asked: Run, thread: Thread | None, opening: Thread
    ) -> Run:
        """Return the existing run with this id, if its input is the same."""
        if known.input_digest != asked.input_digest:
            raise RunInputDiffers(run_id=known.client_id)
        # The request that stored the run may have died before it took the thread.
        if known.status not in ENDED and (
            thread is None
            or (thread.last_run_id != known.id and await self._threads.active_run(scope, thread) is None)
        ):
            await self._take_thread(scope, thread, opening, known)
            await self._check_owners(scope, thread, known, opening)
        return known

    async def _store(self, scope: Scope, run: Run, message: Message) -> Run | None:
        """Write run and message; return the existing run if another request was first.

        Neither write is durable by itself: taking the thread, which comes next, makes them durable.
        """
        stored = await asyncio.gather(
            self._database.runs.insert(scope, run, durable=False),
            self._database.messages.insert(scope, message, durable=False),
            return_exceptions=True,
        )
        for result in stored:
            if isinstance(result, BaseException) and not isinstance(result, AlreadyThere):
                raise result
        # Only the run can conflict: the same input writes the same message, under the same id.
        if not isinstance(stored[0], AlreadyThere):
            return None
        quicker = await self._database.runs.find(scope, {"dedupe_key": run.dedupe_key})
        if quicker is not None and quicker.input_digest == run.input_digest:
            return quicker
        await self._database.messages.delete(scope, {"_id": message.id})
        raise RunInputDiffers(run_id=run.client_id)

    async def _taken(self, scope: Scope, run: Run) -> MarqueeError:
        """Return why the thread could not be taken."""
        thread = await self._database.threads.find(scope, {"_id": run.thread_id})
        if thread is None:
            return Conflict("This threadId is in use in another business, or being deleted; choose another.")
        first = await self._threads.active_run(scope, thread)
        return ThreadBusy(run_id=first.client_id if first else None)

    async def _take_thread(self, scope: Scope, known: Thread | None, opening: Thread, run: Run) -> bool:
        """Make the run the thread's newest, or create the thread; false if another run was first."""
        if known is not None:
            newest = {"last_run_id": run.id, "head_id": run.answer_id}
            before = {"last_run_id": known.last_run_id}
            if await self._database.threads.change(scope, known.id, newest, before):
                return True
        else:
            with suppress(AlreadyThere):
                await self._database.threads.insert(scope, opening)
                return True
        current = await self._database.threads.find(scope, {"_id": run.thread_id})
        return current is not None and current.last_run_id == run.id

    async def _check_owners(self, scope: Scope, known: Thread | None, run: Run, opening: Thread) -> None:
        """Undo the creation of a thread whose business or campaign is being deleted.

        Read after the writes: an erasure marks the owner first, then removes what it sees.

        Raises:
            NotFound: The business or the campaign is deleted or being deleted.
        """
        if known is not None:
            return
        owners = [self._database.businesses.owner(scope.business_id)]
        if opening.campaign_id is not None:
            owners.append(self._database.campaigns.owner(opening.campaign_id))
        present = await asyncio.gather(*(owner.present(scope) for owner in owners))
        for owner, is_present in zip(owners, present, strict=True):
            if not is_present:
                await self._database.threads.delete(scope, {"_id": opening.id, "last_run_id": run.id})
                await self._database.runs.delete(scope, {"_id": run.id})
                await self._database.messages.delete(scope, {"thread_id": opening.id})
                raise NotFound(owner.collection.noun)
