"""`make bench`: measure all targets, print a table and whether the goals are met."""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import platform
import sys
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from benchmarks import targets
from benchmarks.rounds import FIFTY, MANY, ONE, WARM_UP, Outcome, Round, added, measure

BUSINESSES = 50
REPEATS = {ONE: 1, FIFTY: 3, MANY: 1}
NAMES = ("model", "marquee", "plain")


async def run(names: Sequence[str], rounds: dict[Round, int]) -> list[Outcome]:
    """Run every round at every target, one target at a time."""
    outcomes = []
    async with targets.model() as model:
        for name in names:
            async with AsyncExitStack() as stack:
                target = model
                if name == "marquee":
                    target = await stack.enter_async_context(targets.marquee(model.port, BUSINESSES))
                elif name == "plain":
                    target = await stack.enter_async_context(targets.plain(model.port))
                await measure(target, WARM_UP)
                for plan, times in rounds.items():
                    results = [await measure(target, plan, seed) for seed in range(times)]
                    outcomes.append(added(results))
                    print(row(outcomes[-1]), flush=True)
    return outcomes


HEADER = (
    f"{'':12} {'streams':>7} {'first word, ms':>24} {'CPU/word':>9}  {'of which':34} {'lost':>5} {'twice':>5}"
    f" {'disordered':>10} {'failed':>6}\n{'':12} {'':7} {'p50':>8}{'p99':>8}{'max':>8} {'us':>9}"
)


def row(one: Outcome) -> str:
    """Return a row of the table."""
    parts = ", ".join(
        f"{name} {one.cpu_per_word_us(name):.0f}" for name in one.cpu_seconds if len(one.cpu_seconds) > 1
    )
    first = "".join(f"{one.first_ms(percent):8.1f}" for percent in (50, 99, 100))
    return (
        f"{one.target:12} {one.streams:7} {first}"
        f" {one.cpu_per_word_us():9.0f}  {parts:34} {one.lost:5} {one.doubled:5} {one.disordered:10}"
        f" {len(one.problems):6}"
    )


def goals(outcomes: Sequence[Outcome]) -> list[tuple[str, bool, bool]]:
    """Return the goals: description, whether it is required, whether it is met."""
    by_size = {one.streams: one for one in outcomes if one.target == "Marquee"}
    found = []
    if fifty := by_size.get(50):
        p99 = fifty.first_ms(99)
        found.append((f"50 streams: p99 {p99:.0f} ms, under 100 ms", True, p99 < 100))
    if many := by_size.get(200):
        whole = not (many.lost or many.doubled or many.disordered or many.problems)
        found.append(("200 streams: nothing lost, doubled or reordered", True, whole))
        p99 = many.first_ms(99)
        found.append((f"200 streams: p99 {p99:.0f} ms, under 250 ms (stretch)", False, p99 < 250))
    return found


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="First words and their price.")
    parser.add_argument("--json", type=Path, help="also write all figures to this file")
    parser.add_argument("--only", choices=NAMES, action="append", help="measure only this one (repeatable)")
    parser.add_argument("--streams", type=int, action="append", help="only so many streams at once")
    parser.add_argument("--quick", action="store_true", help="every round once")
    given = parser.parse_args()
    wanted = given.streams or [plan.streams for plan in REPEATS]
    rounds = {plan: 1 if given.quick else times for plan, times in REPEATS.items() if plan.streams in wanted}
    gc.freeze()
    print(HEADER)
    outcomes = asyncio.run(run(given.only or NAMES, rounds))
    held = True
    for sentence, must, holds in goals(outcomes):
        print(f"{'met   ' if holds else 'MISSED'} {sentence}")
        held &= holds or not must
    for one in outcomes:
        if one.problems:
            print(f"{one.target}, {one.streams} streams, first of {len(one.problems)}: {one.problems[0]}")
    if given.json:
        machine = {"cpus": os.cpu_count(), "python": platform.python_version(), "system": platform.system()}
        figures = {"machine": machine, "rounds": [one.report() for one in outcomes]}
        given.json.write_text(json.dumps(figures, indent=1))
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
