"""What of a model's text is its answer: without thoughts, code fences, and talk around JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from contextlib import suppress
from typing import Any, Protocol

import orjson

_OPENING = {f"<{name}>" for name in ("think", "thinking", "thought", "thoughts", "reasoning", "seed:think")}
_OPENING |= {"[think]", "◁think▷", "<|channel|>analysis<|message|>", "<|channel|>commentary<|message|>"}
_CLOSING = {f"</{opening[1:]}" for opening in _OPENING if opening.endswith(">") and "|" not in opening}
_CLOSING |= {"[/think]", "◁/think▷", "<|channel|>final<|message|>"}
# Control tokens that a chat template should have kept to itself.
_STRAY = {"<|im_end|>", "<|end|>", "<|return|>", "<|eot_id|>", "<|endoftext|>", "<|start|>assistant"}
_MARKS = _OPENING | _CLOSING | _STRAY
_MARK = re.compile("|".join(map(re.escape, sorted(_MARKS, key=len, reverse=True))), re.IGNORECASE)
_LONGEST_MARK = max(map(len, _MARKS))

# A brace of prose ("{name}") is followed by something else.
_OBJECT = re.compile(r'\{(?=\s*["}])')
_OBJECT_MAYBE = re.compile(r"\{\s*\Z")
# Strings as a whole, one that has not ended too, so that braces inside them do not count.
_STRUCTURE = re.compile(r'"(?:[^"\\]|\\.|\\\Z)*(?:"|(?P<open>\Z))|[{}]', re.DOTALL)
_MOST_OBJECTS = 20
_LENIENT = json.JSONDecoder(strict=False)

HELD_CHARACTERS = 2_000
"""So much of the first talk of an unknown model waits for a tag that makes thoughts of it."""


class Sink(Protocol):
    """Where an answer goes while it is written."""

    def write(self, delta: str) -> None:
        """Take the next piece."""
        ...

    def restart(self) -> None:
        """Forget what was written."""
        ...


class AnswerFilter:
    """Passes on what is the answer, as it is written.

    What it writes may turn out wrong (thoughts that nothing opened, an example before the JSON): then
    `finish`, which sees the whole text, lets the sink begin anew.

    Args:
        sink: Where the answer goes.
        typed: Whether it is one JSON object, else talk.
        bare_thoughts: Whether the model ends thoughts that it never opened; None if nobody knows.
    """

    def __init__(self, sink: Sink, *, typed: bool, bare_thoughts: bool | None = False) -> None:
        self._sink = sink
        self._write = sink.write
        self._typed = typed
        self._sent: list[str] = []
        self._held = ""
        self._thinking = False
        self._skips_blanks = False
        self._waits_for_tag = bare_thoughts is not False and not typed
        self._may_hold = HELD_CHARACTERS if bare_thoughts is None else None
        self._within, self._over = False, False
        # Braces are counted where one may be the last: up to which piece, and the string that was open there.
        self._depth, self._counted, self._open = 0, 0, ""

    def feed(self, delta: str) -> None:
        """Take the next piece of the model's text."""
        if self._within:
            self._send(delta)
        elif self._over:
            return
        elif (
            self._typed
            or self._held
            or self._thinking
            or self._waits_for_tag
            or self._skips_blanks
            or "<" in delta
            or "[" in delta
            or "◁" in delta
        ):
            self._look(delta)
        else:
            self._sent.append(delta)
            self._write(delta)

    def finish(self, answer: str) -> None:
        """Bring the sink to the answer that was made of the whole text."""
        sent = "".join(self._sent)
        if not answer.startswith(sent):
            self._sink.restart()
            sent = ""
        if rest := answer[len(sent) :]:
            self._write(rest)

    def _look(self, delta: str) -> None:
        text, self._held = self._held + delta, ""
        start, said = 0, ""
        for mark in _MARK.finditer(text):
            kind = mark[0].lower()
            if not self._thinking:
                said += self._after_blanks(text[start : mark.start()])
            if kind in _CLOSING:
                # What was said before a tag that nothing opened was thought as well.
                said = "" if not self._thinking else said
                self._thinking = self._waits_for_tag = False
                self._skips_blanks = True
            elif kind in _OPENING:
                self._thinking, self._waits_for_tag = True, False
            start = mark.end()
        rest = text[start:]
        kept = len(rest) - _begun_mark(rest)
        if not self._thinking:
            said += self._after_blanks(rest[:kept])
        self._held = rest[kept:]
        if self._waits_for_tag:
            self._held = said + self._held
            if self._may_hold is None or len(self._held) < self._may_hold:
                return
            said, self._held, self._waits_for_tag = self._held, "", False
        if self._typed:
            self._begin(said)
        elif said:
            self._sent.append(said)
            self._write(said)

    def _after_blanks(self, text: str) -> str:
        """The text; without the blanks at its start when it follows thoughts."""
        if self._skips_blanks:
            text = text.lstrip()
            self._skips_blanks = not text
        return text

    def _begin(self, said: str) -> None:
        """Send from where the object begins; hold a brace that might begin it."""
        if begins := _OBJECT.search(said + self._held):
            said, self._held, self._within = (said + self._held)[begins.start() :], "", True
            self._send(said)
        elif maybe := _OBJECT_MAYBE.search(said):
            self._held = said[maybe.start() :] + self._held

    def _send(self, delta: str) -> None:
        self._sent.append(delta)
        if "}" in delta:
            surplus = self._beyond_end()
            if surplus:
                delta = self._sent[-1] = delta[:-surplus]
        self._write(delta)

    def _beyond_end(self) -> int:
        """How many characters have come after the end of the object."""
        text = self._open + "".join(self._sent[self._counted :])
        self._counted, self._open = len(self._sent), ""
        for found in _STRUCTURE.finditer(text):
            if found["open"] is not None:
                self._open = found[0]
            elif found[0] == "{":
                self._depth += 1
            elif found[0] == "}":
                self._depth -= 1
                if self._depth == 0:
                    self._within, self._over = False, True
                    return len(text) - found.end()
        return 0


def _begun_mark(text: str) -> int:
    """How many characters at the end may be the beginning of a mark."""
    end = text[-_LONGEST_MARK:].lower()
    for start, character in enumerate(end):
        if character in "<[◁" and any(mark.startswith(end[start:]) for mark in _MARKS):
            return len(end) - start
    return 0


def answer_of(text: str, *, typed: bool, fields: Collection[str] = ()) -> str:
    """What of a whole text is the answer.

    Args:
        text: All that the model wrote.
        typed: Whether the answer is one JSON object; without any in it the text stays as it is.
        fields: The object's fields, by which it is known among others.
    """
    if not typed:
        return _without_thoughts(text)
    if is_object(text):
        return _unwrapped(text.strip(), fields)
    for candidate in (_without_thoughts(text), text):
        if found := _first_object(candidate, fields):
            return _unwrapped(found, fields)
    return text


def has_bare_thoughts(text: str) -> bool:
    """Whether a closing tag comes before any opening one."""
    first = next((kind for mark in _MARK.finditer(text) if (kind := mark[0].lower()) not in _STRAY), "")
    return first in _CLOSING


def first_json(text: str) -> Any:
    """The first JSON value at the start of a text, control characters in strings allowed.

    Raises:
        ValueError: There is none.
    """
    return _LENIENT.raw_decode(text.lstrip())[0]


def _unwrapped(text: str, fields: Collection[str]) -> str:
    """Return the object that is the only value of an object without any of the fields."""
    value = orjson.loads(text)
    inner = next(iter(value.values())) if len(value) == 1 and value.keys().isdisjoint(fields) else None
    known = isinstance(inner, dict) and not inner.keys().isdisjoint(fields)
    return orjson.dumps(inner).decode() if known else text


def is_object(text: str) -> bool:
    """Whether a text is one JSON object and nothing else."""
    try:
        return isinstance(orjson.loads(text), dict)
    except orjson.JSONDecodeError:
        return False


def _without_thoughts(text: str) -> str:
    said, start, thinking = "", 0, False
    for mark in _MARK.finditer(text):
        kind = mark[0].lower()
        if not thinking:
            said += text[start : mark.start()]
        if kind in _CLOSING:
            said = said if thinking else ""
            thinking = False
        elif kind in _OPENING:
            thinking = True
        start = mark.end()
        if kind in _CLOSING:
            start += len(text) - start - len(text[start:].lstrip())
    return said if thinking else said + text[start:]


def _first_object(text: str, fields: Collection[str]) -> str:
    """The first object that has one of the fields, else the first of all."""
    if text.lstrip().startswith('"'):
        # The object inside a string.
        with suppress(ValueError):
            text = str(first_json(text))
    first, start = "", 0
    for _ in range(_MOST_OBJECTS):
        begins = _OBJECT.search(text, start)
        if begins is None:
            break
        try:
            value, end = _LENIENT.raw_decode(text, begins.start())
        except (ValueError, RecursionError):
            start = begins.end()
            continue
        source, start = text[begins.start() : end], end
        source = source if is_object(source) else orjson.dumps(value).decode()
        if not fields or not value.keys().isdisjoint(fields):
            return source
        first = first or source
    return first
