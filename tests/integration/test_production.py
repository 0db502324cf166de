"""What production refuses, it refuses in every process that opens the stores."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from memory.embedded import StoreUrls

PROCESSES = (
    ("api",),
    ("api", "create-admin", "ali@example.com"),
    ("api", "invite"),
    ("jobs", "serve"),
    ("jobs", "worker"),
    ("jobs", "prepare"),
    ("jobs", "rebuild-memory"),
)
KEY = "0123456789abcdef0123456789abcdef"


def start(directory: Path, stores: StoreUrls, command: tuple[str, ...], **changed: str) -> tuple[int, str]:
    """Exit code and complaint of a process in production on stores that would answer."""
    module, *arguments = command
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("MARQUEE_")},
        **stores.environment(),
        "PYTHONPATH": str(Path.cwd()),
        "MARQUEE_ENV": "production",
        "MARQUEE_DATA_DIR": str(directory),
        "MARQUEE_PORT": "0",
        "MARQUEE_SECRET_KEY": KEY,
        **changed,
    }
    process = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=directory,
        env=environment,
        input="correct horse battery\n",
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return process.returncode, process.stderr.strip()


@pytest.mark.parametrize("command", PROCESSES, ids=" ".join)
def test_no_process_starts_with_a_store_that_anybody_can_listen_to(
    tmp_path: Path, store_urls: StoreUrls, command: tuple[str, ...]
) -> None:
    code, complaint = start(tmp_path, store_urls, command, REDIS_URL="redis://cache.example:6379")
    assert (code, complaint) == (
        2,
        "REDIS_URL has no TLS; use it, or set MARQUEE_PRIVATE_NETWORK=true if nobody can listen.",
    )


@pytest.mark.parametrize("command", PROCESSES, ids=" ".join)
def test_no_process_starts_with_a_key_that_was_not_filled_in(
    tmp_path: Path, store_urls: StoreUrls, command: tuple[str, ...]
) -> None:
    code, complaint = start(tmp_path, store_urls, command, MARQUEE_SECRET_KEY="")
    assert (code, complaint) == (
        2,
        "MARQUEE_SECRET_KEY is not set; production needs one of 32 characters.",
    )


def test_stores_on_the_same_machine_are_taken(tmp_path: Path, store_urls: StoreUrls) -> None:
    assert start(tmp_path, store_urls, ("jobs", "prepare"), MARQUEE_DATABASE="test_production") == (0, "")
