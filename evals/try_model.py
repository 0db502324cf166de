"""Run twelve requests of three businesses on the configured model, and write a page to judge them by."""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import yaml
from pydantic import TypeAdapter

from agents.prices import UNKNOWN, price_of
from core.business import Business
from core.errors import MarqueeError
from core.ids import new_id
from core.settings import Settings, load_settings
from evals.cases import CaseInputs, businesses
from evals.record import RunRecord
from evals.solver import Solver, open_bench
from evals.stage import Stage
from evals.try_page import Talk, Tried, render
from services.run_request import RunRequest

_REQUESTS = Path(__file__).parent / "datasets" / "try.yaml"
_log = logging.getLogger(__name__)


async def _converse(solver: Solver, settings: Settings, talk: Talk) -> tuple[Business, list[Tried]]:
    """Run the requests of one business, each after the other; an error ends its request only."""
    stage = await solver.open(CaseInputs(business=talk.business, request=talk.requests[0].text))
    newest: str | None = None
    tried = []
    for asked in talk.requests:
        record, error = await _ask(solver, stage, asked.text, newest if asked.focus else None)
        if record is not None and record.drafts:
            newest = record.drafts[0].id
        tried.append(Tried(asked, record, error, _cost(record, settings)))
        seconds = f"{record.seconds:.1f} s, {record.tokens:,} tokens" if record else ""
        sys.stdout.write(f"{talk.business}: {asked.kind}: {error or seconds}\n")
    return stage.business, tried


async def _ask(solver: Solver, stage: Stage, text: str, focus: str | None) -> tuple[RunRecord | None, str]:
    try:
        record = await solver.ask(stage, RunRequest(stage.thread_id, new_id(), text, focus=focus))
    except MarqueeError as error:
        return None, error.detail
    except Exception as error:  # A page that shows the error is worth more than none.
        _log.exception("a request failed")
        # Its run was not ended, and the next one needs a free conversation.
        stage.thread_id = new_id()
        return None, f"{type(error).__name__}: {error}"
    return record, record.problem


def _cost(record: RunRecord | None, settings: Settings) -> int | None:
    """Return the cost in micro-USD; None where a price is not known."""
    if record is None or record.simulated:
        return 0
    prices = [
        price_of(
            use.model,
            settings.openai_base_url,
            use.input_tokens,
            use.cached_input_tokens,
            use.output_tokens,
        )
        for use in record.usage
    ]
    return None if any(one.table == UNKNOWN for one in prices) else sum(one.micro_usd for one in prices)


def talks() -> list[Talk]:
    """The prepared conversations."""
    loaded = yaml.safe_load(_REQUESTS.read_text(encoding="utf-8"))
    return TypeAdapter(list[Talk]).validate_python(loaded)


async def try_model(settings: Settings, chosen: Sequence[Talk]) -> tuple[str, bool]:
    """Run the conversations; return the page, and whether every request ended well."""
    started = time.monotonic()
    async with open_bench(settings) as bench, bench.solver(businesses()) as solver:
        done = await asyncio.gather(*(_converse(solver, settings, talk) for talk in chosen))
    seconds = time.monotonic() - started
    return render(solver.model, done, seconds), not any(one.error for _, tried in done for one in tried)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return 1 when a request ended in an error."""
    parser = argparse.ArgumentParser(prog="python -m evals.try_model", description=__doc__)
    parser.add_argument("--business", choices=[talk.business for talk in talks()], help="one business only")
    parser.add_argument("--page", type=Path, default=Path("try-model.html"), help="where the page is written")
    options = parser.parse_args(arguments)
    chosen = [talk for talk in talks() if options.business in {None, talk.business}]
    try:
        settings = load_settings()
        if settings.offline:
            sys.stdout.write(
                "No model is configured: the demo model answers and says nothing about quality.\n"
            )
        page, good = asyncio.run(try_model(settings, chosen))
    except MarqueeError as error:
        sys.stderr.write(f"{error.detail}\n")
        return 2
    options.page.write_text(page, encoding="utf-8")
    sys.stdout.write(f"Open {options.page.resolve()}\n")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
