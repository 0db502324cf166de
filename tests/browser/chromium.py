"""A Chromium for the tests, from a package, unpacked once into the project's own folder."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import tarfile
from pathlib import Path

import brotli

HERE = Path(__file__).parent
FOLDER = HERE.parents[1] / ".cache" / "browser"
BINARY = FOLDER / "chromium"
LIBRARIES = FOLDER / "lib"
FLAGS = [
    "--headless=shell",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def unpack() -> None:
    """Install the package and unpack the browser with the libraries that a bare machine lacks."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(HERE / name, FOLDER / name)
    npm = shutil.which("npm") or "npm"
    subprocess.run(
        [npm, "ci", "--ignore-scripts", "--loglevel=error", "--no-progress"], cwd=FOLDER, check=True
    )
    packed = FOLDER / "node_modules" / "@sparticuz" / "chromium" / "bin"
    with tarfile.open(fileobj=io.BytesIO(brotli.decompress((packed / "al2023.tar.br").read_bytes()))) as tar:
        tar.extractall(LIBRARIES, filter="data")
    fresh = BINARY.with_suffix(".new")
    fresh.write_bytes(brotli.decompress((packed / "chromium.br").read_bytes()))
    fresh.chmod(0o755)
    fresh.rename(BINARY)


def environment() -> dict[str, str]:
    """The environment in which the browser finds its libraries; the machine's own come first."""
    found = [str(path) for path in (LIBRARIES, LIBRARIES / "lib") if path.is_dir()]
    known = os.environ.get("LD_LIBRARY_PATH", "")
    return {**os.environ, "LD_LIBRARY_PATH": ":".join([known, *found]).strip(":")}


if __name__ == "__main__":
    unpack()
