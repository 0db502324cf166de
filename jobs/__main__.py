"""Command line: serve, worker, prepare, doctor, rebuild-memory."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from core.errors import MarqueeError
from core.settings import Settings, load_settings


async def prepare(settings: Settings) -> int:
    """Bring the database up to date and load the demo workspace."""
    from services.container import open_services

    async with open_services(settings) as services:
        if settings.demo and not settings.production:
            await services.demo.load()
    return 0


async def rebuild_memory(settings: Settings) -> int:
    """Rebuild the memory index, business by business."""
    from core.scope import Scope
    from memory.leases import Scans
    from services.container import open_services

    async with open_services(settings) as services:
        for business_id in await Scans(services.database.mongo).businesses():
            count = await services.recall.rebuild(Scope.of(business_id))
            print(f"{business_id}: {count} remembered texts indexed")
    return 0


async def _worker(settings: Settings, heartbeat: Path | None) -> int:
    # Imported here: commands that need no models or graphs start faster.
    from jobs.worker import work

    return await work(settings, heartbeat)


async def _serve(settings: Settings) -> int:
    from jobs.serve import serve

    return await serve(settings)


async def _doctor(settings: Settings) -> int:
    from agents.doctor import examine

    print(await examine(settings))
    return 0


COMMANDS: dict[str, tuple[str, Callable[..., Coroutine[Any, Any, int]]]] = {
    "serve": ("everything `make run` runs, as one supervised group", _serve),
    "worker": ("do the work that the API asks for", _worker),
    "prepare": ("bring the database up to date, load the demo workspace", prepare),
    "doctor": ("ask the model endpoint what it can do, and say what to set", _doctor),
    "rebuild-memory": ("index everything that is remembered anew", rebuild_memory),
}


def main(arguments: list[str] | None = None) -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m jobs", description="The processes beside the API.")
    commands = parser.add_subparsers(dest="command", required=True)
    parsers = {name: commands.add_parser(name, help=help_) for name, (help_, _) in COMMANDS.items()}
    parsers["worker"].add_argument(
        "--heartbeat", type=Path, metavar="FILE", help="touch this file every second, as a sign of life"
    )
    given = vars(parser.parse_args(arguments))
    _, run = COMMANDS[given.pop("command")]
    try:
        return asyncio.run(run(load_settings(), **given))
    except MarqueeError as error:
        print(error.detail, file=sys.stderr)
        return 2


if __name__ == "__main__":
    raise SystemExit(main())
