"""Parse the sections of a rendered prompt; similarity by embeddings."""

from __future__ import annotations

import hashlib
import json
import re
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

Embed = Callable[[list[str]], Any]
"""Texts to an array of one normalised row each."""

_SECTION = re.compile(r"^<([a-z]+)>\n(.*?)^</\1>$", re.MULTILINE | re.DOTALL)
_RULE = re.compile(r"^- \[([a-z][a-z0-9-]*)\] ", re.MULTILINE)
_FACT = re.compile(r"^- \[fact:([^\]]+)\] (.+?): (.+)$", re.MULTILINE)
_MEMORY = re.compile(r"^- \[memory:([^\]]+)\] (.+)$", re.MULTILINE)
_LINE = re.compile(r"^([a-z_]+): (.*)$", re.MULTILINE)
_CONTACT = {
    "phone": re.compile(
        r"phone(?: number)?$|\bt[eé]l[eé]fono?$|(?:telefon|handy|ruf)nummer$"
        r"|\b(?:telefon|handy|t[eé]l|mobile|whatsapp)$|n[uú]m[eé]ro de t[eé]l",
        re.IGNORECASE,
    ),
    "link": re.compile(
        r"\blinks?\b|\blien\b|\benlace\b|\b(?:site )?web(?: ?site|seite| ?page)?$"
        r"|\bsite internet$|homepage$|\burl$",
        re.IGNORECASE,
    ),
}
_BARE_LINK = re.compile(r"(?<![@\w.-])(?:[\w-]+\.)+[a-z]{2,}(?:/\S*[^\s.,;:!?)])?(?![@\w])")
_LINK = re.compile(r"(?:https?://|www\.)\S+[^\s.,;:!?)]")
PHONE = re.compile(r"\+?\d[\d ()./-]{5,30}\d")
_PHONE_KEY = re.compile(r"phone|t[eé]l|mobil|whatsapp|handy|call", re.IGNORECASE)
_READ_CHARACTERS = 1_000
"""Characters of one line that the demo model reads: its patterns are not made for more."""

_CACHED_VECTORS = 4_096
_EMBEDDED_CHARACTERS = 500


@dataclass(frozen=True)
class Fact:
    """One line of the facts."""

    id: str
    key: str
    value: str

    @property
    def text(self) -> str:
        """Key and value, as they are compared with other texts."""
        return f"{self.key}: {self.value}"

    @property
    def link(self) -> str:
        """The web address in it, if there is one."""
        pattern = _BARE_LINK if contact_in(self.key) == "link" else _LINK
        found = _LINK.search(self.value) or pattern.search(self.value)
        return found[0] if found else ""

    @property
    def contact(self) -> str:
        """Phone or link, if its key or its value says so, whether or not the value can be used as one."""
        return contact_in(self.key) or ("link" if _LINK.search(self.value) else "phone" if self.phone else "")

    @property
    def phone(self) -> str:
        """The telephone number in it, if it is about one."""
        found = PHONE.search(self.value) if _PHONE_KEY.search(self.key) else None
        return found[0] if found else ""


@dataclass(frozen=True)
class Segment:
    """One group of people of the brand section."""

    name: str
    interests: tuple[str, ...] = ()


@dataclass(frozen=True)
class Material:
    """What a prompt says: its rules and its sections."""

    text: str
    rules: frozenset[str]
    sections: Mapping[str, str]
    facts: tuple[Fact, ...]
    memories: tuple[str, ...]
    task: Mapping[str, str]
    campaign: Mapping[str, str]
    brand: Mapping[str, list[str]] = field(default_factory=dict)

    @property
    def agent(self) -> str:
        """The specialist that is asked: router, strategy, copywriter or copilot; empty for other prompts."""
        return self.task.get("agent", "")

    @property
    def business(self) -> str:
        """The business's name."""
        return next(iter(self.brand.get("business", [])), "")

    @property
    def banned(self) -> list[str]:
        """The words that the brand never uses."""
        listed = next(iter(self.brand.get("banned_words", [])), "")
        return [word.strip() for word in listed.split(";") if word.strip()]

    @cached_property
    def segments(self) -> list[Segment]:
        """The brand's groups of people."""
        found = []
        for line in self.brand.get("segment", []):
            name, *details = (part.strip() for part in line.split("|"))
            liked = [part for part in details if not part.startswith("age ")]
            interests = tuple(item.strip() for part in liked for item in part.split(";"))
            found.append(Segment(name, interests))
        return found

    @property
    def language(self) -> str:
        """The primary language subtag that the task asks for."""
        return re.split(r"[-\s(]", self.task.get("language", "en").lower(), maxsplit=1)[0] or "en"

    def lines(self, key: str) -> list[str]:
        """Return every value of a key that may occur several times in the task."""
        return [value for name, value in _LINE.findall(self.sections.get("task", "")) if name == key]

    def obeys(self, rule: str) -> bool:
        """Return whether the prompt has the rule."""
        return rule in self.rules


def read(messages: Sequence[Mapping[str, Any]]) -> Material:
    """Parse a conversation; tool results are added to facts and memory."""
    system = "\n".join(_spoken_by(messages, "system", "developer"))
    said = "\n".join(_spoken_by(messages, "user"))
    user = "\n".join(line[:_READ_CHARACTERS] for line in said.split("\n"))
    looked_up = [item for text in _spoken_by(messages, "tool") for item in _items(text)]
    sections: dict[str, str] = {}
    for name, content in _SECTION.findall(user):
        sections.setdefault(name, content)
    told = _SECTION.findall(f"{system}\n{user}")
    rules = "".join(content for name, content in told if name in {"rules", "guide"})
    brand: dict[str, list[str]] = {}
    for key, value in _LINE.findall(sections.get("brand", "")):
        brand.setdefault(key, []).append(value)
    facts = {match[0]: Fact(*match) for match in _FACT.findall(sections.get("facts", ""))}
    memories = [text for _, text in _MEMORY.findall(sections.get("memory", ""))]
    for item in looked_up:
        if item.keys() >= {"id", "key", "value"}:
            facts.setdefault(item["id"], Fact(item["id"], item["key"], item["value"]))
        elif item.keys() >= {"id", "text"}:
            memories.append(item["text"][:_READ_CHARACTERS])
    return Material(
        text=user,
        rules=frozenset(_RULE.findall(rules)),
        sections=sections,
        facts=tuple(facts.values()),
        memories=tuple(dict.fromkeys(memories)),
        task=dict(_LINE.findall(sections.get("task", ""))),
        campaign=dict(_LINE.findall(sections.get("campaign", ""))),
        brand=brand,
    )


def contact_in(thing: str) -> str:
    """Return the kind of contact that a text means: phone, link or empty."""
    named = thing.replace("_", " ").strip()
    return next((name for name, words in _CONTACT.items() if words.search(named)), "")


def spoken(message: Mapping[str, Any]) -> str:
    """The text of a message, whether a string or a list of parts."""
    content = message.get("content")
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    return ""


def _spoken_by(messages: Sequence[Mapping[str, Any]], *roles: str) -> list[str]:
    return [spoken(message) for message in messages if message.get("role") in roles]


def _items(text: str) -> list[dict[str, str]]:
    """The objects of a tool's answer, if it is a list of objects."""
    try:
        found = json.loads(text)
    except ValueError:
        return []
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def number_from(*parts: str) -> int:
    """Derive a number from `parts`."""
    return int.from_bytes(hashlib.sha256("\x1f".join(parts).encode(errors="replace")).digest()[:8], "big")


class Meaning:
    """Similarity of texts, with a cache of vectors."""

    def __init__(self, embed: Embed) -> None:
        self._embed = embed
        self._vectors: OrderedDict[str, npt.NDArray[np.float32]] = OrderedDict()

    def similarities(self, text: str, others: Sequence[str]) -> list[float]:
        """Return the similarity of each of `others` to `text`, from -1 to 1."""
        if not others:
            return []
        vectors = self._encode([text, *others])
        return [float(vectors[0] @ vector) for vector in vectors[1:]]

    def nearness(self, text: str, facts: Sequence[Fact]) -> list[float]:
        """Return the similarity of each fact to `text`, by its key alone or with its value."""
        by_key = self.similarities(text, [fact.key for fact in facts])
        return list(map(max, by_key, self.similarities(text, [fact.text for fact in facts])))

    def ranked(self, text: str, others: Sequence[str]) -> list[int]:
        """Return the indexes of `others`, nearest first."""
        scores = self.similarities(text, others)
        return sorted(range(len(others)), key=lambda index: -scores[index])

    def labels(self, text: str, examples: Mapping[str, Sequence[str]]) -> dict[str, float]:
        """Return for each label the mean similarity of its two nearest examples."""
        scores = {}
        for label, sentences in examples.items():
            nearest = sorted(self.similarities(text, sentences), reverse=True)[:2]
            scores[label] = sum(nearest) / len(nearest)
        return scores

    def _encode(self, texts: Iterable[str]) -> list[npt.NDArray[np.float32]]:
        wanted = [text[:_EMBEDDED_CHARACTERS] for text in texts]
        unknown = [text for text in dict.fromkeys(wanted) if text not in self._vectors]
        fresh: dict[str, npt.NDArray[np.float32]] = {}
        if unknown:
            rows = np.asarray(self._embed(unknown), dtype=np.float32)
            fresh = dict(zip(unknown, rows, strict=True))
        found = [fresh[text] if text in fresh else self._vectors[text] for text in wanted]
        self._vectors.update(fresh)
        while len(self._vectors) > _CACHED_VECTORS:
            self._vectors.popitem(last=False)
        return found
