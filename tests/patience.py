"""How long a test waits for what has to happen."""

from __future__ import annotations

PATIENCE = 120.0
"""Seconds. A test that passes never waits so long, also when other work keeps the machine busy."""
