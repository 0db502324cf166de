"""Figures are found wherever they stand, and only their own source supports them."""

import datetime as dt

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from core.rules.claims import Source, match_figures
from core.rules.figures import Figure, figures_in, find_figures
from core.rules.findings import DraftText
from core.rules.folding import fold
from core.rules.matching import Setting
from core.rules.verdicts import check_claims

TODAY = dt.date(2026, 11, 24)
FILLER = [
    *[
        "Come and train with us",
        "Entraînez-vous dès maintenant",
        "Frühling für Hund und Mensch",
        "¡Ven a bailar!",
    ],
    *["l’été, c’est ici 🙂", "the best — simply", "“quoted”", "#Studio", "a/b", "1 class", "No. 1"],
]
MONTHS = {
    "en": "January February March April May June July August September October November December",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
}


def kinds(text: str) -> list[tuple[str, str]]:
    return [(hit.kind, text[hit.start : hit.end]) for hit in figures_in(text)]


def grouped(number: int, separator: str) -> str:
    return f"{number:,}".replace(",", separator)


amounts = st.integers(1, 99_999)


@st.composite
def prices(draw: st.DrawFn, amount: int | None = None) -> str:
    number = draw(amounts) if amount is None else amount
    shown = draw(
        st.sampled_from([str(number), *(grouped(number, mark) for mark in (",", ".", "\u202f", "\u00a0"))])
    )
    return draw(
        st.sampled_from(["€{}", "{} €", "{}\u202f€", "{}€", "EUR {}", "{} EUR", "{} euros", "€ {}"])
    ).format(shown)


@st.composite
def dates(draw: st.DrawFn, day: int | None = None, month: int | None = None) -> str:
    day = draw(st.integers(1, 28)) if day is None else day
    month = draw(st.integers(1, 12)) if month is None else month
    language = draw(st.sampled_from(sorted(MONTHS)))
    name = MONTHS[language].split()[month - 1]
    forms = {
        "en": ["{d} {m}", "{m} {d}", "{d}th of {m}", "{m} {d}th", "{m} {d}, 2027", "{d} {m} 2027"],
        "fr": ["{d} {m}", "{d} {m} 2027"],
        "de": ["{d}. {m}", "{d}. {m} 2027"],
        "es": ["{d} de {m}", "{d} de {m} de 2027"],
    }[language]
    return draw(st.sampled_from(forms)).format(d=day, m=name)


@st.composite
def times(draw: st.DrawFn, hour: int | None = None, minute: int | None = None) -> str:
    hour = draw(st.integers(0, 23)) if hour is None else hour
    minute = draw(st.integers(0, 59)) if minute is None else minute
    half, twelve = ("am", "pm")[hour >= 12], hour % 12 or 12
    forms = [
        f"{hour}:{minute:02}",
        f"{hour:02}:{minute:02} Uhr",
        f"{hour} h {minute:02}",
        f"{twelve}:{minute:02} {half}",
    ]
    return draw(st.sampled_from(forms if minute else [*forms, f"{hour} Uhr", f"{twelve}{half}", f"{hour} h"]))


percentages = st.builds(
    "{}{}".format, st.integers(0, 100), st.sampled_from(["%", " %", "\u202f%", " percent", " Prozent"])
)
others = st.sampled_from(
    ["https://ali.example/join", "www.ali.example", "info@ali.example", "+33 4 78 12 34 56", "(202) 555-0123"]
)
numbers = st.integers(10, 99_999).map(str)
figures = prices() | dates() | times() | percentages | others | numbers


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(FILLER), figures, st.sampled_from(FILLER))
def test_a_figure_in_a_text_is_found_where_it_stands(before: str, figure: str, after: str) -> None:
    text = f"{before} : {figure} — {after}"
    start = len(before) + 3
    found = [hit for hit in figures_in(text) if hit.start < start + len(figure) and hit.end > start]
    assert [(hit.start, text[hit.start : hit.end]) for hit in found] == [(start, figure)]


SCRIPTS = [
    "٠١٢٣٤٥٦٧٨٩",
    "０１２３４５６７８９",
    "⁰¹²³⁴⁵⁶⁷⁸⁹",
    "𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗",
    "०१२३४५६७८९",
    "⓪①②③④⑤⑥⑦⑧⑨",
    "0123456789",
]


@settings(max_examples=200, deadline=None)
@given(
    st.integers(10, 99_999),
    st.lists(st.sampled_from(SCRIPTS), min_size=5, max_size=5),
    st.lists(st.sampled_from(["", "\u200b", "\u00ad", "\u2060", "\ufe0f", "\u200d"]), min_size=5, max_size=5),
    st.sampled_from(["$", "", "%"]),
)
def test_odd_digits_and_invisible_characters_hide_no_figure(
    number: int, scripts: list[str], joints: list[str], unit: str
) -> None:
    digits = str(number)
    shown = "".join(
        script[int(digit)] + joint * (i + 1 < len(digits))
        for i, (digit, script, joint) in enumerate(zip(digits, scripts, joints, strict=False))
    )
    hits = [hit for hit in figures_in(f"only {shown}{unit} now") if hit.kind != "phone"]
    assert [getattr(hit.value, "number", None) for hit in hits] == [number]


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200))
def test_folding_keeps_offsets(text: str) -> None:
    folded = fold(text)
    assert len(folded.text) == len(folded.origins)
    for hit in figures_in(text):
        assert 0 <= hit.start < hit.end <= len(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Open 24/7 for 500+ people", [("number", "24/7"), ("number", "500")]),
        (
            "$29–39 or 20-30 %",
            [("price", "$29"), ("price", "39"), ("percentage", "20"), ("percentage", "30 %")],
        ),
        (
            "fifty percent, fünfzig Prozent",
            [("percentage", "fifty percent"), ("percentage", "fünfzig Prozent")],
        ),
        ("#Fit2027 and 10k, 5k", [("number", "2027"), ("number", "10k"), ("number", "5k")]),
        ("du 1er au 14 mars", [("date", "1"), ("date", "14 mars")]),
        ("Samstag, 6. März um 18 Uhr", [("date", "Samstag, 6. März"), ("time", "18 Uhr")]),
        ("from 9 to 11am", [("time", "9"), ("time", "11am")]),
        ("04.78.12.34.56", [("phone", "04.78.12.34.56")]),
        ("evil.com, info@evil.com", [("url", "evil.com"), ("email", "info@evil.com")]),
        ("3 classes, half, A4, great.It is", [("count", "3"), ("ratio", "half")]),
        ("Was 2️⃣9️⃣ €", [("price", "2️⃣9️⃣ €")]),
    ],
)
def test_kinds_and_spans(text: str, expected: list[tuple[str, str]]) -> None:
    assert kinds(text) == expected


def supported(fact: str, said: str, language: str = "en", *, trusted: bool = True) -> bool:
    source = Source(kind="fact", ref="f1", text=fact, trusted=trusted)
    claims = match_figures(find_figures({"caption": said}), [source], Setting(TODAY, language))
    assert claims, f"no figure in {said!r}"
    return all(claim.source is not None for claim in claims)


@pytest.mark.parametrize(
    ("fact", "said", "language"),
    [
        *[
            ("from $29/month", said, "en")
            for said in ("$29", "$29 a month", "29 dollars", "USD 29", "$29.00")
        ],
        ("ab 29,90 € im Monat", "29.90 EUR", "de"),
        ("1 200 €", "1.200 €", "de"),
        *[
            ("6 March 2027", said, "en")
            for said in ("6 March", "March 6th", "2027", "Saturday 6 March", "06/03/2027")
        ],
        ("6 March 2027", "06/03", "fr"),
        ("6 March 2027", "03/06/2027", "en-US"),
        ("2027-03-06T18:00", "6. März um 18 Uhr", "de"),
        ("06.03.2027", "6 de marzo", "es"),
        ("14:00", "2 pm", "en"),
        ("14:00", "14 Uhr", "de"),
        ("+33 4 78 12 34 56", "04 78 12 34 56", "fr"),
        ("(202) 555-0123", "+1 202 555 0123", "en"),
        ("https://www.ali.example/join/", "ali.example/join", "en"),
        ("Info@Ali.example", "info@ali.example", "en"),
        ("leads_target 200", "200 members", "en"),
        ("9am-5pm", "de 9 h à 17 h", "fr"),
        ("50 %", "fifty percent", "en"),
        ("1,30 €", "1€30", "fr"),
        ("First consultation: 30 minutes", "30-minute", "en"),
        ("Erstgespräch: 30 Minuten", "30-minütiges", "de"),
        ("20 or 45 min", "20 minutes", "en"),
        ("Brioche, 400 g", "400 grammes", "fr"),
        ("age 22-35", "22 to 35 years", "en"),
        ("two weeks", "14 days", "en"),
        ("half past seven in the evening", "19:30", "en"),
    ],
)
def test_supported(fact: str, said: str, language: str) -> None:
    assert supported(fact, said, language)


@pytest.mark.parametrize(
    ("fact", "said", "language"),
    [
        *[
            ("from $29/month", said, "en")
            for said in ("29 %", "€29", "$2.90", "$290", "$29 per class", "29 members")
        ],
        *[("6 March 2027", said, "en") for said in ("Friday 6 March", "6 March 2028", "7 March", "6 May")],
        ("6 March 2027", "06/03", "en-US"),
        ("6 March", "6 March 2026", "en"),
        ("06/03", "6 March", "en"),
        ("2 pm", "2:00", "en"),
        ("04 78 12 34 56", "04 78 12 34 57", "fr"),
        ("ali.example/join", "ali.example/pay", "en"),
        ("2 million", "2,000", "en"),
        ("$2", "$2M", "en"),
        ("16", "16:00", "en"),
        ("Brioche, 400 g", "400 clients", "fr"),
        ("First consultation: 30 minutes", "30 lawyers", "en"),
        ("First consultation: 30 minutes", "30 years of work", "en"),
    ],
)
def test_not_supported(fact: str, said: str, language: str) -> None:
    assert not supported(fact, said, language)


def test_untrusted_memory_is_never_a_source() -> None:
    assert not supported("It costs $29", "$29", trusted=False)


@settings(max_examples=200, deadline=None)
@given(amounts, amounts, st.data())
def test_a_price_matches_itself_in_any_form_and_no_other(one: int, other: int, data: st.DataObject) -> None:
    assert supported(f"It is {data.draw(prices(one))}.", f"Only {data.draw(prices(one))}!")
    assume(one != other)
    assert not supported(f"It is {data.draw(prices(one))}.", f"Only {data.draw(prices(other))}!")


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 28), st.integers(1, 12), st.integers(1, 28), st.integers(1, 12), st.data())
def test_a_date_matches_itself_in_any_form_and_no_other(
    day: int, month: int, other_day: int, other_month: int, data: st.DataObject
) -> None:
    fact = f"{day} {MONTHS['en'].split()[month - 1]} 2027"
    assert supported(fact, data.draw(dates(day, month)))
    assume((day, month) != (other_day, other_month))
    assert not supported(fact, data.draw(dates(other_day, other_month)))


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 1439), st.integers(0, 1439), st.data())
def test_a_time_matches_itself_in_any_form_and_no_other(one: int, other: int, data: st.DataObject) -> None:
    assert supported(data.draw(times(*divmod(one, 60))), data.draw(times(*divmod(one, 60))))
    assume(one != other)
    assert not supported(data.draw(times(*divmod(one, 60))), data.draw(times(*divmod(other, 60))))


def test_the_check_names_what_has_no_source() -> None:
    draft = DraftText(
        platform="instagram",
        language="en",
        fields={"caption": "From $29/month. Save 50 % until 6 March!"},
        hashtags=["#Fit2027"],
    )
    source = Source(kind="fact", ref="f1", text="membership from $29/month")
    (check, _), claims = check_claims(draft, [source], Setting(TODAY, "en"))
    assert not check.passed
    assert check.name == "figures.sourced"
    assert check.severity == "block"
    assert [(span.field, span.text) for span in check.spans] == [
        ("caption", "50 %"),
        ("caption", "6 March"),
        ("hashtags.0", "2027"),
    ]
    assert check.message == "“50 %”, “6 March”, “2027” are not in your facts."
    assert [claim.source.ref for claim in claims if claim.source] == ["f1"]


def test_a_claim_survives_json() -> None:
    figure = find_figures({"body": "6 March, $29, 9am, +33 4 78 12 34 56"})
    assert [Figure.model_validate_json(item.model_dump_json()) for item in figure] == figure


@pytest.mark.parametrize(
    ("text", "priced"),
    [
        ("You need one free hour, nothing else.", False),
        ("Feel free to ask.", False),
        ("Your second visit is free.", True),
        ("A free hour with our trainer", True),
    ],
)
def test_free_is_a_price_only_where_something_is_given(text: str, priced: bool) -> None:
    assert ("free" in dict(kinds(text))) is priced
