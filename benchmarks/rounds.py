"""Rounds of streams against a target, and their results."""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from benchmarks.client import Heard, Job
from benchmarks.targets import Target

SPREAD_SECONDS = 5.0


@dataclass(frozen=True)
class Round:
    """A number of streams, started within five seconds, or one after the other."""

    streams: int
    words: int = 100
    rate: int = 20
    requests: int = 0
    """Sequential requests, when there is one stream at a time."""


ONE = Round(1, words=4, requests=60)
FIFTY = Round(50)
MANY = Round(200)
WARM_UP = Round(10, words=10)


@dataclass
class Outcome:
    """The result of a round at a target; results of one kind can be added."""

    target: str
    streams: int
    first: list[float] = field(default_factory=list)
    words: int = 0
    lost: int = 0
    doubled: int = 0
    disordered: int = 0
    problems: list[str] = field(default_factory=list)
    cpu_seconds: dict[str, float] = field(default_factory=dict)
    load_before: float = 0.0

    def first_ms(self, percent: float) -> float:
        """Return a percentile of the time to the first word, in milliseconds."""
        if not self.first:
            return float("nan")
        ranked = sorted(self.first)
        return ranked[min(len(ranked) - 1, int(len(ranked) * percent / 100))] * 1000

    def cpu_per_word_us(self, *parts: str) -> float:
        """Return microseconds of CPU per word, of some processes or of all."""
        chosen = [seconds for name, seconds in self.cpu_seconds.items() if not parts or name in parts]
        return sum(chosen) / max(self.words, 1) * 1e6

    def report(self) -> dict[str, Any]:
        """Return the result as JSON."""
        return {
            **asdict(self),
            "first": [round(one * 1000, 2) for one in sorted(self.first)],
            "first_p50_ms": round(self.first_ms(50), 2),
            "first_p99_ms": round(self.first_ms(99), 2),
            "cpu_us_per_word": {name: round(self.cpu_per_word_us(name), 1) for name in self.cpu_seconds},
        }


async def measure(target: Target, plan: Round, seed: int = 0) -> Outcome:
    """Run one round with its own client process."""
    starts = None
    count = plan.requests or plan.streams
    if not plan.requests:
        chance = random.Random(seed)
        starts = [(place + chance.random()) * SPREAD_SECONDS / count for place in range(count)]
    job = Job(
        port=target.port,
        wire=target.wire,
        words=plan.words,
        requests=[target.ask(number, plan.words, plan.rate) for number in range(count)],
        starts=starts,
        patience=60.0,
    )
    load = os.getloadavg()[0]
    before = target.spent()
    client = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "benchmarks.client",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        said, _ = await client.communicate(json.dumps(asdict(job)).encode())
    finally:
        if client.returncode is None:
            client.kill()
            await client.wait()
    if client.returncode:
        raise SystemExit(f"The client of the benchmark ended with {client.returncode}.")
    spent = {name: seconds - before[name] for name, seconds in target.spent().items()}
    outcome = Outcome(target.name, plan.streams, cpu_seconds=spent, load_before=load)
    for one in (Heard(**fields) for fields in json.loads(said)):
        outcome.words += one.words
        outcome.lost += one.lost
        outcome.doubled += one.doubled
        outcome.disordered += one.disordered
        if one.first is not None:
            outcome.first.append(one.first)
        if one.problem:
            outcome.problems.append(one.problem)
    return outcome


def added(outcomes: Sequence[Outcome]) -> Outcome:
    """Add the results of rounds of one kind at one target."""
    total = Outcome(outcomes[0].target, outcomes[0].streams, load_before=outcomes[0].load_before)
    for one in outcomes:
        total.first += one.first
        total.words += one.words
        total.lost += one.lost
        total.doubled += one.doubled
        total.disordered += one.disordered
        total.problems += one.problems
        for name, seconds in one.cpu_seconds.items():
            total.cpu_seconds[name] = total.cpu_seconds.get(name, 0.0) + seconds
    return total
