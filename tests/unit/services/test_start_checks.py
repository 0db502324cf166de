"""Where the key of the access tokens comes from, and what is refused."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from core.errors import Misconfigured
from core.settings import Settings
from services.start_checks import signing_key

PRINT_KEY = """
from pathlib import Path
from core.settings import Settings
from services.start_checks import signing_key

print(signing_key(Settings(_env_file=None, data_dir=Path("."))), end="")
"""


def settings(path: Path, **values: object) -> Settings:
    return Settings(_env_file=None, data_dir=path, **values)


def test_production_needs_a_key_of_its_own(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="MARQUEE_SECRET_KEY is not set"):
        signing_key(settings(tmp_path, env="production"))
    with pytest.raises(Misconfigured, match="too short"):
        signing_key(settings(tmp_path, env="production", secret_key="short"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("blank", ["", "   "])
@pytest.mark.parametrize("env", ["development", "production"])
def test_a_blank_key_is_refused_in_one_sentence(tmp_path: Path, blank: str, env: str) -> None:
    with pytest.raises(Misconfigured, match="MARQUEE_SECRET_KEY is blank"):
        signing_key(settings(tmp_path, env=env, secret_key=blank))


def test_the_development_key_is_made_once_and_is_for_its_owner_alone(tmp_path: Path) -> None:
    mine = settings(tmp_path / "data")
    key = signing_key(mine)
    assert key == signing_key(mine)
    assert len(key) >= 32
    assert stat.S_IMODE((tmp_path / "data" / "secret-key").stat().st_mode) == 0o600


@pytest.mark.parametrize("left", ["", "\n", "  \n"])
def test_an_empty_key_file_gets_a_key(tmp_path: Path, left: str) -> None:
    (tmp_path / "secret-key").write_text(left)
    key = signing_key(settings(tmp_path))
    assert len(key) >= 32
    assert signing_key(settings(tmp_path)) == key


def test_processes_that_start_at_once_have_one_key(tmp_path: Path) -> None:
    (tmp_path / "secret-key").touch()
    environment = {**os.environ, "PYTHONPATH": str(Path.cwd())}
    started = [
        subprocess.Popen(
            [sys.executable, "-c", PRINT_KEY], cwd=tmp_path, env=environment, stdout=subprocess.PIPE
        )
        for _ in range(4)
    ]
    keys = {process.communicate()[0] for process in started}
    assert len(keys) == 1
    assert len(keys.pop()) >= 32
