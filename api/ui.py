"""The built page below /app/, or a sentence that says how to build it."""

from __future__ import annotations

from os import stat_result
from pathlib import Path

from fastapi import FastAPI
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

DIST = Path(__file__).parent.parent / "web" / "dist"
FOREVER = "public, max-age=31536000, immutable"
ASK_AGAIN = "no-cache"
ENCODINGS = (("br", ".br"), ("gzip", ".gz"))

NOT_BUILT = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Marquee</title>
<p>The page is not built yet: <code>make run</code> builds it. The API is described at
<a href="/docs">/docs</a>.</p></html>"""


class BuiltPage(StaticFiles):
    """Files of the build; other paths below /app/ return the page, which has its own routes."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Return a file, compressed if the client accepts it and a compressed copy exists."""
        packed = await self._packed(path, scope)
        if packed is not None:
            return packed
        try:
            response = await super().get_response(path, scope)
        except StarletteHTTPException as error:
            if error.status_code != 404 or path.startswith("assets/"):
                raise
            response = await super().get_response("index.html", scope)
        response.headers["Cache-Control"] = FOREVER if path.startswith("assets/") else ASK_AGAIN
        response.headers["Vary"] = "Accept-Encoding"
        return response

    def lookup_path(self, path: str) -> tuple[str, stat_result | None]:
        """Find a file; an impossible name (too long, null byte) is not found."""
        try:
            return super().lookup_path(path)
        except (OSError, ValueError):
            return "", None

    async def _packed(self, path: str, scope: Scope) -> Response | None:
        if not path.startswith("assets/"):
            return None
        accepted = {
            part.partition(";")[0].strip()
            for part in Headers(scope=scope).get("accept-encoding", "").split(",")
            if not part.replace(" ", "").endswith(";q=0")
        }
        plain, _ = self.lookup_path(path)
        for encoding, suffix in ENCODINGS:
            full_path, stat = self.lookup_path(path + suffix)
            if encoding in accepted and plain and stat is not None:
                headers = {"Content-Encoding": encoding, "Cache-Control": FOREVER, "Vary": "Accept-Encoding"}
                media_type = FileResponse(plain).media_type
                return FileResponse(full_path, headers=headers, media_type=media_type, stat_result=stat)
        return None


def add_ui(app: FastAPI, dist: Path = DIST) -> None:
    """Serve the page, and redirect `/` to it."""

    async def home(_: Request) -> Response:
        return RedirectResponse("/app/", 307)

    async def not_built(_: Request) -> Response:
        return HTMLResponse(NOT_BUILT, 503)

    app.add_route("/", home, include_in_schema=False)
    if (dist / "index.html").is_file():
        app.add_route("/app", home, include_in_schema=False)
        app.mount("/app", BuiltPage(directory=dist, html=True))
    else:
        app.add_route("/app", not_built, include_in_schema=False)
        app.add_route("/app/{path:path}", not_built, include_in_schema=False)
