"""The offline model behind the real gateway: typed answers stream, tools are called, usage is settled."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from agents.copywriter import POST, Post
from agents.offline.transport import OfflineTransport
from agents.tokens import TokenCounter
from tests.doubles.bench import Bench, MeterBook, Notes, call, context, gateway
from tests.patience import PATIENCE
from tests.unit.offline.businesses import GYM
from tests.unit.offline.desk import Desk, inputs_for_draft


@pytest.mark.parametrize("tools", ["on", "off"])
async def test_a_specialist_works_on_the_offline_model(desk: Desk, tools: str, tmp_path: Path) -> None:
    meter, counter = MeterBook(), TokenCounter(tmp_path)
    counter.load()
    transport = OfflineTransport(desk.embed, counter.count, float("inf"))
    bench = await Bench.on(
        gateway(meter, counter, transport=transport, model_tools=tools, model_first_token_seconds=PATIENCE),
        desk.library,
    )
    theme = "A routine that survives a busy week"
    task = {"theme": theme, "funnel_stage": "awareness"}
    inputs = inputs_for_draft(GYM, "instagram", task, request="Plan a push")
    sink = Notes()
    try:
        answer = await bench.agents.run(
            replace(POST, tools=("search_facts",)), inputs, call=call(sink), context=context()
        )
    finally:
        await bench.gateway.close()
    assert len(bench.tools.asked) == (tools == "on")
    assert answer.model == "offline-demo"
    assert answer.simulated
    assert answer.prompt.name == "copywriter/post@2"
    assert Post.model_validate_json(sink.text) == answer.value
    assert answer.value.caption.startswith(f"{theme}\n\nMeetings move")
    assert meter.outcomes == ["ok"] * (2 if tools == "on" else 1)
    assert not meter.open
    assert all(entry.tokens_in > 300 for entry in meter.entries)
