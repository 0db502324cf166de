"""The permissions of each role in a business, as one table.

A new operation names a permission; a new kind of operation adds a row. `docs/roles.md` is written from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

Role = Literal["owner", "marketer", "client", "api_key"]
"""A principal's role in one business: a membership, or `api_key`."""

Permission = Literal[
    "business.read",
    "business.edit",
    "business.delete",
    "facts.edit",
    "members.manage",
    "api_keys.manage",
    "usage.read",
    "campaign.read",
    "campaign.edit",
    "campaign.delete",
    "content.read",
    "content.edit",
    "content.delete",
    "content.approve",
    "content.schedule",
    "run.start",
    "run.read",
    "run.cancel",
    "thread.read",
    "thread.edit",
    "memory.read",
    "memory.delete",
    "analytics.read",
    "analytics.post",
    "message.read",
    "message.post",
    "message.reply",
]

_ALL: frozenset[Role] = frozenset({"owner", "marketer", "client", "api_key"})
_MEMBERS: frozenset[Role] = frozenset({"owner", "marketer", "client"})
_TEAM: frozenset[Role] = frozenset({"owner", "marketer"})
_TEAM_AND_KEYS: frozenset[Role] = _TEAM | {"api_key"}
_OWNER: frozenset[Role] = frozenset({"owner"})

ROLES_WITH: Mapping[Permission, frozenset[Role]] = MappingProxyType(
    {
        "business.read": _ALL,
        "business.edit": _TEAM,
        "business.delete": _OWNER,
        "facts.edit": _TEAM,
        "members.manage": _OWNER,
        "api_keys.manage": _OWNER,
        "usage.read": _ALL,
        "campaign.read": _ALL,
        "campaign.edit": _TEAM,
        "campaign.delete": _TEAM,
        "content.read": _ALL,
        "content.edit": _TEAM_AND_KEYS,
        "content.delete": _TEAM,
        # Only a person approves what is published, never a program with an API key.
        "content.approve": _MEMBERS,
        "content.schedule": _TEAM,
        "run.start": _TEAM_AND_KEYS,
        "run.read": _TEAM_AND_KEYS,
        "run.cancel": _TEAM_AND_KEYS,
        "thread.read": _TEAM_AND_KEYS,
        "thread.edit": _TEAM,
        "memory.read": _TEAM_AND_KEYS,
        "memory.delete": _TEAM,
        "analytics.read": _ALL,
        "analytics.post": _TEAM_AND_KEYS,
        "message.read": _ALL,
        "message.post": _TEAM_AND_KEYS,
        "message.reply": _TEAM,
    }
)
"""The roles that hold each permission."""


def allows(role: Role, permission: Permission) -> bool:
    """Return whether the role holds the permission."""
    return role in ROLES_WITH[permission]
