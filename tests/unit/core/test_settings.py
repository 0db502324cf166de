"""What production refuses, and how a wrong setting is named."""

from __future__ import annotations

import pytest

from core.errors import Misconfigured
from core.settings import Settings, load_settings

SAFE = {
    "env": "production",
    "mongodb_url": "mongodb+srv://cluster.example/marquee",
    "redis_url": "rediss://cache.example",
    "chroma_url": "https://chroma.example",
}


def settings(**values: object) -> Settings:
    return Settings(_env_file=None, **{**SAFE, **values})


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"mongodb_url": ""}, "MONGODB_URL"),
        ({"mongodb_url": "mongodb://db.example"}, "MONGODB_URL"),
        ({"redis_url": "redis://cache.example"}, "REDIS_URL"),
        ({"chroma_url": "http://chroma.example"}, "CHROMA_URL"),
    ],
)
def test_production_refuses_stores_that_are_for_trying_out(wrong: dict[str, str], named: str) -> None:
    with pytest.raises(Misconfigured, match=named):
        settings(**wrong).refuse_unsafe_production()


def test_production_takes_protected_stores_and_bundled_caches() -> None:
    settings().refuse_unsafe_production()
    settings(redis_url="", chroma_url="").refuse_unsafe_production()


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("redis://127.0.0.1:6379", True),
        ("redis://:secret@[::1]:6379/0", True),
        ("redis://localhost:6379", True),
        ("redis://localhost.example:6379", False),
        ("redis://127.0.0.1@cache.example:6379", False),
        ("redis://0.0.0.0:6379", False),
        ("redis://10.0.0.5:6379", False),
    ],
)
def test_a_store_on_this_machine_needs_no_tls(url: str, safe: bool) -> None:
    if safe:
        settings(redis_url=url).refuse_unsafe_production()
        return
    with pytest.raises(Misconfigured, match="REDIS_URL"):
        settings(redis_url=url).refuse_unsafe_production()


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("mongodb://a:1,b:2/marquee?tls=true", True),
        ("mongodb://127.0.0.1:27017,127.0.0.1:27018/?replicaSet=rs", True),
        ("mongodb://127.0.0.1:27017,db.example:27017/?replicaSet=rs", False),
        ("mongodb+srv://cluster.example/?tls=false", False),
    ],
)
def test_every_host_of_a_database_is_looked_at(url: str, safe: bool) -> None:
    if safe:
        settings(mongodb_url=url).refuse_unsafe_production()
        return
    with pytest.raises(Misconfigured, match="MONGODB_URL"):
        settings(mongodb_url=url).refuse_unsafe_production()


def test_a_private_network_needs_no_tls() -> None:
    settings(redis_url="redis://cache.internal", private_network=True).refuse_unsafe_production()


def test_a_wrong_value_is_named_by_its_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MARQUEE_PORT", "many")
    with pytest.raises(Misconfigured, match="MARQUEE_PORT must be a whole number"):
        load_settings()


def test_a_setting_that_was_not_filled_in_is_as_if_it_were_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MARQUEE_SECRET_KEY", "MARQUEE_PORT", "OPENAI_API_KEY"):
        monkeypatch.setenv(name, "")
    read = Settings(_env_file=None)
    assert (read.secret_key, read.port, read.offline) == (None, 8000, True)
