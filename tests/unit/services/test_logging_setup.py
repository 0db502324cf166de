"""Log lines: their ids, their form, and what must never be in them."""

from __future__ import annotations

import asyncio
import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from services.logging_setup import JsonLines, note, noted, redact


@pytest.fixture
def lines() -> Iterator[tuple[logging.Logger, io.StringIO]]:
    """A logger whose lines end in a buffer."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    logger = logging.getLogger("test.journal")
    logger.addHandler(handler)
    logger.propagate = False
    logger.setLevel(logging.DEBUG)
    yield logger, stream
    logger.removeHandler(handler)


def _read(stream: io.StringIO) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_is_bounded_whatever_it_says(lines: tuple[logging.Logger, io.StringIO]) -> None:
    logger, stream = lines
    try:
        getattr(stream, "y" * 1_000_000 + " at the end")
    except AttributeError:
        logger.exception("x" * 1_000_000, extra={"field": ["z" * 1_000_000]})
    assert len(stream.getvalue()) < 20_000
    assert _read(stream)[0]["exception"].endswith("at the end'")


def test_a_line_has_the_ids_of_its_context(lines: tuple[logging.Logger, io.StringIO]) -> None:
    logger, stream = lines
    with noted(request_id="r1", business_id=None):
        note(business_id="b1")
        with noted(run_id="run1"):
            logger.info("inside %s", "both")
        logger.warning("one")
    logger.info("none")
    inside, one, none = _read(stream)
    assert (inside["request_id"], inside["business_id"], inside["run_id"]) == ("r1", "b1", "run1")
    assert inside["message"] == "inside both"
    assert "run_id" not in one
    assert one["level"] == "warning"
    assert not {"request_id", "business_id"} & none.keys()


async def test_ids_stay_in_their_task(lines: tuple[logging.Logger, io.StringIO]) -> None:
    logger, stream = lines

    async def work(name: str) -> None:
        with noted(run_id=name):
            await asyncio.sleep(0)
            logger.info(name)

    await asyncio.gather(*(work(f"run{number}") for number in range(20)))
    assert all(line["run_id"] == line["message"] for line in _read(stream))


def test_an_exception_is_one_line_without_secrets(lines: tuple[logging.Logger, io.StringIO]) -> None:
    logger, stream = lines
    try:
        int("mongodb://ali:hunter22@host/db")
    except ValueError:
        logger.exception("failed")
    (line,) = _read(stream)
    assert "ValueError" in line["exception"]
    assert "hunter22" not in stream.getvalue()


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Bearer s3cret-value-s3cret",
        "Basic s3cretvalues3cret==",
        "redis://:s3cret@host:6379/0",
        "mongodb+srv://user:p%40s3cret@cluster.example/db?x=1",
        "https://user:s3cret@proxy.example/",
        "OPENAI_API_KEY=s3cret",
        "key sk-s3crets3crets3cret was refused",
        '{"password": "s3cret word", "email": "a@b.c"}',
        "{'refresh_token': 's3cret'}",
        "MARQUEE_SECRET_KEY='s3cret'",
        "eyJhbGciOiJIs3cret.eyJzdWIiOiJs3cret.s3cret",
        "65f0c7a31b2d94e6688aa01d.12." + "s3cret" * 7 + "x",
        "api-key: s3cret",
    ],
)
def test_secrets_in_text_are_blacked_out(text: str) -> None:
    assert "s3cret" not in redact(text)
    assert "[redacted]" in redact(text)


@pytest.mark.parametrize(
    "text",
    [
        "used 1200 tokens of 5000",
        "http://127.0.0.1:8000/app/ is ready",
        "run 65f0c7a31b2d94e6688aa01d ended",
        "mongodb://127.0.0.1:27017/?journal=true",
        "the password was wrong",
        "Bearer of good news",
    ],
)
def test_harmless_text_stays(text: str) -> None:
    assert redact(text) == text


def test_fields_with_a_secret_name_are_blacked_out(lines: tuple[logging.Logger, io.StringIO]) -> None:
    logger, stream = lines
    logger.info(
        "x",
        extra={
            "authorization": "s3cret",
            "nested": {"api_key": "s3cret", "tokens": 12, "list": [{"Set-Cookie": "s3cret"}]},
            "input_tokens": 7,
            "password": None,
        },
    )
    (line,) = _read(stream)
    assert "s3cret" not in stream.getvalue()
    assert line["nested"]["tokens"] == 12
    assert line["input_tokens"] == 7


def test_what_json_has_no_form_for_is_written_as_text(lines: tuple[logging.Logger, io.StringIO]) -> None:
    logger, stream = lines
    logger.info(
        "x", extra={"what": object(), "bytes": b"\xff", "big": 2**80, "broken": "\ud800", "keys": {1: 2}}
    )
    (line,) = [json.loads(text) for text in stream.getvalue().splitlines()]
    assert line["message"] == "x"
    assert line["keys"] == {"1": 2}
