"""Remove links to foreign hosts from a streamed text."""

import html
import re
from collections.abc import Generator
from typing import NamedTuple, TypeVar

from core.rules.folding import fold_char, is_invisible, visible
from core.rules.hosts import canonical_host, trim_url
from core.rules.link_policy import LinkPolicy, Unit, destination, unit_at

REMOVED = "[link removed]"
HOLD = 2048
_LABEL = 300
_DEPTH = 3
_BRACKETS, _PARENTHESES = 8, 32
"""Limit of nested brackets, as in CommonMark (32)."""

_STARTS = ("https", "http", "ftps", "ftp", "www")
_URL_END = frozenset('<>[]"`|')
# After these characters a shown link could change its meaning: a space separates them.
_SEAM = frozenset("<!]&\\:/@")
# Autolinkers would read a link before `@` as the user part of an address.
_CLOSED = frozenset(")]}>\"'`|/")
# With these since the last white space, text after a removed construct could complete a link.
_OPEN = re.compile(r"[&/:@.\\<>\[\]!]")
_PLAIN_WORDS = re.compile(r"(?:[ \n,;?'-]|[A-EGI-VX-Za-egi-vx-z0-9][A-Za-z0-9]*+)++")
_PLAIN_REST = re.compile(r"[A-Za-z0-9]+")
_NO_HOST = re.compile(r"(?:https?|ftps?|www)?[:/\\.]*", re.IGNORECASE)
# Prefixes of `://` and `//host`, and the part of a row of such signs that starts neither.
_SLASHES_START = re.compile(r":[/\\]{0,2}|/{1,2}")
_SLASHES = re.compile(r":[/\\]{2}|//\w")
_ROW = re.compile(r":+(?=:)|/+(?=//)")
_TAG_START = re.compile(r"<[a-zA-Z/!?]")
_PLAIN_TAG = re.compile(
    r"</?(?:b|i|u|s|em|strong|p|br|hr|ul|ol|li|h[1-6]|blockquote|code|pre|sub|sup|small|del|mark)\s?/?>",
    re.IGNORECASE,
)
_ANCHOR = re.compile(r"<a\s[^>]*?href\s*=\s*(\"[^\"]*\"|'[^']*'|[^\s>]+)", re.IGNORECASE)
_ANCHOR_END = re.compile(r"</a\s*>", re.IGNORECASE)
_ANGLE_LINK = re.compile(r"[a-zA-Z][\w.+-]*(?::|@)")

T = TypeVar("T")
Reading = Generator[None, None, T]
"""A parsing step that pauses for more text; offsets count from the start of the construct."""


class _Bracket(NamedTuple):
    """The result of the search for a closing bracket: where it ended, and whether it was found."""

    end: int
    closed: bool


class LinkFilter:
    """Filter a stream: `feed` each delta, emit the result, call `finish` at the end.

    The whole output does not depend on where the text was cut: the parser reads single characters. An
    unfinished link is held back up to about 2,048 characters; a longer one is removed.
    """

    def __init__(self, policy: LinkPolicy, *, depth: int = 0) -> None:
        self._policy = policy
        self._depth = depth
        self._text = ""
        self._at = 0
        self._final = False
        self._last = ""
        self._run = ""
        self._open = False
        self._anchors = 0
        self._out: list[str] = []
        self._reader = self._read()

    def feed(self, delta: str) -> str:
        """Add text and return what can be shown."""
        self._text = self._text[self._at :] + delta
        self._at = 0
        return self._drain()

    def finish(self) -> str:
        """Return the text that was held back."""
        self._final = True
        return self._drain()

    def _drain(self) -> str:
        next(self._reader, None)
        out, self._out = "".join(self._out), []
        return out

    def _read(self) -> Reading[None]:
        while True:
            plain = (_PLAIN_REST if self._run else _PLAIN_WORDS).match(self._text, self._at)
            if plain:
                self._take(plain.end() - self._at)
            elif self._at < len(self._text):
                yield from self._step()
            elif self._final:
                return
            else:
                yield

    def _character(self, offset: int) -> Reading[str]:
        """Return the character at an offset; empty at the end of the text."""
        while self._at + offset >= len(self._text):
            if self._final:
                return ""
            yield
        return self._text[self._at + offset]

    def _unit(self, offset: int) -> Reading[Unit | None]:
        """Return the unit at an offset; None at the end of the text."""
        while True:
            if self._at + offset < len(self._text):
                unit = unit_at(self._text, self._at + offset, final=self._final)
                if unit is not None:
                    return unit
            elif self._final:
                return None
            yield

    def _closing(self, start: int, pair: str, limit: int, nested: int) -> Reading[_Bracket]:
        """Find the bracket that closes the one before `start`, within limits of length and nesting."""
        depth, offset, escaped = 1, start, False
        while offset < start + limit and (yield from self._character(offset)):
            for char in self._text[self._at + offset : self._at + start + limit]:
                if escaped or char == "\\":
                    escaped = not escaped
                elif char == pair[0]:
                    depth += 1
                    if depth > nested:
                        return _Bracket(offset, closed=False)
                elif char == pair[1]:
                    depth -= 1
                    if depth == 0:
                        return _Bracket(offset, closed=True)
                offset += 1
        return _Bracket(offset + escaped, closed=False)

    def _emit(self, text: str) -> None:
        """Emit text and remember what a link across its end would start with."""
        self._out.append(text)
        run = self._run
        for char in text[-32:]:
            folded = fold_char(char)
            # A sign such as `×` reads as a letter, but a link may begin behind it.
            run = run + folded if folded.isalnum() and char.isalnum() else ""
        self._run = run[-16:]
        self._last = text[-1:] or self._last
        word = "" if text[-1:].isspace() else text.rsplit(None, 1)[-1]
        self._open = (self._open and len(word) == len(text)) or _OPEN.search(word) is not None

    def _take(self, length: int) -> None:
        self._emit(self._text[self._at : self._at + length])
        self._at += length

    def _show(self, link: str, length: int) -> None:
        self._emit(f" {link}" if self._last in _SEAM else link)
        self._run = ""
        self._at += length

    def _replace(self, length: int, replacement: str) -> None:
        """Replace a construct and parse the replacement: it must not form a new link with its neighbours."""
        lead = " " if self._open else ""
        self._text = lead + replacement + self._text[self._at + length :]
        self._at = 0

    def _step(self) -> Reading[None]:
        """Handle the construct at this offset, or emit one character."""
        unit = unit_at(self._text, self._at, final=self._final) or (yield from self._unit(0))
        if unit is None:
            return
        match "" if unit.raw.startswith("&") else unit.char:
            case "(" | ":" if self._last == "]":
                self._emit(" ")
            case "@" if self._open and self._last in _CLOSED:
                self._emit(" ")
            case "!":
                yield from self._bang(unit)
            case "[":
                yield from self._bracket(len(unit.raw), image=False)
            case "<":
                yield from self._angle(unit)
            case _ if unit.folded in {":", "/"}:
                yield from self._slashes(unit)
            case _ if unit.folded == "." and self._run == "www":
                yield from self._url(0)
            case _ if unit.folded == "@" and (self._last.isalnum() or self._last in {".", "_", "+", "-"}):
                yield from self._address(unit)
            case _ if unit.folded.isalnum() and not self._run:
                yield from self._word()
            case _:
                self._take(len(unit.raw))

    def _word(self) -> Reading[None]:
        """Handle a run of letters, held back while it may start a link."""
        end, folded = 0, ""
        while end <= 64 and (not end or any(start.startswith(folded) for start in _STARTS)):
            unit = yield from self._unit(end)
            if unit is None:
                break
            if unit.folded and not unit.folded.isalnum():
                if folded in _STARTS and unit.folded == ("." if folded == "www" else ":"):
                    yield from self._url(end)
                    return
                break
            folded += unit.folded
            end += len(unit.raw)
        self._take(end)

    def _slashes(self, first: Unit) -> Reading[None]:
        """Handle `://` after any text, and a bare `//host`, as links."""
        end, seen = len(first.raw), first.folded
        while len(seen) < 3 and end < 64 and _SLASHES_START.fullmatch(seen):
            unit = yield from self._unit(end)
            if unit is None:
                break
            seen += unit.folded
            end += len(unit.raw)
        if _SLASHES.match(seen) and not (seen[0] == "/" and self._last.isalnum()):
            yield from self._url(0)
        else:
            row = _ROW.match(self._text, self._at)
            self._take(row.end() - self._at if row else len(first.raw))

    def _url(self, scan: int) -> Reading[None]:
        """Handle a bare link; `scan` is the length of its first word.

        As in browsers, the host ends only at a slash, `?`, `#`, white space or `<`. After the host, the link
        ends at any delimiter.
        """
        text = self._text[self._at : self._at + scan]
        start = "".join(char for char in text if not is_invisible(char))
        units: list[Unit] = []
        end, host, path = scan, False, False
        while True:
            unit = yield from self._unit(end)
            if unit is None or unit.raw == "<" or unit.char.isspace() or (path and unit.raw in _URL_END):
                break
            if end > HOLD:
                self._show(REMOVED, HOLD)
                return
            host = host or unit.folded not in {"", ":", "/", "\\", "."}
            path = host and (path or unit.folded in {"/", "\\", "?", "#"})
            units.append(unit)
            end += len(unit.raw)
        address = trim_url("".join(unit.char for unit in units), "" if path else '>[`|"')
        length = sum(len(unit.char) for unit in units)
        while units and length > len(address):
            dropped = units.pop()
            length -= len(dropped.char)
            end -= len(dropped.raw)
        if _NO_HOST.fullmatch(start + address):
            self._take(max(end, 1))
            return
        # Letters that were already emitted belong to the scheme: it differs from what is read here.
        safe = None if self._run else self._policy.safe_url(visible(start + address))
        written = self._text[self._at : self._at + end]
        same = written == start + address == visible(written)
        self._show(REMOVED if safe is None else written if same else safe, end)

    def _address(self, at_sign: Unit) -> Reading[None]:
        """Handle the `@domain` of an e-mail address."""
        end, host = len(at_sign.raw), ""
        while end <= HOLD:
            unit = yield from self._unit(end)
            if unit is None or (unit.folded and not (unit.folded.isalnum() or unit.folded in "._-")):
                break
            host += unit.char
            end += len(unit.raw)
        said = host.strip(".-_")
        name = canonical_host(said)
        if not said or (name is not None and ("." not in name or name in self._policy.allowed_hosts)):
            self._take(end)
        else:
            self._emit(f" {REMOVED}")
            self._at += end - (len(host) - len(host.rstrip(".-_")))

    def _bang(self, unit: Unit) -> Reading[None]:
        following = yield from self._character(len(unit.raw))
        if following == "[":
            yield from self._bracket(len(unit.raw) + 1, image=True)
        else:
            self._take(len(unit.raw))

    def _bracket(self, inner: int, *, image: bool) -> Reading[None]:
        """Handle `[text](link)`, and images with a link or a label."""
        label = yield from self._closing(inner, "[]", _LABEL, _BRACKETS)
        following = ""
        if label.closed:
            following = yield from self._character(label.end + 1)
        if following == "(":
            yield from self._inline(inner, label.end, image=image)
        elif image and label.closed:
            end = label.end + 1
            if following == "[":
                reference = yield from self._closing(end + 1, "[]", _LABEL, _BRACKETS)
                end = reference.end + 1 if reference.closed else end
            self._replace(end, "")
        else:
            self._emit("! [" if image else " [" if self._last == "!" else "[")
            self._at += inner

    def _inline(self, inner: int, middle: int, *, image: bool) -> Reading[None]:
        """Handle a link or image with its address in parentheses."""
        address = yield from self._closing(middle + 2, "()", HOLD, _PARENTHESES)
        end = address.end + address.closed
        if image:
            self._replace(end, "")
            return
        label = self._text[self._at + inner : self._at + middle]
        written = self._text[self._at + middle + 2 : self._at + address.end]
        safe = self._policy.safe_url(destination(written)) if address.closed else None
        text = filter_text(label, self._policy, depth=self._depth + 1) if self._depth < _DEPTH else ""
        words = [re.sub(r"[\[\]]", "", part) for part in text.split(REMOVED)]
        if safe is None or not "".join(words).strip():
            self._replace(end, REMOVED.join(words))
        else:
            self._show(f"[{'…'.join(words)}]({safe})", end)

    def _angle(self, unit: Unit) -> Reading[None]:
        """Handle `<https://…>`, an HTML tag or a comment."""
        start = len(unit.raw) - 1
        yield from self._character(start + 1)
        if not _TAG_START.match(self._text, self._at + start):
            self._take(start + 1)
            return
        close, searched = -1, start
        while close < 0 and searched < start + HOLD and (yield from self._character(searched)):
            close = self._text.find(">", self._at + searched, self._at + start + HOLD)
            searched = len(self._text) - self._at
        if close < 0:
            self._emit(" < " if self._open else "< ")
            self._at += start + 1
            return
        tag, end = self._text[self._at + start : close + 1], close + 1 - self._at
        if _PLAIN_TAG.fullmatch(tag):
            self._show(tag, end)
        elif not _ANCHOR_END.fullmatch(tag):
            self._link_tag(tag, end)
        elif self._anchors:
            self._anchors -= 1
            self._show("</a>", end)
        else:
            self._replace(end, "")

    def _link_tag(self, tag: str, end: int) -> None:
        anchor = _ANCHOR.match(tag)
        address = html.unescape(anchor[1].strip("\"'") if anchor else tag[1:-1])
        if not anchor and not _ANGLE_LINK.match(address):
            self._replace(end, "")
            return
        safe = self._policy.safe_url(address if anchor or ":" in address else f"mailto:{address}")
        if safe is None:
            self._replace(end, "" if anchor else REMOVED)
            return
        self._anchors += bool(anchor)
        self._show(f'<a href="{safe}">' if anchor else f"<{safe}>", end)


def filter_text(text: str, policy: LinkPolicy, *, depth: int = 0) -> str:
    """Filter a whole text."""
    link_filter = LinkFilter(policy, depth=depth)
    return link_filter.feed(text) + link_filter.finish()
