"""What each role may do in a business: one table, which every check reads.

A new operation names a permission; a new kind of operation adds a row. `docs/roles.md` is written from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

Role = Literal["owner", "marketer", "client", "api_key"]
"""What a principal is in one business: a person's membership, or the API key that was made for it."""

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
        # A person approves what is published: never a key, which a program holds.
        "content.approve": _MEMBERS,
        "content.schedule": _TEAM,
        "run.start": _TEAM_AND_KEYS,
        "run.read": _TEAM_AND_KEYS,
        "run.cancel": _TEAM_AND_KEYS,
        "thread.read": _TEAM_AND_KEYS,
        "thread.edit": _TEAM,
        "analytics.read": _ALL,
        "analytics.post": _TEAM_AND_KEYS,
        "message.read": _ALL,
        "message.post": _TEAM_AND_KEYS,
        "message.reply": _TEAM,
    }
)
"""The table: which roles hold a permission."""


def allows(role: Role, permission: Permission) -> bool:
    """Whether the role holds the permission."""
    return role in ROLES_WITH[permission]
