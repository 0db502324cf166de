"""Startup checks: unsafe settings, and the key that signs access tokens."""

from __future__ import annotations

import fcntl
import os
import secrets
from pathlib import Path

from core.errors import Misconfigured
from core.settings import Settings

FILE = "secret-key"
SHORTEST = 32


def check_settings(settings: Settings) -> str:
    """Refuse settings that are not safe to start with, and return the signing key.

    Raises:
        Misconfigured: A setting that production needs is missing or unsafe, or the key is blank.
    """
    settings.refuse_unsafe_production()
    return signing_key(settings)


def signing_key(settings: Settings) -> str:
    """Return the signing key of access tokens: the setting, or one generated in the data directory.

    Raises:
        Misconfigured: The setting is blank, or missing or too short in production.
    """
    if settings.secret_key is not None:
        key = settings.secret_key.get_secret_value()
        if not key.strip():
            raise Misconfigured("MARQUEE_SECRET_KEY is blank; give it a value, or leave it out.")
        if settings.production and len(key) < SHORTEST:
            raise Misconfigured(f"MARQUEE_SECRET_KEY is too short; use {SHORTEST} characters or more.")
        return key
    if settings.production:
        raise Misconfigured(f"MARQUEE_SECRET_KEY is not set; production needs one of {SHORTEST} characters.")
    return _kept(settings.data_dir / FILE)


def _kept(path: Path) -> str:
    """Read the key file; create it once for all processes if it is missing or empty."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        key = file.read().strip()
        if not key:
            key = secrets.token_urlsafe(48)
            file.seek(0)
            file.write(key)
            file.truncate()
    return key
