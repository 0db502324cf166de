"""Lists over HTTP: cursors, and nothing that is left out without a word."""

from __future__ import annotations

import pytest

from tests.integration.api.conftest import Person


@pytest.mark.parametrize("path", ["/business/", "/campaign", "/content"])
async def test_what_is_no_cursor_is_named(ali: Person, path: str) -> None:
    for cursor in ("OTk5OTk5OTk5OTk5OTkueno", "nonsense", "é", "MTIz", "=", "MQ.MQ"):
        answer = await ali.client.get(path, params={"cursor": cursor})
        assert answer.status_code == 422, answer.text
        assert [error["field"] for error in answer.json()["errors"]] == ["cursor"]
