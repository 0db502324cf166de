"""Every function of ours that reads a text which somebody else wrote, by name."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings, target
from numpy.typing import NDArray

from agents import copywriter, route, strategy
from agents.offline import answering, planning, routing, writing
from agents.offline.reading import Meaning, read
from core.business import Business, Fact
from core.own_words import own_words
from core.rules.claims import Source
from core.rules.echoes import EchoFilter
from core.rules.figures import figures_in, link_key
from core.rules.findings import DraftText, Platform
from core.rules.folding import fold, visible
from core.rules.hosts import canonical_host, hosts_in
from core.rules.links import JsonLinkFilter, LinkFilter, LinkPolicy, filter_text
from core.rules.matching import Setting
from core.rules.platforms import check_limits
from core.rules.verdicts import check_claims
from core.rules.wording import (
    check_banned_words,
    check_cliches,
    check_empty,
    check_language,
    check_placeholders,
    check_repetition,
)
from services.citing import cite_again
from services.logging_setup import redact
from tests.fuzz.texts import TEXTS, made

NOW = datetime(2027, 2, 20, 9, 30, tzinfo=UTC)
POLICY = LinkPolicy.from_texts(["https://good.com info@ali.example"])
INSTRUCTIONS = "\n".join(path.read_text() for path in Path("prompts/copilot").glob("*.md"))
BANNED = ["guarantee", "best price", "Bestpreisgarantie", "100%", "cheap", "a", "1"]


def draft(text: str, platform: Platform = "linkedin", language: str = "en") -> DraftText:
    """A draft of one text."""
    return DraftText(platform=platform, language=language, fields={"caption": text})


def streamed(made: LinkFilter | JsonLinkFilter | EchoFilter, text: str, size: int) -> str:
    """A text through a filter, so many characters at a time."""
    parts = [made.feed(text[start : start + size]) for start in range(0, len(text), size)]
    return "".join([*parts, made.finish()])


def _storable(text: str) -> str:
    return text.encode(errors="replace").decode()[:20_000]


def _business(text: str) -> Business:
    fact = Fact.model_construct(id="f", key="Said", value=text, source="owner", expires_at=None)
    return Business.model_construct(
        business_name="Studio", industry="Gym", brand_voice="", language="en", postal_address="", facts=[fact]
    )


def _offline(agent: str, answered: Callable[[Any, Meaning], object]) -> Callable[[str], object]:
    """The demo model on a prompt whose request, facts, memory and theme say the text."""

    def answer(text: str) -> object:
        line = " ".join(text.split())
        prompt = (
            f"<brand>\nbusiness: Studio\nindustry: Gym\nsegment: {line}\n</brand>\n"
            f"<facts>\n- [fact:f1] Said: {line}\n- [fact:f2] {line}: 12 €\n</facts>\n"
            f"<drafts>\n- [D1] email | draft | {line}\n</drafts>\n<history>\nuser: {line}\n</history>\n"
            f"<memory>\n- [memory:m1] {line}\n</memory>\n"
            f"<campaign>\nname: {line}\ngoal: {line}\n</campaign>\n<task>\nagent: {agent}\n"
            "language: en\ntoday: 2027-01-01\ntimezone: Europe/Paris\nplatform: email\n"
            f"piece: 1\npieces: 4\ntheme: {line}\nrequest: {line}\n</task>"
        )
        meaning = Meaning(lambda texts: np.ones((len(texts), 2), dtype=np.float32))
        return answered(read([{"role": "user", "content": prompt}]), meaning)

    return answer


def _sourced(text: str) -> object:
    third = len(text) // 3
    sources = [Source(kind="fact", ref="f", text=text[:third])]
    return check_claims(draft(text[third:]), sources, Setting(NOW.date(), "en"))


def _planned(text: str) -> object:
    text = _storable(text)
    step = route.Asked.model_construct(
        intent="plan", theme=text, campaign=text, segment=text, brief=text, when=text[:40], targets=[text]
    )
    (action,) = route.resolve(route.Route.model_construct(actions=[step]), route.Handles(), text)
    return strategy.resolve_plan(action, None, NOW.date(), "en")


def _claimed(text: str) -> object:
    """Every claim of a text against facts and a request, with meanings that cost nothing."""
    facts = [
        Source(kind="fact", ref="f", text=f"Said: {text[:300]}"),
        Source(kind="request", ref="r", text=text[-300:]),
    ]
    return check_claims(draft(text), facts, Setting(NOW.date(), "en", "FR"), _meanings)


def _meanings(texts: Sequence[str]) -> NDArray[np.float32]:
    return np.full((len(texts), 512), 512**-0.5, np.float32)


RULES: Mapping[str, Callable[[str], object]] = {
    "figures": figures_in,
    "figures against sources": lambda text: _sourced(text),
    "claims": lambda text: _claimed(text),
    "own words": own_words,
    "fold": fold,
    "visible": visible,
    "hosts": hosts_in,
    "one link": link_key,
    "one host": canonical_host,
    "limits": lambda text: [
        check_limits(draft(text, name)) for name in ("instagram", "linkedin", "email", "sms")
    ],
    "banned words": lambda text: [
        check_banned_words(draft(text, language=tag), BANNED) for tag in ("en", "de")
    ],
    "text as banned word": lambda text: check_banned_words(draft(text), [text[:200], text[-200:]]),
    "language": lambda text: check_language(draft(text), "en", ["Studio", text[:200]]),
    "cliches, en": lambda text: check_cliches(draft(text), "en"),
    "cliches, de": lambda text: check_cliches(draft(text), "de"),
    "cliches, fr": lambda text: check_cliches(draft(text), "fr"),
    "cliches, es": lambda text: check_cliches(draft(text), "es"),
    "repetition": lambda text: check_repetition(draft(text), text[::2]),
    "placeholders": lambda text: check_placeholders(draft(text)),
    "empty": lambda text: check_empty(draft(text)),
    "cited": lambda text: cite_again(
        [], _business(text), SimpleNamespace(draft_text=lambda _: draft(text)), []
    ),
    "link filter": lambda text: filter_text(text, POLICY),
    "link filter by 1": lambda text: streamed(LinkFilter(POLICY), text, 1),
    "link filter by 7": lambda text: streamed(LinkFilter(POLICY), text, 7),
    "json filter by 5": lambda text: streamed(JsonLinkFilter(POLICY), f'{{"a": "{text}', 5),
    "echo filter by 1": lambda text: streamed(EchoFilter(INSTRUCTIONS), text, 1),
    "echo filter": lambda text: streamed(EchoFilter(INSTRUCTIONS), text, len(text)),
    "plan": _planned,
    "post": lambda text: copywriter.to_text(
        copywriter.Post.model_construct(
            caption=_storable(text), cta=_storable(text[:300]), hashtags=[_storable(text)]
        ),
    ),
    "offline router": _offline("router", routing.understand),
    "offline plan": _offline("strategy", planning.plan),
    "offline post": _offline("copywriter", writing.post),
    "offline e-mail": _offline("copywriter", writing.email),
    "offline answer": _offline("copilot", answering.answer),
    "log line": redact,
}


MANY = [rule for rule in RULES if "offline" not in rule]
"""The rules that meet texts at work; the demo model's own are for trying out."""

LISTED, LONGEST = 10_000, 100_000
"""Characters of a listed text, and of those that a rule was slowest on."""

_SUSPECT_MS = 25.0


def seconds(rule: str, text: str, size: int) -> float:
    """The CPU time of one rule on one text of a length."""
    made = TEXTS[text](size)
    return cost(rule, made) / 1e7 * _bytes(made)


def cost(rule: str, text: str) -> float:
    """Milliseconds of CPU time for 10,000 bytes.

    What seems slow is measured again, since the machine has other work. A short text counts as 2,000 bytes,
    or what every call costs would count for more than the text.
    """
    least = float("inf")
    for _ in range(5):
        began = time.process_time()
        RULES[rule](text)
        least = min(least, (time.process_time() - began) * 1e7 / _bytes(text))
        if least <= _SUSPECT_MS:
            break
    return least


def _bytes(text: str) -> int:
    return max(len(text.encode(errors="replace")), 2_000)


def every_text(rule: str, size: int) -> int:
    """Apply one rule to every text; how many there were."""
    for text in TEXTS.values():
        RULES[rule](text(size))
    return len(TEXTS)


def slowest_listed(rule: str) -> tuple[float, float, str]:
    """What the slowest of all listed texts costs, what ten times as much of it costs, and its name."""
    cost(rule, TEXTS["different words"](LISTED))
    most, name = max((cost(rule, text(LISTED)), name) for name, text in TEXTS.items())
    return most, cost(rule, TEXTS[name](LONGEST)), name


def slowest_made(examples: int, number: int) -> tuple[float, str, str]:
    """What the slowest of the texts that hypothesis makes costs, for which rule, and how it begins."""
    slowest = (0.0, "", "")

    @seed(number)
    @settings(
        max_examples=examples,
        phases=[Phase.generate, Phase.target],
        database=None,
        deadline=None,
        verbosity=Verbosity.quiet,
        suppress_health_check=list(HealthCheck),
    )
    @given(made())
    def look(text: str) -> None:
        nonlocal slowest
        found = max((cost(rule, text), rule, text[:60]) for rule in MANY)
        target(found[0])
        slowest = max(slowest, found)

    look()
    return slowest
