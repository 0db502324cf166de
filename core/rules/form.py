"""Check the form of a draft: no marks of Markdown, no refusal, and no talk around the text."""

import re
from itertools import islice

from core.rules.findings import MOST_SPANS, Check, DraftText, Span, spoken_list

_MARKS = re.compile(
    r"```|\*\*[^*\n]{1,200}\*\*|(?<!\w)__[^_\n]{1,200}__(?!\w)|^#{1,6}\s\S|\[[^\[\]\n]{1,100}\]\([^()\s]{1,300}\)",
    re.MULTILINE,
)
_REFUSALS = re.compile(
    r"\bi(?:['’]m| am) (?:sorry|afraid|unable|not able)[^.\n]{0,40}\b(?:can(?:['’]t|not)|unable|assist"
    r"|help)\b"
    r"|\bi can(?:['’]t|not) (?:help|assist|comply|fulfil)|\bas an ai\b"
    r"|\b(?:tut mir leid|es tut mir leid)[^.\n]{0,40}\b(?:nicht|kann)\b|\bich kann (?:dabei|ihnen"
    r"|dir) (?:leider )?nicht\b"
    r"|\bje suis d[ée]sol[ée]e?[^.\n]{0,40}\bne peux\b|\bje ne peux pas (?:vous|t['’])\s?aider"
    r"|\blo siento[^.\n]{0,40}\bno puedo\b|\bno puedo ayudar",
    re.IGNORECASE,
)
_TALK = re.compile(
    r"\A\s*(?:sure|certainly|of course|here(?:['’]s| is| are)|gerne?|natürlich|hier ist|bien sûr|voici"
    r"|claro|aquí (?:está|tienes))"
    r"\b[^\n]{0,80}:\s*\n",
    re.IGNORECASE,
)


def check_form(draft: DraftText) -> Check:
    """The check `wording.form`: what platforms would show as it stands, and what no reader should see."""
    spans = [
        Span(field=field, start=match.start(), end=match.end(), text=match[0])
        for field, text in draft.fields.items()
        for pattern in (_MARKS, _REFUSALS, _TALK)
        for match in islice(pattern.finditer(text), MOST_SPANS)
    ]
    message = "The text is as a reader should see it."
    if spans:
        message = f"{spoken_list([span.text for span in spans])} would be shown to readers as it is."
    return Check(name="wording.form", passed=not spans, severity="block", message=message, spans=spans)
