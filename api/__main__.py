"""Command line: serve; create-admin, create-user, invite; doctor, openapi, roles."""

from __future__ import annotations

import argparse
import asyncio
import gc
import getpass
import json
import logging
import resource
import socket
import subprocess
import sys

import uvicorn

from api.account_commands import create_account, invite
from api.app import create_app
from api.connections import bounded_connections
from api.reference import openapi, roles_table
from core.account import InstallationRole
from core.errors import MarqueeError
from core.settings import Settings, load_settings
from services.logging_setup import configure_logging
from services.start_checks import check_settings

SHUTDOWN_SECONDS = 10
OPEN_FILES = 16_384
GC_THRESHOLDS = (50_000, 50, 50)


class Server(uvicorn.Server):
    """uvicorn, with the objects of the start frozen in the garbage collector."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then freeze: full collections over imported modules stall streams by hundreds of ms."""
        await super().startup(sockets=sockets)
        gc.collect()
        gc.freeze()
        gc.set_threshold(*GC_THRESHOLDS)


def serve(settings: Settings) -> int:
    """Serve requests until a signal comes."""
    # Errors at start are reported as one sentence, not as a traceback of the server.
    check_settings(settings)
    configure_logging(settings.log_level)
    # Its warnings are about malformed requests, which anybody can cause in any number.
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
    config = uvicorn.Config(
        create_app(settings),
        host=settings.host,
        port=settings.port,
        http=bounded_connections(),
        access_log=False,
        log_config=None,
        lifespan="on",
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
    )
    _allow_open_files()
    server = Server(config)
    server.run()
    return 0 if server.started else 3


def _allow_open_files() -> None:
    """Raise the limit of open files to the maximum: the default is often 1,024."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if most == resource.RLIM_INFINITY else min(OPEN_FILES, most)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


def _password() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    password = getpass.getpass("Password (10 characters or more): ")
    if getpass.getpass("The same again: ") != password:
        print("The two differ.", file=sys.stderr)
        raise SystemExit(2)
    return password


def main(arguments: list[str] | None = None) -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m api", description="The HTTP API.")
    commands = parser.add_subparsers(dest="command")
    commands.add_parser("serve", help="answer requests (the default)")
    for command, who in (("create-admin", "an administrator"), ("create-user", "an account")):
        account = commands.add_parser(command, help=f"make {who}; the password is asked for")
        account.add_argument("email")
        account.add_argument("--name", default="")
    invitation = commands.add_parser("invite", help="print an invitation for one account")
    invitation.add_argument("--days", type=int, default=7, help="how long it is good (7)")
    commands.add_parser("doctor", help="ask the model endpoint what it can do, and say what to set")
    commands.add_parser("openapi", help="print the OpenAPI document")
    commands.add_parser("roles", help="print the table of roles and operations")
    given = parser.parse_args(arguments)
    try:
        settings = load_settings()
        if given.command in ("create-admin", "create-user"):
            role: InstallationRole = "admin" if given.command == "create-admin" else "marketer"
            print(asyncio.run(create_account(settings, given.email, given.name, _password(), role)))
            return 0
        if given.command == "invite":
            print(asyncio.run(invite(settings, given.days)))
            return 0
        if given.command == "doctor":
            # The API never loads a model's client: the worker's side has it.
            return subprocess.run([sys.executable, "-m", "jobs", "doctor"], check=False).returncode
        if given.command == "openapi":
            print(json.dumps(openapi(create_app(settings)), indent=2, ensure_ascii=False))
            return 0
        if given.command == "roles":
            print(roles_table(create_app(settings)), end="")
            return 0
        return serve(settings)
    except MarqueeError as error:
        print(error.detail, file=sys.stderr)
        return 2


if __name__ == "__main__":
    raise SystemExit(main())
