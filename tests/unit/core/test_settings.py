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


def test_a_private_network_needs_no_tls() -> None:
    settings(redis_url="redis://cache.internal", private_network=True).refuse_unsafe_production()


def test_production_needs_a_key_of_its_own() -> None:
    with pytest.raises(Misconfigured, match="MARQUEE_SECRET_KEY"):
        settings().signing_key()
    with pytest.raises(Misconfigured, match="too short"):
        settings(secret_key="short").signing_key()


def test_a_wrong_value_is_named_by_its_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MARQUEE_PORT", "many")
    with pytest.raises(Misconfigured, match="MARQUEE_PORT must be a whole number"):
        load_settings()


def test_the_development_key_is_made_once_and_kept(tmp_path: object) -> None:
    mine = Settings(_env_file=None, data_dir=tmp_path)
    assert mine.signing_key() == mine.signing_key()
    assert len(mine.signing_key()) >= 32
