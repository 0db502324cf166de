"""Graders that compare a run with its labels, without the product's own checks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from core.business import Profile
from core.campaign import Slot
from core.content import Content
from evals.cases import NOW, SlotLabel
from evals.exam import Exam, Finding

_DIGITS = re.compile(r"\d+")
_MOST_OPTIONS = 4
_COMMON_WORDS: Mapping[str, Sequence[str]] = {
    "en": ("the", "and", "of", "is", "it", "for", "with", "you", "your", "are", "this", "that", "what"),
    "fr": ("le", "les", "et", "est", "une", "pour", "vous", "dans", "ce", "pas", "il", "au", "avec", "sont"),
    "de": (
        "der",
        "die",
        "das",
        "und",
        "ist",
        "ein",
        "eine",
        "nicht",
        "für",
        "mit",
        "wir",
        "zu",
        "den",
        "ich",
    ),
    "es": ("el", "los", "las", "y", "una", "para", "con", "por", "no", "su", "del", "lo", "está", "muy"),
}
"""Words that hardly any sentence of a language does without, and that no other language here has."""


def untouched(exam: Exam) -> Iterator[Finding]:
    """Nothing differs but what the labels name: no other draft, no other slot."""
    record, before, expected = exam.record, exam.record.before, exam.expected
    names = {value: name for name, value in before.ids.items()}
    allowed = {before.ids[name] for name in expected.targets} if "edit" in expected.did else set()
    for draft in record.drafts:
        if draft.id not in allowed:
            yield Finding(None, f"{names.get(draft.id, f'a new draft ({draft.platform})')} was changed")
    left = {draft.id for draft in (*record.drafts, *record.kept)}
    yield from (Finding(None, f"{names[gone]} is gone") for gone in before.drafts.keys() - left)
    after = {slot.slot_id: slot for slot in record.campaign.calendar} if record.campaign else {}
    for slot in before.slots:
        name = names[slot.slot_id]
        if name not in expected.slots and _shown(after.get(slot.slot_id)) != _shown(slot):
            yield Finding(None, f"{name} was changed")
    new = after.keys() - {slot.slot_id for slot in before.slots}
    if len(new) != ("NEW" in expected.slots):
        yield Finding(None, f"{len(new)} new slots")


def changed(exam: Exam) -> Iterator[Finding]:
    """Every draft that was named is changed as was asked: shorter, longer, without hashtags."""
    for name, old, new in _edited(exam):
        if new is old:
            yield Finding(None, f"{name} is as it was")
            continue
        was, now = len(_text(old)), len(_text(new))
        if exam.expected.length == "shorter" and now >= was:
            yield Finding(None, f"{name} went from {was} to {now} characters")
        if exam.expected.length == "longer" and now <= was:
            yield Finding(None, f"{name} went from {was} to {now} characters")
        if exam.expected.without_hashtags and new.text_content.hashtags:
            yield Finding(None, f"{name} still has hashtags")


def kept(exam: Exam) -> Iterator[Finding]:
    """What a change was not about stays: the named facts and fields."""
    for name, old, new in _edited(exam):
        for text in exam.expected.keeps:
            if _plain(text) not in _plain(_text(new)):
                yield Finding(None, f"{name} lost “{text}”")
        for field in exam.expected.stays:
            if _field(old, field) != _field(new, field):
                yield Finding(None, f"the {field} of {name} was changed")


def alternatives(exam: Exam) -> Iterator[Finding]:
    """As many different alternatives as were asked for, for the right field of the right draft."""
    expected = exam.expected
    results = [one.result or {} for one in exam.record.artefacts if one.name == "suggest_variants"]
    if len(results) != 1:
        yield Finding(None, f"{len(results)} sets of alternatives")
        return
    (result,) = results
    texts = [one["text"] for one in result.get("alternatives", [])]
    if len(texts) != expected.count:
        yield Finding(None, f"{len(texts)} alternatives instead of {expected.count}")
    if len({_plain(text) for text in texts}) < len(texts):
        yield Finding(None, "the same alternative twice")
    if result.get("field") not in expected.field:
        yield Finding(None, f"alternatives for the {result.get('field')} instead of the {expected.field[0]}")
    target = next((exam.record.before.ids[name] for name in expected.targets), None)
    if result.get("content_id") != target:
        yield Finding(None, f"alternatives to another draft than {expected.targets}")
    old = exam.record.before.drafts.get(target or "")
    if old and any(_plain(text) in _plain(_text(old)) for text in texts):
        yield Finding(None, "an alternative is what the draft says already")


def calendar(exam: Exam) -> Iterator[Finding]:
    """The named slots are as the labels say, and keep everything that these leave out."""
    before = exam.record.before
    old = {name: slot for slot in before.slots for name, one in before.ids.items() if one == slot.slot_id}
    now = {slot.slot_id: slot for slot in exam.record.campaign.calendar} if exam.record.campaign else {}
    new = [slot for slot in now.values() if slot.slot_id not in {one.slot_id for one in before.slots}]
    for name, label in exam.expected.slots.items():
        slot = now.get(old[name].slot_id) if name in old else next(iter(new), None)
        if slot is None:
            yield Finding(None, f"there is no {name}")
            continue
        yield from (Finding(None, f"{name}: {wrong}") for wrong in _differs(slot, label, old.get(name)))


def _differs(slot: Slot, label: SlotLabel, old: Slot | None) -> Iterator[str]:
    if (slot.state == "dropped") != label.dropped:
        yield f"it is {slot.state}"
    if label.theme and _plain(label.theme) not in _plain(slot.theme):
        yield f"its theme is “{slot.theme}”"
    if old and not label.theme and slot.theme != old.theme:
        yield f"its theme became “{slot.theme}”"
    time = label.local_time or (old.local_time if old else slot.local_time)
    if slot.local_time != time:
        yield f"it is at {slot.local_time} instead of {time}"
    platform = label.platform or (old.platform if old else slot.platform)
    if (slot.platform, slot.content_id) != (platform, old.content_id if old else None):
        yield f"it is on {slot.platform}, with the draft {slot.content_id}"


def says(exam: Exam) -> Iterator[Finding]:
    """The answer has the labelled texts; nothing that was written has those that it must not."""
    answer = _plain(exam.record.answer)
    for choice in exam.expected.says:
        if not any(_plain(text) in answer for text in choice):
            yield Finding(None, f"the answer does not say “{choice[0]}”")

    for name, text in _written(exam):
        found = [one for one in exam.expected.lacks if _plain(one) in _plain(text)]
        yield from (Finding(None, f"{name}: “{one}”") for one in found)


def invented(exam: Exam) -> Iterator[Finding]:
    """Every number of two digits or more occurs in what the business has or the person said."""
    record = exam.record
    known = [exam.inputs.request, *(turn.said for turn in exam.inputs.turns), NOW.isoformat()]
    known += [f"{fact.key} {fact.value}" for fact in record.business.facts]
    known.append(record.business.model_dump_json(include=set(Profile.model_fields)))
    known += [slot.model_dump_json(include={"local_time", "theme"}) for slot in record.before.slots]
    known += [_text(draft) for draft in record.before.drafts.values()]
    if record.campaign is not None:
        known.append(record.campaign.model_dump_json(include={"name", "goal", "start_date", "end_date"}))
        known += [slot.local_time for slot in record.campaign.calendar]
    numbers = {number.lstrip("0") for text in known for number in _DIGITS.findall(text)}
    for name, text in _written(exam):
        for number in _DIGITS.findall(text):
            if len(number) > 1 and number.lstrip("0") not in numbers:
                yield Finding(None, f"{name}: nobody said {number}")


def options(exam: Exam) -> Iterator[Finding]:
    """A question with two to four buttons, which offer the drafts that may be meant."""
    asked = exam.record.clarify
    if asked is None:
        yield Finding(None, "nothing was asked")
        return
    if not 2 <= len(asked.options) <= _MOST_OPTIONS:
        yield Finding(None, f"{len(asked.options)} options")
    offered = {target for one in asked.options for action in one.actions for target in action.targets}
    for name in exam.expected.options:
        if exam.record.before.ids[name] not in offered:
            yield Finding(None, f"{name} is not among the options")
    if len({one.label for one in asked.options}) < len(asked.options):
        yield Finding(None, "two options have the same label")


def proposal(exam: Exam) -> Iterator[Finding]:
    """One proposed decision with the labelled targets and time."""
    expected, proposed = exam.expected, exam.record.proposed
    if len(proposed) != 1:
        yield Finding(None, f"{len(proposed)} decisions are proposed")
        return
    (one,) = proposed
    if one.operation not in expected.operation:
        yield Finding(None, f"{one.operation} is proposed instead of {expected.operation[0]}")
    if {target.content_id for target in one.targets} != {
        exam.record.before.ids[name] for name in expected.targets
    }:
        yield Finding(None, f"for {[target.title for target in one.targets]} instead of {expected.targets}")
    if one.at != expected.when:
        yield Finding(None, f"at {one.at} instead of {expected.when}")


def tongue(exam: Exam) -> Iterator[Finding]:
    """Every text has more of the common words of its language than of any other."""
    # The answer is in the language of the request, also where a draft is wanted in another one.
    for name, text in _written(exam):
        wanted = exam.record.business.language if name == "answer" else exam.expected.language
        words = re.findall(r"\w+", text.casefold())
        found = {code: sum(word in common for word in words) for code, common in _COMMON_WORDS.items()}
        most = max(found, key=lambda code: found[code])
        if found[most] > found[wanted.split("-")[0]]:
            yield Finding(None, f"{name}: it is in {most} instead of {wanted}")


def _edited(exam: Exam) -> Iterator[tuple[str, Content, Content]]:
    """Each target with what it was and is; the same one where it is unchanged."""
    changed = {draft.id: draft for draft in exam.record.drafts}
    for name in exam.expected.targets:
        old = exam.record.before.drafts[exam.record.before.ids[name]]
        yield name, old, changed.get(old.id, old)


def _written(exam: Exam) -> Iterator[tuple[str, str]]:
    """Everything that the run wrote, with what it is."""
    record = exam.record
    yield "answer", record.answer
    yield from ((draft.platform, _text(draft)) for draft in record.drafts)
    for one in record.artefacts:
        if one.name == "suggest_variants":
            yield from (("alternative", made["text"]) for made in (one.result or {}).get("alternatives", []))


def _text(draft: Content) -> str:
    words = draft.text_content
    parts: Iterable[str | None] = (draft.title, words.preheader, words.caption, words.body, words.cta)
    return "\n\n".join(part for part in parts if part)


def _field(draft: Content, name: str) -> object:
    return draft.title if name == "title" else getattr(draft.text_content, name)


def _shown(slot: Slot | None) -> object:
    return slot and slot.model_dump(exclude={"changed_by", "run_id"})


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())
