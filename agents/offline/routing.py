"""The router's form: which actions a request asks for, on which of the drafts and slots in the prompt."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from agents.offline import times
from agents.offline.reading import Material, Meaning
from agents.offline.referring import Desk, Item, day_in, folded, found_in, moved_to, ordinals_in, words_of
from agents.offline.subjects import intent_of
from agents.offline.wishes import name_of, theme_of

_DECISIONS = ("approve", "reject", "schedule", "send", "publish", "delete")
_CALENDAR = ("swap", "move", "drop", "add")
_QUOTED = re.compile(r"[“«„][^”»“]{6,}[”»“]|\"[^\"]{6,}\"|(?<!\w)'[^'\n]{12,}'(?!\w)|‘[^’]{12,}’")
_JOINTS = r"(?:and|adn|then|but|et|puis|mais|und|danach|dann|aber|y|luego|pero)"
_SPLIT = re.compile(rf"(?<!\d\.)(?<=[.!?;:])\s+|,\s+|\s+(?={_JOINTS}\s)")
_JOINT = re.compile(rf"^(?:{_JOINTS}\s+)+")
_THEN = re.compile(r"(?:\w+ )?(?:then|puis|danach|dann|luego)\b")
_SAME = re.compile(r"(?<!\w)(?:same|gleiche|dasselbe|meme|pareil|mismo)(?!\w)")
_GOAL = re.compile(r"(?<!\w)(?:but|for|mais|pour|aber|fur|auf|pero|para|en)(?!\w)")
_BRIEF, _SHORT, _FEW, _MOST_SLOTS = 600, 5, 3, 4


@dataclass
class _Part:
    """A clause, or several that belong together, and what it asks for."""

    text: str
    intent: str
    operation: str | None = None
    excluded: list[Item] = field(default_factory=list)


def understand(material: Material, meaning: Meaning) -> dict[str, Any]:
    """The router's form for a request."""
    router = _Router(material, meaning)
    actions = router.actions()
    languages = words_of("languages").items()
    named = [code for code, names in languages if found_in(f"languages/{code}", router.words) and names]
    changes = any(one["intent"] in {"edit", "variants"} for one in actions)
    return {"actions": actions[:4], "language": None if changes or not named else named[0]}


class _Router:
    def __init__(self, material: Material, meaning: Meaning) -> None:
        self._material = material
        self._meaning = meaning
        self._desk = Desk.of(material)
        self._request = material.task.get("request", "")
        self._said = _QUOTED.sub(" … ", self._request)
        self.words = folded(self._said)

    def actions(self) -> list[dict[str, Any]]:
        """What the request asks for."""
        quoted = self._said != self._request
        if found_in("answers", self.words) and (quoted or found_in("customers", self.words)):
            return [self._step("reply", self.words)]
        if followed := self._following():
            return [followed]
        actions = [self._action(part) for part in self._parts()]
        return actions or [self._step("answer", self.words)]

    # -- what follows from the turn before --------------------------------------------------------------

    def _following(self) -> dict[str, Any] | None:
        """What an assent, a correction or a bare answer to the copilot's question asks for."""
        words, desk = self.words, self._desk
        said, before = desk.last("assistant"), folded(desk.last("user"))
        asked = folded(said) if "?" in said else ""
        short = len(words.split()) <= _SHORT
        intent, operation = _intent_of(words)
        if short and intent in {"", "write"} and _starts(words, "assents"):
            return self._assented(said) if asked else self._step("answer", words)
        corrects = _starts(words, "refusals") and not intent
        names_one = bool(desk.named(words, "DS") or ordinals_in(words))
        if not corrects and not (short and not intent and asked and names_one):
            return None
        pending = [one for one in (_intent_of(asked), _intent_of(before)) if one[0] in words_of("actionable")]
        if not pending:
            return None
        intent, operation = pending[0 if corrects else -1]
        kind = "S" if intent in {"calendar", "write"} else "D"
        shown = desk.named(folded(said), kind) or desk.named(before, kind)
        if places := ordinals_in(words):
            listed = desk.handles(folded(said)) or desk.of_kind(kind)
            found = [listed[place - 1 if place > 0 else place] for place in places if place <= len(listed)]
        elif found_in("others", words):
            peers = [one for one in desk.of_kind(kind) if one not in shown]
            same = [one for one in peers if shown and one.platform == shown[0].platform]
            found = same if len(same) == 1 else peers
        else:
            found = desk.named(words, kind)
        return self._step(intent if len(found) == 1 else "clarify", words, found, operation)

    def _assented(self, said: str) -> dict[str, Any]:
        """What the copilot's own question asked for; a question with two answers is not answered by yes."""
        question = next(one for one in re.split(r"(?<=[.!?:])\s+", said)[::-1] if "?" in one)
        words = folded(question)
        intent, operation = _intent_of(words)
        items = self._desk.handles(words) or self._desk.handles(folded(said))[-1:]
        if found_in("alternatives", words) or (intent == "" and items and not _slots_of(items)):
            return self._step("clarify", words)
        if not intent and items:
            intent = "write"
        return self._step(intent or "answer", words, items, operation)

    # -- clauses ----------------------------------------------------------------------------------------

    def _parts(self) -> list[_Part]:
        """The clauses of a request that ask for something, each with those that only say more of it."""
        parts: list[_Part] = []
        waiting, refused, ends = "", False, ""
        for clause in filter(None, (one.strip() for one in _SPLIT.split(self._said))):
            opens, ends = ends in {"", ".", "!", "?"}, clause[-1]
            then = _THEN.match(folded(clause))
            words = _JOINT.sub("", folded(clause))
            if cut := found_in("excluding", words):
                outside = self._desk.named(words[cut.start() :], "D") + self._desk.named(
                    words[cut.start() :], "S"
                )
                for part in parts[-1:]:
                    part.excluded += outside
                words = words[: cut.start()].strip()
                if not words or not (_intent_of(words)[0] or not parts):
                    continue
            intent, operation = self._clause(words, opens=opens)
            if intent in {"decide", "write", "video", "poster"} and found_in("negation", words):
                refused = refused or intent == "decide"
                continue
            before = parts[-1] if parts else None
            if (
                before
                and intent == "edit"
                and before.intent in {"variants", "write"}
                and _starts(words, "each")
            ):
                intent = ""
            verbless = intent == "write" and before is not None and not _intent_of(words)[0]
            if verbless and (self._desk.handles(words) or parts[-1].intent in {"plan", "write"}):
                intent = ""
            if not intent and refused and not before and len(words.split()) > 2:
                intent = "edit"
            if intent == "plan" and before and before.intent == "write" and not _intent_of(before.text)[0]:
                # "Five posts in May. Plan them": the texts are the plan's.
                before.intent = "plan"
            if intent and (before is None or not self._says_more(before, intent, operation, words)):
                parts.append(_Part(f"{waiting} {words}".strip(), intent, operation))
                waiting = ""
            elif intent or (before and not waiting and not then and not (opens and len(words.split()) > 2)):
                parts[-1].text += f", {waiting} {words}"
                waiting = ""
            else:
                waiting = f"{waiting} {words}".strip()
        if waiting and parts:
            parts[-1].text += f", {waiting}"
        return parts or ([self._guessed(waiting)] if waiting else [])

    def _says_more(self, part: _Part, intent: str, operation: str | None, words: str) -> bool:
        """Whether a clause asks for what the one before asks for, and of nothing else."""
        if (part.intent, part.operation) != (intent, operation):
            return False
        return intent not in {"decide", "calendar", "edit"} or not (
            self._desk.named(words, "DS") and self._desk.named(part.text, "DS")
        )

    def _clause(self, words: str, *, opens: bool) -> tuple[str, str | None]:
        """What a clause asks for; a question that is no polite order asks to know."""
        bare = re.sub(rf"(?<!\w)(?:{'|'.join(words_of('polite'))})(?!\w)", " ", words).strip()
        intent, operation = _intent_of(bare)
        if found_in("results", words) and intent in {"", "edit", "plan"}:
            return "analyse", None
        asking = words.endswith("?") or (opens and _starts(words, "questions"))
        if asking and not (bare != words and intent):
            return "answer", None
        if intent in {"", "edit"} and found_in("looks", bare) and not _starts(bare, "verbs/edit"):
            return "answer", None
        dated = bool(self._desk.on_days(bare) or self._desk.handles(bare, "S"))
        if intent in {"", "edit"} and dated and found_in("instead", bare):
            return "calendar", "retheme"
        a_day = dated or day_in(bare, self._desk.today) is not None
        if (operation == "add" and not a_day) or (
            operation == "drop" and not (dated or self._desk.named(bare, "S"))
        ):
            return "edit", None
        if operation == "delete" and dated and not self._desk.named(bare, "D"):
            return "calendar", "drop"
        if intent == "plan" and not found_in("spans", bare) and self._desk.handles(bare, "S"):
            return "write", None
        if intent == "write" and found_in("spans", bare) and not (dated or found_in("new_pieces", bare)):
            return "plan", None
        if not intent and self._desk.handles(bare, "S") and len(words.split()) > _FEW:
            # Something is to be done with a slot, and no word of it is known.
            return "clarify", None
        new = found_in("new_pieces", bare) or _starts(bare, "new_piece") or self._desk.handles(bare, "S")
        if not intent and new:
            return "write", None
        return intent, operation

    def _guessed(self, words: str) -> _Part:
        """What no word decides: the nearest of the labelled examples, if one is near."""
        label = {"campaign": "plan"}.get(intent_of(words, self._meaning), intent_of(words, self._meaning))
        if (
            found_in("others", words)
            or found_in("vague", words)
            or (label in {"plan", "write"} and self._known(words))
        ):
            return _Part(words, "clarify")
        return _Part(words, label if label in {"plan", "write"} and len(words.split()) > 2 else "answer")

    def _known(self, words: str) -> bool:
        """Whether a draft that is there is named, and no new one."""
        return bool(self._desk.named(words, "D")) and not found_in("new_pieces", words)

    # -- actions ----------------------------------------------------------------------------------------

    def _action(self, part: _Part) -> dict[str, Any]:
        words, intent, desk = part.text, part.intent, self._desk
        match intent:
            case "edit" | "decide" | "variants":
                items = self._drafts(part)
                return self._step(
                    intent if items or intent == "variants" else "clarify", words, items, part.operation
                )
            case "calendar" if part.operation != "add":
                source = (
                    re.split(r"\s(?:to|auf|au|al|vers)\s", words)[0] if part.operation == "move" else words
                )
                items = [one for one in desk.named(source, "S") if one not in part.excluded]
                several = (
                    part.operation == "swap" or self._means_several(source) or len(desk.on_days(source)) > 1
                )
                clear = len(items) == 1 or (bool(items) and several)
                return self._step(intent if clear else "clarify", words, items, part.operation)
            case "calendar":
                return self._step(intent, words, [], part.operation)
            case "write":
                slots = [one for one in self._slots(words) if one not in part.excluded]
                finished = bool(desk.slots) and not slots and found_in("next", words)
                return self._step("answer" if finished else intent, words, slots)
            case "answer":
                items = self._drafts(part) if found_in("looks", words) else desk.handles(words, "D")
                return self._step(intent, words, items)
            case "analyse":
                items = desk.recent() if found_in("these", words) else desk.handles(words, "D")
                return self._step(intent, words, items)
        return self._step(intent, words)

    def _means_several(self, words: str) -> bool:
        return (
            bool(found_in("every", words))
            or len(self._desk.handles(words)) > 1
            or len(ordinals_in(words)) > 1
        )

    def _drafts(self, part: _Part) -> list[Item]:
        """The drafts that a clause means: named ones, the open one, or the last turn's."""
        desk, words = self._desk, part.text
        named = _GOAL.split(words)[0] if part.intent == "variants" and _SAME.search(words) else words
        found = [one for one in desk.named(named, "D") if one not in part.excluded]
        several = self._means_several(words)
        if len(found) == 1 or (found and several):
            return found
        if desk.focus and not several and (not found or desk.focus in found):
            return [desk.focus]
        recent = [one for one in desk.recent() if one not in part.excluded and (not found or one in found)]
        if len(recent) == 1 or (recent and several):
            return recent
        if several and desk.focus:
            return [desk.focus]
        return desk.drafts if len(desk.drafts) == 1 and not recent else []

    def _slots(self, words: str) -> list[Item]:
        """The slots that a clause wants written: named ones, or the next open ones."""
        desk = self._desk
        if handles := desk.handles(words, "S"):
            return handles
        free = [one for one in desk.slots if one.status == "open"]
        if found_in("all_open", words):
            return free
        if found_in("next", words):
            told = [one for one in desk.handles(folded(desk.last("assistant")), "S") if one in free]
            return told[-1:] or free[:_MOST_SLOTS]
        if found_in("new_pieces", words) and not desk.on_days(words):
            return []
        return [one for one in desk.named(words, "S") if one in free]

    def _step(
        self, intent: str, words: str, items: list[Item] | None = None, operation: str | None = None
    ) -> dict[str, Any]:
        """An action in the router's form."""
        items, request, today = items or [], self._request, self._desk.today
        platforms = self._platforms(words, intent, items)
        start, days = times.window(words, today)
        when = (
            f"{start}/{start + timedelta(days=days - 1)}" if start and days else str(start) if start else None
        )
        theme = "" if items or intent not in {"plan", "write", "variants"} else theme_of(request)
        if intent == "calendar" or operation == "schedule":
            when = moved_to(words, today, next((item for item in items if item.time), None))
        if intent == "calendar" and operation in {"add", "retheme"}:
            theme = theme_of(request) or re.split("|".join(words_of("instead")), words)[-1].strip(" .,")
        timed = intent in {"plan", "calendar", "analyse"} or operation == "schedule"
        more = intent == "plan" and found_in("more", words)
        number = times.number_in(words) if more or intent == "variants" else times.pieces(words)
        counted = intent in {"plan", "write", "variants"} and len(platforms) == len(set(platforms))
        return {
            "intent": intent,
            "operation": None if intent == "clarify" else operation,
            "targets": [] if intent == "clarify" else [item.handle for item in items],
            "platforms": platforms,
            "type": "text",
            "count": number if counted else None,
            "when": when if timed else None,
            "segment": "",
            "theme": theme[:120],
            "campaign": name_of(request) if intent == "plan" and self._is_another(request) else "",
            "with_drafts": intent != "plan" or not found_in("only_plan", self.words),
            "brief": request[:_BRIEF],
            "question": "",
            "options": [],
        }

    def _is_another(self, request: str) -> bool:
        """Whether a campaign is named that has no word in common with the one of the prompt."""
        campaign = self._material.campaign
        known = folded(f"{campaign.get('name', '')} {campaign.get('goal', '')}")
        named = re.findall(r"\w{4,}", folded(name_of(request)))
        return bool(named and campaign) and not any(word in known for word in named)

    def _platforms(self, words: str, intent: str, items: list[Item]) -> list[str]:
        """The platforms that are named; each as often as texts for it are asked for."""
        if intent == "variants":
            goal = _GOAL.split(words, maxsplit=1)[1:]
            named = self._desk.platforms(goal[0]) if goal else []
            return [name for name in named if name not in {item.platform for item in items}]
        if intent not in {"plan", "write", "calendar"} or items:
            return []
        named = self._desk.platforms(words)
        network = next((name for name in named if name in {"instagram", "linkedin"}), "instagram")
        mixed: list[str] = []
        for what, number in times.mix(words) if intent == "write" else ():
            own = self._desk.platforms(what) or [network]
            mixed += [own[place % len(own)] for place in range(number)]
        if mixed and set(named) <= set(mixed):
            return mixed
        posts = found_in("posts", words) and named and not {"instagram", "linkedin"} & set(named)
        return [network, *named] if posts else named


def _intent_of(words: str) -> tuple[str, str | None]:
    """The intent that the verbs of a clause name, the most certain first, and its operation."""
    name = next((name for name in words_of("verbs") if found_in(f"verbs/{name}", words)), "")
    intent = "decide" if name in _DECISIONS else "calendar" if name in _CALENDAR else name
    return intent, name if intent != name else None


def _starts(words: str, group: str) -> bool:
    match = found_in(group, words)
    return match is not None and not words[: match.start()].strip(" ¿¡.,;:!?…")


def _slots_of(items: list[Item]) -> list[Item]:
    return [item for item in items if item.time]
