"""All settings; the only reader of the environment."""

from __future__ import annotations

import ipaddress
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AliasChoices, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from core.errors import Misconfigured
from core.fields import sentence


def _alias(name: str) -> AliasChoices:
    return AliasChoices(name)


class Settings(BaseSettings):
    """Settings by environment or `.env`: prefix `MARQUEE_`, plus the ecosystem's own names."""

    model_config = SettingsConfigDict(
        env_prefix="MARQUEE_",
        env_file=".env",
        # An empty `NAME=` in an environment file counts as not set.
        env_ignore_empty=True,
        extra="ignore",
        populate_by_name=True,
        frozen=True,
    )

    env: Literal["development", "production"] = "development"
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65_535)
    data_dir: Path = Path("data")
    public_url: str = ""
    trusted_proxies: Annotated[str, NoDecode] = ""
    cors_origins: Annotated[str, NoDecode] = ""
    secret_key: SecretStr | None = None
    registration: Literal["open", "invite", "closed"] = "open"
    metrics_token: SecretStr | None = Field(default=None, min_length=16)
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    demo: bool = True
    private_network: bool = False

    mongodb_url: str = Field(default="", validation_alias=_alias("MONGODB_URL"))
    redis_url: str = Field(default="", validation_alias=_alias("REDIS_URL"))
    chroma_url: str = Field(default="", validation_alias=_alias("CHROMA_URL"))
    database: str = "marquee"

    openai_api_key: SecretStr | None = Field(default=None, validation_alias=_alias("OPENAI_API_KEY"))
    openai_base_url: str = Field(default="", validation_alias=_alias("OPENAI_BASE_URL"))
    model: str = ""
    model_router: str = ""
    model_writer: str = ""
    model_judge: str = ""
    model_fallback: str = ""
    model_tools: Literal["auto", "on", "off"] = "auto"
    model_first_token_seconds: float = Field(default=60.0, gt=0)
    model_stall_seconds: float = Field(default=30.0, gt=0)
    model_attempts: int = Field(default=3, ge=1, le=10)
    model_max_output: int = Field(default=2_048, ge=64)
    model_context: int = Field(default=32_768, ge=1_024)
    offline_tokens_per_second: float = Field(default=120.0, gt=0)
    repairs: int = Field(default=2, ge=0, le=2)
    drafts_at_once: int = Field(default=4, ge=1, le=12)

    quota_default: int = Field(default=2_000_000, ge=0)
    quota_installation: int = Field(default=50_000_000, ge=0)
    businesses_per_user: int = Field(default=25, ge=1)
    worker_runs: int = Field(default=256, ge=1)
    runs_per_business: int = Field(default=64, ge=1)
    run_attempts: int = Field(default=3, ge=1)
    run_seconds: float = Field(default=900.0, gt=0)
    lease_seconds: float = Field(default=10.0, gt=0)
    sweep_seconds: float = Field(default=2.0, gt=0)
    silent_seconds: float = Field(default=30.0, gt=0)

    access_minutes: int = Field(default=15, ge=1)
    refresh_days: int = Field(default=30, ge=1)
    refresh_grace_seconds: int = Field(default=20, ge=0)
    user_requests_per_minute: int = Field(default=600, ge=1)
    ip_requests_per_minute: int = Field(default=1_200, ge=1)
    login_attempts_per_minute: int = Field(default=10, ge=1)
    registrations_per_hour: int = Field(default=100, ge=1)

    @cached_property
    def offline(self) -> bool:
        """Whether the offline demo model answers: neither a key nor an endpoint is set."""
        return not self.openai_base_url and self.openai_api_key is None

    @property
    def production(self) -> bool:
        """Whether defaults for trying out are refused."""
        return self.env == "production"

    @property
    def store_urls(self) -> dict[str, str]:
        """The external stores that are set, by the setting's name."""
        urls = {"MONGODB_URL": self.mongodb_url, "REDIS_URL": self.redis_url, "CHROMA_URL": self.chroma_url}
        return {name: url for name, url in urls.items() if url}

    def refuse_unsafe_production(self) -> None:
        """Raise Misconfigured if production would run on defaults for trying out.

        Redis and Chroma may be bundled beside a managed database. A URL without TLS is accepted for a store
        on this machine; elsewhere a private network has to be declared.
        """
        if not self.production:
            return
        if not self.mongodb_url:
            raise Misconfigured("MONGODB_URL is not set; the bundled database is not for production.")
        if self.private_network:
            return
        for name, url in self.store_urls.items():
            if not (_encrypted(url) or _on_this_machine(url)):
                raise Misconfigured(
                    f"{name} has no TLS; use it, or set MARQUEE_PRIVATE_NETWORK=true if nobody can listen."
                )


def _encrypted(url: str) -> bool:
    if url.startswith("mongodb+srv://"):
        return "tls=false" not in url and "ssl=false" not in url
    return url.startswith(("rediss://", "https://")) or "tls=true" in url or "ssl=true" in url


def _on_this_machine(url: str) -> bool:
    """Return whether every host of a store's URL is a loopback address."""
    try:
        parts = urlsplit(url).netloc.rpartition("@")[2].split(",")
        hosts = [urlsplit(f"//{part}").hostname or "" for part in parts]
        return all(host == "localhost" or ipaddress.ip_address(host).is_loopback for host in hosts)
    except ValueError:
        return False


def load_settings() -> Settings:
    """Read the environment; Misconfigured names a setting with a wrong value."""
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        field = str(first["loc"][0])
        name = field if field.isupper() else f"MARQUEE_{field.upper()}"
        raise Misconfigured(f"{name} {sentence(first)}.") from error
