"""The examination of an endpoint, at servers that can and cannot."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson

from agents.doctor import examine
from tests.doubles.bench import settings
from tests.doubles.fault_server import fault_server
from tests.doubles.wire import Raw, Reply, plain_reply
from tests.patience import PATIENCE


def _settings(folder: Path, url: str) -> Any:
    waits = {"model_first_token_seconds": PATIENCE, "model_stall_seconds": PATIENCE}
    return settings(openai_base_url=url, model_tools="auto", data_dir=folder, **waits)


async def test_a_server_that_can_do_everything(tmp_path: Path) -> None:
    async with fault_server() as server:
        report = await examine(_settings(tmp_path, server.url))
    found = dict(report.findings)
    assert found["model"] == "fault-model"
    assert found["streaming"].startswith("yes")
    assert (found["usage"], found["tools"], found["typed answers"]) == ("reported", "called", "by schema")
    assert found["not accepted"] == "nothing was refused"
    assert report.advice == ["Set MARQUEE_MODEL=fault-model to keep this model."]
    assert str(report).splitlines()[0].split() == ["endpoint", server.url]


async def test_a_server_with_little(tmp_path: Path) -> None:
    def answer(body: dict[str, Any]) -> Reply | Raw:
        for name in ("stream_options", "response_format", "tools", "stream"):
            if body.get(name):
                return Raw.error(400, {"error": {"message": f"Unsupported parameter: {name}", "param": name}})
        if len(str(body["messages"])) > 50_000:
            return Raw.error(
                400, {"error": {"message": "the prompt exceeds the available context size (4096 tokens)"}}
            )
        told = plain_reply(body)
        return Raw((b'{"choices":[{"message":{"content":%s}}]}' % orjson.dumps(told.text),))

    async with fault_server(answer) as server:
        report = await examine(_settings(tmp_path, server.url))
    found = dict(report.findings)
    assert found["streaming"].startswith("no")
    assert (found["tools"], found["typed answers"]) == ("not called", "schema in the prompt only")
    assert found["usage"] == "not reported: tokens are estimated"
    assert found["not accepted"] == "json_object, json_schema, stream, stream_options, tools"
    assert {"Set MARQUEE_MODEL_TOOLS=off.", "Set MARQUEE_MODEL_CONTEXT=4096."} <= set(report.advice)


async def test_without_an_endpoint_the_demo_model_answers(tmp_path: Path) -> None:
    report = await examine(settings(data_dir=tmp_path))
    assert report.findings == [("model", "the demo model")]
    assert "OPENAI_BASE_URL" in str(report)
