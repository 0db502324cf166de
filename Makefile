# Every command of the project. `make help` lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.SUFFIXES:

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := .tools/bin/uv
TOOLS := PYTHONPATH=.tools $(UV)

# Compiled files make every later process start faster; some machines switch them off.
unexport PYTHONDONTWRITEBYTECODE
export PYTHONPATH := $(CURDIR)
export UV_PYTHON_DOWNLOADS := never
export UV_LINK_MODE := copy
export UV_SYSTEM_CERTS := 1

.PHONY: help run test check lint types contracts lock setup clean

help: ## List the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(UV): tools.lock
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check --no-warn-script-location --require-hashes --no-deps --upgrade --target .tools -r tools.lock
	@touch $(UV)

$(VENV)/.synced: requirements.lock $(UV)
	@test -x $(BIN)/python || $(UV) venv --quiet --clear --python $(PYTHON) $(VENV)
	@$(UV) pip sync --quiet --require-hashes --python $(BIN)/python requirements.lock
	@touch $@

setup: $(VENV)/.synced ## Install what the project needs into .venv

lock: $(UV) ## Resolve requirements.lock anew from pyproject.toml
	@$(UV) pip compile pyproject.toml --group dev --group embedded --group ui --universal --generate-hashes --no-header --quiet -o requirements.lock

check: lint types contracts ## Lint, types, import contracts, architecture tests

lint: setup
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .

types: setup
	@$(BIN)/mypy

contracts: setup
	@$(BIN)/lint-imports
	@$(BIN)/pytest -q tests/architecture
