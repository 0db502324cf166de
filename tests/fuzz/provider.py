"""A model server of its own process: hostile answers to whoever asks for them, plain ones to others."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import orjson

from tests.doubles.fault_server import FaultServer
from tests.doubles.wire import Reply, fitting, prompt_of, schema_of
from tests.fuzz.texts import generated, repeated

ASKED, HARMLESS_ASKED = "hostile text number {}", "harmless text number {}"
HARMLESS = "We bake our bread in the morning, and you are welcome to have a look. "
_ASKED = re.compile(r"(hostile|harmless) text number (\d+)")
_LENGTH = 20_000


def _with(value: Any, text: str) -> Any:
    """The value with the text wherever it has free words."""
    match value:
        case dict():
            return {key: item if key in _NO_WORDS else _with(item, text) for key, item in value.items()}
        case list():
            return [_with(item, text) for item in value]
        case str():
            return text
    return value


_NO_WORDS = {
    "platform",
    "platforms",
    "intent",
    "operation",
    "targets",
    "when",
    "type",
    "funnel_stage",
    "local_time",
    "language",
}


def answer(body: dict[str, Any]) -> Reply:
    """What the request asks for: `hostile text number 7`, or nothing special."""
    asked = _ASKED.search(prompt_of(body))
    schema = schema_of(body)
    text = generated(int(asked[2]), _LENGTH) if asked else "Good morning, and thank you for asking."
    if asked and asked[1] == "harmless":
        text = repeated(HARMLESS)(len(text))
    if schema is None:
        return Reply(text, pieces=40)
    value = orjson.loads(fitting(schema))
    if asked:
        value = _with(value, text[:250])
    if "actions" in value:
        write = {"intent": "write", "operation": None, "targets": [], "platforms": ["linkedin"], "count": 1}
        value = {"actions": [value["actions"][0] | write], "language": None}
    return Reply(orjson.dumps(value, default=str).decode(), pieces=20)


async def main() -> None:
    """Serve until killed."""
    server = FaultServer(answer)
    await server.start()
    print(server.url, flush=True)  # read by the test
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
