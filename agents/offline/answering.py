"""The copilot's message: what was done, what is left, or an answer from the facts."""

from __future__ import annotations

import re
from datetime import date

from agents.offline.ideas import public
from agents.offline.knowing import answering, prices, tells_of
from agents.offline.reading import Material, Meaning, contact_in
from agents.offline.referring import Desk, day_in, folded, found_in
from agents.offline.speech import Speech, guess_language, plain
from agents.offline.subjects import intent_of
from agents.offline.wishes import missing_in
from agents.offline.writing import other_language, unknown_number

_CAMPAIGN = re.compile(r"\b(?:campa(?:ign|gne|ña)|kampagne|aktion)", re.IGNORECASE)
_ASKS_FOR_WHOM = re.compile(r"\btarget|audience|\bcibl|zielgruppe|\bp[uú]blico\b", re.IGNORECASE)
_ASKS_WHAT_WAS_DECIDED = re.compile(
    r"decid|décid|agreed?\b|convenu|entsch[ie]+d|beschl[oi]ss|vereinbar|ausgemacht|acord|asked|demandé|gebeten|\bped[ií]"
    r"|\bplan(?:ned|ifi|ead)|geplant|prévu",
    re.IGNORECASE,
)
_DECISION = re.compile(
    r"(\d{4}-\d\d-\d\d): “(.+?)(?:”(?:\. (?!Drafts: )(?:Campaign: )?(.+?)(?:, (\d+) slots planned)?)?"
    r"(?:\. Drafts: (.+))?)?"
)
"""Pattern of a remembered decision: the request and its result."""
_TOLD = 3
_DONE = {
    "calendar slots planned": "planned",
    "drafts written": "wrote",
    "drafts changed": "changed",
    "calendar entries changed": "rearranged",
    "alternatives offered": "offered",
}
_LEFT = {
    "slots without a draft": "open",
    "drafts with failed checks": "flagged",
    "pieces that failed": "failed",
    "calendar changes to a time that is over": "too_late",
    "pieces more than one request writes": "over",
}
_SAID = {
    "not changed, it is": "no_change",
    "not changed, since": "overtaken",
    "cannot do yet": "cannot",
    "only the person may": "waits",
    "not built yet, only": "waits_later",
    "ask which one": "ask",
}
"""What is said of lines that count nothing, by their beginnings."""


def answer(material: Material, meaning: Meaning) -> str:
    """Write the copilot's message: what was done, what is left, or an answer from the facts."""
    request = material.task.get("request", "")
    asked = guess_language(request, material.language)
    speech = Speech(material, meaning, asked if material.obeys("language") else other_language(asked))
    done, left = material.lines("done"), material.lines("left")
    worked = bool(done or left)
    report = [*_report(speech, done, left), *_missing_facts(speech, material, meaning)] if worked else []
    sentences = report or [_reply(speech, material, meaning, request)]
    if not material.obeys("figures-from-facts"):
        sentences.append(speech.fill(speech.at("answer", "figure"), number=unknown_number(material)))
    return " ".join(sentences)


def _report(speech: Speech, done: list[str], left: list[str]) -> list[str]:
    sentences = []
    if made := _counted(speech, done, _DONE):
        sentences.append(speech.say("answer", "done", done=speech.listed(made)))
    opened = [line.removeprefix("new campaign: ") for line in done if line.startswith("new campaign: ")]
    sentences += [speech.say("answer", "opened", campaign=name) for name in opened]
    if missing := _counted(speech, left, _LEFT):
        sentences.append(speech.say("answer", "left", left=speech.listed(missing)))
    for start, phrase in _SAID.items():
        if any(line.startswith(start) for line in left):
            sentences.append(speech.say("answer", phrase))
    drafts = next((line.partition(": ")[2] for line in done if line.startswith("drafts written")), "")
    if not drafts:
        planned = any(line.startswith("calendar slots planned") for line in done)
        return [*sentences, speech.say("answer", "next_plan")] if planned else sentences
    return [*sentences, speech.say("answer", "next_one" if drafts.split()[0] == "1" else "next")]


def _missing_facts(speech: Speech, material: Material, meaning: Meaning) -> list[str]:
    """Name the things in the request that were written about without a fact."""
    if not any(line.startswith("drafts written") for line in material.lines("done")):
        return []
    missing = missing_in(material, meaning, material.task.get("request", ""))
    named = [thing if contact_in(thing) else public(thing) for thing in missing]
    quoted = [speech.fill(speech.at("quoted"), title=thing) for thing in named if thing]
    return [speech.say("answer", "no_fact", subjects=speech.listed(quoted))] if quoted else []


def _counted(speech: Speech, lines: list[str], names: dict[str, str]) -> list[str]:
    found = []
    for line in lines:
        label, _, rest = line.partition(": ")
        number = re.match(r"\d+", rest)
        if label not in names or number is None:
            continue
        name = f"{names[label]}_one" if number[0] == "1" else names[label]
        found.append(speech.fill(speech.at("counts", name), n=number[0]))
    return found


def _from_the_desk(speech: Speech, material: Material, request: str) -> str:
    """Tell what a draft says or what the calendar has, if the request asks for that."""
    desk, words = Desk.of(material), folded(request)
    if desk.slots and found_in("next", words) and not any(slot.status == "open" for slot in desk.slots):
        return speech.say("answer", "complete")
    if found_in("looks", words) and (shown := [draft for draft in desk.drafts if draft.text]):
        return " ".join(speech.say("answer", "reads", title=one.title, text=one.text) for one in shown[:2])
    coming = [slot for slot in desk.slots if slot.day and slot.day >= desk.today]
    if not coming or not found_in("planned", words):
        return ""
    day = day_in(words, desk.today)
    of_day = [slot for slot in coming if slot.day == day]
    told = [
        f"{speech.day(slot.day)} {slot.time[11:16]}, {slot.platform}: {slot.title}"
        for slot in (of_day or coming)[:_TOLD]
        if slot.day
    ]
    return speech.say("answer", "nothing_planned" if day and not of_day else "planned", slots="; ".join(told))


def _reply(speech: Speech, material: Material, meaning: Meaning, request: str) -> str:
    if on_the_desk := _from_the_desk(speech, material, request):
        return on_the_desk
    intent = intent_of(request, meaning)
    facts = answering(material, meaning, request)
    if intent in {"chat", ""} and not (facts and request.rstrip().endswith("?")):
        return speech.say("answer", "hello" if intent else "unclear")
    if _ASKS_WHAT_WAS_DECIDED.search(request) and (decision := _decision(material, meaning, request)):
        return _decided(speech, *decision.groups(default=""))
    if facts:
        found = speech.say("answer", "found", fact=speech.fact_sentence(facts[0]))
        return f"{found} {speech.say('answer', 'sure')}"
    if lines := _about_campaign(material, request):
        best = meaning.ranked(request, lines)[0]
        return speech.say("answer", "found", fact=lines[best])
    told = [speech.fact_sentence(fact) for fact in prices(material, request)]
    if material.segments and _ASKS_FOR_WHOM.search(request):
        told = [f"{speech.listed([segment.name for segment in material.segments])}."]
    return speech.say("answer", "found", fact=" ".join(told[:3])) if told else speech.say("answer", "unknown")


def _decision(material: Material, meaning: Meaning, request: str) -> re.Match[str] | None:
    """Return the remembered decision that the question is about."""
    order = meaning.ranked(request, material.memories)
    told = [material.memories[index] for index in order]
    found = [_DECISION.fullmatch(text) for text in told if tells_of(meaning, text, request)]
    return next((match for match in found if match), None)


def _decided(speech: Speech, day: str, words: str, campaign: str, slots: str, drafts: str) -> str:
    """Describe a request of a day and its result."""
    form = "decided_for" if campaign else "decided"
    asked = speech.at("answer", form)
    said = speech.fill(asked, day=speech.day(date.fromisoformat(day)), words=words, campaign=campaign)
    titles = [
        speech.fill(speech.at("quoted"), title=title) for title in dict.fromkeys(drafts.split("; ")) if title
    ]
    made = _counted(speech, [f"slots: {slots}"] if slots else [], {"slots": "slots"})
    if titles:
        named = speech.at("counts", "titles" if len(titles) > 1 else "title")
        made.append(speech.fill(named, titles=speech.listed(titles)))
    return (
        f"{said} {speech.fill(speech.at('answer', 'came_of_it'), made=speech.listed(made))}" if made else said
    )


def _about_campaign(material: Material, request: str) -> list[str]:
    """Describe the campaign, if the question names it."""
    campaign = material.campaign
    name = campaign.get("name", "")
    if not (_CAMPAIGN.search(request) or (name and plain(name) in plain(request))):
        return []
    lines = [campaign.get("goal", ""), " – ".join(filter(None, (campaign.get("start"), campaign.get("end"))))]
    return [f"{name}: {line}." for line in lines if line]
