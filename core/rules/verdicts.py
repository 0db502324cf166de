"""The checks of claims: each figure and statement of a draft is supported, unconfirmed or wrong."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from core.rules.binding import LONGEST_UNDERSTOOD, MOST_UNDERSTOOD, Binder, Reading, Understand
from core.rules.claims import MOST_FIGURES, Claim, Source, Verdict, is_hard
from core.rules.evidence import Evidence, weigh
from core.rules.figures import Figure, readable
from core.rules.findings import MOST_SPANS, Check, DraftText, Span, spoken_list
from core.rules.matching import Setting
from core.rules.sentences import stems
from core.rules.statements import KINDS, Weights, chance, kind_chances, signs, weights
from core.rules.values import Key

_LONGEST_TRUTH = 160
_ADVICE = 0.4
_CALM = 0.12
"""How much surer the classifier must be of what looks like advice, or like a figure that has a source."""
_CLAIMING = 0.1
"""Below this chance, a number that no source has is part of general advice, and no claim."""


def check_claims(
    draft: DraftText,
    sources: Sequence[Source],
    setting: Setting,
    understand: Understand | None = None,
    trained: Weights | None = None,
) -> tuple[list[Check], list[Claim]]:
    """The checks `figures.sourced` and `claims.confirmed`, and every claim with its source and verdict.

    Args:
        draft: The words.
        sources: What the business knows and the person said.
        setting: The day, the language and the country.
        understand: The embedder; without it, only figures are looked at.
        trained: Other weights than the stored ones, to measure them.
    """
    binder = Binder(sources, setting, understand)
    claims: list[Claim] = []
    over = False
    unread = sum(map(len, draft.fields.values())) > LONGEST_UNDERSTOOD
    for field, text in draft.texts():
        room = MOST_FIGURES - len(claims)
        # A hashtag states nothing; its figures count all the same.
        reading = binder.read(text, understood=not field.startswith("hashtags."))
        over = over or len(reading.hits) > room or readable(text) < len(text)
        unread = unread or len(reading.parts) > MOST_UNDERSTOOD
        if len(reading.hits) > room:
            reading = replace(reading, hits=reading.hits[: max(room, 0)])
        claims += _claims(binder, reading, field, trained or (weights() if understand else None))
    unread = unread and understand is not None
    return [_figures_check(claims, over=over), claims_check(claims, unread=unread)], claims


def _claims(binder: Binder, reading: Reading, field: str, used: Weights | None) -> Iterator[Claim]:
    evidence = weigh(binder, reading)
    chances: list[float] = []
    kinds: list[str] = []
    if used is not None and len(reading.vectors):
        likely = kind_chances(reading.vectors, used)
        chances = [chance(row, used) for row in signs(binder, reading, evidence, likely, used)]
        kinds = [KINDS[int(row.argmax())] for row in likely]
    named = {
        word for source in binder.sources if source.ref == "business_name" for word in stems(source.text)
    }
    marked: set[int] = set()
    sourced = {one.part for one in evidence if one.support is not None or one.how}
    for one in evidence:
        doubt = chances[one.part] if one.part < len(chances) else float(is_hard_kind(one))
        if one.part < len(kinds) and kinds[one.part] not in {"harmless", "terms"}:
            doubt += _CLAIMING
        claim = _figure_claim(binder, reading, field, one, doubt)
        if claim.verdict != "supported":
            marked.add(one.part)
        yield claim
    for number, value in enumerate(chances):
        if _only_name(reading, number, named):
            continue
        calm = kinds[number] == "harmless" or (kinds[number] == "terms" and number in sourced)
        if used is not None and value > used.threshold + _CALM * calm and number not in marked:
            part = reading.parts[number]
            yield Claim(
                figure=Figure(
                    kind="statement",
                    text=reading.text[part.start : part.end],
                    field=field,
                    start=part.start,
                    end=part.end,
                    value=Key(key=kinds[number]),
                ),
                verdict="unconfirmed",
            )


def _only_name(reading: Reading, number: int, named: set[str]) -> bool:
    """Whether a clause says hardly more than the name of the business, as a signature does."""
    part = reading.parts[number]
    words = stems(reading.text[part.start : part.end])
    return bool(words & named) and len(words - named) <= 2


def is_hard_kind(one: Evidence) -> bool:
    """Whether a figure needs a source even where no sentence is understood."""
    return is_hard(Figure(kind=one.hit.kind, text="", field="", start=0, end=0, value=one.hit.value))


def _figure_claim(binder: Binder, reading: Reading, field: str, one: Evidence, doubt: float) -> Claim:
    hit = one.hit
    figure = Figure(
        kind=hit.kind,
        text=reading.text[hit.start : hit.end],
        field=field,
        start=hit.start,
        end=hit.end,
        value=hit.value,
    )
    known = [match for match in binder.known.matches(hit, binder.setting) if match[0] == one.support]
    source = None
    if one.support is not None:
        source = binder.known.excerpt(*known[0]) if known else binder.sources[one.support]
    verdict: Verdict = "supported"
    truth = ""
    if one.wrong and one.rival is not None:
        verdict, truth = "wrong", one.rival.source.text
    elif one.dropped:
        verdict, truth = "unconfirmed", one.dropped
    elif one.support is None and not one.how:
        free_to_say = hit.kind == "number" or not is_hard(figure)
        verdict = "supported" if free_to_say and doubt < _ADVICE else "unconfirmed"
    return Claim(figure=figure, source=source, verdict=verdict, truth=truth[:_LONGEST_TRUTH], derived=one.how)


def _figures_check(claims: Sequence[Claim], *, over: bool) -> Check:
    """The check `figures.sourced`: no figure is wrong, and every one that matters has a source."""
    wrong = [claim for claim in claims if claim.verdict == "wrong"]
    unsourced = [claim for claim in claims if _unsourced(claim)]
    figures = [claim for claim in claims if claim.figure.kind != "statement"]
    messages = [
        f"“{claim.figure.text.strip()}” is not what your facts say: {claim.truth}." for claim in wrong[:5]
    ]
    if unsourced:
        texts = [claim.figure.text for claim in unsourced]
        verb = "is" if len({text.strip() for text in texts}) == 1 else "are"
        messages.append(f"{spoken_list(texts)} {verb} not in your facts.")
    if over:
        messages = [f"Only the first {len(figures)} figures were checked; the text has more."]
    elif not messages:
        messages = ["No figure lacks a source." if figures else "The text has no figures."]
    return Check(
        name="figures.sourced",
        passed=not (wrong or unsourced or over),
        severity="block",
        message=" ".join(messages),
        spans=[_span(claim) for claim in claims if claim.verdict == "wrong" or _unsourced(claim)],
    )


def claims_check(claims: Sequence[Claim], *, unread: bool = False) -> Check:
    """The check `claims.confirmed`, a warning: statements that no source says, and conditions left out."""
    open_ = [claim for claim in claims if claim.verdict == "unconfirmed" and not _blocks(claim)]
    messages = []
    if texts := [claim.figure.text for claim in open_ if not claim.truth]:
        messages.append(f"Please confirm: {spoken_list(texts)}.")
    messages += [
        f"“{claim.figure.text.strip()}” leaves out a condition: {claim.truth}."
        for claim in open_
        if claim.truth
    ][:5]
    if unread:
        messages.append(
            f"Statements without figures were looked for in the first {LONGEST_UNDERSTOOD:,} characters "
            f"and {MOST_UNDERSTOOD} clauses."
        )
    return Check(
        name="claims.confirmed",
        passed=not open_,
        severity="warn",
        message=" ".join(messages) or "Nothing is left to confirm.",
        spans=[_span(claim) for claim in open_][:MOST_SPANS],
    )


def _unsourced(claim: Claim) -> bool:
    return claim.verdict == "unconfirmed" and _blocks(claim)


def _blocks(claim: Claim) -> bool:
    return is_hard(claim.figure) and not claim.truth


def _span(claim: Claim) -> Span:
    figure = claim.figure
    return Span(field=figure.field, start=figure.start, end=figure.end, text=figure.text)
