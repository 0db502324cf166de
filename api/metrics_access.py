"""Access to the metrics: from this machine, or with the configured token."""

from __future__ import annotations

import hmac
import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

from fastapi import Request

from api.authorization import Access, Bearer
from api.dependencies import ServicesDep
from core.errors import Unauthenticated

FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")
"""Headers of a proxy: a forwarded request is not from this machine."""


@dataclass(frozen=True)
class LocalOrToken(Access):
    """Requests from this machine, or with `MARQUEE_METRICS_TOKEN`."""

    @property
    def label(self) -> str:
        """`this machine, or the token of the setting`."""
        return "this machine, or MARQUEE_METRICS_TOKEN"

    async def __call__(self, request: Request, services: ServicesDep, credentials: Bearer) -> None:
        """Raise Unauthenticated for other requests."""
        token = services.settings.metrics_token
        given = credentials.credentials.encode() if credentials else b""
        if token is not None and hmac.compare_digest(given, token.get_secret_value().encode()):
            return
        if not _of_this_machine(request):
            raise Unauthenticated(
                "From another machine, send the token of MARQUEE_METRICS_TOKEN: Authorization: Bearer …."
            )


def _of_this_machine(request: Request) -> bool:
    """Return whether a request came over loopback, without a proxy, for a loopback host name.

    The host name detects a proxy that sets no forwarding headers but keeps the public name.
    """
    if any(name in request.headers for name in FORWARDED):
        return False
    try:
        named = urlsplit(f"//{request.headers.get('host', '')}").hostname or ""
        own_name = named == "localhost" or _loopback(named)
        return own_name and _loopback(request.client.host if request.client else "")
    except ValueError:
        return False


def _loopback(text: str) -> bool:
    address = ipaddress.ip_address(text)
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback
