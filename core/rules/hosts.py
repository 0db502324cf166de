"""Parse the host of a link as browsers do, and find the hosts that a text names."""

import functools
import re
from collections.abc import Iterator
from importlib import resources

import idna

from core.rules.folding import Folded, fold, is_invisible, visible
from core.rules.locales import listed

# Bare domains under these count in any case, under other suffixes only in lower case: some suffixes are
# words, and a missing space after a full stop ("great.It is") is not a domain.
_PLAIN_SUFFIXES = frozenset(listed("biz com de edu eu fr gov net org uk"))
EMAIL = re.compile(r"[\w.+%'&=~-]{0,63}\w@[^\W_](?:[\w-]*\w)?(?:\.[^\W_](?:[\w-]*\w)?)+")
_SHORT_DAYS = re.compile(r"mon|tues?|wed|thu|thurs?|fri|sat|sun|jan|feb|mar|apr|ju[nl]|aug|sept?|oct|nov|dec")
"""What stands before a missing space more often than before a top-level domain: `Mon.to Fri`."""
_HOST = re.compile(r"[\w-]+(?:\.[\w-]+)*")
# A name has at most 253 characters, a port six; the rest is room for invisible characters.
_LONGEST_HOST = 300
_TRAILING = ".,;:!?…*_~'’”»)]}"


@functools.cache
def _link_pattern() -> re.Pattern[str]:
    listed = resources.files("core.rules").joinpath("data/suffixes.txt").read_text(encoding="utf-8")
    words = [word for line in listed.splitlines() if not line.startswith("#") for word in line.split()]
    suffixes = "|".join(sorted(words, key=len, reverse=True))
    return re.compile(
        r"(?<![a-z])[a-z][a-z0-9+.-]{0,30}:[/\\\\]{2}[^\s<>\"`]+|(?<![\w.])www\.[^\s<>\"`]+"
        r"|(?<![\w@.-])(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+(?P<suffix>" + suffixes + r")(?![\w-]|\.\w)"
        r"(?::\d{1,5})?(?:[/?#][^\s<>\"'`]*)?"
    )


def trim_url(url: str, more: str = "") -> str:
    """Strip punctuation, and `more`, around a URL in a sentence; keep a balanced closing bracket."""
    trailing = _TRAILING + more
    end, unopened = len(url), url.count(")") - url.count("(")
    while end and url[end - 1] in trailing:
        if url[end - 1] == ")":
            if unopened <= 0:
                break
            unopened -= 1
        end -= 1
    return url[:end]


def canonical_host(host: str) -> str | None:
    """Return a host in lower-case punycode without `www.` and port, or None if it is not a plain name."""
    return _canonical(host) if len(host) <= _LONGEST_HOST else None


@functools.lru_cache(maxsize=4096)
def _canonical(host: str) -> str | None:
    host = visible(re.sub(r":\d{0,5}$", "", host)).casefold().rstrip(".")
    if not _HOST.fullmatch(host):
        return None
    try:
        ascii_host = host if host.isascii() else idna.encode(host, uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        return None
    return ascii_host.removeprefix("www.") or None


def split_link(url: str) -> tuple[str, str, str] | None:
    """Split an absolute http(s) link into scheme, canonical host and the rest; None for anything else.

    Follows WHATWG: tabs and newlines are removed, backslashes are slashes. Links with user information or a
    percent-encoded host are refused.
    """
    url = "".join(char for char in url if char not in "\t\n\r" and not is_invisible(char)).strip()
    match = re.match(r"(https?):[/\\]*([^/\\?#]*)(.*)", url, re.IGNORECASE | re.DOTALL)
    if match is None or "@" in match[2]:
        return None
    host = canonical_host(match[2])
    return None if host is None else (match[1].lower(), host, match[3].replace("\\", "/"))


def find_links(folded: Folded) -> Iterator[tuple[int, int]]:
    """Find the folded ranges of URLs and bare domains."""
    for match in _link_pattern().finditer(folded.text):
        start, end = match.start(), match.start() + len(trim_url(match[0]))
        suffix = match["suffix"]
        if suffix and _SHORT_DAYS.fullmatch(folded.text[start : match.start("suffix")].rstrip(".")):
            continue
        if suffix and suffix not in _PLAIN_SUFFIXES:
            shown = folded.slice(match.start("suffix"), match.end("suffix"))
            name = folded.slice(start, match.start("suffix"))
            if shown != shown.lower() and name != name.upper():
                continue
        if end > start:
            yield start, end


def find_emails(folded: Folded) -> Iterator[tuple[int, int]]:
    """Find the folded ranges of e-mail addresses."""
    if "@" in folded.text:
        for match in EMAIL.finditer(folded.text):
            yield match.span()


def hosts_in(text: str) -> set[str]:
    """Return the canonical hosts in the links, bare domains and e-mail addresses of a text."""
    folded = fold(text)
    hosts: set[str | None] = set()
    for start, end in find_links(folded):
        link = visible(folded.slice(start, end))
        parts = split_link(link if "://" in link or ":\\\\" in link else f"https://{link}")
        hosts.add(parts[1] if parts else None)
    for start, end in find_emails(folded):
        hosts.add(canonical_host(folded.slice(start, end).rpartition("@")[2]))
    return {host for host in hosts if host and "." in host}
