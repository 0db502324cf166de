"""The outgoing link filter: what survives, and that cutting the stream changes nothing."""

import html
import itertools
import json
import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from pydantic_core import Url

from core.rules.links import HOLD, REMOVED, JsonLinkFilter, LinkFilter, LinkPolicy, filter_text, filter_values

POLICY = LinkPolicy.from_texts(
    ["Prices are on https://www.good.com/prices, write to info@ali.example", "Wir sind münchen.de"]
)

PIECES = [
    *[
        "http",
        "https",
        "www",
        ":",
        "/",
        "//",
        "://",
        ".",
        "@",
        "#",
        "\\",
        "!",
        "[",
        "]",
        "(",
        ")",
        "<",
        ">",
        "&",
    ],
    *["good.com", "evil.com", "https://good.com/a", "https://evil.com", "www.evil.com", "info@ali.example"],
    *["x@evil.com", "[a](https://evil.com)", "[b](https://good.com)", "![i](https://evil.com/i.png)", "[r]"],
    *[
        "[r]: https://evil.com",
        "<img src=//evil.com/i>",
        "<a href='https://evil.com'>",
        "<a href=https://good.com>",
    ],
    *[
        "</a>",
        "<b>",
        "<https://evil.com>",
        "javascript:alert(1)",
        "&#58;",
        "&sol;",
        "&lt;",
        "\u200b",
        "\u00ad",
    ],
    *[
        " ",
        "\n",
        "text",
        "w",
        "ww",
        "ht",
        "tps",
        "é",
        "０",
        "'",
        '"',
        "`",
        "|",
        "*",
        "_",
        "<x ",
        "src=",
        "href=",
    ],
]
texts = st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=14).map("".join)


def cut(text: str, points: list[int]) -> list[str]:
    edges = [0, *sorted({point % (len(text) + 1) for point in points}), len(text)]
    return [text[a:b] for a, b in itertools.pairwise(edges)]


def foreign_links(markdown: str) -> list[str]:
    """Every address that a Markdown renderer with raw HTML, or GFM's autolinks, would make of a text."""
    rendered = MarkdownIt("commonmark", {"html": True}).render(markdown)
    addresses = re.findall(
        r"""<[a-zA-Z][^>]*?\b(?:href|src|srcset|data|action)\s*=\s*["']?([^"'\s>]*)""", rendered
    )
    # Inside a link or code no renderer makes a link.
    linkless = re.sub(r"(?s)<(a|code)\b[^>]*>.*?</\1>", "\n", rendered)
    bare = html.unescape(re.sub(r"<[^>]*>", "\n", linkless))
    # GFM: whatever follows up to white space or `<` belongs to the link.
    autolink = re.compile(r"(?:https?://|(?<![\w.])www\.)[^\s<]+", re.IGNORECASE)
    addresses += autolink.findall(bare)
    addresses += [
        f"mailto:{found}" for found in re.findall(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+", autolink.sub(" ", bare))
    ]
    trimmed = [html.unescape(address).rstrip(".,:;!?*_~'\")]}`|>-") for address in addresses]
    return [address for address in trimmed if not allowed(address)]


def allowed(address: str) -> bool:
    """Whether a browser that follows the address reaches an allowed host, or nothing at all."""
    if re.fullmatch(r"(?i)(?:https?:/*)?(?:www)?", address):
        return True
    if re.match(r"(?i)www\.", address):
        address = f"https://{address}"
    elif re.match(r"[/\\\\]{2}", address):
        address = f"https:{address}"
    elif not re.match(r"[a-zA-Z][\w.+-]*:", address):
        return False
    try:
        # The Rust `url` crate, which reads as WHATWG says.
        url = Url(address)
    except ValueError:
        return True
    if url.scheme == "mailto":
        return re.search(r"@(?:ali\.example|(?:www\.)?good\.com)$", address) is not None
    host = (url.host or "").rstrip(".").removeprefix("www.")
    return url.scheme in {"http", "https"} and host in {"good.com", "www"}


@settings(max_examples=400, deadline=None)
@given(texts)
@example("[x](https://evil\n.com)")
@example("https\\://evil.com")
@example("!<img>[x](https://good.com/i.png)")
def test_cutting_a_stream_changes_nothing(text: str) -> None:
    whole = filter_text(text, POLICY)
    for cuts in [[point] for point in range(len(text))] + [list(range(len(text)))]:
        stream = LinkFilter(POLICY)
        assert "".join([*map(stream.feed, cut(text, cuts)), stream.finish()]) == whole


@settings(max_examples=600, deadline=None)
@given(texts, st.lists(st.integers(0, 400), max_size=4))
@example("[www](x).evil.com", [])
@example("ww<b x>w.evil.com", [])
@example("[a](https://good.com)[b]: https://evil.com", [])
@example("http\x1fwww.evil.com", [])
@example("https://good.com[.evil.com](x)", [])
@example("https://good.com.[evil.com](x)", [])
@example("www.<x>evil.com/?q=S", [])
@example("http://good.com]@evil.com/", [])
@example("https://good.com>@evil.com/", [])
@example("https://good.com|@evil.com `https://good.com`@evil.com", [])
@example("www&#4<x>6;evil.com/?q=S", [])
@example("https&#<x>58;//evil.com", [])
@example("h<x>ttps:/<x>/evil.com", [])
@example("×www.evil.com", [])
def test_no_foreign_host_in_a_link_position_of_any_prefix(text: str, points: list[int]) -> None:
    stream, shown = LinkFilter(POLICY), ""
    for chunk in [*cut(text, points), None]:
        shown += stream.finish() if chunk is None else stream.feed(chunk)
        assert foreign_links(shown) == []
        assert "<img" not in MarkdownIt("commonmark", {"html": True}).render(shown)


@pytest.mark.parametrize(
    "text",
    [
        "Come in, it is 5 < 6 and 3:30, and/or not!",
        "See https://good.com/a?b=1#c, or (https://www.good.com/wiki_(x)).",
        "[prices](https://good.com/prices) and <https://good.com>",
        "info@ali.example, @handle.studio, #tag, C:\\dir, evil.com stays a name",
        "- a\n- b\n\n> quote\n\n`code` **bold** <b>bold</b>",
        "https://münchen.de/straße",
        "http: and www. alone",
    ],
)
def test_honest_text_is_unchanged(text: str) -> None:
    assert filter_text(text, POLICY) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[our page](https://evil.com) is", "our page is"),
        ("go to https://evil.com/x, now", f"go to {REMOVED}, now"),
        ("www.evil.com!", f"{REMOVED}!"),
        ("a ![alt](https://good.com/i.png) b", "a  b"),
        ("<img src='https://good.com/i.png'>x", "x"),
        ("<http://evil.com>", REMOVED),
        ("<a href='https://evil.com'>page</a>", "page"),
        ("[a](//evil.com) [b](javascript:alert(1)) [c](data:text/html,x) [d](/x)", "a b c d"),
        ("https://good.com@evil.com", REMOVED),
        ("https://good.com\\@evil.com", REMOVED),
        ("https://evil.com\\good.com", REMOVED),
        ("https://gооd.com", REMOVED),
        ("https://g%6fod.com", REMOVED),
        ("https://notgood.com https://good.com.evil.com https://sub.good.com", " ".join([REMOVED] * 3)),
        ("ht\u200btps://ev\u00adil.com", REMOVED),
        ("https&#58;//evil.com", REMOVED),
        ("[x](&#104;ttps://evil.com)", "x"),
        ("[x](https://evil.com\n)", "x"),
        ("[x](https://good.com", "x"),
        ("bob@evil.com", f"bob {REMOVED}"),
        ("www.<x>evil.com/?q=S", "www. evil.com/?q=S"),
        ("http://good.com]@evil.com/", REMOVED),
        ("[a](https://good.com)@evil.com/", "[a](https://good.com) @evil.com/"),
    ],
)
def test_foreign_links_are_taken_away(text: str, expected: str) -> None:
    assert filter_text(text, POLICY) == expected


def test_text_is_shown_at_once_and_a_link_only_when_it_is_whole() -> None:
    stream = LinkFilter(POLICY)
    assert stream.feed("Hello") == "Hello"
    assert stream.feed(" you, see ht") == " you, see "
    assert stream.feed("tps://good.c") == ""
    assert stream.feed("om/x ") == "https://good.com/x "
    assert stream.feed("Now") == "Now"


def test_what_is_held_back_is_bounded() -> None:
    for opening in ("https://good.com/", "[x](https://good.com/", "<a href=https://good.com/", "x@", "www."):
        stream = LinkFilter(POLICY)
        shown, held = "", 0
        for _ in range(40):
            shown += stream.feed("a" * 100)
        shown += stream.feed(" " + opening)
        for _ in range(60):
            before = len(shown)
            shown += stream.feed("a" * 100)
            held = 0 if len(shown) > before else held + 100
            assert held <= HOLD + 100
        assert foreign_links(shown + stream.finish()) == []


@settings(max_examples=300, deadline=None)
@given(
    st.recursive(
        texts | st.integers() | st.none(),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["a", "https://evil.com", 'k"\\']), inner, max_size=3)
        ),
        max_leaves=6,
    ),
    st.lists(st.integers(0, 900), max_size=12),
    st.booleans(),
)
def test_a_json_stream_equals_each_string_filtered_whole(
    value: object, points: list[int], escaped: bool
) -> None:
    document = json.dumps(value, ensure_ascii=escaped).replace("/", "\\/" if escaped else "/")
    stream = JsonLinkFilter(POLICY)
    shown = "".join([*map(stream.feed, cut(document, points)), stream.finish()])
    assert json.loads(shown) == filter_values(json.loads(document), POLICY)


def test_json_escapes_hide_nothing() -> None:
    stream = JsonLinkFilter(POLICY)
    document = '{"caption": "\\u0068ttps:\\/\\/evil.com \\ud83d\\ude00", "n": 1'
    assert "".join([*map(stream.feed, document), stream.finish()]) == f'{{"caption": "{REMOVED} 😀", "n": 1'
