"""Servers of the OpenAI wire that do things their own way: each row of the dataset is one of them."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from agents.calls import calling
from agents.dialect import put
from agents.stream_events import events
from core.errors import MarqueeError
from core.model_server import Dialect
from tests.doubles.bench import (
    NOTE,
    NOTE_WITH_TOOLS,
    TALK,
    Bench,
    Kept,
    MeterBook,
    Note,
    Notes,
    call,
    context,
)
from tests.doubles.fault_server import fault_server
from tests.doubles.wire import DONE, Raw, Reply, plain_reply
from tests.patience import PATIENCE
from tests.unit.agents.conftest import MakeBench

Row = dict[str, Any]
ROWS: list[Row] = [
    orjson.loads(line)
    for line in Path(__file__).with_suffix(".jsonl").with_stem("model_servers").read_bytes().splitlines()
]
SPRING = {"title": "Spring", "tags": ["a"]}
USAGE = {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}
STREAMED = [row for row in ROWS if not row.keys() & {"refuses", "once"}]


def _data(chunk: Any) -> bytes:
    return b"data: " + orjson.dumps(chunk) + b"\n\n"


def _chunk(delta: Any, finish_reason: str | None = None) -> bytes:
    return _data({"choices": [{"index": 0, "delta": delta, "finish_reason": finish_reason}]})


def answer(row: Row) -> Raw:
    """What the server of a row sends."""
    pieces: list[bytes | float] = [
        float(chunk) if isinstance(chunk, float) else _data(chunk) for chunk in row.get("chunks", ())
    ]
    pieces += [_chunk({"content": text}) for text in row.get("says", ())]
    pieces += [_chunk(delta) for delta in row.get("deltas", ())]
    pieces += [text.encode() for text in row.get("raw", ())]
    if "ends" not in row:
        pieces.append(_chunk({}, row.get("finish", "tool_calls" if row["ask"] == "tool" else "stop")))
        if (usage := row.get("usage", USAGE)) is not None:
            pieces.append(_data({"choices": [], "usage": usage}))
        pieces.append(DONE)
    return Raw(tuple(pieces), cut=row.get("ends") == "cut")


def variants(row: Row) -> Iterator[Row]:
    """The row with its text, or its first tool call's arguments, in two deltas: cut at every place."""
    text = "".join(row.get("says", ()))
    for place in range(1, len(text)):
        yield {**row, "says": [text[:place], text[place:]]}
    if row["ask"] != "tool":
        return
    first, *others = row.get("deltas", ())
    calls = first.get("tool_calls", ({},))
    function = calls[0].get("function", {})
    arguments = function.get("arguments", "")
    for place in range(1, len(arguments) if isinstance(arguments, str) else 0):
        begun = {**calls[0], "function": {**function, "arguments": arguments[:place]}}
        rest = {"function": {"arguments": arguments[place:]}}
        if "index" in begun:
            rest["index"] = begun["index"]
        yield {**row, "deltas": [{"tool_calls": [begun]}, {"tool_calls": [rest]}, *others]}


def refuses(when: str, body: dict[str, Any]) -> bool:
    """Whether a server refuses a request."""
    form = body.get("response_format", {})
    found = {
        "always": True,
        "nothing": False,
        "json_schema": form.get("type") == "json_schema",
        "strict": "strict" in str(form),
        "system": any(message["role"] == "system" for message in body["messages"]),
        "max_tokens>1000": body.get("max_tokens", 0) > 1_000,
    }
    return bool(found[when] if when in found else body.get(when))


async def asked(row: Row, made: Bench, sink: Notes) -> Any:
    """Ask what the row asks; what came back."""
    if row["ask"] == "try":
        with calling(call()):
            return await made.gateway.tools_work()
    who = {"note": NOTE, "talk": TALK, "tool": NOTE_WITH_TOOLS}[row["ask"]]
    result = await made.agents.run(who, {"subject": "x"}, call=call(sink), context=context())
    return result.value


async def settled(row: Row, made: Bench, meter: MeterBook) -> None:
    """Ask, and compare with what is right."""
    sink, start = Notes(), time.monotonic()
    if "error" in row:
        with pytest.raises(MarqueeError) as failed:
            await asked(row, made, sink)
        assert failed.value.slug == row["error"]
    else:
        value, right = await asked(row, made, sink), row.get("right")
        if row["ask"] == "note":
            assert value == Note.model_validate({**SPRING, **(right or {})})
            assert Note.model_validate_json(sink.text, extra="ignore") == value
        elif row["ask"] == "talk":
            assert value == sink.text == (right or "There is one class.")
        else:
            assert [question for _, question in made.tools.asked] == (right or ["class price"])
        if (restarts := row.get("restarts", 0)) is not None:
            assert sink.restarts == restarts
        assert time.monotonic() - start >= row.get("waits", 0)
        assert meter.entries[-1].estimated is row.get("estimated", False)
    assert meter.open == {}
    made.tools.asked.clear()


def options(**values: Any) -> dict[str, Any]:
    return {"model": "m", "model_stall_seconds": PATIENCE, "model_first_token_seconds": PATIENCE, **values}


def test_a_schema_in_the_prompt_leaves_prompts_their_common_beginning() -> None:
    messages = [{"role": "system", "content": "Rules"}, {"role": "user", "content": "Material"}]
    schema = {"type": "json_schema", "json_schema": {"schema": {"title": "Post"}}}
    asked = put({"messages": messages, "response_format": schema}, Dialect(ignores_schema=True))
    system, user = asked["messages"]
    assert system == messages[0]
    assert user["content"].startswith("Material")
    assert '"Post"' in user["content"]


@pytest.mark.parametrize("row", STREAMED, ids=lambda row: f"{row['id']} {row['what']}")
async def test_an_answer_is_understood_wherever_it_is_cut(
    row: Row, bench: MakeBench, meter: MeterBook
) -> None:
    answers: list[Raw | Reply] = []
    talk = row["ask"] == "talk"
    good = Reply(
        "There is one class." if talk else '{"title": "Spring", "tags": ["a"], "mood": "calm", "day": null}'
    )
    async with fault_server(lambda _: answers.pop(0) if answers else good) as server:
        # What nobody knows of a server yet, once more with what was learned, and every cut.
        kept = Kept()
        made = await bench(url=server.url, keeper=kept, **options())
        for variant in [row, row, *variants(row)]:
            repeated = 2 if row.get("error") == "unusable-answer" else 1
            answers[:] = [answer(variant)] * repeated
            kept.dialects.clear()
            await settled(variant, made, meter)
            assert not answers
    assert all(entry.outcome != "error:internal" for entry in meter.entries)


@pytest.mark.parametrize(
    "row", [row for row in ROWS if "refuses" in row], ids=lambda row: f"{row['id']} {row['what']}"
)
async def test_a_refused_part_costs_one_request_once(row: Row, bench: MakeBench, meter: MeterBook) -> None:
    when, status, body = (row["refuses"][name] for name in ("when", "status", "body"))

    def reply(asked_for: dict[str, Any]) -> Reply | Raw:
        if refuses(when, asked_for):
            return Raw.error(status, body)
        if row.get("ignores") and "JSON schema" not in str(asked_for["messages"]):
            return Reply("Here is a note about spring.")
        usage = (11, 7) if "stream_options" in asked_for else None
        if row.get("plain"):
            return Raw((orjson.dumps({"choices": [{"message": {"content": "There is one class."}}]}),))
        if row["ask"] == "talk":
            return Reply("There is one class.", usage=usage)
        if row["ask"] == "note" or row["ask"] == "tool":
            return Reply('{"title": "Spring", "tags": ["a"], "mood": "calm", "day": null}', usage=usage)
        return plain_reply(asked_for)

    kept = Kept({"m": Dialect(bare_thoughts=False)})
    async with fault_server(reply) as server:
        extra = row.get("extra", 1)
        for first in (True, False, False):
            # The last one is another process: what was learned is kept.
            if first or server.calls:
                made = await bench(
                    url=server.url,
                    keeper=kept,
                    **options(model_tools="auto" if row["ask"] == "try" else "on"),
                )
            server.calls.clear()
            if "error" in row:
                with pytest.raises(MarqueeError) as failed:
                    await asked(row, made, Notes())
                assert failed.value.slug == row["error"]
                assert len(server.calls) == 1 + extra
                assert not kept.dialects["m"].refused
                continue
            await asked(row, made, Notes())
            await made.gateway.close()
            assert len(server.calls) == (1 + extra if first else row["ask"] != "try")
            if not server.calls:
                continue
            last = server.calls[-1].body
            assert not [name for name in row.get("lacks", ()) if refuses(name, last)]
            assert [name for name in row.get("has", ()) if name not in last] == []
    assert meter.open == {}


@pytest.mark.parametrize(
    "row", [row for row in ROWS if "once" in row], ids=lambda row: f"{row['id']} {row['what']}"
)
async def test_a_limit_is_waited_for_and_an_empty_account_is_not(
    row: Row, bench: MakeBench, meter: MeterBook
) -> None:
    answers = [Raw.error(**row["once"])]
    async with fault_server(lambda _: answers.pop() if answers else Reply("There is one class.")) as server:
        made = await bench(url=server.url, **options())
        await settled(row, made, meter)
        assert len(server.calls) == (1 if "error" in row else 2)


async def _blocks(*blocks: bytes) -> AsyncIterator[bytes]:
    for block in blocks:
        yield block


@pytest.mark.parametrize(
    "row", [row for row in STREAMED if not row.keys() & {"error", "requests"}], ids=lambda row: row["id"]
)
async def test_where_the_network_cuts_an_answer_makes_no_difference(row: Row) -> None:
    body = b"".join(piece for piece in answer(row).pieces if isinstance(piece, bytes))
    whole = [chunk async for chunk in events(_blocks(body))]
    assert whole
    for place in range(1, len(body)):
        assert [chunk async for chunk in events(_blocks(body[:place], body[place:]))] == whole
