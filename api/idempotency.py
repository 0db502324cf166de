"""Idempotency-Key on POST: a key has one effect and one response for 24 hours."""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable
from functools import partial

from fastapi import FastAPI
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import from_http, render, request_id_of
from core.errors import InvalidFields, MarqueeError, Unauthenticated
from core.fields import sentence
from core.idempotency import ids_from
from core.ids import digest
from services.container import Services
from services.idempotency import Claim, Recorded

log = logging.getLogger("marquee.api")

KEY_PATTERN = "^[!-~]{1,255}$"
KEPT_HEADERS = frozenset({"content-type", "location", "etag", "x-run-id", "x-cache"})
LARGEST_BODY = 1_000_000
"""Limit in bytes of a recorded response; with a longer one a retry is handled again, under the same ids."""


class IdempotencyKeys:
    """Middleware of every POST except sign-in (tokens are not stored) and streams (a run has its runId).

    A key is released if the request was refused before it created anything. Otherwise the response is
    recorded, or the next request with the key completes the work.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http" or scope["method"] != "POST" or scope["path"].startswith("/auth/"):
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        key = headers.get("idempotency-key")
        if key is None or "text/event-stream" in headers.get("accept", ""):
            await self.app(scope, receive, send)
            return
        request = Request(scope, receive)
        try:
            body = await request.body()
            claim = await self._claim(request, key, body)
        except StarletteHTTPException as error:
            await render(from_http(error), request_id_of(request))(scope, receive, send)
        except Unauthenticated:
            # The route itself refuses the request, or is public and has no keys.
            await self.app(scope, _again(body, receive), send)
        except MarqueeError as error:
            await render(error, request_id_of(request))(scope, receive, send)
        else:
            if isinstance(claim, Recorded):
                await _replay(claim)(scope, receive, send)
            else:
                await self._handle(claim, scope, _again(body, receive), send)

    async def _claim(self, request: Request, key: str, body: bytes) -> Claim | Recorded:
        if not re.fullmatch(KEY_PATTERN, key):
            message = sentence({"type": "string_pattern_mismatch", "ctx": {"pattern": KEY_PATTERN}})
            raise InvalidFields([{"field": "Idempotency-Key", "message": message}])
        services = _services(request.scope)
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            raise Unauthenticated
        caller = await services.accounts.authenticate(token.strip())
        fingerprint = digest([request.url.query, request.headers.get("content-type", ""), body.hex()])
        return await services.idempotency.claim(caller.id, f"POST {request.url.path}", key, fingerprint)

    async def _handle(self, claim: Claim, scope: Scope, receive: Receive, send: Send) -> None:
        idempotency = _services(scope).idempotency
        answer = _HeldAnswer(send, on_stream=partial(idempotency.release, claim))
        with ids_from(claim.token) as created:
            try:
                async with idempotency.held(claim):
                    await self.app(scope, receive, answer.send)
                    if answer.kept:
                        body = bytes(answer.body)
                        await idempotency.record(claim, created.ids, answer.status, answer.headers, body)
                    elif answer.refused and claim.first and not created.ids:
                        await idempotency.release(claim)
                    else:
                        await idempotency.lapse(claim, created.ids)
            except BaseException:
                try:
                    await idempotency.lapse(claim, created.ids)
                except Exception:
                    # The database is unavailable: the next request completes this one after the claim has
                    # expired.
                    log.warning("idempotency.lapse", exc_info=True)
                raise
        await answer.deliver()


class _HeldAnswer:
    """Buffers a response until it is recorded; streams pass."""

    def __init__(self, send: Send, on_stream: Callable[[], Awaitable[None]]) -> None:
        self._send = send
        self._on_stream = on_stream
        self._held: list[Message] = []
        self.status = 0
        self.headers: list[tuple[str, str]] = []
        self.body = bytearray()
        self.streamed = False

    @property
    def kept(self) -> bool:
        """Whether the response is complete and can be replayed."""
        return 200 <= self.status < 300 and not self.streamed and len(self.body) <= LARGEST_BODY

    @property
    def refused(self) -> bool:
        """Whether the request was not accepted."""
        return 400 <= self.status < 500

    async def send(self, message: Message) -> None:
        """Receive a part of the response."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = Headers(raw=message["headers"])
            self.streamed = headers.get("content-type", "").startswith("text/event-stream")
            self.headers = [(name, value) for name, value in headers.items() if name in KEPT_HEADERS]
            if self.streamed:
                await self._on_stream()
        elif message["type"] == "http.response.body":
            self.body += b"" if self.streamed else message.get("body", b"")
        if self.streamed:
            await self._send(message)
        else:
            self._held.append(message)

    async def deliver(self) -> None:
        """Send the buffered response."""
        for message in self._held:
            await self._send(message)


def _services(scope: Scope) -> Services:
    app: FastAPI = scope["app"]
    services: Services = app.state.services
    return services


def _replay(recorded: Recorded) -> Response:
    headers = {**dict(recorded.headers), "Idempotency-Replayed": "true"}
    return Response(recorded.body, recorded.status, headers=headers)


def _again(body: bytes, receive: Receive) -> Receive:
    """Return a `receive` that replays a body."""
    given = False

    async def receive_again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive_again
