"""Dependencies of routes: services, versions, pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Header, Query, Request, Response

from services.container import Services


def services_of(request: Request) -> Services:
    """Return the services of the app."""
    services: Services = request.app.state.services
    return services


ServicesDep = Annotated[Services, Depends(services_of)]


def if_match(
    if_match: Annotated[
        str | None,
        Header(
            alias="If-Match",
            pattern=r'^(\*|(W/)?"[0-9]{1,9}")$',
            description='The version that was read: `"3"`, or `*`.',
        ),
    ] = None,
) -> int | None:
    """Return the version of If-Match; None for any."""
    if if_match is None or if_match == "*":
        return None
    return int(if_match.removeprefix("W/").strip('"'))


IfMatch = Annotated[int | None, Depends(if_match)]


def set_etag(response: Response, version: int) -> None:
    """Set the document's version as ETag."""
    response.headers["ETag"] = f'"{version}"'


@dataclass(frozen=True)
class PageQuery:
    """The page of a list."""

    limit: Annotated[int, Query(ge=1, le=100, description="How many at most.")] = 20
    cursor: Annotated[
        str | None, Query(max_length=200, description="The `next_cursor` of the page before.")
    ] = None


Paging = Annotated[PageQuery, Depends(PageQuery)]
