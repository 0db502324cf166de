"""The checkpointer: the conformance suite, tenancy, and a graph that waits and goes on."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import TypedDict
from uuid import uuid4

import pytest
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import empty_checkpoint
from langgraph.checkpoint.conformance import checkpointer_test, validate
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import Command, interrupt

from core.errors import NotFound
from core.ids import new_id
from core.scope import Scope
from memory.checkpoints import Checkpoints
from memory.database import Database


def config_of(thread_id: str, business_id: str) -> RunnableConfig:
    return {"configurable": {"thread_id": thread_id, "checkpoint_ns": "", "business_id": business_id}}


async def test_it_conforms(database: Database) -> None:
    async def factory() -> AsyncGenerator[Checkpoints, None]:
        yield Checkpoints(database.mongo).of(Scope.of(new_id()))

    report = await validate(checkpointer_test(name="Checkpoints")(factory))
    failures = {name: result.failures for name, result in report.results.items() if result.failures}
    assert failures == {}
    assert report.passed_all_base()


async def test_the_same_thread_id_of_two_businesses_are_two_threads(database: Database) -> None:
    saver = Checkpoints(database.mongo)
    ours, theirs, thread_id = new_id(), new_id(), str(uuid4())
    mine, foreign = config_of(thread_id, ours), config_of(thread_id, theirs)
    stored = await saver.aput(mine, empty_checkpoint(), {"source": "input", "step": -1}, {})
    await saver.aput_writes(stored, [("channel", "ours")], "task")
    assert await saver.aget_tuple(foreign) is None
    checkpoint_id = stored["configurable"]["checkpoint_id"]
    foreign["configurable"]["checkpoint_id"] = checkpoint_id
    assert await saver.aget_tuple(foreign) is None
    assert [found async for found in saver.alist(config_of(thread_id, theirs))] == []

    await saver.of(Scope.of(theirs)).adelete_thread(thread_id)
    found = await saver.aget_tuple(mine)
    assert found is not None
    assert found.pending_writes == [("task", "channel", "ours")]

    await saver.of(Scope.of(ours)).adelete_thread(thread_id)
    assert await saver.aget_tuple(mine) is None
    left = {"business_id": ours, "thread_id": thread_id}
    assert await database.mongo.collection("checkpoint_writes").count_documents(left) == 0


async def test_without_a_business_nothing_is_read_or_written(database: Database) -> None:
    saver = Checkpoints(database.mongo)
    nobody: RunnableConfig = {"configurable": {"thread_id": "t", "checkpoint_ns": ""}}
    with pytest.raises(TypeError):
        await saver.aget_tuple(nobody)
    with pytest.raises(TypeError):
        await saver.aput(nobody, empty_checkpoint(), {}, {})
    with pytest.raises(TypeError):
        await saver.adelete_thread("t")
    with pytest.raises(NotFound):
        await saver.of(Scope.of(new_id())).aget_tuple(config_of("t", new_id()))


class State(TypedDict, total=False):
    asked: str
    answer: str
    done: list[str]


async def test_a_graph_waits_and_goes_on_in_another_process(database: Database) -> None:
    def prepare(state: State) -> State:
        return {"done": [*state.get("done", []), "prepared"]}

    def gate(state: State) -> State:
        return {"answer": interrupt({"question": state["asked"]})}

    def finish(state: State) -> State:
        return {"done": [*state["done"], state["answer"]]}

    def compiled() -> CompiledStateGraph[State, None, State, State]:
        graph = StateGraph(State)
        graph.add_node("prepare", prepare)
        graph.add_node("gate", gate)
        graph.add_node("finish", finish)
        graph.add_edge(START, "prepare")
        graph.add_edge("prepare", "gate")
        graph.add_edge("gate", "finish")
        graph.add_edge("finish", END)
        return graph.compile(checkpointer=Checkpoints(database.mongo))

    for durability in ("exit", "async"):
        config: RunnableConfig = {
            "configurable": {"thread_id": f"root-{durability}", "business_id": new_id()}
        }
        waiting = await compiled().ainvoke({"asked": "go?"}, config, durability=durability)
        assert waiting["__interrupt__"][0].value == {"question": "go?"}
        ended = await compiled().ainvoke(Command(resume="yes"), config, durability=durability)
        assert ended["done"] == ["prepared", "yes"]
        state = await compiled().aget_state(config)
        assert state.values["answer"] == "yes"
        assert state.next == ()
