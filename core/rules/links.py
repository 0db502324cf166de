"""The outgoing link filter, for streams and whole documents.

Only links to an allowed host (with or without `www.`) are kept; images and HTML attributes are removed. Links
are what Markdown (GFM) or a browser would make one: inline, reference and angle links, HTML
anchors, `scheme://…`, `www.…` and e-mail addresses. A bare domain is not a link and stays.
"""

import json
import re
from typing import Any

from core.rules.link_filter import HOLD, REMOVED, LinkFilter, filter_text
from core.rules.link_policy import LinkPolicy

__all__ = ["HOLD", "REMOVED", "JsonLinkFilter", "LinkFilter", "LinkPolicy", "filter_text", "filter_values"]

_SURROGATE = re.compile(r"[\ud800-\udfff]")
_PLAIN = re.compile(r'[^"\\\ud800-\udfff]+')
_JSON = json.JSONEncoder(ensure_ascii=False)
_SIMPLE_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


def filter_values(value: Any, policy: LinkPolicy) -> Any:
    """Filter every text of a document, with the same result as `JsonLinkFilter`."""
    match value:
        case str():
            return filter_text(value, policy)
        case list():
            return [filter_values(item, policy) for item in value]
        case dict():
            return {key: filter_values(item, policy) for key, item in value.items()}
    return value


class JsonLinkFilter:
    """Filter each string value of a streamed JSON document; same interface as `LinkFilter`.

    Keys and structure pass unchanged, and the document stays valid JSON.
    """

    def __init__(self, policy: LinkPolicy) -> None:
        self._policy = policy
        self._places: list[str] = []
        self._value: LinkFilter | None = None
        self._in_key = False
        self._escape = ""
        self._high = ""
        self._text: list[str] = []
        self._out: list[str] = []

    def feed(self, delta: str) -> str:
        """Add text of the document and return what can be shown."""
        at = 0
        while at < len(delta):
            plain = None
            if self._value is None and not self._in_key:
                self._outside(delta[at])
            elif self._in_key or self._escape or self._high or not (plain := _PLAIN.match(delta, at)):
                self._inside(delta[at])
            else:
                self._text.append(plain[0])
            at = plain.end() if plain else at + 1
        if self._value is not None:
            self._write(self._value.feed(self._read()))
        return self._flush()

    def finish(self) -> str:
        """Return the text that was held back of a document that ends inside a string."""
        if self._value is not None:
            self._text.append(self._high)
            self._write(self._value.feed(self._read()) + self._value.finish())
            self._value = None
        return self._flush()

    def _flush(self) -> str:
        out, self._out = "".join(self._out), []
        return out

    def _read(self) -> str:
        text, self._text = "".join(self._text), []
        return text

    def _write(self, text: str) -> None:
        written = _JSON.encode(text)[1:-1]
        self._out.append(_SURROGATE.sub(lambda match: f"\\u{ord(match[0]):04x}", written))

    def _outside(self, char: str) -> None:
        self._out.append(char)
        match char:
            case "{":
                self._places.append("key")
            case "[":
                self._places.append("item")
            case "}" | "]" if self._places:
                self._places.pop()
            case ":" if self._places:
                self._places[-1] = "value"
            case "," if self._places and self._places[-1] == "value":
                self._places[-1] = "key"
            case '"':
                self._in_key = bool(self._places) and self._places[-1] == "key"
                self._value = None if self._in_key else LinkFilter(self._policy)

    def _inside(self, char: str) -> None:
        if self._in_key and not (char == '"' and not self._escape):
            self._out.append(char)
        if self._escape:
            self._escape += char
            if self._escape[1] != "u":
                self._add(_SIMPLE_ESCAPES.get(char, char))
            elif len(self._escape) == 6:
                code = self._escape[2:]
                self._add(chr(int(code, 16)) if re.fullmatch(r"[0-9a-fA-F]{4}", code) else self._escape)
            else:
                return
            self._escape = ""
        elif char == "\\":
            self._escape = char
        elif char == '"':
            self._end()
        else:
            self._add(char)

    def _add(self, char: str) -> None:
        """Add a character of the value; two halves of a surrogate pair become one."""
        if self._high and "\udc00" <= char <= "\udfff":
            char = (self._high + char).encode("utf-16", "surrogatepass").decode("utf-16")
            self._high = ""
        self._text.append(self._high)
        self._high = ""
        if "\ud800" <= char <= "\udbff":
            self._high = char
        else:
            self._text.append(char)

    def _end(self) -> None:
        self._text.append(self._high)
        self._high = ""
        if self._value is not None:
            self._write(self._value.feed(self._read()) + self._value.finish())
        self._text.clear()
        self._value, self._in_key = None, False
        self._out.append('"')
