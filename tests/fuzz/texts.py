"""Texts that are made to cost time, each in any length."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping

from hypothesis import strategies as st

Text = Callable[[int], str]


def repeated(unit: str) -> Text:
    """The unit again and again."""
    return lambda size: (unit * (size // len(unit) + 1))[:size]


def _counted(separator: str) -> Text:
    return lambda size: separator.join(map(str, range(1, size // (len(separator) + 1) + 2)))[:size]


def _nested(opening: str, closing: str) -> Text:
    return lambda size: opening * (size // 2 // len(opening)) + closing * (size // 2 // len(closing))


def _ended(unit: str, last: str) -> Text:
    return lambda size: repeated(unit)(size - len(last)) + last


def _different(made: Callable[[int], str]) -> Text:
    return lambda size: " ".join(map(made, range(size // 4)))[:size]


def _named(units: Iterable[str]) -> dict[str, Text]:
    return {repr(unit): repeated(unit) for unit in units}


_CHARACTERS = [
    *"aA10½²éß漢اא😀.,:;-_/\\'\"’“`|*#@&%$€+=!?~^()[]{}<> \n\t\r\x00\x1b",
    *("ﬃ", "㋿", "👩‍👩‍👧 ", "\u0301", "e\u0301", "\u200b", "\u202e", "\ud800", "\u00a0", "\u2028", "\u2066"),
    *("\ufeff", "\u034f", "٣", "３", "Ⅷ", "①", "⅓", "௧", "𝟙", "𝐚", "…", "—", "„", "«", "»", "\r\n"),
]
_NUMBERS = [
    *("1,", "1.", "1 ", "1-", "1/", "1:", "1'", "12,", "12,5,13,5,", "1,2", "1.000,", "1 000 ", "000,", "1½"),
    *("½,", "1 ½ ", "1 and ", "1 or 2 ", "1 bis ", "1-2-", "1 %", "1€", "€1", "€ 1 - ", "1 € - ", "$1,"),
    *(
        "1.-",
        "US$",
        "1k",
        "1 k ",
        "1 Mio ",
        "1 million ",
        "1m",
        "1 m ",
        "1 min, ",
        "1,00,",
        "1.1,",
        "12.345,",
    ),
    *("'000", "1'000", "+1 ", "+49 (0) ", "(0", "0 0 ", "1-1 ", "1 (", "1) ", "0123 ", "00", "24/7 ", "24/"),
    *("twenty ", "twenty-", "one ", "one hundred ", "per cent ", "twenty percent ", "quatre-vingt-", "zwei"),
    *("percent ", "euros ", "1 percent", "% 1", "1 euro ", "1 cents 1 ", "5 sessions ", "1 € per month "),
]
_MOMENTS = [
    *("1st ", "1st and ", "1. ", "1.1.", "1/1/", "1/2/", "1-1-", "2027-", "2027-01-", "2027-01-01"),
    *(
        "1 May ",
        "May 1, ",
        "1 May and ",
        "May 1 and 2 and ",
        "3 to 4 ",
        "Mon, ",
        "mon 1 ",
        "mon, the ",
        "may ",
    ),
    *(
        "12:30",
        "12:30-",
        "9am-",
        "9 a.m. ",
        "9h",
        "18 Uhr ",
        "1h30 ",
        "9 to ",
        "1. bis ",
        "am 1.1. ",
        "o'clock ",
    ),
]
_LINKS = [
    *("a.", "a.b.", "a-", "a.com ", "a.co", "www.", "www.a", "http://", "http:", "//", "://", "a://", "a@"),
    *(
        "a@b",
        "@a.",
        "a@a.a",
        "a@a-",
        "a.a@",
        "mailto:",
        "https://good.com/",
        "https://good.com/ ",
        "https://a@",
    ),
    *(
        "http://[",
        "x:",
        "ht",
        "https",
        "www",
        "w",
        "a+b.",
        "a--",
        "[a](",
        "](",
        "![",
        "![a](",
        "[a][",
        "[[a]",
    ),
    *("[a](https://good.com", "[a](https://evil.com) ", "[a](b)", "(a", "<a", "<a ", "<a href=", "<a href='"),
    *("<b>", "</a>", "<!--", "<!", "</", "&#", "&#1", "&#x", "&#x1", "&a", "&amp;", "\\a", "\\\\", "%41"),
    *("[a](https://good.com)", "<https://good.com>", "<a href=https://good.com>", "https:\\\\", "a.de/"),
]
_WORDS = [
    *(
        "((",
        "[[",
        "{{",
        "<<",
        "]]",
        "}}",
        "{{a",
        "{%",
        "{a ",
        "{a.",
        "[a ",
        "[A",
        "<insert ",
        "<your ",
        "<A_",
    ),
    *(
        "__A_",
        "X",
        "____",
        "lorem ipsum",
        "as an ai ",
        "aaaaaaa",
        "ab",
        "la la la la la la ",
        "the ",
        "of the ",
    ),
    *("a a a ", "and ", "guarantee ", "guarantee", "best price ", "best-", "best", "game changer ", "don't "),
    *(
        "a'a'",
        "’a",
        "#a",
        "#a#",
        "##",
        "#1",
        "@a@",
        "@a ",
        "Sentence one. ",
        "a. ",
        "A. B. ",
        "?!",
        "...",
        " #a",
    ),
    *(
        "next week ",
        "this month ",
        "2 weeks of ",
        "two posts on instagram and ",
        "one e-mail ",
        "two ",
        "posts ",
    ),
    *("instagram ", "e-mail ", "in english ", "until ", "delete the ", "send the ", "make the ", "shorten "),
    *("what is ", "can you ", "please ", "write ", "plan ", "not ", "without ", "for my ", "about ", "mon, "),
    *(
        "take your ",
        "it is ",
        "in today's ",
        "a world of ",
        "to the next level",
        "<facts>",
        "[fact:",
        "[a-b]",
    ),
]
_SECRETS = [
    *(
        "password=",
        'password: "',
        "bearer aaaaaaaa",
        "eyJaaaaaaaa.",
        "eyJaaaaaaaa-",
        "eyJ",
        "sk-aaaaaaaaaaaa",
        "a:b@",
        "a://b:c@",
    ),
    *("a://b:c", "0123456789abcdef", "api_key_", "api-", "basic ", "\\u", '\\"', '{"a":', '["', "null,"),
]

TEXTS: Mapping[str, Text] = {
    **_named([*_CHARACTERS, *_NUMBERS, *_MOMENTS, *_LINKS, *_WORDS, *_SECRETS]),
    **{f"1 to n by {mark!r}": _counted(mark) for mark in [",", ", ", ".", " ", "-", "/", ":", " and ", "½"]},
    **{f"1 to n by {mark!r}": _counted(mark) for mark in [" € ", "%, ", " May ", " or ", " h, ", " bis "]},
    **{
        f"nested {opening} {closing}": _nested(opening, closing)
        for opening, closing in [
            *["[]", "()", "{}", "<>", "\"'"],
            ("[a](", ")"),
            ("<a>", "</a>"),
            ("![", "]("),
        ]
    },
    **{
        f"{last!r} after {unit!r}": _ended(unit, last)
        for unit, lasts in [
            ("a", ["@", "@b.de", ".com", "!", "://", "'s"]),
            ("1", ["€", "%", ",", " May", "h", ":00"]),
            (" ", ["a", "€", "#a"]),
            ("a ", ["?", "it"]),
        ]
        for last in lasts
    },
    "different words": _different(lambda number: f"{number:x}q"),
    "different prices": _different(lambda number: f"{number} €"),
    "different dates": _different(lambda number: f"{1 + number % 28} May {2000 + number % 99}"),
    "different phones": _different(lambda number: f"+49 30 {1_000_000 + number}"),
    "different links": _different(lambda number: f"https://a{number}.com/{number}"),
    "different tags": _different(lambda number: f"#a{number}"),
    "different names": _different(lambda number: f"@a{number} a{number}@b{number}.de"),
}
"""By name: the start, the middle or the separator of a pattern, repeated; and lists of different things."""


def generated(number: int, most: int) -> str:
    """One of endlessly many texts: some of the above, one after the other and mixed; one in ten is long."""
    chance = random.Random(number)
    longest = chance.choice([*[most // 50] * 6, *[most // 10] * 3, most])
    parts = []
    for _ in range(chance.randint(1, 4)):
        made = TEXTS[chance.choice(_NAMES)](chance.randint(16, longest))
        parts.append(made if chance.random() < 0.7 else "".join(chance.sample(made, len(made))))
    glue = chance.choice(["", " ", "\n", ",", "½", "\u200b"])
    return glue.join(parts)[:longest].replace("\ud800", "\ufffd").replace("\x00", "\ufffd")


def made() -> st.SearchStrategy[str]:
    """Texts as hypothesis makes them: listed ones and its own, repeated to some length; few are long."""
    length = st.sampled_from([*[400] * 30, *[4_000] * 8, 30_000])
    part = st.one_of(st.sampled_from(_NAMES).map(TEXTS.__getitem__), st.text(min_size=1).map(repeated))
    together = st.tuples(st.lists(part, min_size=1, max_size=3), st.text(max_size=2), length)
    return together.map(lambda drawn: drawn[1].join(text(drawn[2] // len(drawn[0])) for text in drawn[0]))


_NAMES = sorted(TEXTS)
