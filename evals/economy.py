"""The tokens of each prompt of the README's request, and how much of the writers' prompts is shared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from agents.tokens import TokenCounter
from evals.cases import CaseInputs
from evals.solver import Bench
from prompts.library import Prompt, PromptLibrary, Rendered
from services.businesses import BusinessDraft

LEAST_SHARED = 0.6
_WRITERS = ("copywriter/post", "copywriter/email", "copywriter/sms")

_BAKERY = {
    "business_name": "Boulangerie Perrache",
    "industry": "Bakery",
    "brand_voice": "Warm and plain",
    "timezone": "Europe/Paris",
    "language": "fr",
    "country": "FR",
    "target_audience": [{"segment_name": "Voisins", "age_range": "30-60"}],
    "facts": [
        {"key": "Pain au levain", "value": "4,20 € la miche"},
        {"key": "Ouverture", "value": "7 h, du mardi au samedi"},
    ],
}
_ASKED = {
    "business": "readme",
    "request": "Prépare deux semaines de posts Instagram et un e-mail pour nos matins",
    "campaign": {"name": "Matins de mars", "goal": "Plus de clients avant 9 h"},
}


@dataclass(frozen=True)
class PromptSize:
    """A prompt of the run in tokens, and how many of them begin every prompt of a writer alike."""

    name: str
    tokens: int
    shared: int = 0

    @property
    def share(self) -> float:
        """The part of the prompt that is shared."""
        return self.shared / self.tokens


@dataclass(frozen=True)
class _Recorded(Prompt):
    seen: list[Rendered]

    def render(self, inputs: Mapping[str, Any]) -> Rendered:
        """Fill in the inputs, and keep the result."""
        rendered = super().render(inputs)
        self.seen.append(rendered)
        return rendered


class RecordingLibrary(PromptLibrary):
    """The released prompts; keeps what is rendered of them."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[Rendered] = []

    def get(self, name: str) -> Prompt:
        """The active version of a prompt."""
        prompt = super().get(name)
        return _Recorded(prompt.front, prompt.body, prompt.partials, self.seen)


async def measure(bench: Bench) -> list[PromptSize]:
    """Send the README's request through the graphs, and measure every prompt in tokens (o200k)."""
    library = RecordingLibrary()
    async with bench.solver(
        {"readme": BusinessDraft.model_validate(_BAKERY)}, library, prompts_alone=True
    ) as solver:
        await solver.solve(CaseInputs.model_validate(_ASKED))
    return sizes(library.seen)


def sizes(prompts: Sequence[Rendered]) -> list[PromptSize]:
    """Measure rendered prompts of one run."""
    with TemporaryDirectory() as folder:
        counter = TokenCounter(Path(folder))
        encoding = counter.load()
        counter.close()
        tokens = [(one.id.name, encoding.encode_ordinary(f"{one.system}\n\n{one.user}")) for one in prompts]
    writers = [encoded for name, encoded in tokens if name.split("@")[0] in _WRITERS]
    alike = takewhile(lambda column: len(set(column)) == 1, zip(*writers, strict=False))
    shared = sum(1 for _ in alike) if len(writers) > 1 else 0
    return [
        PromptSize(name, len(encoded), shared if name.split("@")[0] in _WRITERS else 0)
        for name, encoded in tokens
    ]


def least_share(found: Sequence[PromptSize]) -> float:
    """The smallest shared part of a writer's prompt."""
    return min((one.share for one in found if one.shared), default=0.0)


def economy_table(found: Sequence[PromptSize]) -> str:
    """The sizes as a table."""
    return "\n".join(_rows(found))


def _rows(found: Sequence[PromptSize]) -> Iterator[str]:
    yield f"{'prompt':<24}{'tokens':>8}{'shared':>8}"
    for one in found:
        yield f"{one.name:<24}{one.tokens:>8}" + (f"{one.share:>8.0%}" if one.shared else "")
    yield f"{'all':<24}{sum(one.tokens for one in found):>8}{least_share(found):>8.0%}"
