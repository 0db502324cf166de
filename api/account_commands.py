"""Commands for administrators: create accounts and invitations."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from pydantic import TypeAdapter, ValidationError

from core.account import InstallationRole, Password
from core.email_address import Email
from core.errors import Invalid
from core.fields import sentence
from core.settings import Settings
from memory.embedded import stores_at_hand
from services.container import Services, open_services
from services.start_checks import check_settings

LONGEST_INVITATION_DAYS = 365


async def create_account(
    settings: Settings, email: str, name: str, password: str, role: InstallationRole
) -> str:
    """Create an account regardless of `MARQUEE_REGISTRATION`; return a message for the administrator.

    Raises:
        MarqueeError: The address or password is refused.
    """
    try:
        address = TypeAdapter[str](Email).validate_python(email)
        secret = TypeAdapter[str](Password).validate_python(password)
    except ValidationError as error:
        first = error.errors()[0]
        what = "The e-mail address" if first["type"] == "value_error" else "The password"
        raise Invalid(f"{what}: {sentence(first)}.") from error
    async with _services(settings) as services:
        user = await services.accounts.create(address, secret, name or address.partition("@")[0], role)
    return f"{user.email} is an administrator now." if role == "admin" else f"{user.email} can sign in now."


async def invite(settings: Settings, days: int) -> str:
    """Create an invitation for one account; return its address and expiry.

    Raises:
        MarqueeError: `days` is out of range.
    """
    if not 1 <= days <= LONGEST_INVITATION_DAYS:
        raise Invalid(f"--days takes 1 to {LONGEST_INVITATION_DAYS}.")
    async with _services(settings) as services:
        code, expires_at = await services.registration.invite(timedelta(days=days))
    address = settings.public_url.rstrip("/") or f"http://{settings.host}:{settings.port}"
    return (
        f"{address}/app/register?invitation={code}\n"
        f"For one account, until {expires_at:%d %b %Y %H:%M} UTC. It is shown only here."
    )


@asynccontextmanager
async def _services(settings: Settings) -> AsyncIterator[Services]:
    """Open the services on the configured stores, or on the bundled ones, started if needed."""
    check_settings(settings)
    async with stores_at_hand(settings.data_dir, settings.store_urls) as urls:
        update = {"mongodb_url": urls.mongodb, "redis_url": urls.redis, "chroma_url": urls.chroma}
        async with open_services(settings.model_copy(update=update)) as services:
            yield services
