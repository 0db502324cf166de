"""Routes of runs."""

from __future__ import annotations

from typing import Annotated, Any, Self

from fastapi import APIRouter, Body, Header, Query
from pydantic import BaseModel, ConfigDict, Field
from sse_starlette import EventSourceResponse

from api.authorization import Authorized, authorize
from api.dependencies import ServicesDep
from api.resources import BusinessNamed, business_in_path, run_in_path
from api.sse import EVENT_ID, event_stream
from api.sse import last_event_id as read_last_event_id
from core.actions import MOST_ACTIONS, MOST_TARGETS, Action, NamedId
from core.clock import Instant
from core.conversation import Run, RunOutcome, RunStatus, SpecialistName, TokenUse
from core.errors import Conflict, InvalidFields
from core.ids import ClientId
from core.rules.folding import is_blank
from core.views import View
from services.run_request import RunRequest

router = APIRouter(tags=["copilot"])

LONGEST_MESSAGE = 8_000


class MarqueeProps(BaseModel):
    """`forwardedProps.marquee`: the context of the message."""

    model_config = ConfigDict(extra="forbid")

    parent_id: NamedId | None = Field(
        default=None, description="The message that this one follows; null starts at the root."
    )
    campaign_id: NamedId | None = None
    specialists: list[SpecialistName] | None = Field(
        default=None, description="Who is to work; without it the copilot decides. [] only answers."
    )
    slot_ids: list[NamedId] = Field(default_factory=list, max_length=MOST_TARGETS)
    focus: NamedId | None = Field(default=None, description="The draft that the person has open.")
    actions: list[Action] | None = Field(
        default=None,
        min_length=1,
        max_length=MOST_ACTIONS,
        description="What a pressed button asks for, with ids as targets; nothing is guessed from the words.",
    )


class ForwardedProps(BaseModel):
    """AG-UI's `forwardedProps`; ours are under `marquee`."""

    model_config = ConfigDict(extra="ignore")

    marquee: MarqueeProps = Field(default_factory=MarqueeProps)


class CopilotInput(BaseModel):
    """AG-UI's RunAgentInput. Only the last user message is used; the server has the history."""

    model_config = ConfigDict(
        extra="ignore",
        json_schema_extra={
            "examples": [
                {
                    "threadId": "spring",
                    "runId": "spring-1",
                    "messages": [{"id": "m1", "role": "user", "content": "Fill my gym in March"}],
                    "forwardedProps": {"marquee": {}},
                }
            ]
        },
    )

    thread_id: ClientId = Field(alias="threadId")
    run_id: ClientId = Field(alias="runId")
    messages: list[dict[str, Any]] = Field(min_length=1, max_length=2_000)
    resume: list[dict[str, Any]] | None = None
    forwarded_props: ForwardedProps | None = Field(default=None, alias="forwardedProps")

    def last_words(self) -> str:
        """Return the text of the last user message; InvalidFields when there is none."""
        for message in reversed(self.messages):
            if message.get("role") == "user":
                text = _text(message.get("content")).strip()
                if is_blank(text):
                    break
                if len(text) > LONGEST_MESSAGE:
                    problem = f"is longer than {LONGEST_MESSAGE} characters; shorten it"
                    raise InvalidFields([{"field": "messages", "message": problem}])
                return text
        problem = "needs a message with role user and a text that can be read"
        raise InvalidFields([{"field": "messages", "message": problem}])


def _text(content: object) -> str:
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        parts = [part.get("text", "") for part in content if isinstance(part, dict)]
        return "\n".join(str(part) for part in parts if part)
    return ""


class RunView(View):
    """A run; `run_id` and `thread_id` are the client's ids."""

    id: str
    run_id: str
    thread_id: str
    status: RunStatus
    outcome: RunOutcome | None
    attempt: int
    problem: dict[str, Any] | None
    usage: list[TokenUse]
    created_at: Instant
    started_at: Instant | None
    finished_at: Instant | None

    @classmethod
    def of_run(cls, run: Run) -> Self:
        """Return the view of a run, with the client's ids."""
        names = {"run_id": run.client_id, "thread_id": run.thread_client_id}
        return cls(**{name: getattr(run, name) for name in cls.model_fields if name not in names}, **names)


EVENTS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "AG-UI events, one JSON object a `data:` line, each with its `id:`.",
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    }
}


@router.post(
    "/business/{id}/copilot",
    summary="Say something to the copilot, and stream what it does (AG-UI)",
    responses=EVENTS,
    response_class=EventSourceResponse,
)
async def run_copilot(
    allowed: Annotated[Authorized[BusinessNamed], authorize("run.start", business_in_path)],
    body: Annotated[CopilotInput, Body()],
    services: ServicesDep,
) -> EventSourceResponse:
    """Starts a run, or attaches to the one with this runId. An unknown threadId creates a thread."""
    scope, caller_id = allowed.scope, allowed.principal.id
    if body.resume:
        raise Conflict("No interrupt of this thread is open.")
    props = body.forwarded_props.marquee if body.forwarded_props else MarqueeProps()
    await services.runs.check_references(
        scope, caller_id, body.thread_id, props.campaign_id, props.parent_id, props.slot_ids
    )
    await services.threads.check_targets(scope, props.focus, props.actions or ())
    run = await services.runs.start(
        scope,
        caller_id,
        RunRequest(
            thread_id=body.thread_id,
            run_id=body.run_id,
            text=body.last_words(),
            campaign_id=props.campaign_id,
            parent_id=props.parent_id,
            from_root="parent_id" in props.model_fields_set and props.parent_id is None,
            specialists=props.specialists,
            slot_ids=props.slot_ids,
            focus=props.focus,
            actions=props.actions,
        ),
    )
    return event_stream(services.run_stream.follow(scope, run), run.id)


@router.get(
    "/runs/{reference}",
    summary="One run",
)
async def get_run(allowed: Annotated[Authorized[Run], authorize("run.read", run_in_path)]) -> RunView:
    """Finds a run by its id or the caller's runId."""
    return RunView.of_run(allowed.resource)


@router.get(
    "/runs/{reference}/events",
    summary="Stream a run's events, from the start or behind Last-Event-ID",
    responses=EVENTS,
    response_class=EventSourceResponse,
)
async def stream_run(
    allowed: Annotated[Authorized[Run], authorize("run.read", run_in_path)],
    services: ServicesDep,
    last_id: Annotated[
        str | None, Header(alias="Last-Event-ID", pattern=EVENT_ID, description="The last id seen.")
    ] = None,
    last_event_id: Annotated[
        str | None, Query(pattern=EVENT_ID, description="The same, for clients without headers.")
    ] = None,
) -> EventSourceResponse:
    """Replays missed events, then continues live. Disconnecting cancels nothing."""
    after = read_last_event_id(last_id, last_event_id)
    run = allowed.resource
    return event_stream(services.run_stream.follow(allowed.scope, run, after), run.id)


@router.post(
    "/runs/{reference}/cancel",
    status_code=202,
    summary="Stop a run",
)
async def cancel_run(
    allowed: Annotated[Authorized[Run], authorize("run.cancel", run_in_path)], services: ServicesDep
) -> RunView:
    """Closes the model call within two seconds; finished drafts stay."""
    return RunView.of_run(await services.runs.cancel(allowed.scope, allowed.resource))
