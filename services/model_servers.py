"""What the endpoint's models accept, kept for every process that calls them."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from urllib.parse import urlsplit, urlunsplit

from core.clock import Clock
from core.ids import derived_id
from core.model_server import Dialect, ModelServer
from core.settings import Settings
from memory.collections import AlreadyThere, SystemCollection

_OPENAI = "https://api.openai.com/v1"
FRESH_FOR = timedelta(days=7)
"""Afterwards a server may have been updated: it is asked again, at the cost of one refused request."""


class ModelServers:
    """The dialects of the models at the endpoint of the settings."""

    def __init__(self, servers: SystemCollection[ModelServer], settings: Settings, clock: Clock) -> None:
        self._servers = servers
        self._clock = clock
        self.endpoint = _without_password(settings.openai_base_url or _OPENAI)

    async def load(self) -> dict[str, Dialect]:
        """Return what is known and fresh, by model name."""
        oldest = self._clock.now() - FRESH_FOR
        return {server.model: server.dialect for server in await self.known() if server.updated_at >= oldest}

    async def keep(self, model: str, dialect: Dialect) -> None:
        """Store what was learned of a model."""
        server_id, now = derived_id("model-server", self.endpoint, model), self._clock.now()
        server = ModelServer(
            id=server_id,
            endpoint=self.endpoint,
            model=model,
            dialect=dialect,
            created_at=now,
            updated_at=now,
        )
        with suppress(AlreadyThere):
            await self._servers.insert(server)
            return
        await self._servers.change({"_id": server_id}, {"dialect": dialect})

    async def known(self) -> list[ModelServer]:
        """Return every model of the endpoint that was called."""
        return await self._servers.all({"endpoint": self.endpoint})


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
