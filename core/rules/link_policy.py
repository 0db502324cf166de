"""Parse links as Markdown and browsers do, and decide which hosts are allowed."""

import functools
import html
import re
from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import quote

from pydantic import BaseModel

from core.rules.folding import fold_char, is_invisible, visible
from core.rules.hosts import canonical_host, hosts_in, split_link

_PUNCTUATION = frozenset("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{0,30});")
_ENTITY_START = re.compile(r"&(?:#(?:\d{0,7}|[xX][0-9a-fA-F]{0,6})|[a-zA-Z][a-zA-Z0-9]{0,30})?")
# Characters that stay unescaped in a written link; brackets, quotes and spaces are percent-encoded.
_KEPT = "/?#:@!$&'*+,;=%~-._"


class LinkPolicy(BaseModel, frozen=True):
    """The allowed hosts of links, in canonical form."""

    allowed_hosts: frozenset[str] = frozenset()

    @classmethod
    def from_texts(cls, trusted_texts: Iterable[str]) -> "LinkPolicy":
        """Allow the hosts named in the facts of the business or the person's messages."""
        return cls(allowed_hosts=frozenset(host for text in trusted_texts for host in hosts_in(text)))

    def safe_url(self, url: str) -> str | None:
        """Return the escaped link if its host is allowed."""
        url = "".join(char for char in url if char not in "\t\n\r" and not is_invisible(char)).strip()
        if url[:7].lower() == "mailto:":
            address = url[7:].partition("?")[0]
            host = canonical_host(address.rpartition("@")[2])
            plain = re.fullmatch(r"[\w.+-]+@[\w.-]+", address)
            return f"mailto:{address}" if plain and host in self.allowed_hosts else None
        if url[:4].lower() == "www.":
            url = f"https://{url}"
        parts = split_link(url)
        if parts is None or parts[1] not in self.allowed_hosts:
            return None
        scheme, _, rest = parts
        shown = re.match(r"https?:[/\\]*([^/\\?#]*)", url, re.IGNORECASE)
        host = shown[1] if shown and shown[1].isascii() else parts[1]
        return f"{scheme}://{host}{quote(rest, safe=_KEPT, errors='replace')}"


class Unit(NamedTuple):
    """One Markdown character: its source, its meaning and its folded form."""

    raw: str
    char: str
    folded: str


def unit_at(text: str, at: int, *, final: bool) -> Unit | None:
    """Return the unit at a position, or None while more text could change it."""
    char = text[at]
    if char == "\\":
        if at + 1 == len(text):
            return Unit(char, char, char) if final else None
        following = text[at + 1]
        if following in _PUNCTUATION:
            return Unit(char + following, following, following)
    elif char == "&":
        match = _ENTITY.match(text, at)
        if match:
            meaning = html.unescape(match[0])
            return Unit(match[0], meaning, "".join(map(fold_char, meaning)))
        start = _ENTITY_START.match(text, at)
        if not final and start and start.end() == len(text):
            return None
    return _plain_unit(char)


@functools.lru_cache(maxsize=8192)
def _plain_unit(char: str) -> Unit:
    return Unit(char, char, fold_char(char))


def destination(text: str) -> str:
    """Return the address in the parentheses of a Markdown link."""
    text = html.unescape(re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", text)).strip()
    if text.startswith("<"):
        return text[1:].partition(">")[0]
    return visible(text.split()[0]) if text.split() else ""
