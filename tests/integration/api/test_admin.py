"""Operations on the installation: for administrators only."""

from __future__ import annotations

from dataclasses import replace

import httpx

from api.app import create_app
from core.model_server import Dialect
from services.container import Services
from services.model_servers import FRESH_FOR, ModelServers
from tests.integration.api.conftest import MovableClock, Person, again, client_of


async def test_only_an_administrator_sees_the_models(
    client: httpx.AsyncClient, ali: Person, services: Services, clock: MovableClock
) -> None:
    assert (await client.get("/admin/model")).status_code == 401
    assert (await ali.client.get("/admin/model")).status_code == 403
    await services.database.users.change({"_id": ali.id}, {"role": "admin"})
    clock.pass_time(minutes=1)
    shown = (await ali.client.get("/admin/model")).json()
    assert (shown["simulated"], shown["models"]) == (True, [])


async def test_what_was_learned_is_kept_shown_and_relearned_after_a_week(
    ali: Person, services: Services, clock: MovableClock
) -> None:
    settings = services.settings.model_copy(
        update={"openai_base_url": "http://someone:secret@127.0.0.1:9/v1", "model": "small"}
    )
    servers = ModelServers(services.database.model_servers, settings, clock)
    await servers.keep("small", Dialect(tools=True))
    learned = Dialect(tools=True).without("json_schema", "stream_options")
    await servers.keep("small", learned)
    assert await servers.load() == {"small": learned}
    await services.database.users.change({"_id": ali.id}, {"role": "admin"})
    theirs = again(services, openai_base_url=settings.openai_base_url, model="small")
    app = create_app(theirs.settings, replace(theirs, model_servers=servers))
    async with client_of(app, headers=dict(ali.client.headers)) as admin:
        shown = (await admin.get("/admin/model")).json()
    assert (shown["endpoint"], shown["writer"]) == ("http://127.0.0.1:9/v1", "small")
    (model,) = shown["models"]
    assert (model["answer_format"], model["refused"]) == ("json_object", ["json_schema", "stream_options"])
    clock.pass_time(days=FRESH_FOR.days + 1)
    assert await servers.load() == {}
