"""Take foreign links out of a text that streams."""

import html
import re

from core.rules.folding import fold_char, is_invisible, visible
from core.rules.hosts import canonical_host, trim_url
from core.rules.link_policy import LinkPolicy, Unit, destination, matching_bracket, unit_at

REMOVED = "[link removed]"
HOLD = 2048
_LABEL = 300
_DEPTH = 3
_STARTS = ("https", "http", "ftps", "ftp", "www")
_URL_END = frozenset('<>[]"`|')
# After these, what follows a removed construct could become a new one: a space keeps them apart.
_SEAM = frozenset("<!]&\\:/@")
_PLAIN_WORDS = re.compile(r"(?:[ \n,;?'-]|[A-EGI-VX-Za-egi-vx-z][A-Za-z]*)+")
_PLAIN_REST = re.compile(r"[A-Za-z0-9]+")
_NO_HOST = re.compile(r"(?:https?|ftps?|www)?[:/\\.]*", re.IGNORECASE)
_TAG_START = re.compile(r"<[a-zA-Z/!?]")
_PLAIN_TAG = re.compile(
    r"</?(?:b|i|u|s|em|strong|p|br|hr|ul|ol|li|h[1-6]|blockquote|code|pre|sub|sup|small|del|mark)\s?/?>",
    re.IGNORECASE,
)
_ANCHOR = re.compile(r"<a\s[^>]*?href\s*=\s*(\"[^\"]*\"|'[^']*'|[^\s>]+)", re.IGNORECASE)
_ANCHOR_END = re.compile(r"</a\s*>", re.IGNORECASE)
_ANGLE_LINK = re.compile(r"[a-zA-Z][\w.+-]*(?::|@)")


class LinkFilter:
    """The filter for a stream: `feed` what arrives, show what it returns, `finish` at the end.

    What is returned, taken together, never depends on how the text was cut. An unfinished link is held back,
    at most about 2,048 characters of it: a longer one is removed.
    """

    def __init__(self, policy: LinkPolicy, *, depth: int = 0) -> None:
        self._policy = policy
        self._depth = depth
        self._held = ""
        self._last = ""
        self._run = ""
        self._in_link = False
        self._anchors = 0
        self._out: list[str] = []

    def feed(self, delta: str) -> str:
        """Take more text and return what may be shown now."""
        self._held += delta
        return self._drain(final=False)

    def finish(self) -> str:
        """Return what was held back."""
        return self._drain(final=True)

    def _drain(self, *, final: bool) -> str:
        at = 0
        while at < len(self._held):
            before = self._held
            step = self._step(at, final=final)
            if step is None:
                break
            at = step if self._held is before else 0
        self._held = self._held[at:]
        out, self._out = "".join(self._out), []
        return out

    def _emit(self, text: str) -> None:
        """Write text, and remember its last character and the run of letters it ends with."""
        self._out.append(text)
        for char in text[-32:]:
            folded = fold_char(char)
            self._run = (self._run + folded)[-16:] if folded.isalnum() else ""
        self._last = text[-1:] or self._last
        self._in_link = self._in_link and not re.search(r"[\s<>]", text)

    def _take(self, at: int, end: int) -> int:
        self._emit(self._held[at:end])
        return end

    def _replace(self, at: int, end: int, replacement: str) -> int:
        """Put a replacement in the place of a construct and read it again: it must join nothing unsafe."""
        lead = " " if self._in_link or self._last in _SEAM else ""
        self._held = lead + replacement + self._held[end:]
        return at

    def _step(self, at: int, *, final: bool) -> int | None:
        """Handle what stands at a position: the next position, or None to wait for more."""
        text = self._held
        plain = (_PLAIN_REST if self._run else _PLAIN_WORDS).match(text, at)
        if plain:
            return self._take(at, plain.end())
        unit = unit_at(text, at, final=final)
        if unit is None:
            return None
        match "" if unit.raw.startswith("&") else unit.char:
            case "(" | ":" if self._last == "]":
                self._emit(" ")
                return at
            case "!":
                return self._bang(at, unit, final=final)
            case "[":
                return self._bracket(at, at + len(unit.raw), final=final, image=False)
            case "<":
                return self._angle(at, unit, final=final)
        if unit.folded in {":", "/"}:
            return self._slashes(at, unit, final=final)
        if unit.folded == "." and self._run == "www":
            return self._url(at, at, final=final)
        if unit.folded == "@" and self._last and (self._last.isalnum() or self._last in "._+-"):
            return self._address(at, unit, final=final)
        if unit.folded.isalnum() and not self._run:
            return self._word(at, final=final)
        return self._take(at, at + len(unit.raw))

    def _word(self, at: int, *, final: bool) -> int | None:
        """A run of letters: held while it may become the start of a link."""
        text, end, folded = self._held, at, ""
        while end < len(text):
            unit = unit_at(text, end, final=final)
            if unit is None:
                return None
            if unit.folded and not unit.folded.isalnum():
                if folded in _STARTS and unit.folded == ("." if folded == "www" else ":"):
                    return self._url(at, end, final=final)
                return self._take(at, end)
            folded += unit.folded
            end += len(unit.raw)
            if end - at > 64 or not any(start.startswith(folded) for start in _STARTS):
                return self._take(at, end)
        return self._take(at, end) if final else None

    def _slashes(self, at: int, unit: Unit, *, final: bool) -> int | None:
        """`://` after anything, and `//host` on its own, are links."""
        text, end, seen = self._held, at, ""
        while len(seen) < 4:
            following = unit_at(text, end, final=final) if end < len(text) else None
            if following is None:
                if not final:
                    return None
                break
            seen += following.folded
            end += len(following.raw)
            if following.folded and following.folded not in {":", "/", "\\"}:
                break
        if re.match(r":[/\\]{2}", seen) or (re.match(r"//\w", seen) and not self._last.isalnum()):
            return self._url(at, at, final=final)
        return self._take(at, at + len(unit.raw))

    def _url(self, at: int, scan: int, *, final: bool) -> int | None:
        """A bare link from `at`; it ends at white space or a delimiter."""
        text, end, units = self._held, scan, []
        start = "".join(char for char in text[at:scan] if not is_invisible(char))
        while end < len(text) and end - at <= HOLD:
            unit = unit_at(text, end, final=final)
            if unit is None:
                return None
            if unit.raw in _URL_END or unit.char.isspace():
                break
            units.append(unit)
            end += len(unit.raw)
        else:
            if not final and end - at <= HOLD:
                return None
        if end - at > HOLD:
            return self._show(REMOVED, at + HOLD)
        address = trim_url("".join(unit.char for unit in units))
        length = sum(len(unit.char) for unit in units)
        while units and length > len(address):
            dropped = units.pop()
            length -= len(dropped.char)
            end -= len(dropped.raw)
        if _NO_HOST.fullmatch(start + address):
            return self._take(at, max(end, at + 1))
        # In the middle of letters that are already out, the scheme is not the one that is read here.
        safe = None if self._run else self._policy.safe_url(visible(start + address))
        written = text[at:end]
        same = written == start + address == visible(written)
        return self._show(REMOVED if safe is None else written if same else safe, end)

    def _show(self, link: str, end: int) -> int:
        self._emit(f" {link}" if self._last in _SEAM else link)
        self._run = ""
        self._in_link = True
        return end

    def _address(self, at: int, unit: Unit, *, final: bool) -> int | None:
        """The `@domain` of an e-mail address."""
        text, end, host = self._held, at + len(unit.raw), ""
        while end < len(text) and end - at <= HOLD:
            following = unit_at(text, end, final=final)
            if following is None:
                return None
            if following.folded and not (following.folded.isalnum() or following.folded in "._-"):
                break
            host += following.char
            end += len(following.raw)
        else:
            if not final and end - at <= HOLD:
                return None
        name = canonical_host(host.strip(".-_"))
        if name is not None and ("." not in name or name in self._policy.allowed_hosts):
            self._take(at, end)
            self._in_link = True
            return end
        if not host.strip(".-_"):
            return self._take(at, end)
        self._emit(f" {REMOVED}")
        return end - (len(host) - len(host.rstrip(".-_")) if end - at <= HOLD else 0)

    def _bang(self, at: int, unit: Unit, *, final: bool) -> int | None:
        after = at + len(unit.raw)
        if unit.raw == "!" and after == len(self._held) and not final:
            return None
        if self._held[after : after + 1] == "[":
            return self._bracket(at, after + 1, final=final, image=True)
        return self._take(at, after)

    def _bracket(self, at: int, inner: int, *, final: bool, image: bool) -> int | None:
        """`[text](link)`, and images with a link or a label."""
        text = self._held
        close = matching_bracket(text, inner, "[", "]", _LABEL)
        if close is None:
            if not final and len(text) - inner <= _LABEL:
                return None
            self._emit("! [" if image else " [" if self._last == "!" else "[")
            return inner
        after = close + 1
        if after == len(text) and not final:
            return None
        opener = text[after : after + 1]
        if opener == "(":
            return self._inline(at, text[inner:close], after, final=final, image=image)
        if not image:
            self._emit(" [" if self._last == "!" else "[")
            return inner
        if opener == "[":
            closing = matching_bracket(text, after + 1, "[", "]", _LABEL)
            if closing is None and not final and len(text) - after <= _LABEL:
                return None
            after = after if closing is None else closing + 1
        return self._replace(at, after, "")

    def _inline(self, at: int, label: str, opening: int, *, final: bool, image: bool) -> int | None:
        """A link or image whose address stands in round brackets."""
        text = self._held
        close = matching_bracket(text, opening + 1, "(", ")", HOLD)
        if close is None:
            if not final and len(text) - opening <= HOLD:
                return None
            close = min(len(text), opening + 1 + HOLD) - 1
        if image:
            return self._replace(at, close + 1, "")
        safe = self._policy.safe_url(destination(text[opening + 1 : close]))
        inner = filter_text(label, self._policy, depth=self._depth + 1) if self._depth < _DEPTH else ""
        words = [re.sub(r"[\[\]]", "", part) for part in inner.split(REMOVED)]
        if safe is None or not "".join(words).strip():
            return self._replace(at, close + 1, REMOVED.join(words))
        return self._show(f"[{'…'.join(words)}]({safe})", close + 1)

    def _angle(self, at: int, unit: Unit, *, final: bool) -> int | None:
        """`<https://…>`, an HTML tag or a comment."""
        text, start = self._held, at + len(unit.raw) - 1
        if start + 1 == len(text) and not final:
            return None
        if not _TAG_START.match(text, start):
            return self._take(at, start + 1)
        close = text.find(">", start, start + HOLD)
        if close < 0:
            if not final and len(text) - start < HOLD:
                return None
            return self._replace(at, start + 1, "< ")
        tag, end = text[start : close + 1], close + 1
        if _PLAIN_TAG.fullmatch(tag):
            return self._show(tag, end)
        if _ANCHOR_END.fullmatch(tag):
            if not self._anchors:
                return self._replace(at, end, "")
            self._anchors -= 1
            return self._show("</a>", end)
        anchor = _ANCHOR.match(tag)
        address = html.unescape(anchor[1].strip("\"'") if anchor else tag[1:-1])
        if not anchor and not _ANGLE_LINK.match(address):
            return self._replace(at, end, "")
        safe = self._policy.safe_url(address if anchor or ":" in address else f"mailto:{address}")
        if safe is None:
            return self._replace(at, end, "" if anchor else REMOVED)
        self._anchors += bool(anchor)
        return self._show(f'<a href="{safe}">' if anchor else f"<{safe}>", end)


def filter_text(text: str, policy: LinkPolicy, *, depth: int = 0) -> str:
    """Filter a whole text."""
    link_filter = LinkFilter(policy, depth=depth)
    return link_filter.feed(text) + link_filter.finish()
