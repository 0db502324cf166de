"""Request id, address limit, security headers, log line and metrics around every request."""

from __future__ import annotations

import re
import time
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from fastapi import FastAPI
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.access_log import AccessLog
from api.limits import RateWindows, RequestLimits
from api.problems import from_unknown, note_error, render
from core.errors import BodyTooLarge
from core.ids import new_id
from core.settings import Settings
from services.logging_setup import noted

MAX_BODY = 1_000_000
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,128}\Z")
_UNLIMITED = frozenset({"/healthz", "/readyz"})

PAGE_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "font-src 'self'; connect-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; "
    "form-action 'self'"
)
DATA_POLICY = "default-src 'none'; frame-ancestors 'none'"


class HttpMetrics:
    """The metrics of requests."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.requests = Counter(
            "marquee_http_requests",
            "Requests by route and status.",
            ["method", "route", "status"],
            registry=registry,
        )
        self.seconds = Histogram(
            "marquee_http_request_seconds",
            "Time to the end of the answer; of streams, to its start.",
            ["method", "route"],
            registry=registry,
            buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60),
        )
        self.streams = Gauge("marquee_http_streams", "Event streams that are open.", registry=registry)


class AroundRequest:
    """The outermost middleware: all responses pass it, including those of unexpected errors."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self._settings = settings
        self._log = AccessLog()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        given = headers.get("x-request-id", "")
        request_id = given if _REQUEST_ID.match(given) else new_id()
        with noted(request_id=request_id):
            await _Answer(self.app, self._settings, self._log, scope, request_id).run(receive, send)


class _Answer:
    """The processing of one request."""

    def __init__(
        self, app: ASGIApp, settings: Settings, log: AccessLog, scope: Scope, request_id: str
    ) -> None:
        self._app = app
        self._settings = settings
        self._log = log
        self._scope = scope
        self._request_id = request_id
        self._started = time.perf_counter()
        self._status = 500
        self._streams = False
        host: FastAPI = scope["app"]
        self._metrics: HttpMetrics = host.state.metrics
        windows: RateWindows = host.state.rate_windows
        client = scope.get("client")
        self._limits = RequestLimits(windows, settings, client[0] if client else "")
        state: dict[str, Any] = scope.setdefault("state", {})
        state["request_id"] = request_id
        state["limits"] = self._limits

    async def run(self, receive: Receive, send: Send) -> None:
        """Send a response, also after an unexpected error."""

        async def send_on(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._start(message)
            await send(message)

        try:
            await self._pass_on(receive, send_on)
        except Exception as error:
            known = from_unknown(error)
            note_error(error, known)
            if self._status_sent:
                # The response has started: the client sees it cut.
                raise
            await render(known, self._request_id)(self._scope, receive, send_on)
        finally:
            self._end()

    _status_sent = False

    async def _pass_on(self, receive: Receive, send: Send) -> None:
        if self._scope["path"] not in _UNLIMITED:
            await self._limits.address()
        length = Headers(scope=self._scope).get("content-length", "")
        if length.isdigit() and int(length) > MAX_BODY:
            raise BodyTooLarge("At most 1 MB is taken.")
        await self._app(self._scope, receive, send)

    def _start(self, message: Message) -> None:
        self._status_sent = True
        self._status = message["status"]
        headers = MutableHeaders(scope=message)
        headers["X-Request-Id"] = self._request_id
        if location := headers.get("location"):
            headers["Location"] = _without_host(location, self._scope)
        for name, value in self._limits.headers().items():
            headers[name] = value
        for name, value in _fixed_headers(self._scope, self._settings).items():
            headers.setdefault(name, value)
        content_type = headers.get("content-type", "")
        page = content_type.startswith("text/html")
        # A 304 has no content type, and its headers would replace those of the cached page.
        if self._status != 304:
            headers.setdefault("Content-Security-Policy", PAGE_POLICY if page else DATA_POLICY)
        if content_type.startswith("text/event-stream"):
            self._streams = True
            self._metrics.streams.inc()
            self._observe()

    def _observe(self) -> None:
        seconds = time.perf_counter() - self._started
        self._metrics.seconds.labels(self._scope["method"], self._route).observe(seconds)

    def _end(self) -> None:
        method, route = self._scope["method"], self._route
        self._metrics.requests.labels(method, route, str(self._status)).inc()
        if self._streams:
            self._metrics.streams.dec()
        else:
            self._observe()
        ms = (time.perf_counter() - self._started) * 1000
        self._log.note(method, route, self._scope["path"], self._status, ms, stream=self._streams)

    @property
    def _route(self) -> str:
        route = self._scope.get("route")
        return getattr(route, "path", None) or "unknown"


def _without_host(location: str, scope: Scope) -> str:
    """Return the redirect target without the host, which the client controls."""
    parts = urlsplit(location)
    if not parts.netloc or parts.netloc != Headers(scope=scope).get("host"):
        return location
    return urlunsplit(("", "", "/" + parts.path.lstrip("/"), parts.query, parts.fragment))


def _fixed_headers(scope: Scope, settings: Settings) -> dict[str, str]:
    fixed = {
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
        "Cache-Control": "no-store",
    }
    if settings.production and scope.get("scheme") == "https":
        fixed["Strict-Transport-Security"] = "max-age=31536000"
    return fixed
