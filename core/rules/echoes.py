"""Filter echoes from a model's answer: its instructions, section marks, source ids and loops."""

import re
from collections import Counter, deque

ECHO = 10
"""Length in words of a run that counts as an echo of the instructions."""

_HELD = 3
_LOOP, _TIMES = 6, 3
_SECTIONS = "brand|facts|memory|campaign|history|task|findings|rules"
_SOURCE = r"\[(?:(?:fact|memory):[^\[\]\s]{0,40}|[a-z]{1,12}:[0-9a-f]{8,32})\]"
_MARK_START = re.compile(r"(?:</?[a-z]{0,8}|\[[^\[\]\s]{0,48})\Z")
_RULE = re.compile(r"\[[a-z]+(?:-[a-z]+)*\]")
# Longer words are read in parts, so the buffer of an unfinished word stays bounded.
_LONGEST_WORD = 64
_WORD = re.compile(rf"\w{{1,{_LONGEST_WORD}}}")


class EchoFilter:
    """Filter a stream: `feed` each delta, emit the result, call `finish` at the end.

    The whole output does not depend on where the text was cut. Words are held back from the third in a row
    that matches the instructions. When six words repeat for the third time, the model is looping and the rest
    is dropped.
    """

    def __init__(self, instructions: str) -> None:
        rules = [re.escape(mark) for mark in sorted(set(_RULE.findall(instructions)))]
        self._mark = re.compile("|".join([rf"</?(?:{_SECTIONS})>", _SOURCE, *rules]))
        self._places: dict[str, list[int]] = {}
        for place, word in enumerate(_WORD.findall(self._mark.sub("", instructions))):
            self._places.setdefault(word.casefold(), []).append(place)
        self._words = 0
        self._left_out = 0
        self._marked = ""
        self._text = ""
        self._sent = 0
        self._scanned = 0
        self._starts: list[int] = []
        self._runs: dict[int, int] = {}
        self._longest = 0
        self._last: deque[str] = deque(maxlen=_LOOP)
        self._seen: Counter[tuple[str, ...]] = Counter()
        self._stuck = False
        self._out: list[str] = []

    @property
    def mostly_echo(self) -> bool:
        """Return whether more than half of the words so far were removed."""
        return self._left_out * 2 > self._words

    def feed(self, delta: str) -> str:
        """Add text and return what can be shown."""
        self._marked += delta
        start = _MARK_START.search(self._marked)
        ready = start.start() if start else len(self._marked)
        self._text += self._mark.sub("", self._marked[:ready])
        self._marked = self._marked[ready:]
        return self._read(final=False)

    def finish(self) -> str:
        """Return the text that was held back."""
        self._text += self._mark.sub("", self._marked)
        self._marked = ""
        return self._read(final=True)

    def _read(self, *, final: bool) -> str:
        for match in _WORD.finditer(self._text, self._scanned):
            if self._stuck:
                break
            if match.end() == len(self._text) and len(match[0]) < _LONGEST_WORD and not final:
                self._scanned = match.start()
                break
            self._take(match)
        else:
            self._scanned = len(self._text)
        if self._stuck:
            self._sent = self._scanned = len(self._text)
        elif self._longest < ECHO and (final or self._longest < _HELD - 1):
            self._send(len(self._text))
        self._forget()
        out, self._out = "".join(self._out), []
        return out

    def _take(self, match: re.Match[str]) -> None:
        """Process the next whole word: update the run of instruction words that ends with it."""
        self._scanned = match.end()
        self._words += 1
        self._starts.append(match.start())
        echoed = self._longest >= ECHO
        places = self._places.get(match[0].casefold(), ())
        self._runs = {place: self._runs.get(place - 1, 0) + 1 for place in places}
        self._longest = max(self._runs.values(), default=0)
        if self._longest >= ECHO:
            self._left_out += 1 if echoed else ECHO
            self._sent = match.end()
            return
        if echoed:
            # The separator after a removed word is removed too.
            self._sent = match.start()
            self._out.append(" ")
        self._last.append(match[0].casefold())
        self._seen[tuple(self._last)] += len(self._last) == _LOOP
        if self._seen[tuple(self._last)] == _TIMES:
            self._stuck = True
        if self._stuck or self._longest < _HELD:
            self._send(match.end())
        elif self._longest <= len(self._starts):
            self._send(self._starts[-self._longest])

    def _send(self, end: int) -> None:
        if end > self._sent:
            self._out.append(self._text[self._sent : end])
            self._sent = end

    def _forget(self) -> None:
        """Drop processed words; the positions of an open run stay valid."""
        done = min(self._sent, self._scanned)
        self._text = self._text[done:]
        self._sent -= done
        self._scanned -= done
        self._starts = [start - done for start in self._starts if start >= done]
