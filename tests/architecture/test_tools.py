"""What a model may call never names who it is or where it acts."""

from __future__ import annotations

from tools.registry import registry

FORBIDDEN_ARGUMENTS = {"business_id", "user_id", "account_id", "tenant_id", "owner_id"}


def test_no_tool_takes_an_identity_as_an_argument() -> None:
    named = {
        name: sorted(FORBIDDEN_ARGUMENTS & set(tool.args.model_json_schema().get("properties", {})))
        for name, tool in registry().items()
    }
    assert {name: arguments for name, arguments in named.items() if arguments} == {}
