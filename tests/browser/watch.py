"""What a page must not do unseen: complain, fail, leave its origin, keep somebody out."""

from __future__ import annotations

import re
from typing import Any, Literal

from playwright.async_api import BrowserContext, ConsoleMessage, Page, Request, Response

from tests.browser.group import ROOT

Theme = Literal["light", "dark"]
THEMES: tuple[Theme, ...] = ("light", "dark")
AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
STILL = """async () => {
  const moving = () => document.getAnimations().filter(
    ({ effect, playState }) => playState === "running" && effect.getComputedTiming().endTime < Infinity
  );
  for (let all = moving(); all.length > 0; all = moving()) {
    await Promise.allSettled(all.map(({ finished }) => finished));
  }
}"""
"""What fades in or changes its colours has done so; what loops goes on."""

LEFT_BY_ITSELF = "net::ERR_ABORTED"
"""A page that is reloaded, or that ends a stream itself, aborts its requests."""


class Watch:
    """Listens to every page of a browser context."""

    def __init__(self, context: BrowserContext, origin: str) -> None:
        self._origin = origin
        self._seen: list[str] = []
        self._allowed: list[str] = []
        context.on("console", self._said)
        context.on("weberror", lambda error: self._seen.append(f"uncaught: {error.error}"))
        context.on("request", self._asked)
        context.on("requestfailed", self._failed)
        context.on("response", self._answered)

    def allow(self, *patterns: str) -> None:
        """From now on the page may say this: the test breaks something on purpose."""
        self._allowed += patterns

    @property
    def complaints(self) -> list[str]:
        """What was seen and not allowed."""
        return [seen for seen in self._seen if not any(re.search(each, seen) for each in self._allowed)]

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning", "assert"}:
            self._seen.append(f"console {message.type}: {message.text} {message.location.get('url', '')}")

    def _asked(self, request: Request) -> None:
        if not request.url.startswith((f"{self._origin}/", "blob:" + self._origin)):
            self._seen.append(f"left the origin: {request.url}")

    def _failed(self, request: Request) -> None:
        if request.failure != LEFT_BY_ITSELF:
            self._seen.append(f"request failed: {request.failure} {request.url}")

    def _answered(self, response: Response) -> None:
        if response.status >= 400:
            self._seen.append(f"answered {response.status}: {response.url}")


async def accessible(page: Page) -> None:
    """No rule of axe is broken on the screen as it is, in either theme."""
    await page.evaluate(AXE.read_text())
    dark = await page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    before: Theme = "dark" if dark else "light"
    told = []
    for theme in THEMES:
        await page.emulate_media(color_scheme=theme)
        await page.evaluate(STILL)
        found: dict[str, Any] = await page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        told += [
            f"{theme}: {rule['id']}: {rule['help']}: {node['html'][:200]} {node['any'][:1]}"
            for rule in found["violations"]
            for node in rule["nodes"]
        ]
    await page.emulate_media(color_scheme=before)
    assert not told, "\n".join(told)
