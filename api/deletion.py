"""Responses of deletions."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

DELETION: dict[int | str, dict[str, Any]] = {
    202: {"description": "It is no longer seen; what a store that does not answer has of it goes later."},
    204: {"description": "It is gone."},
}


def deleted(all_gone: bool) -> Response:
    """Return 204, or 202 when a part could not be removed yet."""
    return Response(status_code=204 if all_gone else 202)
