"""Run a specialist on the run's budget, and filter its typed answer as its stream was filtered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from agents.calls import Call, TextSink
from agents.specialist import Answer, Specialist
from core.errors import UnusableAnswer
from graphs.context import GraphContext

T = TypeVar("T")


async def ask(
    context: GraphContext, specialist: Specialist[T], inputs: Mapping[str, Any], sink: TextSink | None = None
) -> Answer[T]:
    """Return the specialist's answer; typed texts pass the same link filter as the stream.

    Raises:
        UnusableAnswer: The answer did not fit its type, before or after the link filter.
        ModelFailed: The model could not be reached, was busy, or refused.
        QuotaExhausted: The business has no tokens left.
    """
    run = context.run
    call = Call(scope=run.scope, user_id=run.user_id, run_id=run.run_id, sink=sink)
    answer = await context.agents.run(specialist, inputs, call=call, context=run)
    value = answer.value
    if not isinstance(value, BaseModel):
        return answer
    shown = await context.checker.without_foreign_links(
        run.business.id, value.model_dump(mode="json"), context.stream.policy
    )
    try:
        return replace(answer, value=type(value).model_validate(shown))
    except ValidationError as error:
        raise UnusableAnswer("Too little of the answer may be shown.", agent=specialist.name) from error
