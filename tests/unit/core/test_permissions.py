"""What the table of permissions promises to owners, clients and programs."""

from __future__ import annotations

from typing import get_args

from core.account import Principal
from core.ids import new_id
from core.permissions import ROLES_WITH, Permission, allows


def test_every_permission_stands_in_the_table_and_an_owner_holds_all() -> None:
    assert all(allows("owner", permission) for permission in get_args(Permission))


def test_a_client_reads_and_approves_and_changes_nothing() -> None:
    held = {permission for permission in ROLES_WITH if allows("client", permission)}
    assert "content.approve" in held
    assert {permission for permission in held if not permission.endswith(".read")} == {"content.approve"}


def test_a_marketer_neither_deletes_the_business_nor_manages_who_belongs_to_it() -> None:
    missing = {permission for permission in ROLES_WITH if not allows("marketer", permission)}
    assert missing == {"business.delete", "members.manage", "api_keys.manage"}


def test_an_api_key_drafts_and_posts_but_never_approves_sends_or_deletes() -> None:
    business_id = new_id()
    key = Principal(kind="api_key", id=new_id(), roles={business_id: "api_key"})
    drafts: tuple[Permission, ...] = ("content.read", "content.edit", "run.start", "run.read")
    posts: tuple[Permission, ...] = ("analytics.post", "message.post")
    assert all(key.may(permission, business_id) for permission in (*drafts, *posts))
    people_only = [
        permission
        for permission in get_args(Permission)
        if permission.endswith((".approve", ".schedule", ".reply", ".delete", ".manage"))
        or permission in ("business.edit", "facts.edit")
    ]
    assert people_only
    assert not any(key.may(permission, business_id) for permission in people_only)
    assert not any(key.may(permission, new_id()) for permission in get_args(Permission))


def test_the_system_holds_no_permission_of_its_own() -> None:
    system = Principal(kind="system", id="sweeper")
    assert not any(system.may(permission, new_id()) for permission in get_args(Permission))
    assert system.scope().business_ids == frozenset()


def test_a_scope_for_a_permission_has_only_the_businesses_where_it_is_held() -> None:
    person = Principal(id="p", roles={"a" * 24: "owner", "b" * 24: "client", "c" * 24: "marketer"})
    assert person.scope().business_ids == {"a" * 24, "b" * 24, "c" * 24}
    assert person.scope("campaign.edit").business_ids == {"a" * 24, "c" * 24}
    assert person.scope("business.delete").business_ids == {"a" * 24}
