"""Captions, e-mails, SMS, variants."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from agents.inputs import history_input, phrase, shared_inputs, spoken, task_inputs
from agents.schemas import held_to
from agents.specialist import Specialist
from core.business import Business, Fact, Memory
from core.campaign import Campaign, Platform
from core.content import Content, ContentFields, TextContent
from core.rules.platforms import limits_for

_MOST_HASHTAGS, _HASHTAG_CHARACTERS = 60, 100
_VARIANTS, _MOST_VARIANTS = 3, 8
NOTE = 200
"""Characters of a note to the owner."""

Tag = Annotated[str, Field(max_length=200, json_schema_extra=held_to(40))]
Note = Annotated[str, Field(max_length=2_000, json_schema_extra=held_to(NOTE))]
"""What the writer missed or doubts, in one line for the owner; it is no part of the text."""

_LINK = re.compile(r"(?:https?://|www\.)\S+[^\s.,;:!?)]", re.IGNORECASE)
_HASHTAG = re.compile(r"#[^\s#]+")
_TOOLS = ("search_facts", "search_memory")


class Post(BaseModel):
    """A post, with hashtags and call to action apart from the caption."""

    model_config = ConfigDict(extra="forbid")

    caption: Annotated[str, Field(min_length=1, max_length=6_000)]
    hashtags: Annotated[list[Tag], Field(max_length=40, json_schema_extra={"maxItems": 12})] = []
    cta: Annotated[str, Field(max_length=300, json_schema_extra=held_to(160))] = ""
    note_to_owner: Note = ""


class Email(BaseModel):
    """An e-mail in plain text; the legal footer is added when it is sent."""

    model_config = ConfigDict(extra="forbid")

    subject: Annotated[str, Field(min_length=1, max_length=400, json_schema_extra=held_to(160))]
    preheader: Annotated[str, Field(max_length=300, json_schema_extra=held_to(160))] = ""
    body: Annotated[str, Field(min_length=1, max_length=10_000)]
    cta: Annotated[str, Field(max_length=200, json_schema_extra=held_to(80))] = ""
    note_to_owner: Note = ""


class LinkedEmail(Email):
    """An e-mail of a business that has a link among its facts, for the next step."""

    cta_url: Annotated[str, Field(max_length=2_000, json_schema_extra=held_to(300))] = ""


class Sms(BaseModel):
    """A text message."""

    model_config = ConfigDict(extra="forbid")

    text: Annotated[str, Field(min_length=1, max_length=3_000, json_schema_extra=held_to(600))]
    note_to_owner: Note = ""


class Alternative(BaseModel):
    """One text to choose, and what is different about it."""

    model_config = ConfigDict(extra="forbid")

    text: Annotated[str, Field(min_length=1, max_length=10_000)]
    note: Annotated[str, Field(max_length=400, json_schema_extra=held_to(120))] = ""


class Alternatives(BaseModel):
    """Texts to choose from, for a field of a draft, its opening, or the whole of it."""

    model_config = ConfigDict(extra="forbid")

    field: Literal["subject", "preheader", "body", "cta", "caption", "text", "opening", "whole"]
    alternatives: Annotated[list[Alternative], Field(max_length=12)]


POST: Specialist[Post] = Specialist(name="copywriter", prompt="copywriter/post", output=Post, tools=_TOOLS)
EMAIL: Specialist[Email] = Specialist(
    name="copywriter", prompt="copywriter/email", output=Email, tools=_TOOLS
)
LINKED_EMAIL: Specialist[Email] = replace(EMAIL, output=LinkedEmail)
SMS: Specialist[Sms] = Specialist(name="copywriter", prompt="copywriter/sms", output=Sms, tools=_TOOLS)

VARIANTS: Specialist[Alternatives] = Specialist(
    name="copywriter", prompt="copywriter/variants", output=Alternatives
)


def specialist_for(platform: Platform, facts: Sequence[Fact] = ()) -> Specialist[Any]:
    """Return the specialist for a platform; an e-mail has a link for its next step if the facts have one."""
    match platform:
        case "email":
            return LINKED_EMAIL if links_of(facts) else EMAIL
        case "sms":
            return SMS
        case _:
            return POST


def editor_for(content: Content, facts: Sequence[Fact]) -> Specialist[Any]:
    """Return the specialist that changes a draft; it answers the whole draft."""
    specialist = specialist_for(content.platform, facts)
    if content.text_content.cta_url:
        specialist = LINKED_EMAIL
    return replace(specialist, prompt="copywriter/edit")


def links_of(facts: Sequence[Fact]) -> list[str]:
    """Return the links in the facts' values."""
    return [link for fact in facts for link in _LINK.findall(fact.value)]


def edit_inputs(
    *,
    business: Business,
    facts: Sequence[Fact],
    memories: Sequence[Memory],
    campaign: Campaign | None,
    content: Content,
    request: str,
    language: str,
    today: date,
    history: Sequence[tuple[str, str]] = (),
    findings: Sequence[str] = (),
    previous: str | None = None,
) -> dict[str, Any]:
    """Return the inputs of the editor.

    Args:
        business: The business of the draft.
        facts: The facts it may use.
        memories: Retrieved memories.
        campaign: The campaign of the draft.
        content: The draft as it is.
        request: What is to be changed.
        language: The language to write in.
        today: The business's local day.
        history: The conversation.
        findings: What is wrong with the draft, or with the change that was tried before.
        previous: The change that was tried before, as JSON.
    """
    return {
        **shared_inputs(business, facts, memories, campaign),
        "history": history_input(history),
        "findings": list(findings),
        "previous": previous,
        # As JSON on one line, so that line breaks survive the rendering.
        "draft": json.dumps(to_arguments(content), ensure_ascii=False),
        "limits": _limits(content.platform),
        "task": {**task_inputs(business, language, today, request), "platform": content.platform},
    }


def variants_inputs(
    *,
    business: Business,
    facts: Sequence[Fact],
    memories: Sequence[Memory],
    campaign: Campaign | None,
    content: Content | None,
    platform: Platform,
    request: str,
    count: int | None,
    language: str,
    today: date,
    history: Sequence[tuple[str, str]] = (),
) -> dict[str, Any]:
    """Return the inputs for alternatives to a draft, or to a text that is still to be written."""
    task = {"platform": platform, "count": min(count or _VARIANTS, _MOST_VARIANTS)}
    return {
        **shared_inputs(business, facts, memories, campaign),
        "history": history_input(history),
        "draft": json.dumps(to_arguments(content), ensure_ascii=False) if content else "",
        "limits": _limits(platform),
        "task": {**task_inputs(business, language, today, request), **task},
    }


def draft_inputs(
    *,
    business: Business,
    facts: Sequence[Fact],
    memories: Sequence[Memory],
    campaign: Campaign | None,
    task: Mapping[str, Any],
    request: str,
    language: str,
    today: date,
    brief: str = "",
    history: Sequence[tuple[str, str]] = (),
    calendar: Sequence[Mapping[str, str]] = (),
    findings: Sequence[str] = (),
    previous: str | None = None,
) -> dict[str, Any]:
    """The inputs of the copywriter.

    What the writers of one run share comes first in the prompt, so that a provider can cache it: for them,
    facts, memories, campaign, history and calendar should be the same.

    Args:
        business: The business it is written for.
        facts: Facts to use, in their own order.
        memories: Memories about the run's subject.
        campaign: The campaign of the draft.
        task: Its place in the run (`place`, `of`), platform, theme, segment, funnel stage and `local_time`.
        request: What is asked for, restated or in the person's own words.
        language: The language to write in.
        today: The day where the business is.
        brief: The strategist's brief for the slot.
        history: The conversation, the person's message included.
        calendar: The coming slots (`inputs.calendar_input`).
        findings: Failed checks of the previous draft, one statement each.
        previous: The previous draft, as JSON.
    """
    platform: Platform = task["platform"]
    wanted = {
        **task_inputs(business, language, today, request),
        "platform": platform,
        "when": spoken(task["local_time"]) if task["local_time"] else "",
        "theme": task["theme"],
        "brief": brief,
        "segment": task["segment"],
        "funnel_stage": task["funnel_stage"],
        "piece": task["place"],
        "pieces": task["of"],
        "linked": bool(links_of(facts)),
    }
    return {
        **shared_inputs(business, facts, memories, campaign),
        "history": history_input(history),
        "calendar": list(calendar),
        "findings": list(findings),
        "previous": previous,
        "limits": _limits(platform),
        "task": wanted,
    }


def to_fields(value: Post | Email | Sms, language: str) -> ContentFields:
    """Convert a copywriter's output to the fields of a draft."""
    title, text = to_text(value)
    return ContentFields(title=title, text_content=text, language=language)


def to_text(value: Post | Email | Sms) -> tuple[str, TextContent]:
    """Return title (an e-mail's subject, else empty) and text, with white space and hashtags normalised."""
    match value:
        case Email():
            url = _address(value.cta_url) if isinstance(value, LinkedEmail) else ""
            text = TextContent(
                preheader=_line(value.preheader), body=value.body.strip(), cta=_line(value.cta), cta_url=url
            )
            return _line(value.subject), text
        case Sms():
            return "", TextContent(caption=value.text.strip())
        case Post():
            caption, tags = _split_tags(value.caption)
            hashtags = _hashtags([*value.hashtags, *tags])
            return "", TextContent(caption=caption, hashtags=hashtags, cta=_line(value.cta))


def with_known_link(fields: ContentFields, facts: Sequence[Fact], before: str = "") -> ContentFields:
    """Return the fields without a link of the next step that is neither in the facts nor was there before."""
    known = {before, *map(_address, links_of(facts))}
    words = fields.text_content
    kept = words if words.cta_url in known else words.model_copy(update={"cta_url": ""})
    return fields.model_copy(update={"text_content": kept})


def note_of(value: Post | Email | Sms) -> str:
    """Return a writer's note to the owner, on one line."""
    return phrase(value.note_to_owner, NOTE)


def to_arguments(content: Content) -> dict[str, Any]:
    """Convert a saved draft back to the arguments of its tool call."""
    words = content.text_content
    match content.platform:
        case "email":
            return {
                "subject": content.title,
                "preheader": words.preheader or "",
                "body": words.body or "",
                "cta": words.cta,
                **({"cta_url": words.cta_url} if words.cta_url else {}),
            }
        case "sms":
            return {"text": words.caption}
        case _:
            return {"caption": words.caption, "hashtags": words.hashtags, "cta": words.cta}


def _limits(platform: Platform) -> str:
    limits = limits_for(platform)
    match platform:
        case "email":
            subject, preheader = limits.maximum("subject-length"), limits.maximum("preheader-length")
            return (
                f"subject {subject} characters at most, preheader {preheader} at most, body 180 words at most"
            )
        case "sms":
            return f"at most {limits.maximum('sms-recommended')} characters in all, better 160"
        case "linkedin":
            return f"at most {limits.maximum('caption-length')} characters in all, better 600 to 1200"
        case "instagram":
            return f"at most {limits.maximum('caption-length')} characters in all, better 300 to 800"


def _address(link: str) -> str:
    """Return a link as a web address; empty for anything else."""
    address = f"https://{link}" if link.casefold().startswith("www.") else link
    return address if re.fullmatch(r"https?://\S{1,1900}", address) else ""


def _line(text: str) -> str:
    return " ".join(filter(None, (line.strip() for line in text.splitlines())))


def _split_tags(caption: str) -> tuple[str, list[str]]:
    """Split the trailing hashtags off a caption."""
    kept, tags = caption.strip(), []
    while len(parts := kept.rsplit(None, 1)) == 2 and _HASHTAG.fullmatch(parts[1]):
        kept = parts[0]
        tags.append(parts[1])
    return kept, tags[::-1]


def _hashtags(tags: Sequence[str]) -> list[str]:
    """Remove signs and spaces, and duplicates regardless of case."""
    cleaned = ["".join(part for part in re.split(r"[\s#]+", tag) if part) for tag in tags]
    usable = [tag.strip(".,;:!?\"'")[:_HASHTAG_CHARACTERS] for tag in cleaned]
    first: dict[str, str] = {}
    for tag in filter(None, usable):
        first.setdefault(tag.casefold(), tag)
    return list(first.values())[:_MOST_HASHTAGS]
