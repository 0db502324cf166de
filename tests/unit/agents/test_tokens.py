"""Tokens are counted without network, and quickly enough."""

from __future__ import annotations

from pathlib import Path

import pytest

from agents.tokens import TokenCounter


def test_counts_without_network_and_unpacks_once(tmp_path: Path) -> None:
    counter = TokenCounter(tmp_path / "cache")
    assert counter.count("Plan a two-week push for March.") == 8
    (file,) = (tmp_path / "cache").iterdir()
    written = file.stat().st_mtime_ns
    assert TokenCounter(tmp_path / "cache").count("<|endoftext|>") > 1
    assert file.stat().st_mtime_ns == written
    counter.close()


def test_a_damaged_rank_file_is_replaced(tmp_path: Path, token_folder: Path) -> None:
    folder = tmp_path / "cache"
    TokenCounter(folder).load()
    (file,) = folder.iterdir()
    whole = file.read_bytes()
    file.write_bytes(whole[:1000])
    TokenCounter(folder).load()
    assert file.read_bytes() == whole


@pytest.mark.parametrize("text", ["word " * 20_000, "a" * 100_000, "🙂" * 20_000, "\n" * 50_000, ""])
async def test_long_and_odd_texts_are_counted(text: str, token_folder: Path) -> None:
    counter = TokenCounter(token_folder)
    await counter.open()
    assert await counter.acount(text) >= len(text) // 1_000
    counter.close()
