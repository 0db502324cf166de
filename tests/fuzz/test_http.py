"""Thousands of requests made from the API's own description, against a running Marquee with data."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from core.ids import new_id
from tests.chaos.marquee import Marquee, marquee

STREAMS = ("run_copilot", "stream_run")
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "allow_header_conformance",
)
pytestmark = pytest.mark.timeout(600)


@pytest_asyncio.fixture(scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Marquee]:
    quick = {
        "offline_tokens_per_second": 3_000,
        "login_attempts_per_minute": 1_000_000,
        "registrations_per_hour": 1_000_000,
    }
    async with marquee(tmp_path_factory.mktemp("marquee"), **quick) as started:
        yield started


async def known_ids(running: Marquee) -> dict[str, list[str]]:
    """The ids of what a run has made, so that half of the requests meet something."""
    run, thread = new_id(), new_id()
    await running.until_first_draft(run, thread)
    await running.ended(run)
    query = {"business_id": running.business_id}
    found: dict[str, list[str]] = {"business": [running.business_id], "thread": [thread], "run": [run]}
    for name in ("campaign", "content"):
        page = (await running.client.get(f"/{name}", params=query)).raise_for_status().json()
        found[name] = [item["id"] for item in page["items"]]
        assert found[name]
    return found


def configuration(ids: dict[str, list[str]]) -> str:
    """The settings of schemathesis: which operations take which ids; deletions take its own."""
    lines = ["color = false", 'warnings.fail-on = ["missing_auth"]']
    for name, values in ids.items():
        lines += [f"[dictionaries.{name}]", f"values = {json.dumps(values)}"]
    taken = {
        "^/business/\\\\{id\\\\}": ("path.id", "business"),
        "^/campaign/\\\\{id\\\\}": ("path.id", "campaign"),
        "^/content/\\\\{id\\\\}": ("path.id", "content"),
        "^/calendar/": ("path.campaign_id", "campaign"),
        "^/threads/": ("path.reference", "thread"),
        "^/runs/": ("path.reference", "run"),
        "^/(campaign|content)$": ("query.business_id", "business"),
    }
    for path, (parameter, name) in taken.items():
        lines += [
            "[[operations]]",
            f'include-path-regex = "{path}"',
            'exclude-method = "DELETE"',
            f'parameters = {{ "{parameter}" = {{ dictionary = "{name}", probability = 0.6 }} }}',
        ]
    return "\n".join(lines)


async def attack(
    client: httpx.AsyncClient, folder: Path, seconds: int, configured: str, *selection: str
) -> None:
    """Let schemathesis make requests, valid and not, and assert that it has no complaint."""
    settings = folder / "schemathesis.toml"
    settings.write_text(configured)
    process = await asyncio.create_subprocess_exec(
        str(Path(sys.executable).with_name("schemathesis")),
        *("--config-file", str(settings), "run", str(client.base_url.join("/openapi.json"))),
        *("--header", f"Authorization: {client.headers['Authorization']}"),
        *("--checks", ",".join(CHECKS), "--max-time", str(seconds), "--continue-on-failure"),
        *("--workers", "1", "--max-failures", "20", "--generation-database", "none", *selection),
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()


async def test_no_request_is_answered_by_surprise(running: Marquee, tmp_path: Path) -> None:
    configured = configuration(await known_ids(running))
    left_out = [part for name in STREAMS for part in ("--exclude-operation-id", name)]
    await attack(running.client, tmp_path, 130, configured, "--exclude-tag", "auth", *left_out)


async def test_no_sign_in_is_answered_by_surprise(running: Marquee, tmp_path: Path) -> None:
    """Apart, since some of these requests end the session."""
    async with httpx.AsyncClient(base_url=running.client.base_url, timeout=60, trust_env=False) as client:
        await running.register(client)
        await attack(client, tmp_path, 30, "color = false", "--include-tag", "auth")
