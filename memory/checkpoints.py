"""The LangGraph checkpointer on scoped Motor collections."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import (
    WRITES_IDX_MAP,
    BaseCheckpointSaver,
    ChannelVersions,
    Checkpoint,
    CheckpointMetadata,
    CheckpointTuple,
    get_checkpoint_id,
    get_checkpoint_metadata,
    writes_sort_key,
)
from langgraph.checkpoint.serde.base import SerializerProtocol
from pymongo import DESCENDING, UpdateOne

from core.clock import SystemClock
from core.errors import NotFound
from core.ids import derived_id
from core.scope import Scope
from memory.collections import Collection
from memory.mongo import Mongo

LONGEST_LIST = 1_000

KEPT = timedelta(days=30)
"""Time until a checkpoint expires, longer than a run may wait for a person."""


class Checkpoints(BaseCheckpointSaver[int]):
    """Stores graph state per business and thread.

    The business comes from `configurable.business_id`, which the caller of the graph sets, never a model: a
    thread id of another business finds nothing. `of` returns a saver bound to one business, which can delete
    threads.

    Args:
        mongo: The database.
        runs: The runs whose ids are the thread ids: state written after a run's deletion is removed. None
        skips this check.
        scope: The business of a bound saver.
        serde: The serializer.
    """

    def __init__(
        self,
        mongo: Mongo,
        runs: Collection[Any] | None = None,
        *,
        scope: Scope | None = None,
        serde: SerializerProtocol | None = None,
    ) -> None:
        super().__init__(serde=serde)
        self._mongo = mongo
        self._runs = runs
        self._scope = scope
        # The run's next write, its end, is durable, which makes this earlier write durable too.
        self._checkpoints = mongo.collection("checkpoints", durable=False)
        self._writes = mongo.collection("checkpoint_writes", durable=False)

    def of(self, scope: Scope) -> Checkpoints:
        """Return the same store, bound to one business."""
        return Checkpoints(self._mongo, self._runs, scope=scope, serde=self.serde)

    async def aget_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        """Return the checkpoint that the config names, else the newest of its thread and namespace.

        With `configurable.fresh` the thread is new and nothing is read.
        """
        if config["configurable"].get("fresh"):
            return None
        where: dict[str, Any] = dict(self._place(config))
        if checkpoint_id := get_checkpoint_id(config):
            where["checkpoint_id"] = checkpoint_id
        newest = self._checkpoints.find(where).sort([("checkpoint_id", DESCENDING)]).limit(1)
        found = await newest.to_list(1)
        return await self._tuple(found[0]) if found else None

    async def alist(
        self,
        config: RunnableConfig | None,
        *,
        filter: dict[str, Any] | None = None,  # noqa: A002 -- named by the base class
        before: RunnableConfig | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[CheckpointTuple]:
        """Yield the checkpoints of a thread, newest first, of all namespaces unless the config names one."""
        where: dict[str, Any] = {"business_id": self._business_id(config)}
        if config is not None:
            where |= self._place(config)
            if config["configurable"].get("checkpoint_ns") is None:
                del where["checkpoint_ns"]
        wanted: dict[str, str] = {}
        if config is not None and (checkpoint_id := get_checkpoint_id(config)):
            wanted["$eq"] = checkpoint_id
        if before is not None and (before_id := get_checkpoint_id(before)):
            wanted["$lt"] = before_id
        if wanted:
            where["checkpoint_id"] = wanted
        left = LONGEST_LIST if limit is None else limit
        cursor = self._checkpoints.find(where).sort([("checkpoint_id", DESCENDING)])
        async for stored in cursor.limit(LONGEST_LIST):
            if left <= 0:
                break
            found = await self._tuple(stored)
            if not filter or all(found.metadata.get(key) == value for key, value in filter.items()):
                left -= 1
                yield found

    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        """Store a checkpoint, replacing an earlier copy."""
        key = self._place(config) | {"checkpoint_id": checkpoint["id"]}
        values = {
            "parent_id": get_checkpoint_id(config),
            "state": self._dump(checkpoint),
            "metadata": self._dump(get_checkpoint_metadata(config, metadata)),
            "expires_at": SystemClock().now() + KEPT,
        }
        where, identity = _identified(key)
        await self._checkpoints.update_one(where, {"$set": values, "$setOnInsert": identity}, upsert=True)
        await self._take_back(key)
        return _config(key, checkpoint["id"])

    async def aput_writes(
        self,
        config: RunnableConfig,
        writes: Sequence[tuple[str, Any]],
        task_id: str,
        task_path: str = "",
    ) -> None:
        """Store a task's writes; existing ones are kept except errors, interrupts and resumes."""
        place = self._place(config) | {"checkpoint_id": config["configurable"]["checkpoint_id"]}
        updates: list[UpdateOne] = []
        for number, (channel, value) in enumerate(writes):
            index = WRITES_IDX_MAP.get(channel, number)
            where, identity = _identified(place | {"task_id": task_id, "index": str(index)})
            values = {
                "task_path": task_path,
                "channel": channel,
                "value": self._dump(value),
                "expires_at": SystemClock().now() + KEPT,
            }
            if index < 0:
                update = {"$set": values, "$setOnInsert": identity}
            else:
                update = {"$setOnInsert": identity | values}
            updates.append(UpdateOne(where, update, upsert=True))
        if updates:
            await self._writes.bulk_write(updates, ordered=False)
            await self._take_back(place)

    async def adelete_thread(self, thread_id: str) -> None:
        """Remove a thread's checkpoints and writes; only on a bound saver."""
        await self._delete({"business_id": self._business_id(None), "thread_id": thread_id})

    async def _delete(self, where: Mapping[str, str]) -> None:
        await self._writes.delete_many(where)
        await self._checkpoints.delete_many(where)

    async def _take_back(self, place: Mapping[str, str]) -> None:
        """Delete state of a run that was erased before this write."""
        business_id, thread_id = place["business_id"], place["thread_id"]
        if self._runs is not None and not await self._runs.any(Scope.of(business_id), {"_id": thread_id}):
            await self._delete({"business_id": business_id, "thread_id": thread_id})

    def _business_id(self, config: RunnableConfig | None) -> str:
        named = config["configurable"].get("business_id") if config is not None else None
        bound = self._scope.business_id if self._scope is not None else None
        business_id = bound or named
        if not isinstance(business_id, str):
            raise TypeError(
                "Graph state belongs to a business: set configurable.business_id, or use of(scope)."
            )
        if named not in {None, business_id}:
            raise NotFound("business")
        return business_id

    def _place(self, config: RunnableConfig) -> dict[str, str]:
        configurable = config["configurable"]
        return {
            "business_id": self._business_id(config),
            "thread_id": str(configurable["thread_id"]),
            "checkpoint_ns": configurable.get("checkpoint_ns") or "",
        }

    def _dump(self, value: Any) -> dict[str, Any]:
        kind, data = self.serde.dumps_typed(value)
        return {"type": kind, "data": data}

    def _load(self, stored: Mapping[str, Any]) -> Any:
        return self.serde.loads_typed((stored["type"], stored["data"]))

    async def _tuple(self, stored: Mapping[str, Any]) -> CheckpointTuple:
        parent_id = stored["parent_id"]
        of_this = {
            name: stored[name] for name in ("business_id", "thread_id", "checkpoint_ns", "checkpoint_id")
        }
        writes = [write async for write in self._writes.find(of_this)]
        writes.sort(
            key=lambda write: writes_sort_key(write["task_path"], write["task_id"], int(write["index"]))
        )
        return CheckpointTuple(
            config=_config(stored, stored["checkpoint_id"]),
            checkpoint=self._load(stored["state"]),
            metadata=self._load(stored["metadata"]),
            parent_config=_config(stored, parent_id) if parent_id else None,
            pending_writes=[
                (write["task_id"], write["channel"], self._load(write["value"])) for write in writes
            ],
        )


def _identified(key: dict[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Return the filter of an upsert by a derived id, and the fields of a new document."""
    where = {"_id": derived_id(*key.values()), "business_id": key["business_id"]}
    return where, {name: value for name, value in key.items() if name != "business_id"}


def _config(place: Mapping[str, Any], checkpoint_id: str) -> RunnableConfig:
    names = ("business_id", "thread_id", "checkpoint_ns")
    return {"configurable": {name: place[name] for name in names} | {"checkpoint_id": checkpoint_id}}
