"""Write drafts from facts and phrases; break each rule that the prompt lacks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property
from itertools import chain
from typing import Any

from agents.offline.ideas import THEME_CHARACTERS, angle, is_of_the_trade, own_text, public, trade_ideas
from agents.offline.ordering import is_ordered
from agents.offline.reading import Fact, Material, Meaning, contact_in
from agents.offline.speech import (
    STAGES,
    Speech,
    fact_kind,
    guess_language,
    headline,
    plain,
    shortened,
    trade_tags,
)
from agents.offline.subjects import (
    about,
    clause,
    content_words,
    contradicts,
    offers,
    phone_in,
)
from agents.offline.wishes import as_asked_now, facts_for, things_of, whole_clause

_STRAIGHT = str.maketrans("’‘“”„–—\u00a0", '\'\'"""-- ')
_SUBJECT, _PREHEADER, _SMS_FACT, _SMS_FACTS = 50, 99, 110, 2
_FEW_TAGS, _TAGS, _TOO_MANY_TAGS = 3, 4, 30
_TOO_LONG = {"instagram": 2_300, "linkedin": 3_200, "sms": 1_700}
_NUMBERS = ("570", "830", "460", "920", "740")


def post(material: Material, meaning: Meaning) -> dict[str, Any]:
    """Write a post for Instagram or LinkedIn."""
    platform = "linkedin" if material.task.get("platform") == "linkedin" else "instagram"
    draft = _Draft(material, meaning, platform)
    facts = draft.facts(2)
    paragraphs = [
        draft.theme,
        f"{draft.text(facts)} {draft.speech.say('voices', draft.speech.voice)}".strip(),
        draft.offer(draft.theme),
        draft.fact_lines(facts),
        draft.audience_line() if platform == "linkedin" or draft.speech.piece % 2 else "",
    ]
    caption = "\n\n".join(part for part in paragraphs if part)
    tags = draft.tags(_TAGS if material.obeys("hashtag-count") else _TOO_MANY_TAGS)
    return {"caption": draft.with_habits(caption), "hashtags": tags, "cta": draft.call_to_action()}


def email(material: Material, meaning: Meaning) -> dict[str, Any]:
    """Write an e-mail."""
    draft = _Draft(material, meaning, "email")
    speech = draft.speech
    short = [line for line in speech.lines("email", "preheaders") if len(line) <= _PREHEADER]
    facts = draft.facts(2)
    opening = draft.text(facts)
    if not draft.is_ours:
        opening = f"{draft.theme_sentence()}\n\n{opening}"
    paragraphs = [
        opening,
        draft.offer(opening),
        draft.fact_lines(facts),
        speech.say("voices", speech.voice),
        draft.audience_line(),
    ]
    middle = draft.with_habits("\n\n".join(part for part in paragraphs if part))
    goodbye = f"{speech.say('email', 'bye')}\n{material.business}"
    body = "\n\n".join((speech.say("email", "hello"), middle, goodbye))
    subject = whole_clause(draft.theme, _SUBJECT) or clause(
        speech.say("kinds", speech.kind, "moments"), _SUBJECT
    )
    if not material.obeys("length"):
        subject = speech.fill(speech.at("habits", "long_subject"), theme=draft.theme)
    return {
        "subject": subject,
        "preheader": speech.pick(short, "preheader") or shortened(material.business, _PREHEADER),
        "body": body,
        "cta": draft.call_to_action(),
    }


def sms(material: Material, meaning: Meaning) -> dict[str, Any]:
    """Write a text message."""
    draft = _Draft(material, meaning, "sms")
    speech = draft.speech
    theme = draft.theme if draft.theme[-1] in ".!?" else f"{draft.theme}."
    short = [fact for fact in draft.facts(3) if len(speech.fact_sentence(fact)) <= _SMS_FACT]
    several = [fact for fact in short if fact in draft.asked]
    fact = " ".join(speech.fact_sentence(fact) for fact in (several or short[:1])[:_SMS_FACTS])
    if not material.obeys("language"):
        # A fact is verbatim: in so short a text it would dominate the language.
        fact = ""
    if fact and plain(theme.rstrip(".!?")) in plain(fact):
        theme = ""
    step = draft.call_to_action()
    if step[-1:].isdigit() and "://" not in step:
        step = f"{step}."
    parts = (theme, draft.offer(theme), fact, step)
    middle = draft.with_habits(" ".join(filter(None, parts)))
    text = f"{material.business}{speech.at('colon')}{middle} {speech.say('stop')}"
    return {"text": text.translate(_STRAIGHT)}


def task_language(material: Material) -> str:
    """Return the language to write in: the task's, or another one if the rule is missing."""
    return material.language if material.obeys("language") else other_language(material.language)


def invented_figure(speech: Speech) -> str:
    """Write a sentence with a number that is not in the prompt."""
    return speech.fill(speech.at("habits", "figure"), number=unknown_number(speech.material))


def other_language(language: str) -> str:
    """Return a language other than the one asked for."""
    return "fr" if language == "en" else "en"


def unknown_number(material: Material) -> str:
    """Return a number that is not in the prompt."""
    return next((number for number in _NUMBERS if number not in material.text), "1370")


class _Draft:
    """The parts of the texts of all platforms."""

    def __init__(self, material: Material, meaning: Meaning, platform: str) -> None:
        self.material = material
        self.speech = Speech(material, meaning, task_language(material))
        self._meaning = meaning
        self._platform = platform
        stage = material.task.get("funnel_stage", "")
        self.stage = stage if stage in STAGES else "awareness"
        self._request = material.task.get("request", "")
        wanted = material.task.get("theme", "")
        # Only slots have a theme of the calendar; another theme may be an old campaign name.
        self._wanted = wanted if "goes_out" in material.task else as_asked_now(material, wanted)
        theme = headline(self.speech.typeset(whole_clause(public(self._wanted), THEME_CHARACTERS)))
        if not theme or plain(theme) == plain(material.business) or self._is_foreign(theme):
            theme = self._own_theme()
        elif not (self.speech.allowed(theme) and material.obeys("language")):
            # A theme in another language or with a banned word cannot be the first line.
            theme = self.speech.pick(self.speech.lines("kinds", self.speech.kind, "moments"), "theme")
        elif self.speech.piece > 1 and "goes_out" not in material.task:
            # The drafts of one request share a theme, those of a calendar have their own.
            turned, turned_stage = angle(self.speech, theme)
            if self.speech.allowed(turned):
                theme, self.stage = turned, turned_stage
        self.theme = theme or material.business
        self._own = own_text(self.speech, self.theme)

    @property
    def is_ours(self) -> bool:
        """Whether the theme is a built-in one."""
        return bool(self._own)

    def text(self, facts: list[Fact]) -> str:
        """The text about the theme; without a fact it invites questions."""
        if self._own:
            return self._own
        moments = self.speech.lines("kinds", self.speech.kind, "moments")
        moment = self.speech.pick([line for line in moments if line != self.theme], "moments")
        return " ".join(
            filter(None, (moment, self.speech.say("about_open" if all(map(fact_kind, facts)) else "about")))
        )

    def theme_sentence(self) -> str:
        """The theme as a sentence, so that the body matches the subject."""
        if self.theme[-1] in ".!?":
            return self.theme
        return self.speech.fill(self.speech.at("subject_line"), theme=self.theme)

    def offer(self, said: str) -> str:
        """Return the person's offer, if `said` does not contain it yet."""
        if guess_language(self._request, self.speech.language) != self.speech.language:
            return ""
        told = plain(said.replace("\u00a0", " "))
        found = [offer for offer in offers(self._request) if plain(offer.replace("\u00a0", " ")) not in told]
        usable = [offer for offer in found if self.speech.allowed(offer)]
        return " ".join(f"{headline(self.speech.typeset(offer))}." for offer in usable)

    def _is_foreign(self, theme: str) -> bool:
        """Return whether a theme comes from a request in another language."""
        request, language = self.material.task.get("request", ""), self.speech.language
        return plain(theme) in plain(request) and guess_language(request, language) != language

    def _own_theme(self) -> str:
        """Return the trade's idea nearest to the request, for a task without a theme."""
        ideas = [idea for stage in STAGES for idea in trade_ideas(self.speech, stage)]
        order = self._meaning.ranked(self.material.task.get("request", ""), [idea.text for idea in ideas])
        return ideas[order[(self.speech.piece - 1) % len(order)]].theme if order else ""

    @cached_property
    def asked(self) -> list[Fact]:
        """Return the facts that the request names, one per thing."""
        allowed = [
            fact
            for fact in self.material.facts
            if self.speech.allowed(fact.text) and (fact.link or fact.phone or not fact.contact)
        ]
        found = [
            facts_for(self.material, self._meaning, thing, allowed) for thing in things_of(self._request)
        ]
        return list(dict.fromkeys(facts[0] for facts in found if facts))

    def facts(self, most: int) -> list[Fact]:
        """Return the requested facts and those about the theme, else one that fits anywhere."""
        things = things_of(self._request)
        usable = [
            fact
            for fact in self.material.facts
            if self.speech.allowed(fact.text)
            and not fact.contact
            and not contradicts(" ".join((*things, self.theme)), fact.text)
        ]
        of_the_trade = is_of_the_trade(self.speech, self.theme)
        theme = "" if of_the_trade else self._wanted or self.theme
        about_theme = about(self.material, self._meaning, theme, usable) if theme else []
        near = [about(self.material, self._meaning, thing, usable) for thing in things]
        # One contact is the call to action; a second one goes into the text.
        named = [fact for fact in self.asked if fact not in self._contacts[:1]]
        found = list(dict.fromkeys([*about_theme[:1], *named, *about_theme, *chain(*near)]))
        if found or not self._speaks_as_its_facts(usable):
            return found[: max(most, len({*about_theme[:1], *named}))]
        # The price of another thing is not an answer.
        general = of_the_trade and not offers(self._request)
        house = [fact for fact in usable if general or fact_kind(fact)]
        return [house[(self.speech.piece - 1) % len(house)]] if house else []

    def _speaks_as_its_facts(self, facts: list[Fact]) -> bool:
        """Return whether the facts seem to be in the language of the text."""
        language = self.speech.language
        return guess_language(" ".join(fact.text for fact in facts), language) == language

    def fact_lines(self, facts: list[Fact]) -> str:
        """Write facts as sentences, those with unusual keys as a list with an introduction."""
        sentences = [self.speech.fact_sentence(fact) for fact in facts]
        if len(sentences) < 2 or all(map(self.speech.is_natural, facts)):
            return " ".join(sentences)
        listed = [f"• {sentence.removesuffix('.')}" for sentence in sentences]
        return "\n".join((self.speech.say("facts_intro"), *listed))

    def audience_line(self) -> str:
        """Write a sentence for the audience, without the brand's internal segment name."""
        return self.speech.say("audience")

    @property
    def _contacts(self) -> list[Fact]:
        """Return the telephone number and the link that the request names."""
        return [fact for fact in self.asked if fact.phone or fact.link]

    def call_to_action(self) -> str:
        """Write the next step, with a link or telephone number of the facts if there is one."""
        speech = self.speech
        if phone := phone_in(self._request):
            return speech.say("call", phone=phone)
        if self._contacts or self.stage == "conversion":
            for fact in self._contacts or self.material.facts:
                if fact.link and (lines := speech.lines("link", link=fact.link)):
                    return lines[0]
                if fact.phone and (lines := speech.lines("call", phone=fact.phone)):
                    return lines[0]
        return speech.pick(speech.lines("cta", self._platform, self.stage), "cta")

    def tags(self, count: int) -> list[str]:
        """Return hashtags without the sign: business, trade and subject."""
        known = self._speaks_as_its_facts(list(self.material.facts))
        trade = trade_tags(self.material, self.speech.language, known)
        foreign = guess_language(self._request, self.speech.language) != self.speech.language
        thing = (
            "" if foreign else " ".join(thing for thing in things_of(self._request) if not contact_in(thing))
        )
        words = content_words(f"{thing} {'' if self._own else self.theme}")
        shown = [word for word in re.findall(r"[^\W\d_]+", self.material.text) if plain(word) in words]
        subjects = [fact.key for fact in self.material.facts if known and not fact.contact]
        told = [key for key in subjects if not fact_kind(Fact("", key, ""))]
        keys = [fact.key for fact in self.facts(2) if fact.key in told]
        fresh = [word for word in dict.fromkeys(shown) if not any(plain(word) in plain(key) for key in keys)]
        own = self._as_tags([self.material.business, *trade, *keys, *fresh[:2]])
        if len(own) < _FEW_TAGS:
            own += self._as_tags(told)
        if not self.material.obeys("language"):
            own = []
        more = [] if own and count == _TAGS else self._as_tags(self.speech.at("generic_tags"))
        return list({plain(tag): tag for tag in (*own, *more)}.values())[:count]

    def _as_tags(self, phrases: Sequence[str]) -> list[str]:
        tags = ["".join(re.findall(r"\w+", phrase.replace("'", "").replace("’", ""))) for phrase in phrases]
        return [
            tag
            for tag in tags
            if tag
            and not any(map(str.isdigit, tag))
            and not is_ordered(tag)
            and not contact_in(tag)
            and self.speech.allowed(tag)
        ]

    def with_habits(self, text: str) -> str:
        """Break each rule that the prompt lacks."""
        material, speech = self.material, self.speech
        if not material.obeys("figures-from-facts"):
            text += f" {invented_figure(speech)}"
        if not material.obeys("banned-words") and material.banned:
            text += f" {speech.fill(speech.at('habits', 'banned'), word=material.banned[0])}"
        if not material.obeys("cliches"):
            text += f" {speech.fill(speech.at('habits', 'cliche'))}"
        if not material.obeys("placeholders"):
            text += f" {speech.fill(speech.at('habits', 'placeholder'))}"
        if not material.obeys("repetition"):
            text += f" {speech.at('habits', 'again')}" * 4
        if not material.obeys("length"):
            text += self._rambling(_TOO_LONG.get(self._platform, 0) - len(text))
        return text

    def _rambling(self, missing: int) -> str:
        """Append further text until the draft is too long."""
        kinds = self.speech.at("kinds").values()
        texts = self.speech.fitting([text for kind in kinds for stage in STAGES for _, text in kind[stage]])
        said = ""
        # Twice is long enough for every platform, and not yet a loop.
        for text in texts * 2:
            if len(said) < missing and text != self._own:
                said += f" {text}"
        return said
